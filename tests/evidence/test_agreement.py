"""The agreement of printed numbers: numbers made from one truth agree, spoilt ones do not."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mgmeta.evidence.agreement import (
    arms_agree,
    degrees_of_freedom,
    effect_span,
    p_agrees,
    se_spans,
    significance_agrees,
)
from mgmeta.stats.student import t_p_value, t_two_sided

FIXTURE_ONLY_BUILDS = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def test_degrees_of_freedom(make_report: Callable[..., Any], make_trial: Callable[..., Any]) -> None:
    assert degrees_of_freedom(make_report(n_mg="20", n_control="22"), None) == 40
    assert degrees_of_freedom(make_report(), make_trial(n_mg="20", n_control="22")) == 40
    assert degrees_of_freedom(make_report(n_mg="20"), make_trial()) is None
    assert degrees_of_freedom(make_report(contrast="crossover", n_mg="20", n_control="20"), None) == 19
    assert degrees_of_freedom(make_report(contrast="crossover", n_mg="1", n_control="1"), None) is None
    assert degrees_of_freedom(make_report(n_mg="1", n_control="1"), None) is None


def test_effect_prefers_the_printed_difference(make_report: Callable[..., Any]) -> None:
    changes = {"mg_change_mean": "-8.0", "control_change_mean": "-3"}
    finals = {"mg_final_mean": "140", "control_final_mean": "142"}
    both = effect_span(make_report(difference="-4", **changes, **finals))
    assert both is not None
    assert (both.what, both.value, round(both.low, 6), round(both.high, 6)) == ("difference", -4, -4.5, -3.5)
    crude = effect_span(make_report(**changes, **finals))
    assert crude is not None
    assert (crude.what, crude.value) == ("changes", -5)
    assert crude.high - crude.low == pytest.approx(1.1)
    last = effect_span(make_report(**finals))
    assert last is not None
    assert (last.what, last.value) == ("finals", -2)
    assert effect_span(make_report(**finals, mg_baseline_mean="150")) is None
    assert effect_span(make_report(significance="ns")) is None


def test_standard_errors_of_each_print(make_report: Callable[..., Any]) -> None:
    (interval,) = se_spans(make_report(ci_low="-5.92", ci_high="-2.08", ci_level="0.95"), None)
    assert interval.value == pytest.approx(3.84 / 2 / 1.959963984540054, rel=1e-12)
    (wide,) = se_spans(make_report(ci_low="-5", ci_high="-3", ci_level="0.9", n_mg="5", n_control="5"), None)
    assert wide.value == pytest.approx(1 / 1.8595480375308981, rel=1e-10)
    (printed,) = se_spans(make_report(difference_se="1.3"), None)
    assert (round(printed.low, 6), printed.value, round(printed.high, 6)) == (1.25, 1.3, 1.35)
    arms = {"mg_change_sd": "15", "control_change_sd": "12", "n_mg": "25", "n_control": "36"}
    (sd,) = se_spans(make_report(dispersion="sd", **arms), None)
    assert sd.value == pytest.approx(math.sqrt(225 / 25 + 144 / 36), rel=1e-12)
    (se,) = se_spans(make_report(dispersion="se", **arms), None)
    assert se.value == pytest.approx(math.hypot(15, 12), rel=1e-12)
    assert len(se_spans(make_report(dispersion="unclear", **arms), None)) == 2
    assert se_spans(make_report(dispersion="unclear", **{**arms, "n_control": ""}), None) == []
    assert se_spans(make_report(dispersion="sd", contrast="crossover", **arms), None) == []


@FIXTURE_ONLY_BUILDS
@given(
    effect=st.floats(0.5, 20).map(lambda value: round(value, 1)),
    se=st.floats(0.5, 10),
    n=st.integers(5, 300),
    places=st.integers(1, 3),
)
def test_numbers_printed_from_one_truth_agree(
    make_report: Callable[..., Any], effect: float, se: float, n: int, places: int
) -> None:
    df = 2.0 * n - 2.0
    half, p = t_two_sided(0.05, df) * se, t_p_value(effect / se, df)
    report = make_report(
        difference=f"{-effect:.{places}f}",
        ci_low=f"{-effect - half:.{places}f}",
        ci_high=f"{-effect + half:.{places}f}",
        ci_level="0.95",
        p_value=f"{p:.3f}",
        p_relation="=",
        significance="lower" if p < 0.05 else "ns",
        n_mg=str(n),
        n_control=str(n),
    )
    assert list(p_agrees(report, None)) == []
    assert list(significance_agrees(report, None)) == []


@FIXTURE_ONLY_BUILDS
@given(effect=st.floats(2, 20), se=st.floats(0.6, 10), factor=st.sampled_from([0.3, 0.5, 2.0, 4.0]))
def test_a_spread_that_is_far_from_the_p_value_is_told(
    make_report: Callable[..., Any], effect: float, se: float, factor: float
) -> None:
    p = t_p_value(effect / se, None)
    if not 1e-6 < p < 0.9:
        return
    report = make_report(
        difference=f"{effect:.6f}", difference_se=f"{se * factor:.6f}", p_value=f"{p:.12f}", p_relation="="
    )
    (finding,) = p_agrees(report, None)
    assert (finding.level, finding.column) == ("ambiguity", "p_value")
    assert f"implies an SE near {se:.2g}" in finding.message


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"difference_se": "1.3", "p_value": "0.05", "p_relation": "<"}, False),
        ({"difference_se": "3.3", "p_value": "0.05", "p_relation": "<"}, True),
        ({"difference_se": "3.3", "p_value": "0.05", "p_relation": ">"}, False),
        ({"difference_se": "1.3", "p_value": "0.05", "p_relation": ">"}, True),
        ({"difference_se": "1.3", "p_value": "0.0", "p_relation": "="}, False),
        ({"difference_se": "1.3", "p_value": "1.0", "p_relation": "="}, True),
        ({"difference_se": "1.3"}, False),
        ({"p_value": "0.0001", "p_relation": "<"}, False),
    ],
)
def test_inequalities_of_p(make_report: Callable[..., Any], cells: dict[str, str], told: bool) -> None:
    findings = list(p_agrees(make_report(difference="-3.7", **cells), None))
    assert [finding.level for finding in findings] == (["ambiguity"] if told else [])


def test_no_p_value_is_too_close_to_one(make_report: Callable[..., Any]) -> None:
    report = make_report(
        difference="-3.7",
        difference_se="1.3",
        p_value="0.999999999999999",
        p_relation="=",
        n_mg="3",
        n_control="3",
    )
    (finding,) = p_agrees(report, None)
    assert "an SE above" in finding.message or "an SE near" in finding.message


def test_an_effect_that_may_be_zero_implies_nothing(make_report: Callable[..., Any]) -> None:
    assert (
        list(p_agrees(make_report(difference="0", difference_se="1", p_value="0.9", p_relation="="), None))
        == []
    )


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"significance": "ns", "p_value": "0.03", "p_relation": "="}, "'ns' does not fit P = 0.03"),
        ({"significance": "ns", "p_value": "0.01", "p_relation": "<"}, "'ns' does not fit P < 0.01"),
        ({"significance": "lower", "p_value": "0.13", "p_relation": "="}, "'lower' does not fit P = 0.13"),
        ({"significance": "lower", "p_value": "0.1", "p_relation": ">"}, "'lower' does not fit P > 0.1"),
        ({"significance": "lower", "difference": "2.1"}, "'lower' does not fit the difference"),
        ({"significance": "higher", "difference": "-2.1"}, "'higher' does not fit the difference"),
        ({"significance": "lower", "difference": "0"}, "'lower' does not fit a difference of 0"),
        (
            {
                "significance": "ns",
                "difference": "-4.0",
                "ci_low": "-6.0",
                "ci_high": "-2.0",
                "ci_level": "0.95",
            },
            "'ns' with difference -4 implies an SE above 2; printed: confidence interval 1",
        ),
        (
            {
                "significance": "lower",
                "difference": "-1.0",
                "ci_low": "-6.0",
                "ci_high": "4.0",
                "ci_level": "0.95",
            },
            "'lower' with difference -1 implies an SE below 0.54; printed: confidence interval 2.6",
        ),
    ],
)
def test_words_that_do_not_fit_the_numbers(
    make_report: Callable[..., Any], cells: dict[str, str], message: str
) -> None:
    (finding,) = significance_agrees(make_report(**cells), None)
    assert (finding.level, finding.column) == ("ambiguity", "significance")
    assert message in finding.message


@pytest.mark.parametrize(
    "cells",
    [
        {"significance": "ns", "p_value": "0.05", "p_relation": "="},
        {"significance": "lower", "p_value": "0.05", "p_relation": "="},
        {"significance": "lower", "p_value": "0.05", "p_relation": "<"},
        {"significance": "ns", "p_value": "0.05", "p_relation": ">"},
        {"significance": "lower", "difference": "-2.1"},
        {"significance": "ns", "difference": "0", "ci_low": "-2", "ci_high": "3", "ci_level": "0.95"},
        {"significance": "ns"},
        {"difference": "2"},
    ],
)
def test_words_that_fit(make_report: Callable[..., Any], cells: dict[str, str]) -> None:
    assert list(significance_agrees(make_report(**cells), None)) == []


def test_change_is_final_minus_baseline(make_report: Callable[..., Any]) -> None:
    arm = {"mg_baseline_mean": "150.0", "mg_final_mean": "144.6", "mg_change_mean": "-5.4"}
    assert list(arms_agree(make_report(**arm))) == []
    (finding,) = arms_agree(make_report(**{**arm, "mg_change_mean": "5.4"}))
    assert (finding.level, finding.column) == ("ambiguity", "mg_change_mean")
    assert list(arms_agree(make_report(**{**arm, "mg_change_mean": "-5"}))) == []


def test_difference_has_the_sign_of_the_arms(make_report: Callable[..., Any]) -> None:
    changes = {"mg_change_mean": "-8", "control_change_mean": "-3"}
    assert list(arms_agree(make_report(difference="-4.2", **changes))) == []
    (finding,) = arms_agree(make_report(difference="5", **changes))
    assert (finding.level, finding.column) == ("ambiguity", "difference")
    assert "other sign than the crude difference of changes (-5)" in finding.message
    finals = {"mg_final_mean": "93", "control_final_mean": "96"}
    (finding,) = arms_agree(make_report(difference="1", **finals))
    assert "difference of finals (-3)" in finding.message
    baselines = {"mg_baseline_mean": "90", "control_baseline_mean": "97"}
    assert list(arms_agree(make_report(difference="3", **finals, **baselines))) == []
    assert list(arms_agree(make_report(difference="3", **finals, mg_baseline_mean="90"))) == []


def test_guerrero_romero_2009_disagrees_with_itself(evidence: Any) -> None:
    """P = 0.03 implies SE 7.1; the spread (15.9 and 12.7 in 40 and 39) implies 3.2 as SD and 20 as SE."""
    report = evidence.report_by_id["guerreroromero2009-sbp-1"]
    (finding,) = p_agrees(report, evidence.trial(report.trial_id))
    assert "implies an SE near 7.1" in finding.message
    assert "SE 20, spread read as SD 3.2" in finding.message
    other = evidence.report_by_id["guerreroromero2009-dbp-1"]
    assert list(p_agrees(other, evidence.trial(other.trial_id))) == []
