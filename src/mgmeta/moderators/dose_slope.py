"""The slope of dose per 10 mmol/d, as Jee 2002 prints one: with a free intercept, and through zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mgmeta.errors import FitError
from mgmeta.pooling.bounded import fit_bounded
from mgmeta.pooling.slice_input import Row, effects_of

MG_PER_10_MMOL = 243.05  # 1 mmol of magnesium is 24.305 mg


@dataclass(frozen=True)
class DoseSlope:
    """Change of the effect for 10 mmol/d more.

    ``free``: the line may cut the axis anywhere, so that only differences of dose among the trials
    count. ``through_zero``: no dose, no effect. They answer different questions and differ most where
    doses are alike.
    """

    intercept: str
    k: int
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    p_value: float | None
    reason: str


def dose_slopes(rows: Sequence[Row], level: float) -> tuple[DoseSlope, DoseSlope]:
    """Fit both lines to the trials whose elemental dose is known (numbers and bounds).

    Parameters
    ----------
    rows
        Slice rows of one outcome.
    level
        Of the profile-likelihood intervals.
    """
    known = [row for row in rows if row["dose_per_100mg"] is not None]
    dose = np.array([row["dose_mg_per_day"] for row in known], dtype=float) / MG_PER_10_MMOL
    free = np.column_stack([np.ones(dose.size), dose])
    return _fit("free", known, free, level), _fit("through_zero", known, dose[:, None], level)


def _fit(intercept: str, rows: Sequence[Row], design: np.ndarray, level: float) -> DoseSlope:
    k, p = design.shape
    if k < p + 2:
        return DoseSlope(
            intercept, k, None, None, None, None, f"{k} trials of known dose; {p + 2} are needed"
        )
    e = effects_of(rows)
    try:
        fit = fit_bounded(e.y, e.se, e.low, e.high, design, level=level)
    except FitError as error:
        return DoseSlope(intercept, k, None, None, None, None, str(error))
    ends = (float(fit.beta[-1]), float(fit.ci_low[-1]), float(fit.ci_high[-1]), float(fit.p_value[-1]))
    return DoseSlope(intercept, k, *ends, "")
