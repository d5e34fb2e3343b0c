from __future__ import annotations

import pickle
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgmeta.errors import DataError
from mgmeta.evidence.records import Evidence, printed_step


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("0.04", 0.01),
        ("-7.4", 0.1),
        ("12", 1.0),
        ("0.040", 0.001),
        ("-0", 1.0),
        ("1e-3", 0.001),
        ("1.50E2", 1.0),
    ],
)
def test_printed_step(text: str, step: float) -> None:
    assert printed_step(text) == step


@pytest.mark.parametrize("text", ["", "1,5", "nan", "1.", ".5", "−3", "1 000"])
def test_printed_step_refuses_what_is_not_a_number(text: str) -> None:
    with pytest.raises(ValueError, match="not a printed number"):
        printed_step(text)


@given(st.decimals(min_value=-1000, max_value=1000, places=3), st.integers(0, 3))
def test_the_true_value_is_within_half_a_step_of_the_print(value: Decimal, places: int) -> None:
    printed = f"{value:.{places}f}"
    assert abs(float(value) - float(printed)) <= printed_step(printed) / 2 * (1 + 1e-9)


def test_step_of_a_cell(make_report: Callable[..., Any]) -> None:
    report = make_report(difference="-7.40", p_value="0.05")
    assert (report.step("difference"), report.step("p_value")) == (0.01, 0.01)
    with pytest.raises(KeyError):
        report.step("ci_low")


def test_lookups(evidence: Evidence) -> None:
    assert evidence.trial("witteman1994").year == 1994
    assert [report.outcome for report in evidence.reports_of("witteman1994")] == ["sbp", "dbp"]
    assert [report.report_id for report in evidence.reports_of("witteman1994", "dbp")] == [
        "witteman1994-dbp-1"
    ]
    assert evidence.reports_of("nobody1900") == ()
    assert evidence.source_by_id["witteman1994-s1"].trial_id == "witteman1994"
    assert evidence.report_by_id["witteman1994-sbp-1"].difference == -2.7
    with pytest.raises(DataError, match="no trial 'nobody1900'"):
        evidence.trial("nobody1900")


def test_records_can_be_sent_to_another_process(evidence: Evidence) -> None:
    assert pickle.loads(pickle.dumps(evidence)) == evidence
