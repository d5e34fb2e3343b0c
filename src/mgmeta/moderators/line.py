"""The fitted line of one continuous moderator with its pointwise band, for plots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mgmeta.errors import FitError
from mgmeta.pooling.bounded import fit_bounded
from mgmeta.pooling.slice_input import Row, effects_of

POINTS = 13


@dataclass(frozen=True)
class Line:
    """The mean effect at `at` (unscaled values); an open end of the band is NaN."""

    at: tuple[float, ...]
    estimate: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def fitted_line(
    rows: Sequence[Row], values: Sequence[float], step: float, level: float, points: int = POINTS
) -> Line | None:
    """Return the line between the smallest and the largest value, or None if it cannot be fitted.

    The interval at a value v is that of the intercept of the same model with the moderator centred
    at v: the same t-calibrated profile likelihood as every other interval.

    Parameters
    ----------
    rows, values
        Slice rows of one outcome and the moderator in each.
    step
        Scales the moderator in the fit; the line does not depend on it.
    level, points
        Level of the band; how many values.
    """
    e = effects_of(rows)
    x = np.asarray(values, dtype=float)
    grid = np.linspace(x.min(), x.max(), points)
    estimate, low, high = [], [], []
    for at in grid:
        design = np.column_stack([np.ones(x.size), (x - at) / step])
        try:
            fit = fit_bounded(e.y, e.se, e.low, e.high, design, level=level)
        except FitError:
            return None
        estimate.append(float(fit.beta[0]))
        low.append(_finite(fit.ci_low[0]))
        high.append(_finite(fit.ci_high[0]))
    return Line(tuple(map(float, grid)), tuple(estimate), tuple(low), tuple(high))


def _finite(value: float) -> float:
    return float(value) if math.isfinite(value) else math.nan
