from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgmeta.figures import words

FINITE = st.floats(-1e6, 1e6, allow_nan=False)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-3.575, "\u22123.58"),
        (-0.001, "0.00"),
        (0.0, "0.00"),
        (2.0, "2.00"),
        (None, "\u2013"),
        (math.nan, "\u2013"),
    ],
)
def test_fixed(value: float | None, text: str) -> None:
    assert words.fixed(value) == text


@given(FINITE, st.integers(0, 6))
def test_fixed_reads_back_and_never_prints_a_hyphen_or_negative_zero(value: float, digits: int) -> None:
    text = words.fixed(value, digits)
    assert "-" not in text
    read = float(text.replace(words.MINUS, "-"))
    assert abs(read - value) <= 0.5000001 * 10.0**-digits
    assert math.copysign(1.0, read) > 0 or read < 0


@given(FINITE)
def test_signed_differs_from_fixed_only_by_a_plus(value: float) -> None:
    assert words.signed(value).removeprefix("+") == words.fixed(value)
    assert words.signed(value).startswith("+") == (float(f"{value:.2f}") > 0)


def test_intervals() -> None:
    assert words.interval(-3.58, -0.43) == "\u22123.58 to \u22120.43"
    assert words.interval(None, -5.0) == "below \u22125.00"
    assert words.interval(5.0, None) == "above 5.00"
    assert words.interval(None, None) == words.MISSING
    assert words.with_interval(-2.0, -3.58, -0.43) == "\u22122.00 (\u22123.58 to \u22120.43)"
    assert words.with_interval(None, None, None) == words.MISSING


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.0001, "P < 0.001"),
        (0.0042, "P = 0.004"),
        (0.04, "P = 0.040"),
        (0.33, "P = 0.33"),
        (0.999, "P > 0.99"),
    ],
)
def test_p_value(p: float, text: str) -> None:
    assert words.p_value(p) == text


def test_p_value_never_rounds_across_five_percent() -> None:
    assert words.p_value(0.0499) == "P = 0.050"
    assert words.p_value(0.0494) == "P = 0.049"
    assert words.p_value(None) == f"P {words.MISSING}"


def test_percent_never_rounds_to_certainty() -> None:
    assert words.percent(0.9971) == "over 99%"
    assert words.percent(0.0004) == "under 1%"
    assert words.percent(1.0) == "100%"
    assert words.percent(0.5) == "50%"
    assert words.level(0.95) == "95%"
    assert words.level(0.999) == "99.9%"


def test_counts_and_lists() -> None:
    assert words.count(1, "trial") == "1 trial"
    assert words.count(12, "trial") == "12 trials"
    assert words.count(2, "analysis", "analyses") == "2 analyses"
    assert words.integer(12345) == "12\u202f345"
    assert words.plain(364.6) == "364.6"
    assert words.plain(-2.0) == "\u22122"
    assert words.listing(["a"]) == "a"
    assert words.listing(["a", "b", "c"]) == "a, b and c"
    assert words.capital("systolic SBP") == "Systolic SBP"
