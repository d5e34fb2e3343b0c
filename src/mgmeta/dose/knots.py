"""Where the knots of a spline lie: at percentiles of the doses or where the analyst says."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.errors import ConfigError, FitError

Array = NDArray[np.float64]

PERCENTILES: dict[int, tuple[float, ...]] = {
    3: (10.0, 50.0, 90.0),
    4: (5.0, 35.0, 65.0, 95.0),
    5: (5.0, 27.5, 50.0, 72.5, 95.0),
}
"""Percentiles of restricted cubic splines (Harrell 2015, Regression Modeling Strategies, table 2.3)."""

INTERIOR: dict[int, tuple[float, ...]] = {
    1: (50.0,),
    2: (100.0 / 3.0, 200.0 / 3.0),
    3: (25.0, 50.0, 75.0),
}
"""Percentiles of the interior knots of a monotone spline."""

COINCIDENT = 0.01
"""Knots closer than this share of the largest dose (10 of 1,000 mg/d) would bend the curve between doses
that differ by a rounding of the tablet's content."""


def harrell_knots(dose: ArrayLike, knots: int | Sequence[float] | None = None) -> tuple[float, ...]:
    """Return the knots of a restricted cubic spline.

    Parameters
    ----------
    dose : (k,) doses, in any one unit, whose percentiles are taken, by linear interpolation between order
        statistics
    knots : 3, 4 or 5 knots at the percentiles of :data:`PERCENTILES` (3 if None), or the knots themselves

    Raises
    ------
    ConfigError
        If the number is not 3 to 5, or given knots are negative or do not rise.
    FitError
        If two knots coincide; names the percentiles and the dose.
    """
    return _place(dose, 3 if knots is None else knots, PERCENTILES, "a restricted cubic spline")


def interior_knots(dose: ArrayLike, knots: int | Sequence[float] | None = None) -> tuple[float, ...]:
    """Return the interior knots of a monotone spline: 1 to 3 (1 if None), or the knots themselves."""
    return _place(dose, 1 if knots is None else knots, INTERIOR, "a monotone spline")


def _place(
    dose: ArrayLike, knots: int | Sequence[float], table: dict[int, tuple[float, ...]], what: str
) -> tuple[float, ...]:
    doses = np.asarray(dose, dtype=float).ravel()
    numbers = f"{min(table)} to {max(table)}"
    if isinstance(knots, int):
        if knots not in table:
            raise ConfigError(f"{knots} knots: {what} has {numbers}; give a number of knots or their doses")
        percentiles = table[knots]
        found = tuple(float(value) for value in np.percentile(doses, percentiles))
        labels = [f"the {_ordinal(share)} percentile" for share in percentiles]
    else:
        found = tuple(float(value) for value in knots)
        if len(found) not in table:
            raise ConfigError(f"{len(found)} knots: {what} has {numbers}")
        if not all(np.isfinite(found)) or min(found) < 0.0:
            raise ConfigError(f"knots {_doses(found)}: every knot must be a dose of 0 or more")
        if any(b < a for a, b in pairwise(found)):
            raise ConfigError(f"knots {_doses(found)}: give them in rising order")
        labels = [f"knot {j + 1}" for j in range(len(found))]
    _refuse_coincident(found, labels, float(doses.max(initial=max(found))))
    return found


def _refuse_coincident(knots: tuple[float, ...], labels: list[str], top: float) -> None:
    for j, gap in enumerate(np.diff(knots)):
        if gap <= COINCIDENT * top:
            raise FitError(
                f"knots coincide: {labels[j]} is {knots[j]:g} and {labels[j + 1]} is {knots[j + 1]:g}, "
                f"within {100.0 * COINCIDENT:g} % of the largest dose ({top:g}); the doses cluster too much "
                "for these knots: give fewer, or place them by hand with --knots"
            )


def _ordinal(share: float) -> str:
    return f"{share:.4g}th"


def _doses(knots: Sequence[float]) -> str:
    return ", ".join(f"{knot:g}" for knot in knots)
