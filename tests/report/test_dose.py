"""What the report says of the dose: sentences made of the curves, tables with the same numbers."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mgmeta.report import dose_bayes_words, dose_shape_words, dose_tables, dose_words
from mgmeta.report.chapters import dose as chapter
from mgmeta.report.inputs import Inputs

NAMES = {"sbp": "systolic blood pressure", "dbp": "diastolic blood pressure"}


@pytest.fixture(scope="module")
def curves(make_inputs: Callable[..., Inputs]) -> dict[str, Any]:
    return dict(make_inputs().results.curves("target", "sbp", "dose"))


@pytest.fixture
def changed(curves: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(curves)


def test_support_tells_trials_range_and_those_left_out(curves: dict[str, Any]) -> None:
    assert dose_words.support_sentence("systolic blood pressure", curves) == (
        "For systolic blood pressure, 5 trials (3 with numbers, 2 with words only) have a known elemental "
        "dose, 300 to 500 mg/d; the middle half lie between 365 and 450 mg/d; 1 trial without one left out."
    )
    none = {"k": 0, "reason": "no trial whose dose is known"}
    assert dose_words.support_sentence("x", none) == "For x, no trial whose dose is known."


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [
        (-3.0, -1.0, "found larger falls"),
        (1.0, 3.0, "found smaller falls"),
        (-1.0, 1.0, "neither clearly larger nor clearly smaller"),
        (None, None, "neither clearly larger nor clearly smaller"),
    ],
)
def test_the_comparison_between_trials(
    changed: dict[str, Any], low: float | None, high: float | None, found: str
) -> None:
    changed["line"] |= {"ci_low": low, "ci_high": high}
    text = dose_words.between_sentence(changed, "mmHg")
    assert text.startswith("Trials of larger doses ")
    assert found in text
    assert "mmHg per 100 mg/d more" in text
    changed["line"] = {"reason": "all trials have the same dose"}
    assert "cannot be set against the others: all trials" in dose_words.between_sentence(changed, "mmHg")


@pytest.mark.parametrize(
    ("delta", "found"),
    [
        (-0.4, "fits better than any curve (AIC lower by 0.4)"),
        (1.0, "about as well as the best curve (AIC 1.0 above it)"),
        (4.0, "less well than the best curve"),
        (9.0, "much worse than the best curve"),
    ],
)
def test_one_effect_at_every_dose_is_set_beside_the_curves(
    changed: dict[str, Any], delta: float, found: str
) -> None:
    changed["flat"] |= {"delta": delta}
    assert found in dose_words.flat_sentence(changed, "mmHg")


def test_the_line_at_the_median_and_for_a_new_trial(curves: dict[str, Any]) -> None:
    fit = dose_words.fit_of(curves, "linear")
    assert fit is not None
    row = next(row for row in fit["predictions"] if row["dose"] == curves["median"])
    text = dose_words.line_sentence(curves, "mmHg", 0.95)
    slope = f"{100 * fit['coefficients'][0]['estimate']:.2f}".replace("-", "\u2212")
    assert f"gives {slope} (" in text
    assert f"{row['estimate']:.2f}".replace("-", "\u2212") in text
    assert "at the median, 400 mg/d" in text


def test_a_bend_is_told_by_the_smallest_of_all_tests(changed: dict[str, Any]) -> None:
    assert "rejects it (smallest P = " in dose_shape_words.compared_sentence(changed)
    changed["curves"][2]["fit"]["nonlinearity"]["p_value"] = 0.01
    assert "P = 0.010, for one test alone" in dose_shape_words.compared_sentence(changed)
    changed["curves"] = changed["curves"][:1]
    assert dose_shape_words.compared_sentence(changed) == ""


def test_no_plateau_is_said_with_its_reason(changed: dict[str, Any]) -> None:
    text = dose_shape_words.plateau_sentence(changed)
    assert text.startswith(
        "No dose that reaches 50 or 80% of a plateau can be given: the likelihood keeps rising"
    )
    assert "their largest effect at the end of the doses tried" in text
    reaches = [
        {"share": 0.5, "dose": 120.0, "low": 60.0, "high": 200.0, "plateau_dose": None},
        {"share": 0.8, "dose": 480.0, "low": 240.0, "high": None, "plateau_dose": None},
    ]
    changed["curves"].append({"curve": "emax", "fit": {"reaches": reaches}})
    assert dose_shape_words.plateau_sentence(changed) == (
        "The Emax curve reaches, of its plateau, 50% at 120 mg/d (60 to 200) and 80% at 480 mg/d "
        "(from 240 up without limit)."
    )


def test_thin_stretches_are_joined(changed: dict[str, Any]) -> None:
    counts = [0, 1, 5, 2]
    changed["bins"] = [{"low": 100.0 * i, "high": 100.0 * (i + 1), "k": k} for i, k in enumerate(counts)]
    assert "From 0 to 200 and from 300 to 400 mg/d" in dose_shape_words.thin_sentence(changed)
    changed["bins"] = [{"low": 0.0, "high": 1.0, "k": 3}]
    assert dose_shape_words.thin_sentence(changed) == ""


def test_the_chapter_tells_both_pressures_and_the_limits(make_inputs: Callable[..., Inputs]) -> None:
    inputs = make_inputs()
    content = chapter.content(inputs)
    assert content is not None
    assert len(content["outcomes"]) == 2
    assert "in \u201cPrimary: invented for tests\u201d (5 trials)" in content["outcomes"][0][3]
    assert content["limits"][0].startswith("5 of the 5 pooled trials with a known elemental dose")
    assert chapter.content(replace(inputs, results=replace(inputs.results, dose={}))) is None


def test_tables_hold_every_curve_and_every_refusal(curves: dict[str, Any]) -> None:
    table = dose_tables.curve_table({"sbp": curves}, NAMES)
    second = [row[1] for row in table.rows]
    assert len(second) == len(curves["curves"]) + 1 + len(curves["refused"])
    refused = [row for row in table.rows if row[2] == "refused"]
    assert {row[4] for row in refused} == {item["reason"] for item in curves["refused"]}
    assert all(len(row) == len(table.columns) for row in table.rows)
    effects = dose_tables.effect_table({"sbp": curves}, NAMES, 0.95)
    assert [row[1] for row in effects.rows] == ["100", "200", "300", "400", "500"]
    assert effects.rows[0][5] == "none so low"


def test_duration_is_told_in_weeks(make_inputs: Callable[..., Inputs]) -> None:
    content = chapter.content(make_inputs())
    assert content is not None
    first = content["duration"]["outcomes"][0]
    assert "6 trials (3 with numbers, 3 with words only) have a known duration, 12 to 12 weeks" in first[0]
    assert "cannot be set against the others: all trials have the same duration" in first[0]
    assert "1 different durations cannot show 2 parameters" in first[1]
    assert content["duration"]["surface"] is None
    assert "not fitted, too few trials cross dose with duration" in content["duration"]["surfaces"][0]


@pytest.mark.parametrize(
    ("low", "high", "found"), [(-2.0, -1.0, "is larger"), (1.0, 2.0, "is smaller"), (-1.0, 1.0, "neither")]
)
def test_the_surface_in_words_and_as_a_table(low: float, high: float, found: str) -> None:
    term = {"estimate": 0.5 * (low + high), "ci_low": low, "ci_high": high, "p_value": 0.5}
    surface = {
        "k": 18,
        "crossing": {"low_dose": [6, 4], "high_dose": [3, 5]},
        "change": term,
        "cells": [{"dose": 365.0, "weeks": 12.0, **term}],
    }
    text = dose_words.surface_sentence("systolic blood pressure", surface, "mmHg")
    assert "(18 trials; 6, 4, 3 and 5 in the quarters that the medians make)" in text
    assert found in text
    table = dose_tables.surface_table({"sbp": surface}, NAMES, 0.95)
    assert table is not None
    assert table.rows[0][:3] == ("Systolic blood pressure", "365", "12.0")


def test_the_curves_by_bayes_in_words(curves: dict[str, Any]) -> None:
    models = curves["bayes"]["models"]
    text = dose_bayes_words.bayes_sentence(curves, "mmHg", 0.95)
    assert text.startswith("By Bayes, 8 curves equally likely before: the most probable is ")
    flat = next(item for item in models if item["curve"] == "flat")
    assert f"one effect at every dose has {flat['probability']:.0%} (12% before)" in text
    assert "mmHg at 400 mg/d and" in text
    assert "mmHg at 500 mg/d" in text
    assert dose_bayes_words.bayes_sentence({}, "mmHg", 0.95) == ""


@pytest.mark.parametrize(
    ("overlap", "found"),
    [(0.9, "say next to nothing about it"), (0.6, "say little about it"), (0.2, "have moved it")],
)
def test_ed50_is_told_only_beside_its_prior(changed: dict[str, Any], overlap: float, found: str) -> None:
    changed["bayes"]["ed"]["emax"]["overlap"] = overlap
    text = dose_bayes_words.ed_sentence(changed)
    assert found in text
    assert text.count(" before and ") == 2
    assert f"prior and posterior share {overlap:.0%}" in text
    assert dose_bayes_words.ed_sentence({}) == ""


def test_the_table_of_bayes_holds_every_curve_and_its_priors(curves: dict[str, Any]) -> None:
    table = dose_tables.bayes_table({"sbp": curves}, NAMES, 0.95)
    assert table is not None
    assert [row[1] for row in table.rows] == [item["title"] for item in curves["bayes"]["models"]]
    assert "normal:0,10, of tau: halfnormal:5" in table.caption
    assert dose_tables.bayes_table({"sbp": {**curves, "bayes": {}}}, NAMES, 0.95) is None


def test_the_simulated_coverage_is_quoted() -> None:
    row = {"runs": "1000", "k": "40", "dose_low": "100.0", "dose_high": "1000.0", "level": "0.95"}
    rows = [
        {**row, "curve": curve, "verbal_share": verbal, "dose_mg_per_day": "200.0", "covered": covered}
        for curve, verbal, covered in (("linear", "0.0", "0.948"), ("emax", "0.3", "0.957"))
    ]
    text = dose_shape_words.coverage_sentence(rows)
    assert text == (
        "In 1\u202f000 simulated sets of 40 trials at doses from 100 to 1000 mg/d, with 0% and 30% of the "
        "results that were not significant told in words, the 95% intervals of the linear and Emax curve "
        "at 200 mg/d held the truth in 94.8% to 95.7%."
    )
    assert dose_shape_words.coverage_sentence(()) == ""
