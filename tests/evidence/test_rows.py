from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgmeta.evidence.rows import (
    coding_findings,
    interval_findings,
    plausibility_findings,
    stated_findings,
)
from mgmeta.evidence.vocabulary import REPORTED_OUTCOMES

INTERVAL = {"difference": "-3.6", "ci_low": "-6.7", "ci_high": "-0.5", "ci_level": "0.95"}


@pytest.mark.parametrize(
    ("cells", "column", "message"),
    [
        (
            {"contrast": "before_after", "significance": "ns"},
            "significance",
            "expected nothing: contrast is before",
        ),
        ({"contrast": "before_after", "difference": "-3"}, "difference", "magnesium against control"),
        ({"certainty": "ambiguous"}, "ambiguity", "found nothing, expected what can be read in two ways"),
        ({"ambiguity": "value"}, "ambiguity", "found 'value', expected nothing: certainty is clear"),
        ({"p_value": "0.03"}, "p_relation", "found nothing, expected"),
        ({"p_relation": "<"}, "p_value", "found nothing, expected"),
        ({"p_value": "0", "p_relation": "<"}, "p_value", "found P < 0, expected a probability that can be"),
        ({"p_value": "1.0", "p_relation": ">"}, "p_value", "found P > 1, expected a probability that can be"),
        ({"p_within_mg": "0.03"}, "p_within_mg_relation", "found nothing, expected"),
        (
            {"mg_final_mean": "130", "mg_final_sd": "12"},
            "dispersion",
            "expected sd, se or unclear: mg_final_sd is",
        ),
    ],
)
def test_contradictory_coding_is_an_error(
    make_report: Callable[..., Any], cells: dict[str, str], column: str, message: str
) -> None:
    (finding,) = coding_findings(make_report(row="7", **cells))
    assert (finding.level, finding.row, finding.column) == ("error", 7, column)
    assert message in finding.message


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"p_value": "0.000", "p_relation": "="}, "p_value"),
        ({"mg_final_sd": "12", "dispersion": "sd"}, "mg_final_sd"),
    ],
)
def test_odd_but_possible_coding_is_an_ambiguity(
    make_report: Callable[..., Any], cells: dict[str, str], column: str
) -> None:
    (finding,) = coding_findings(make_report(**cells))
    assert (finding.level, finding.column) == ("ambiguity", column)


def test_what_a_row_acknowledges_is_listed(make_report: Callable[..., Any]) -> None:
    row = make_report(
        certainty="ambiguous",
        ambiguity="comparator",
        note="may be\nbefore",
        mg_final_sd="3",
        dispersion="unclear",
    )
    ambiguous, spread = stated_findings(row)
    assert (ambiguous.level, ambiguous.message) == ("ambiguity", "comparator: may be before")
    assert spread.message == "mg_final_sd: the source does not say whether SD or SE"


def test_a_row_without_any_result_is_noted(make_report: Callable[..., Any]) -> None:
    (silent,) = stated_findings(make_report(n_mg="12", timepoint_weeks="6"))
    assert silent.level == "note"
    assert list(stated_findings(make_report(significance="ns"))) == []
    assert list(stated_findings(make_report(p_within_mg="0.04"))) == []
    (unused,) = stated_findings(make_report(significance="ns", dispersion="sd"))
    assert (unused.level, unused.column) == ("note", "dispersion")


def test_a_good_interval_passes(make_report: Callable[..., Any]) -> None:
    assert list(interval_findings(make_report(**INTERVAL), "difference", "reports.csv")) == []


@pytest.mark.parametrize(
    ("cells", "level", "column", "message"),
    [
        (
            {"difference": "3.6"},
            "error",
            "difference",
            "found 3.6, expected a value inside its interval [-6.7, -0.5]",
        ),
        ({"difference": "-9"}, "error", "difference", "found -9, expected a value inside"),
        ({"ci_low": "6.7"}, "error", "ci_low", "found 6.7 above ci_high -0.5, expected it below"),
        ({"ci_low": ""}, "ambiguity", "ci_low", "found one end of an interval only"),
        ({"difference": ""}, "ambiguity", "difference", "found an interval without its estimate"),
        ({"difference": "-2.0"}, "ambiguity", "difference", "-2.0 is 1.6 off the middle of its interval"),
    ],
)
def test_a_bad_interval(
    make_report: Callable[..., Any], cells: dict[str, str], level: str, column: str, message: str
) -> None:
    (finding,) = interval_findings(make_report(**{**INTERVAL, **cells}), "difference", "reports.csv")
    assert (finding.level, finding.column) == (level, column)
    assert message in finding.message


@given(
    st.floats(-30, 30),
    st.floats(0.01, 15),
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)),
)
def test_rounding_a_true_interval_is_never_a_finding(
    mean: float, half: float, places: tuple[int, int, int]
) -> None:
    from types import SimpleNamespace

    from mgmeta.evidence.records import printed_step

    ends = {"difference": mean, "ci_low": mean - half, "ci_high": mean + half}
    printed = {name: f"{value:.{k}f}" for (name, value), k in zip(ends.items(), places, strict=True)}
    row = SimpleNamespace(
        row=2,
        printed=printed,
        step=lambda column: printed_step(printed[column]),
        **{name: float(text) for name, text in printed.items()},
    )
    assert list(interval_findings(row, "difference", "reports.csv")) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cells", "level", "column"),
    [
        ({"mg_final_mean": "13.4"}, "error", "mg_final_mean"),
        ({"control_baseline_mean": "1340"}, "error", "control_baseline_mean"),
        ({"mg_final_mean": "13.4", "certainty": "ambiguous"}, "ambiguity", "mg_final_mean"),
        ({"difference": "-61"}, "ambiguity", "difference"),
        ({"mg_change_mean": "-61"}, "ambiguity", "mg_change_mean"),
        ({"mg_final_sd": "46"}, "ambiguity", "mg_final_sd"),
        ({"outcome": "serum_mg", "mg_final_mean": "2.1e1"}, "error", "mg_final_mean"),
        ({"outcome": "dbp", "mg_final_mean": "134"}, None, ""),
        ({"outcome": "sbp", "mg_final_mean": "134", "mg_final_sd": "18", "difference": "-12"}, None, ""),
    ],
)
def test_plausible_values(
    make_report: Callable[..., Any], cells: dict[str, str], level: str | None, column: str
) -> None:
    found = [(finding.level, finding.column) for finding in plausibility_findings(make_report(**cells))]
    assert found == ([] if level is None else [(level, column)])


@pytest.mark.parametrize("outcome", REPORTED_OUTCOMES)
def test_every_outcome_has_a_plausible_range(make_report: Callable[..., Any], outcome: str) -> None:
    (finding,) = plausibility_findings(make_report(outcome=outcome, mg_final_mean="999"))
    assert finding.column == "mg_final_mean"
