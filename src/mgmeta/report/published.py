"""The published result the headline stands beside, read from ``reviews.csv`` and never typed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mgmeta.errors import DataError
from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.evidence.records import Review


@dataclass(frozen=True)
class Published:
    """One published pooled result.

    Attributes
    ----------
    label : str
        Author and year, for example ``"Zhang 2016"``.
    estimate, ci_low, ci_high : float
        As printed, sign turned to magnesium minus control, in `unit`.
    k_trials, n_participants : int or None
        What the review counts; of the subset where it prints that.
    dose_mg_per_day_median : float or None
        Median dose of the reviewed trials.
    model, inclusion, source_url, doi, note : str
        As in ``reviews.csv``.
    """

    review_id: str
    label: str
    outcome: str
    unit: str
    estimate: float
    ci_low: float
    ci_high: float
    k_trials: int | None
    n_participants: int | None
    dose_mg_per_day_median: float | None
    model: str
    inclusion: str
    journal: str
    doi: str
    source_url: str
    note: str


def published_target(reviews: Iterable[Review], review_id: str, subset: str, outcome: str) -> Published:
    """Return the target for one outcome.

    Raises
    ------
    DataError
        If no row, or more than one, has this review, subset, outcome and the outcome's unit, or the row
        prints no interval.
    """
    unit = OUTCOMES[outcome].unit
    rows = [
        row
        for row in reviews
        if (row.review_id, row.subset, row.outcome, row.unit) == (review_id, subset, outcome, unit)
    ]
    wanted = f"review_id {review_id!r}, subset {subset!r}, outcome {outcome!r}, unit {unit!r}"
    if len(rows) != 1:
        raise DataError(
            f"reviews.csv: found {len(rows)} rows with {wanted}, expected 1; "
            "correct the keys under `target:` in the config or add the row"
        )
    row = rows[0]
    if row.estimate is None or row.ci_low is None or row.ci_high is None:
        raise DataError(
            f"reviews.csv:{row.row}: no estimate with an interval for {wanted}; a target needs both"
        )
    return Published(
        review_id=row.review_id,
        label=f"{row.first_author} {row.year}" if row.year else row.first_author,
        outcome=outcome,
        unit=unit,
        estimate=row.estimate,
        ci_low=row.ci_low,
        ci_high=row.ci_high,
        k_trials=row.k_subset if row.k_subset is not None else row.k_trials,
        n_participants=row.n_participants,
        dose_mg_per_day_median=row.dose_mg_per_day_median,
        model=row.model,
        inclusion=row.inclusion,
        journal=row.journal,
        doi=row.doi,
        source_url=row.source_url,
        note=row.note,
    )
