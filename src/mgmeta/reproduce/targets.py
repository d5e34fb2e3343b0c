"""What a review printed, read from ``reviews.csv`` and never typed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mgmeta.errors import ConfigError
from mgmeta.evidence.records import Evidence, Review
from mgmeta.reproduce.plan import LeftOut, Plan, TargetKey


@dataclass(frozen=True)
class PrintedResult:
    """One row of ``reviews.csv`` as a target.

    Attributes
    ----------
    estimate, ci_low, ci_high : float or None
        As printed; None = not printed.
    k_trials, n_participants : int or None
        Trials and people of this pool; None where only the whole review's number is printed, or none.
    """

    review_id: str
    label: str
    year: int | None
    outcome: str
    subset: str
    unit: str
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    k_trials: int | None
    n_participants: int | None
    dose_mg_per_day_median: float | None
    i2_percent: float | None
    model: str
    inclusion: str
    source_kind: str
    source_url: str
    doi: str
    note: str
    row: int


@dataclass(frozen=True)
class NoTarget:
    """One row of ``reviews.csv`` that is not reproduced, and why."""

    review_id: str
    label: str
    outcome: str
    subset: str
    unit: str
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    reason: str


def label_of(review: Review) -> str:
    """Return ``Jee 2002``."""
    return f"{review.first_author} {review.year}" if review.year else review.first_author


def printed_result(evidence: Evidence, review_id: str, key: TargetKey) -> PrintedResult:
    """Return the row a target names.

    Raises
    ------
    ConfigError
        If there is none.
    """
    for review in evidence.reviews:
        if _key(review) == (review_id, key.outcome, key.subset, key.unit):
            k = review.k_subset if review.k_subset is not None else review.k_trials
            return PrintedResult(
                review_id,
                label_of(review),
                review.year,
                key.outcome,
                key.subset,
                key.unit,
                review.estimate,
                review.ci_low,
                review.ci_high,
                k if key.counted else None,
                review.n_participants if key.counted and key.subset == "overall" else None,
                review.dose_mg_per_day_median,
                review.i2_percent,
                review.model,
                review.inclusion,
                review.source_kind,
                review.source_url,
                review.doi,
                review.note,
                review.row,
            )
    raise ConfigError(
        f"reviews.{review_id}.targets: reviews.csv has no row with outcome {key.outcome!r}, "
        f"subset {key.subset!r}, unit {key.unit!r}; correct the target or add the row"
    )


def no_targets(evidence: Evidence, plan: Plan) -> tuple[NoTarget, ...]:
    """Return every row of ``reviews.csv`` that is no target, with the reason.

    Raises
    ------
    ConfigError
        If a row is neither a target nor left out with a reason, or both: nothing vanishes.
    """
    wanted = {
        (review.review_id, key.outcome, key.subset, key.unit)
        for review in plan.reviews
        for key in review.targets
    }
    found, problems = [], []
    for review in evidence.reviews:
        if _key(review) in wanted:
            continue
        reason = _reason(review, plan.left_out)
        if reason is None:
            problems.append(
                f"reviews.csv:{review.row}: {' '.join(_key(review))} is neither a target nor under `left_out`"
            )
            continue
        found.append(
            NoTarget(
                review.review_id,
                label_of(review),
                review.outcome,
                review.subset,
                review.unit,
                review.estimate,
                review.ci_low,
                review.ci_high,
                reason,
            )
        )
    if problems:
        raise ConfigError("the published reviews are not complete:\n  " + "\n  ".join(problems))
    return tuple(found)


def _key(review: Review) -> tuple[str, str, str, str]:
    return review.review_id, review.outcome, review.subset, review.unit


def _reason(review: Review, patterns: Iterable[LeftOut]) -> str | None:
    for item in patterns:
        wanted = (item.review, item.outcome, item.subset)
        has = (review.review_id, review.outcome, review.subset)
        if all(not want or want == value for want, value in zip(wanted, has, strict=True)):
            return item.reason
    return None
