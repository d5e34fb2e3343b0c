from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner, Result

from mgmeta import io
from mgmeta.cli.report import command
from mgmeta.effects.decisions import COLUMNS as DECISION_COLUMNS
from mgmeta.effects.fates import Status
from mgmeta.effects.slices import FLOW_COLUMNS
from mgmeta.errors import DataError
from mgmeta.evidence.load import load_evidence
from mgmeta.figures.registry import FIGURES
from mgmeta.report.evidence_tables import POOLED, STATUS
from mgmeta.report.headline import build_headline
from mgmeta.report.published import published_target
from mgmeta.reproduce.flow import LEFT

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "report" / "fixtures"
NAMES = ("zhang2016", "zhang2016_strict", "update")
SVG = '<svg role="img" width="360pt" height="9pt" viewBox="0 0 360 9"><title>a</title><desc>b</desc></svg>'


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    text = (ROOT / "config" / "config.yaml").read_text(encoding="utf-8")
    head, _, blocks = text.partition("analyses:\n")
    kept, keep = [], False
    for line in blocks.splitlines(keepends=True):
        if line.startswith("  ") and line[2] not in " \n#":
            keep = line.strip().rstrip(":") in NAMES
        kept.append(line if keep else "")
    (folder / "config.yaml").write_text(head + "analyses:\n" + "".join(kept), encoding="utf-8")
    reviews = load_evidence(ROOT / "data" / "raw").reviews
    targets = {key: published_target(reviews, "zhang2016", "overall", key) for key in ("sbp", "dbp")}
    fits = {name: io.read_json(FIXTURES / "fits" / f"{name}.json") for name in NAMES}
    bayes = {name: io.read_json(FIXTURES / "bayes" / f"{name}.json") for name in ("zhang2016", "update")}
    slices = io.read_json(FIXTURES / "slices.json")
    io.write_json(folder / "headline.json", build_headline(fits, bayes, targets, "zhang2016", slices))
    io.write_json(folder / "check.json", {"errors": [], "ambiguities": [], "notes": []})
    decision = dict.fromkeys(DECISION_COLUMNS, "") | {"step": "route", "reason": "two\nlines, and a comma"}
    io.write_csv(folder / "decisions.csv", DECISION_COLUMNS, [decision])
    flow = {
        "analysis": "zhang2016",
        "outcome": "sbp",
        "trial_id": "sacks1998",
        "status": "silent",
        "reason": "",
    }
    io.write_csv(folder / "flow.csv", FLOW_COLUMNS, [flow])
    for name in NAMES:
        io.write_json(folder / "dose" / f"{name}.json", io.read_json(FIXTURES / "dose.json"))
    for name in FIGURES:
        io.write_text(folder / "figures" / f"{name}.svg", SVG)
    return folder


def run(project: Path, *changes: str) -> Result:
    places = {"config": "config.yaml", "processed": "", "headline": "headline.json", "check": "check.json"}
    places |= {"figures": "figures", "out": "report/index.html"}
    options = [word for key, value in places.items() for word in (f"--{key}", str(project / value))]
    options += [
        "--raw",
        str(ROOT / "data" / "raw"),
        "--fits",
        str(FIXTURES / "fits"),
        "--bayes",
        str(FIXTURES / "bayes"),
        "--silence",
        str(FIXTURES / "silence"),
        "--robustness",
        str(FIXTURES / "robustness"),
        "--missing",
        str(FIXTURES / "missing.json"),
        "--reproduction",
        str(FIXTURES / "reproduction"),
        "--models",
        str(FIXTURES / "models"),
        "--moderators",
        str(FIXTURES / "moderators"),
        "--dose",
        str(project / "dose"),
        "--simulation",
        str(ROOT / "docs" / "simulation" / "coverage.csv"),
    ]
    return CliRunner().invoke(command, [*options, *changes], catch_exceptions=False)


def test_one_file_is_written_the_same_on_every_run(project: Path) -> None:
    done = run(project)
    assert done.exit_code == 0, done.output
    path = project / "report" / "index.html"
    first = path.read_bytes()
    assert first.startswith(b"<!doctype html>")
    assert str(project).encode() not in first
    assert b"two\nlines, and a comma" in first
    assert "Zhang 2016 published" in first.decode()
    assert [item.name for item in path.parent.iterdir()] == ["index.html"]
    run(project)
    assert path.read_bytes() == first


def test_it_says_which_file_is_missing(project: Path) -> None:
    with pytest.raises(
        DataError, match=r"headline.svg: no such file; run `snakemake` or `mgmeta figure headline`"
    ):
        run(project, "--figures", str(project / "nowhere"))
    with pytest.raises(DataError, match=r"nowhere.json: no such file"):
        run(project, "--check", str(project / "nowhere.json"))
    with pytest.raises(DataError, match=r"decisions.csv: no such file"):
        run(project, "--processed", str(project / "nowhere"))


def test_without_the_simulation_study_the_page_says_so(project: Path) -> None:
    done = run(
        project, "--simulation", str(project / "nowhere.csv"), "--out", str(project / "report" / "bare.html")
    )
    assert done.exit_code == 0, done.output
    text = (project / "report" / "bare.html").read_text(encoding="utf-8")
    assert "was not there when this page was made" in text
    assert 'id="fig-simulation"' not in text
    (project / "report" / "bare.html").unlink()


def test_all_that_can_become_of_a_trial_has_words() -> None:
    """The type of a status is what the slices may write; the page and the flow chart name each."""
    statuses = set(get_args(Status))
    assert statuses == {*POOLED, *STATUS}
    assert statuses - {*POOLED, "not_eligible"} == set(LEFT)
