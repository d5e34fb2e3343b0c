"""The published counterpart of each moderator, from ``reviews.csv`` and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

from mgmeta.evidence.records import Evidence, Review

# subset of reviews.csv -> (moderator, which of its numbers: a level by its place, or None = another
# cut, and the words for it).
SUBSETS: dict[str, tuple[str, int | None, str]] = {
    "normotensive": ("hypertension", 0, "normotensive"),
    "hypertensive": ("hypertension", 1, "hypertensive"),
    "hypertensive_vs_normotensive": ("hypertension", None, "hypertensive against normotensive"),
    "treated": ("bp_treatment", 1, "treated"),
    "mg_deficient": ("mg_status", 1, "magnesium deficient"),
    "dose_ge_370": ("dose", None, "370 mg/d or more"),
    "dose_ge_400": ("dose", None, "400 mg/d or more"),
    "dose_slope": ("dose", None, "slope per 10 mmol/d"),
    "duration_ge_12_weeks": ("duration", None, "12 weeks or longer"),
    "crossover": ("design", 1, "crossover"),
}


@dataclass(frozen=True)
class Counterpart:
    """One printed subgroup result, slope or interaction test; None = not in the tables."""

    moderator: str
    place: int | None
    what: str
    review_id: str
    label: str
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    unit: str
    k: int | None
    p_interaction: float | None
    source_kind: str


def counterparts(evidence: Evidence, outcome: str) -> tuple[Counterpart, ...]:
    """Return every published number on a moderator of one outcome, in the order of the table."""
    return tuple(
        _counterpart(review)
        for review in evidence.reviews
        if review.outcome == outcome and review.subset in SUBSETS
    )


def _counterpart(review: Review) -> Counterpart:
    moderator, place, what = SUBSETS[review.subset]
    return Counterpart(
        moderator,
        place,
        what,
        review.review_id,
        f"{review.first_author} {review.year}",
        review.estimate,
        review.ci_low,
        review.ci_high,
        review.unit,
        review.k_subset,
        review.p_interaction,
        review.source_kind,
    )
