"""The silence chapter on the real table: its parts agree with each other."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from mgmeta.cli import missing, silence
from mgmeta.config import load_config
from mgmeta.effects.derive import derive
from mgmeta.effects.slices import build_slice
from mgmeta.errors import ConfigError
from mgmeta.evidence.load import load_evidence
from mgmeta.incomplete.absent import what_is_absent
from mgmeta.incomplete.methods import METHODS, Settings, compare_methods
from mgmeta.incomplete.pooled_rows import arrays, as_estimates, zeros_for_words
from mgmeta.incomplete.readings import other_readings
from mgmeta.incomplete.silence import silent_rows
from mgmeta.incomplete.tipping import tipping_points
from mgmeta.pooling.bounded import fit_bounded

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def config():
    return load_config(ROOT / "config" / "config.yaml")


@pytest.fixture(scope="module")
def evidence():
    return load_evidence(ROOT / "data" / "raw")


@pytest.fixture(scope="module")
def primary(config):
    return config.analyses["zhang2016"]


@pytest.fixture(scope="module")
def derived(evidence, primary):
    return derive(evidence, primary.assume)


@pytest.fixture(scope="module")
def rows(evidence, derived, primary):
    return [r for r in build_slice(evidence, derived, primary).rows if r["outcome"] == "sbp"]


def bounded(rows):
    a = arrays(rows)
    return fit_bounded(a.y, a.se, a.low, a.high)


def test_every_method_answers_and_words_pull_towards_zero(rows):
    found = {m.key: m for m in compare_methods(arrays(rows), Settings(0.95, 1, imputations=40))}
    assert set(found) == set(METHODS)
    assert all(m.ci_low < m.estimate < m.ci_high for m in found.values())
    assert found["bounded_ml"].estimate == pytest.approx(bounded(rows).beta[0])
    # Setting words to zero pulls further than using them for what they say, dropping them not at all.
    assert found["numeric_reml"].estimate < found["bounded_ml"].estimate < found["zero_reml"].estimate
    assert found["bounded_chi2"].ci_low > found["bounded_ml"].ci_low


def test_a_method_that_cannot_run_says_why(rows):
    words = [r for r in rows if r["kind"] == "bound"]
    found = {m.key: m for m in compare_methods(arrays(words), Settings(0.95, 1, imputations=5))}
    assert found["numeric_reml"].estimate is None and "at least 2" in found["numeric_reml"].note


def test_zeros_stand_only_for_not_significant(rows):
    zeroed = zeros_for_words(arrays(rows))
    two_sided = sum(r["kind"] == "bound" and None not in (r["yi_low"], r["yi_high"]) for r in rows)
    assert int((zeroed.y == 0.0).sum()) == two_sided
    assert zeroed.y.size == len(rows) - sum(
        r["kind"] == "bound" and None in (r["yi_low"], r["yi_high"]) for r in rows
    )


def test_tipping_points_do_what_they_say(evidence, derived, primary, rows):
    silent, _ = silent_rows(evidence, derived, primary, "sbp")
    points = {p.event: p for p in tipping_points(rows, silent, -2.0, 0.95)}
    at_zero = bounded([*rows, *as_estimates(silent, points["the interval reaches 0"].effect)])
    assert at_zero.ci_high[0] == pytest.approx(0.0, abs=1e-4)
    equal = bounded([*rows, *as_estimates(silent, points["the pool equals the published value"].effect)])
    assert equal.beta[0] == pytest.approx(-2.0, abs=1e-4)
    assert tipping_points(rows, [], -2.0, 0.95) == []


def test_other_readings_shift_the_headline_by_what_they_say(evidence, derived, primary, rows):
    found = other_readings(evidence, derived, primary, "sbp")
    base = float(bounded(rows).beta[0])
    assert all(r.shift == pytest.approx(r.estimate - base) for r in found if r.estimate is not None)
    reading = next(r for r in found if r.trial_id == "guerreroromero2009" and "3.23" in r.reading)
    edited = [{**r, "sei": 3.2338} if r["trial_id"] == "guerreroromero2009" else r for r in rows]
    assert reading.estimate == pytest.approx(bounded(edited).beta[0], abs=1e-3)
    let_in = {r.trial_id for r in found if r.reading.startswith("let in")}
    wide = replace(primary, select=replace(primary.select, ambiguity_out=("component", "quantity")))
    extra = {r["trial_id"] for r in build_slice(evidence, derived, wide).rows if r["outcome"] == "sbp"}
    assert let_in == extra - {r["trial_id"] for r in rows}


@pytest.mark.parametrize(
    ("trial_id", "printed", "absent"),
    [
        ("witteman1994", "numbers", "arm sizes"),
        ("cappuccio1985", "words", "the difference or the arm means"),
        ("afitska2021", "own change only", "the control arm's values"),
        ("walker2002", "words", "arm sizes"),
        ("asemi2015", "nothing", "any result"),
    ],
)
def test_what_is_absent(evidence, derived, trial_id, printed, absent):
    state = what_is_absent(evidence, derived.candidates, evidence.trial(trial_id), "sbp")
    assert state.printed == printed and absent in state.absent


@pytest.mark.slow
def test_verbs_write_what_they_say(tmp_path, monkeypatch, evidence):
    monkeypatch.chdir(ROOT)
    run = CliRunner().invoke
    result = run(silence.command, ["--out", str(tmp_path / "silence.json")])
    assert result.exit_code == 0, result.output
    document = json.loads((tmp_path / "silence.json").read_text())
    assert set(document["outcomes"]) == {"sbp", "dbp"}
    paths = ["--csv", str(tmp_path / "m.csv"), "--json", str(tmp_path / "m.json")]
    result = run(missing.command, ["--draws", "20", "--quiet", *paths])
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader((tmp_path / "m.csv").read_text().splitlines()))
    assert {r["trial_id"] for r in rows} == {t.trial_id for t in evidence.trials}
    ranks = [int(r["rank"]) for r in rows if r["rank"]]
    assert ranks == list(range(1, len(ranks) + 1))
    worth = [float(r["worth"]) for r in rows if r["rank"]]
    assert np.all(np.diff(worth) <= 0)


def test_an_unknown_analysis_is_refused(config):
    with pytest.raises(ConfigError, match="--analysis nowhere: not in the configuration"):
        missing.analysis_of(config, "nowhere")
