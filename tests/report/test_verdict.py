from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgmeta.report.published import Published
from mgmeta.report.verdict import CONSISTENT, INCONSISTENT, NOT_TESTABLE, REPRODUCED, VERDICTS, judge

TARGET = Published("r", "R 1999", "sbp", "mmHg", -2.0, -3.58, -0.43, 34, None, None, "", "", "", "", "", "")


@pytest.mark.parametrize(
    ("k", "estimate", "low", "high", "word"),
    [
        (16, -2.0, -3.0, -1.0, NOT_TESTABLE),  # 16 of 34 is less than half
        (17, -2.0, -3.0, -1.0, REPRODUCED),
        (17, -2.0, -5.0, 1.0, REPRODUCED),  # half-width of exactly 3 is allowed
        (17, -2.0, -5.01, 1.0, NOT_TESTABLE),
        (17, -2.5, -4.0, -1.0, REPRODUCED),  # exactly 0.5 apart
        (17, -2.51, -4.0, -1.0, CONSISTENT),
        (17, -1.6, -1.9, -1.3, INCONSISTENT),  # near, but the published value is outside ours
        (17, -3.9, -5.5, -2.0, CONSISTENT),  # the published value on the edge of ours
        (17, -3.9, -5.5, -2.01, INCONSISTENT),
        (17, 4.0, 3.0, 5.0, INCONSISTENT),
        (40, None, None, None, NOT_TESTABLE),
        (40, -2.0, None, -1.0, NOT_TESTABLE),
    ],
)
def test_the_rule(k: int, estimate: float | None, low: float | None, high: float | None, word: str) -> None:
    assert judge(TARGET, k, estimate, low, high).word == word


def test_near_but_outside_the_published_interval_is_only_consistent(
    make_published: Callable[..., Published],
) -> None:
    narrow = make_published(estimate=-2.0, half=0.1, k_trials=10)
    verdict = judge(narrow, 10, -2.3, -3.0, -1.5)
    assert verdict.word == CONSISTENT
    assert "outside the published interval (\u22122.10 to \u22121.90)" in verdict.reason


def test_a_review_that_counts_no_trials_sets_no_minimum(make_published: Callable[..., Published]) -> None:
    assert judge(make_published(k_trials=None), 1, -2.1, -3.0, -1.0).word == REPRODUCED


def test_reasons_hold_the_numbers_that_decided() -> None:
    assert judge(TARGET, 6, -2.0, -3.0, -1.0).reason.startswith("6 trials pooled here against 34 published")
    assert "3.01 mmHg, exceeds 3 mmHg" in judge(TARGET, 20, -2.0, -5.01, 1.01).reason
    assert "3.0004 mmHg, exceeds 3 mmHg" in judge(TARGET, 20, -2.0, -5.0004, 1.0004).reason
    assert "differ by 0.5001 mmHg, more than the 0.5" in judge(TARGET, 20, -2.5001, -4.0, -1.0).reason


@given(
    st.integers(0, 60),
    st.floats(-10, 10),
    st.floats(0.01, 6),
    st.floats(0.01, 6),
)
def test_every_result_has_exactly_the_verdict_the_protocol_says(
    k: int, estimate: float, below: float, above: float
) -> None:
    low, high = estimate - below, estimate + above
    word = judge(TARGET, k, estimate, low, high).word
    assert word in VERDICTS
    testable = 2 * k >= 34 and (high - low) / 2 <= 3
    covers = low <= -2.0 <= high
    near = abs(estimate + 2.0) <= 0.5 and -3.58 <= estimate <= -0.43
    expected = (
        NOT_TESTABLE
        if not testable
        else REPRODUCED
        if covers and near
        else CONSISTENT
        if covers
        else INCONSISTENT
    )
    assert word == expected
