"""The path of the report's promise: from the headline to a printed cell and its source."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mgmeta.cli import fit, slices, trace
from mgmeta.config import load_config
from mgmeta.errors import ConfigError, DataError

ROOT = Path(__file__).resolve().parents[2]
RAW = ROOT / "data" / "raw"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The real evidence, derived and fitted; nothing read from a former run."""
    folder = tmp_path_factory.mktemp("trace")
    config = ROOT / "config" / "config.yaml"
    run = CliRunner().invoke
    derived = ["--config", str(config), "--raw", str(RAW), "--out", str(folder / "processed")]
    assert run(slices.command, [*derived, "--quiet"]).exit_code == 0
    spec = json.dumps(load_config(config).analyses["zhang2016"].spec())
    cut = str(folder / "processed" / "slices" / "zhang2016.csv")
    out = str(folder / "fits" / "zhang2016.json")
    assert run(fit.command, ["--slice", cut, "--spec", spec, "--out", out]).exit_code == 0
    return folder


def call(built, *more):
    options = ["--raw", str(RAW), "--fits", str(built / "fits"), "--processed", str(built / "processed")]
    return CliRunner().invoke(trace.command, [*options, *more])


def lines_of(table: str) -> dict[int, dict[str, str]]:
    """Return the raw rows by the line they start on, read without mgmeta."""
    with (RAW / table).open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        found, start = {}, 2
        for row in reader:
            found[start] = row
            start = reader.line_num + 1
    return found


@pytest.mark.parametrize("outcome", ["sbp", "dbp"])
def test_every_number_of_the_headline_leads_to_a_cell_and_a_source(built, outcome):
    result = call(built, "--outcome", outcome, "--format", "json")
    assert result.exit_code == 0, result.output
    trials = json.loads(result.output)["trials"]
    fitted = json.loads((built / "fits" / "zhang2016.json").read_text())["outcomes"][outcome]
    assert [t["row"]["trial_id"] for t in trials] == [r["trial_id"] for r in fitted["rows"]]
    assert len(trials) == fitted["bounded"]["k"]
    assert sum(t["row"]["weight_percent"] for t in trials) == pytest.approx(100.0)
    raw = {name: lines_of(name) for name in ("trials.csv", "reports.csv", "sources.csv")}
    for item in trials:
        table, line = item["trial_place"].split(":")
        assert raw[table][int(line)]["trial_id"] == item["row"]["trial_id"]
        assert item["printed"], "a pooled row without a printed one"
        for printed in item["printed"]:
            table, line = printed["place"].split(":")
            row = raw[table][int(line)]
            assert row["report_id"] == printed["report_id"]
            assert printed["cells"]
            assert all(row[column] == text for column, text in printed["cells"].items())
            table, line = printed["source_place"].split(":")
            source = raw[table][int(line)]
            assert source["source_id"] == row["source_id"] == printed["source"]["source_id"]
            assert source["url"].startswith("http") or source["citation"]


def test_a_printed_number_is_the_number_pooled(built):
    """Witteman 1994 prints -2.7 (-6.7, 1.2): that cell is the effect that is pooled."""
    found = json.loads(call(built, "--trial", "witteman1994", "--format", "json").output)["trials"]
    assert float(found[0]["printed"][0]["cells"]["difference"]) == found[0]["row"]["yi"] == -2.7


def test_the_tree_is_not_cut_when_piped(built):
    output = call(built, "--trial", "witteman1994").output
    assert "data/raw" in output.replace(str(RAW), "data/raw") and "http" in output and "…" not in output


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        (["--trial", "nobody1900"], ConfigError, "is not pooled for sbp"),
        (["--outcome", "pulse"], ConfigError, "no outcome 'pulse'"),
        (["--analysis", "nowhere"], DataError, "no such file"),
    ],
)
def test_refusals(built, options, error, words):
    result = call(built, *options)
    assert isinstance(result.exception, error) and words in str(result.exception)
