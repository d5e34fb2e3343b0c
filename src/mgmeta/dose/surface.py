r"""Dose and duration at once: does the effect per dose depend on how long it was given?

:math:`f(d, t) = d (b_1 + b_2 (t - \tilde t))`, so that no magnesium is no effect however long, with
:math:`\tilde t` the median duration. Where the trials do not cross dose with duration it is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgmeta.dose.axes import AXES, Row, column, used_rows
from mgmeta.dose.support import THIN
from mgmeta.errors import FitError
from mgmeta.pooling.bounded import BoundedFit, fit_bounded

Array = NDArray[np.float64]
QUARTILES = (25.0, 50.0, 75.0)


@dataclass(frozen=True)
class Crossing:
    """How many rows combine each half of the doses with each half of the durations.

    ``low_dose``, ``high_dose`` are (k at the median duration or shorter, k longer); the medians split.
    """

    dose: float
    weeks: float
    low_dose: tuple[int, int]
    high_dose: tuple[int, int]

    @property
    def least(self) -> int:
        """Rows in the emptiest quarter."""
        return min(*self.low_dose, *self.high_dose)


def study_surface(rows: Sequence[Row], *, level: float) -> dict[str, Any]:
    """Fit the surface to the rows of one outcome, or say why not.

    Parameters
    ----------
    rows : slice rows of one outcome
    level : of all intervals

    Returns
    -------
    dict
        ``k`` and ``crossing`` (:class:`Crossing`); then ``slope`` per 100 mg/d at the median duration,
        ``change`` of it per 4 weeks more, each with interval and P; ``cells``, effects at the quartiles of
        dose and duration, only where trials lie around; ``warnings``; or ``reason``.
    """
    dose_axis, time_axis = AXES["dose"], AXES["duration"]
    used = used_rows(rows, dose_axis, time_axis)
    if not used:
        return {"k": 0, "reason": "no trial whose dose and duration are known"}
    dose, weeks = column(used, dose_axis.column), column(used, time_axis.column)
    crossing = cross(dose, weeks)
    head: dict[str, Any] = {"k": len(used), "crossing": crossing}
    if crossing.least < THIN:
        return {
            **head,
            "reason": f"too few trials cross dose with duration: of the four quarters (dose up to or above "
            f"{crossing.dose:g} mg/d, duration up to or above {crossing.weeks:g} weeks) the emptiest has "
            f"{crossing.least}, and at least {THIN} are needed",
        }
    try:
        fit = _fit(used, dose / dose_axis.per, (weeks - crossing.weeks) / time_axis.per, level)
    except FitError as error:
        return {**head, "reason": str(error)}
    return {
        **head,
        "slope": _term(fit, 0),
        "change": _term(fit, 1),
        "tau2": fit.tau2,
        "aic": 2.0 * 3 - 2.0 * fit.loglik,
        "cells": _cells(used, dose, weeks, level),
        "warnings": list(fit.warnings),
    }


def cross(dose: Array, weeks: Array) -> Crossing:
    """Return the counts of the four quarters."""
    middle, half = float(np.median(dose)), float(np.median(weeks))
    high, long = dose > middle, weeks > half

    def pair(side: NDArray[np.bool_]) -> tuple[int, int]:
        return int((side & ~long).sum()), int((side & long).sum())

    return Crossing(middle, half, pair(~high), pair(high))


def _fit(rows: Sequence[Row], dose: Array, time: Array, level: float) -> BoundedFit:
    return fit_bounded(
        column(rows, "yi"),
        column(rows, "sei"),
        column(rows, "yi_low"),
        column(rows, "yi_high"),
        np.column_stack([dose, dose * time]),
        level=level,
        names=("dose", "dose x duration"),
    )


def _term(fit: BoundedFit, j: int) -> dict[str, float]:
    return {
        "estimate": float(fit.beta[j]),
        "ci_low": float(fit.ci_low[j]),
        "ci_high": float(fit.ci_high[j]),
        "p_value": float(fit.p_value[j]),
    }


def _cells(rows: Sequence[Row], dose: Array, weeks: Array, level: float) -> list[dict[str, float]]:
    """Return effects at the quartiles that lie between trials.

    With the design [d / d0, d (t - t0)] the first coefficient is the effect at (d0, t0), and so its
    profile interval is that of the effect.
    """
    per = AXES["duration"].per
    cells = []
    for at in np.percentile(dose, QUARTILES):
        for when in np.percentile(weeks, QUARTILES):
            if surrounded(dose, weeks, float(at), float(when)):
                fit = _fit(rows, dose / at, (weeks - when) / per, level)
                cells.append({"dose": float(at), "weeks": float(when), **_term(fit, 0)})
    return cells


def surrounded(dose: Array, weeks: Array, at: float, when: float) -> bool:
    """Return whether a point lies in the convex hull of the trials.

    It does unless some direction has every trial strictly on one side: then the angles at which the
    trials are seen from the point leave a gap of more than half a turn.

    Parameters
    ----------
    dose : (n,) doses of the trials, mg/d
    weeks : (n,) durations, weeks
    at : dose of the point, mg/d
    when : duration of the point, weeks
    """
    x, y = (dose - at) / np.ptp(dose), (weeks - when) / np.ptp(weeks)
    near = np.hypot(x, y) < 1e-9
    if near.any():
        return True
    angle = np.sort(np.arctan2(y, x))
    gaps = np.diff(np.append(angle, angle[0] + 2.0 * np.pi))
    return bool(gaps.max() <= np.pi + 1e-9)
