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


def test_the_line_passes_through_zero_and_its_bands_hold_one_another(results: Results) -> None:
    line = dose.prepare(results, "target", "sbp").curves.primary
    assert line is not None
    at, effect = np.array(line.at), np.array(line.effect)
    assert at[0] == 0.0
    assert at[-1] == 500.0
    np.testing.assert_allclose(effect, at * effect[-1] / 500.0, atol=1e-5)
    inside = slice(1, None)
    for low, high in ((line.low, line.high), (line.band_low, line.band_high), (line.new_low, line.new_high)):
        assert np.all(np.array(low)[inside] < effect[inside])
        assert np.all(effect[inside] < np.array(high)[inside])
    assert np.all(np.array(line.new_low) <= np.array(line.low))


def test_the_rug_and_the_counts_tell_every_trial(results: Results) -> None:
    data = dose.prepare(results, "target", "sbp")
    assert sum(piece.k for piece in data.curves.bins) == len(data.rows)
    axes = dose.draw(data).axes[0]
    ticks = [line for line in axes.lines if list(line.get_ydata()) == [0.002, 0.03]]
    assert sorted(float(tick.get_xdata()[0]) for tick in ticks) == sorted(row.dose for row in data.rows)
    counts = [text.get_text() for text in axes.texts if text.get_text().isdigit()]
    assert sum(map(int, counts)) == len(data.rows)


def test_every_curve_is_named_beside_its_end(results: Results) -> None:
    data = dose.prepare(results, "target", "sbp")
    zoom = dose.draw(data).axes[1]
    names = {text.get_text() for text in zoom.texts}
    assert "Linear, the primary" in names
    assert "not through zero" in names
    assert "Bayesian average" in names
    assert len(names) == 3 + len(data.curves.others)


def test_only_known_doses_are_shown_and_the_others_are_counted(results: Results) -> None:
    data = dose.prepare(results, "target", "sbp")
    assert len(data.rows) == 5
    assert data.unplaced == 1
    assert "1 trial without one left out" in dose.caption(data)


def test_supplement_limits_are_lines_and_total_intakes_are_not(results: Results) -> None:
    data = dose.prepare(results, "target", "sbp")
    assert [mark.value for mark in data.supplement] == [250.0, 350.0]
    assert [mark.value for mark in data.intake] == [320.0, 420.0, 265.0]
    main, zoom, strip = dose.draw(data).axes
    lines = {float(line.get_xdata()[0]) for line in main.lines if len(set(line.get_xdata())) == 1}
    assert {250.0, 350.0, 368.0} <= lines
    assert not {320.0, 420.0, 265.0} & lines
    assert any("not comparable" in text.get_text() for text in strip.texts)
    assert main.get_xlim() == strip.get_xlim() == zoom.get_xlim()


def test_what_was_not_asked_for_is_refused(results: Results) -> None:
    with pytest.raises(DataError, match="has no moderator 'dose'"):
        dose.prepare(results, "zhang2016_strict", "sbp")


def without_curves(results: Results) -> Results:
    found = copy.deepcopy(dict(results.dose))
    empty = {"axis": "dose", "unit": "mg/d", "per": 100.0, "primary": "linear", "k": 0, "left_out": []}
    found["zhang2016"]["outcomes"]["sbp"]["dose"] = {**empty, "reason": "none", "curves": [], "refused": []}
    return replace(results, dose=found)


def test_without_a_model_the_trials_are_still_shown(results: Results) -> None:
    data = dose.prepare(without_curves(results), "target", "sbp")
    assert data.curves.primary is None
    assert "No line could be fitted" in dose.caption(data)
    assert dose.draw(data).axes


def test_curves_that_were_not_fitted_are_asked_for(results: Results) -> None:
    with pytest.raises(DataError, match="run `mgmeta curves`"):
        dose.prepare(replace(results, dose={}), "target", "sbp")


def test_no_known_dose_is_said(results: Results) -> None:
    fits = copy.deepcopy(dict(results.fits))
    for item in fits["zhang2016"]["outcomes"]["sbp"]["rows"]:
        item["dose_per_100mg"] = None
    data = dose.prepare(without_curves(replace(results, fits=fits)), "target", "sbp")
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
