"""The rule by which a claim is supported, not supported, not testable here, or uncertain.

Fixed before any claim was computed: *supported* if the interval excludes 0 on the
claimed side in the primary, strict, permissive and silent-as-not-significant
analyses; *not supported* if the primary interval lies inside +-0.5 mmHg or on the
other side of 0; *not testable here* with fewer than 5 trials per level; else
*uncertain*. A claim about a subgroup is judged by the difference between the levels
only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mgmeta import words
from mgmeta.reproduce.engines import Answer

SUPPORTED = "supported"
NOT_SUPPORTED = "not supported"
NOT_TESTABLE = "not testable here"
UNCERTAIN = "uncertain"
CLAIM_VERDICTS = (SUPPORTED, NOT_SUPPORTED, NOT_TESTABLE, UNCERTAIN)

MIN_TRIALS = 5
NEGLIGIBLE = 0.5  # mmHg

PRIMARY = "primary"
ANALYSES = {
    PRIMARY: "primary",
    "strict": "strict",
    "permissive": "permissive",
    "silent_ns": "silent-as-not-significant",
}


@dataclass(frozen=True)
class ClaimVerdict:
    """One of `CLAIM_VERDICTS` and what decided it."""

    word: str
    reason: str


def decide(
    levels: Mapping[str, int], answers: Mapping[str, Answer], claimed: int, unit: str, digits: int = 2
) -> ClaimVerdict:
    """Apply the rule.

    Parameters
    ----------
    levels
        Level -> trials, in the primary analysis.
    answers
        Analysis (keys of `ANALYSES`) -> estimate with interval.
    claimed
        -1 if the claim says lower, +1 if it says higher.
    unit
        Unit of the numbers; the negligible range is set in mmHg only.
    digits
        Decimals of the numbers in the reason.
    """
    few = [f"{words.count(k, 'trial')} {level}" for level, k in levels.items() if k < MIN_TRIALS]
    if few:
        return ClaimVerdict(NOT_TESTABLE, f"{words.listing(few)}; the rule asks for at least {MIN_TRIALS}")
    primary = answers[PRIMARY]
    if primary.ci_low is None or primary.ci_high is None:
        return ClaimVerdict(NOT_TESTABLE, primary.reason or "the primary analysis has no finite interval")
    span = f"{words.interval(primary.ci_low, primary.ci_high, digits)} {unit}"
    if unit == "mmHg" and primary.ci_low >= -NEGLIGIBLE and primary.ci_high <= NEGLIGIBLE:
        return ClaimVerdict(NOT_SUPPORTED, f"the interval ({span}) lies within {NEGLIGIBLE} mmHg of 0")
    if _excludes(primary, -claimed):
        return ClaimVerdict(NOT_SUPPORTED, f"the interval ({span}) lies on the other side of 0")
    missing = [name for name in ANALYSES if not _excludes(answers[name], claimed)]
    if not missing:
        return ClaimVerdict(SUPPORTED, f"the interval excludes 0 in all {len(ANALYSES)} analyses ({span})")
    named = words.listing([ANALYSES[name] for name in missing])
    noun = "analysis" if len(missing) == 1 else "analyses"
    return ClaimVerdict(UNCERTAIN, f"the interval does not exclude 0 in the {named} {noun} (primary {span})")


def _excludes(answer: Answer, side: int) -> bool:
    """Return whether the interval lies wholly on one side of 0 (-1 below, +1 above)."""
    end = answer.ci_high if side < 0 else answer.ci_low
    return end is not None and end * side > 0
