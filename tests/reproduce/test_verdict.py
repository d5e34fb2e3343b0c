"""The rule where a review prints less than an interval and a number of trials."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from mgmeta.report import verdict as of_the_report
from mgmeta.reproduce import verdict as rule
from mgmeta.reproduce.verdict import CONSISTENT, INCONSISTENT, NOT_TESTABLE, judge


@dataclass(frozen=True)
class Bare:
    unit: str = "mmHg"
    k_trials: int | None = None
    estimate: float = -2.0
    ci_low: float | None = None
    ci_high: float | None = None


def test_there_is_one_rule():
    assert of_the_report.judge is rule.judge


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [(-3.0, -1.0, CONSISTENT), (-1.9, -1.0, INCONSISTENT), (-5.1, 1.0, NOT_TESTABLE)],
)
def test_without_a_published_interval_nothing_is_reproduced(low, high, word):
    found = judge(Bare(), 4, (low + high) / 2, low, high)
    assert found.word == word
    if word == CONSISTENT:
        assert found.reason.endswith("the review prints no interval for ours to lie in")
