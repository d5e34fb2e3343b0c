"""The verdict on a reproduction, by the rule fixed in docs/protocol.md, section 9.

One rule for the headline and for every row of the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from mgmeta import words

NOT_TESTABLE = "not testable"
REPRODUCED = "reproduced"
CONSISTENT = "consistent"
INCONSISTENT = "inconsistent"
VERDICTS = (NOT_TESTABLE, REPRODUCED, CONSISTENT, INCONSISTENT)

MIN_SHARE_OF_TRIALS = 0.5
MAX_HALF_WIDTH = 3.0  # mmHg
MAX_DIFFERENCE = 0.5  # mmHg


class Target(Protocol):
    """A published pooled result; without an interval `ci_low` and `ci_high` are None."""

    @property
    def unit(self) -> str:
        """Unit of the numbers."""

    @property
    def k_trials(self) -> int | None:
        """Trials the review pooled; None = not printed."""

    @property
    def estimate(self) -> float:
        """As printed, magnesium minus control."""

    @property
    def ci_low(self) -> float | None:
        """Lower end of its interval."""

    @property
    def ci_high(self) -> float | None:
        """Upper end of its interval."""


@dataclass(frozen=True)
class Verdict:
    """One of `VERDICTS` and the comparison of numbers that decided it."""

    word: str
    reason: str


def judge(
    published: Target,
    k: int,
    estimate: float | None,
    ci_low: float | None,
    ci_high: float | None,
) -> Verdict:
    """Apply the rule to one result.

    Parameters
    ----------
    published : Target
        The target; its number of trials sets how many are needed.
    k : int
        Trials pooled here, with numbers or with words only.
    estimate, ci_low, ci_high : float or None
        Our estimate and interval, in the unit of the target; ``None`` = the model has none.

    Returns
    -------
    Verdict
        *not testable*: fewer than half of the published number of trials, no finite interval, or a
        half-width above 3 mmHg. *reproduced*: the estimates differ by at most 0.5 mmHg and each lies in
        the other's interval. *consistent*: the published estimate lies in our interval. Else
        *inconsistent*. A review that prints no interval cannot be reproduced, only be consistent.
    """
    unit = published.unit
    if published.k_trials is not None and k < MIN_SHARE_OF_TRIALS * published.k_trials:
        few = f"{words.count(k, 'trial')} pooled here against {words.integer(published.k_trials)} published"
        return Verdict(NOT_TESTABLE, f"{few}; the rule asks for at least half")
    if estimate is None or ci_low is None or ci_high is None:
        return Verdict(NOT_TESTABLE, "the model has no finite interval on these data")
    half_width = (ci_high - ci_low) / 2.0
    if half_width > MAX_HALF_WIDTH:
        wide = f"the half-width of our interval, {_apart(half_width, MAX_HALF_WIDTH)} {unit}"
        return Verdict(NOT_TESTABLE, f"{wide}, exceeds {words.plain(MAX_HALF_WIDTH)} {unit}")
    difference = abs(estimate - published.estimate)
    theirs_in_ours = ci_low <= published.estimate <= ci_high
    low, high = published.ci_low, published.ci_high
    ours_in_theirs = low is not None and high is not None and low <= estimate <= high
    if difference <= MAX_DIFFERENCE and theirs_in_ours and ours_in_theirs:
        near = f"the estimates differ by {words.fixed(difference)} {unit}"
        return Verdict(REPRODUCED, f"{near} and each lies in the other's interval")
    ours = words.interval(ci_low, ci_high)
    if not theirs_in_ours:
        outside = f"the published {words.fixed(published.estimate)} lies outside our interval ({ours})"
        return Verdict(INCONSISTENT, outside)
    inside = f"the published {words.fixed(published.estimate)} lies in our interval ({ours})"
    far = f"the estimates differ by {_apart(difference, MAX_DIFFERENCE)} {unit}"
    if difference > MAX_DIFFERENCE:
        return Verdict(
            CONSISTENT, f"{inside}, but {far}, more than the {words.plain(MAX_DIFFERENCE)} allowed"
        )
    if low is None or high is None:
        return Verdict(CONSISTENT, f"{inside}; the review prints no interval for ours to lie in")
    theirs = words.interval(low, high)
    return Verdict(CONSISTENT, f"{inside}, but ours lies outside the published interval ({theirs})")


def _apart(value: float, limit: float) -> str:
    """Return *value* with as many decimals as it takes to look different from *limit*."""
    for digits in range(words.DIGITS, 8):
        text = words.fixed(value, digits)
        if float(text) != limit:
            return text
    return words.plain(value)
