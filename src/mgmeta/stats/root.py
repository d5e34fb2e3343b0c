"""Roots of many scalar equations at once: Newton's method that cannot leave its bracket."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mgmeta.errors import FitError

Array = NDArray[np.float64]
Rows = NDArray[np.intp]
Equation = Callable[[Rows, Array], tuple[Array, Array]]

NEWTON_DONE = 1e-9
"""A Newton step below this share of the scale leaves an error of its square, about 1e-18."""
ITERATIONS = 200


def falling_roots(f: Equation, low: Array, high: Array, scale: Array, start: Array | None = None) -> Array:
    """Solve f(t) = 0 where f(low) > 0 >= f(high), for n equations at once.

    A Newton step that would leave the bracket, or that does not halve it in
    effect, is replaced by bisection, so the method converges whatever f does
    and is quadratic near the root.

    Parameters
    ----------
    f : called with the indices of the equations still open and their t; returns
        the values and the derivatives there
    low, high : (n,) brackets
    scale : (n,) added to t to judge step sizes (a root near 0 cannot be known
        better than the arithmetic of v + t allows)
    start : (n,) first guesses inside the brackets; default the upper end's
        geometric mean with the lower

    Returns
    -------
    (n,) roots, accurate to rounding (1e-12 relative or better).

    Raises
    ------
    FitError
        If f is not finite, or 200 iterations were not enough (bisection needs 60).
    """
    low, high = low.astype(float).copy(), high.astype(float).copy()
    t: Array = np.sqrt((low + scale) * (high + scale)) - scale if start is None else start.astype(float)
    t = np.clip(t, low, high)
    last_width = high - low
    open_ = np.arange(t.size)
    for _ in range(ITERATIONS):
        if not open_.size:
            return np.asarray(t)
        now = t[open_]
        value, slope = f(open_, now)
        if not np.isfinite(value).all():
            raise FitError("the equation of tau2 is not finite; are all effects and variances finite?")
        below = value > 0
        lo = np.where(below, now, low[open_])
        hi = np.where(below, high[open_], now)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = -value / slope
        proposal = now + step
        newton = (slope < 0) & (proposal >= lo) & (proposal <= hi) & (np.abs(step) <= 0.5 * last_width[open_])
        new = np.where(newton, proposal, 0.5 * (lo + hi))
        unit = now + scale[open_]
        done = (newton & (np.abs(step) <= NEWTON_DONE * unit)) | (value == 0)
        done |= hi - lo <= 4.0 * np.finfo(float).eps * unit
        new = np.where(value == 0, now, new)
        last_width[open_] = np.where(newton, np.abs(step), hi - lo)
        low[open_], high[open_], t[open_] = lo, hi, new
        open_ = open_[~done]
    raise FitError(
        f"{open_.size} equations did not converge in {ITERATIONS} iterations; are all numbers finite?"
    )
