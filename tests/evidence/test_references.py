from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mgmeta.evidence.references import (
    intake_findings,
    parameter_findings,
    review_findings,
    review_group_findings,
)

GOOD = {
    "estimate": "-2.00",
    "ci_low": "-3.58",
    "ci_high": "-0.43",
    "n_participants": "2028",
    "k_trials": "34",
}


def test_zhang_2016_passes(make_row: Callable[..., Any]) -> None:
    row = make_row(
        "reviews", **GOOD, dose_range="240-960", dose_mg_per_day_median="368", search_until="2000-02-01"
    )
    assert list(review_findings(row)) == []


@pytest.mark.parametrize(
    ("cells", "level", "column", "message"),
    [
        (
            {"estimate": "2.00"},
            "error",
            "estimate",
            "found 2.00, expected a value inside its interval [-3.58, -0.43]",
        ),
        ({"estimate": "-0.60"}, "ambiguity", "estimate", "off the middle of its interval"),
        ({"k_subset": "35"}, "ambiguity", "k_subset", "found 35, more than the review's 34 trials"),
        ({"dose_range": "960-240"}, "error", "dose_range", "found 960-240, expected low-high"),
        (
            {"dose_range": "240-960", "dose_mg_per_day_median": "100"},
            *("ambiguity", "dose_mg_per_day_median", "100 is outside the printed range 240-960"),
        ),
        (
            {"unit": "mmol/L"},
            "error",
            "unit",
            "found 'mmol/L', expected mmHg or mmHg_per_10_mmol or smd for sbp",
        ),
        ({"search_until": "2000-02-30"}, "error", "search_until", "expected a day that exists"),
        ({"search_until": "2000-13"}, "error", "search_until", "expected a day that exists"),
        (
            {"search_until": "2001-01"},
            "error",
            "search_until",
            "expected no later than the year of publication 2000",
        ),
        (
            {"estimate": "-50", "ci_low": "", "ci_high": ""},
            "ambiguity",
            "estimate",
            "larger than a supplement's",
        ),
        (
            {"estimate": "", "ci_low": "", "ci_high": ""},
            "note",
            "estimate",
            "no pooled sbp is printed for overall",
        ),
        (
            {"unit": "smd", "estimate": "-0.32", "ci_low": "-0.35", "ci_high": "-0.29"},
            *("ambiguity", "ci_low", "interval 0.06 wide; 2028 people in two arms allow no less than 0.17"),
        ),
    ],
)
def test_one_thing_wrong_is_one_finding(
    make_row: Callable[..., Any], cells: dict[str, str], level: str, column: str, message: str
) -> None:
    (finding,) = review_findings(make_row("reviews", **{**GOOD, **cells}))
    assert (finding.file, finding.level, finding.column) == ("reviews.csv", level, column)
    assert message in finding.message


def test_rows_of_one_review_agree(make_row: Callable[..., Any]) -> None:
    rows = [make_row("reviews", row="2"), make_row("reviews", row="3", outcome="dbp")]
    assert list(review_group_findings(tuple(rows))) == []
    rows.append(make_row("reviews", row="4", year="2001", review_id="pool2000", outcome="map"))
    (finding,) = review_group_findings(tuple(rows))
    assert (finding.level, finding.row, finding.column) == ("ambiguity", 4, "year")
    assert finding.message == "found 2001, but 2000 on line 2 of the same review"


@pytest.mark.parametrize(
    ("cells", "wrong"),
    [
        ({}, False),
        ({"value": "4"}, True),
        ({"unit": "mmol/L"}, True),
        ({"value": "0.75", "unit": "mmol/L"}, False),
    ],
)
def test_intakes_fit_their_unit(make_row: Callable[..., Any], cells: dict[str, str], wrong: bool) -> None:
    assert [finding.level for finding in intake_findings(make_row("intakes", **cells))] == ["error"] * wrong


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ({}, []),
        ({"low": "13", "high": "15"}, []),
        ({"value": "", "low": "13", "high": "15"}, []),
        ({"low": "15"}, [("error", "low")]),
        ({"value": "", "low": "16", "high": "15"}, [("error", "low")]),
        ({"value": "0"}, [("error", "value")]),
        ({"quantity": "correlation_x", "value": "14"}, [("error", "value")]),
        ({"quantity": "correlation_x", "value": "-0.5"}, []),
        ({"value": ""}, [("note", "value")]),
    ],
)
def test_parameters(
    make_row: Callable[..., Any], cells: dict[str, str], found: list[tuple[str, str]]
) -> None:
    findings = parameter_findings(make_row("parameters", **cells))
    assert [(finding.level, finding.column) for finding in findings] == found
