from __future__ import annotations

import copy
import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgmeta.errors import DataError
from mgmeta.figures import dose
from mgmeta.figures.dose_draw import APART_MG, _side_by_side
from mgmeta.figures.results import Results
from mgmeta.figures.rows import TrialRow
from mgmeta.pooling.bounded import fit_bounded


def test_the_line_is_straight_and_its_interval_is_that_of_the_recentred_model(results: Results) -> None:
    rows = results.outcome("target", "sbp")["rows"]
    curve = dose.dose_curve(rows, 0.95, points=5)
    used = [row for row in rows if row["dose_per_100mg"] is not None]
    columns = [
        [np.nan if row[key] is None else row[key] for row in used]
        for key in ("yi", "sei", "yi_low", "yi_high")
    ]
    x = np.column_stack([np.ones(len(used)), [row["dose_per_100mg"] for row in used]])
    fit = fit_bounded(*columns, x, level=0.95)
    expected = fit.beta[0] + fit.beta[1] * (np.array(curve.dose) - 368.0) / 100.0
    assert np.array(curve.estimate) == pytest.approx(expected, abs=1e-5)
    assert all(
        low < middle < high for low, middle, high in zip(curve.low, curve.estimate, curve.high, strict=True)
    )
    assert curve.dose[0] == 300.0
    assert curve.dose[-1] == 500.0


def test_only_known_doses_are_shown_and_the_others_are_counted(results: Results) -> None:
    data = dose.prepare(results, "target", "sbp")
    assert len(data.rows) == 5
    assert data.unplaced == 1
    assert "1 trial without one left out" in dose.caption(data)


def test_supplement_limits_are_lines_and_total_intakes_are_not(results: Results) -> None:
    data = dose.prepare(results, "target", "sbp")
    assert [mark.value for mark in data.supplement] == [250.0, 350.0]
    assert [mark.value for mark in data.intake] == [320.0, 420.0, 265.0]
    main, strip = dose.draw(data).axes
    lines = {float(line.get_xdata()[0]) for line in main.lines if len(set(line.get_xdata())) == 1}
    assert {250.0, 350.0, 368.0} <= lines
    assert not {320.0, 420.0, 265.0} & lines
    assert any("not comparable" in text.get_text() for text in strip.texts)
    assert main.get_xlim() == strip.get_xlim()


def test_what_was_not_asked_for_is_refused(results: Results) -> None:
    with pytest.raises(DataError, match="has no moderator 'dose'"):
        dose.prepare(results, "zhang2016_strict", "sbp")


def test_without_a_model_the_trials_are_still_shown(results: Results) -> None:
    fits = copy.deepcopy(dict(results.fits))
    fits["zhang2016"]["outcomes"]["sbp"]["moderators"]["dose"]["bounded"] = None
    data = dose.prepare(replace(results, fits=fits), "target", "sbp")
    assert data.curve is None
    assert "no slope could be fitted" in dose.caption(data)
    assert dose.draw(data).axes


def test_no_known_dose_is_said(results: Results) -> None:
    fits = copy.deepcopy(dict(results.fits))
    for item in fits["zhang2016"]["outcomes"]["sbp"]["rows"]:
        item["dose_per_100mg"] = None
    fits["zhang2016"]["outcomes"]["sbp"]["moderators"]["dose"]["bounded"] = None
    data = dose.prepare(replace(results, fits=fits), "target", "sbp")
    assert "no pooled trial has a known elemental dose" in dose.alt(data)
    assert dose.draw(data).axes[0].texts[-1].get_text() == "No pooled trial has a known elemental dose."


def row(index: int, at: float) -> TrialRow:
    return TrialRow(f"t{index}", f"T {index}", None, "two_sided", None, -1.0, 1.0, 10, at, None, 1.0, False)


@given(st.lists(st.sampled_from([243.1, 300.0, 364.6, 365.0, 368.0, 450.0]), min_size=1, max_size=12))
def test_trials_of_one_dose_stand_side_by_side_around_it(doses: list[float]) -> None:
    rows = tuple(row(index, at) for index, at in enumerate(doses))
    places = _side_by_side(rows)
    ordered = sorted(places)
    assert all(b - a >= APART_MG - 1e-9 for a, b in itertools.pairwise(ordered))
    order = sorted(range(len(doses)), key=lambda i: (doses[i], i))
    assert [places[i] for i in order] == ordered
    assert np.mean(places) == pytest.approx(np.mean(doses))
    if len(doses) == 1 or min(abs(a - b) for a, b in itertools.combinations(doses, 2)) >= APART_MG:
        assert places == pytest.approx(doses)
