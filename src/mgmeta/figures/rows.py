"""A slice row as figures see it: an estimate with an interval, or a band without a point."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import ndtri, stdtrit

from mgmeta.figures import words
from mgmeta.figures.results import Json

ESTIMATE = "estimate"
TWO_SIDED = "two_sided"
LOWER = "lower"
HIGHER = "higher"

SAYS = {
    TWO_SIDED: "ns (words)",
    LOWER: "lower (words)",
    HIGHER: "higher (words)",
}


@dataclass(frozen=True)
class TrialRow:
    """One pooled trial and outcome.

    Attributes
    ----------
    shape : str
        ``estimate``, ``two_sided`` (a band), ``lower`` or ``higher`` (open on one side).
    estimate : float or None
        The effect, mmHg; ``None`` for words only.
    low, high : float or None
        Interval of an estimate or limits of a bound, mmHg; ``None`` = open.
    n : int or None
        Participants: both arms, or the people of a crossover.
    dose : float or None
        Elemental magnesium, mg/d.
    hypertensive : int or None
        1, 0 or unknown.
    weight : float or None
        Weight in the pool with bounds, percent.
    se_assumed : bool
        True where something was borrowed to place an estimate.
    """

    trial_id: str
    label: str
    year: int | None
    shape: str
    estimate: float | None
    low: float | None
    high: float | None
    n: int | None
    dose: float | None
    hypertensive: int | None
    weight: float | None
    se_assumed: bool

    @property
    def text(self) -> str:
        """Return the effect in words or figures."""
        if self.shape == ESTIMATE:
            return words.with_interval(self.estimate, self.low, self.high)
        return SAYS[self.shape]


def quantile(level: float, df: float | None) -> float:
    """Return the two-sided quantile of Student's t, or of the normal where df is unknown."""
    upper = 0.5 + level / 2.0
    return float(ndtri(upper)) if df is None or not math.isfinite(df) else float(stdtrit(df, upper))


def trial_row(row: Json, level: float) -> TrialRow:
    """Return one row of a fit (``rows`` in ``results/fits``) for drawing.

    Parameters
    ----------
    row : JSON
        A slice row with its weights.
    level : float
        Level of the interval of an estimate.
    """
    estimate, low, high = row["yi"], row["yi_low"], row["yi_high"]
    if row["kind"] == ESTIMATE:
        half = quantile(level, row["df"]) * row["sei"]
        shape, low, high = ESTIMATE, estimate - half, estimate + half
    elif low is None:
        shape = LOWER
    elif high is None:
        shape = HIGHER
    else:
        shape = TWO_SIDED
    return TrialRow(
        trial_id=str(row["trial_id"]),
        label=str(row["label"]),
        year=None if row["year"] is None else int(row["year"]),
        shape=shape,
        estimate=estimate,
        low=low,
        high=high,
        n=_participants(row),
        dose=row["dose_mg_per_day"],
        hypertensive=None if row["hypertensive"] is None else int(row["hypertensive"]),
        weight=row.get("weight_percent"),
        se_assumed=shape == ESTIMATE and bool(row["assumed"]),
    )


def trial_rows(out: Json, level: float) -> tuple[TrialRow, ...]:
    """Return all rows of one outcome: numbers first, then words; by year, then label."""
    rows = [trial_row(row, level) for row in out["rows"]]
    return tuple(
        sorted(rows, key=lambda row: (row.shape != ESTIMATE, row.year or 9999, row.label, row.trial_id))
    )


def _participants(row: Json) -> int | None:
    arms = [int(n) for n in (row["n_mg"], row["n_control"]) if n is not None]
    if not arms:
        return None
    return max(arms) if row["design"] == "crossover" else sum(arms)
