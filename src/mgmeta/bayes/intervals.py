"""Credible intervals and modes of a density with one peak."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mgmeta.bayes.densities import Density
from mgmeta.bayes.rows import Array

_GRID = 33


@dataclass(frozen=True)
class Interval:
    """A credible interval."""

    low: float
    high: float


def central(density: Density, level: float) -> Interval:
    """Return the interval with the same probability on either side."""
    tail = 0.5 * (1.0 - level)
    low, high = density.quantile(np.array([tail, 1.0 - tail]))
    return Interval(float(low), float(high))


def shortest(density: Density, level: float, *, floor: float | None = None) -> Interval:
    """Return the shortest interval of a probability.

    Parameters
    ----------
    density
        With one peak; with several the interval is the shortest connected one.
    level
        Probability inside, such as 0.95.
    floor
        Lower end of the support (0 for tau), where the interval may start.

    Notes
    -----
    Among intervals from quantile p to quantile p + level the shortest has equal densities at its
    ends, or starts at the floor. The equation of the densities is bracketed on a grid of p and solved
    by false position, so the ends are as exact as the density (a minimum of the width itself
    would give them to half the digits only).
    """
    slack = 1.0 - level

    def slope(p: Array) -> Array:
        at = np.concatenate([p, p + level])
        ends = density.pdf(density.quantile(at))
        return np.asarray(ends[: len(p)] - ends[len(p) :])

    def interval(p: float) -> Interval:
        low, high = density.quantile(np.array([p, p + level]))
        return Interval(float(low), float(high))

    p = slack * np.linspace(0.0, 1.0, _GRID)[1:-1]
    ends = density.quantile(np.concatenate([p, p + level]))
    best = int(np.argmin(ends[len(p) :] - ends[: len(p)]))
    nearest = slack * 1e-9
    low = float(p[best - 1]) if best else nearest
    high = float(p[best + 1]) if best < len(p) - 1 else slack - nearest
    # The width falls while the lower end is the less dense one.
    at_low, at_high = slope(np.array([low, high]))
    if floor is not None and best == 0 and at_low > 0.0:
        return Interval(floor, float(density.quantile(np.array([level]))[0]))
    if not at_low < 0.0 < at_high:
        return interval(float(p[best]))
    return interval(_false_position(lambda at: float(slope(np.array([at]))[0]), low, high, at_low, at_high))


def _false_position(
    f: Callable[[float], float], low: float, high: float, f_low: float, f_high: float
) -> float:
    """Return the root of a function that is negative at *low*, positive at *high* (Illinois variant)."""
    side = 0
    for _ in range(200):
        at = (low * f_high - high * f_low) / (f_high - f_low)
        if not low < at < high:
            at = 0.5 * (low + high)
        value = f(at)
        if value == 0.0 or high - low <= 1e-14:
            return at
        if value < 0.0:
            if abs(at - low) <= 1e-15:
                return at
            low, f_low = at, value
            f_high = f_high * 0.5 if side == -1 else f_high
            side = -1
        else:
            if abs(high - at) <= 1e-15:
                return at
            high, f_high = at, value
            f_low = f_low * 0.5 if side == 1 else f_low
            side = 1
    return 0.5 * (low + high)


def mode(density: Density, *, floor: float | None = None) -> float:
    """Return where the density is highest, to about 1e-8 of its spread; *floor* if that is the highest.

    Golden-section search between the quantiles beside the best of a grid.
    """
    x = density.quantile(np.linspace(0.0, 1.0, 2 * _GRID + 1)[1:-1])
    if floor is not None:
        x = np.concatenate([[floor + 1e-9 * (x[0] - floor)], x])
    best = int(np.argmax(density.pdf(x)))
    if floor is not None and best == 0:
        return floor
    low, high = float(x[max(best - 1, 0)]), float(x[min(best + 1, len(x) - 1)])
    ratio = 0.5 * (np.sqrt(5.0) - 1.0)
    a, b = high - ratio * (high - low), low + ratio * (high - low)
    fa, fb = (float(density.pdf(np.array([at]))[0]) for at in (a, b))
    for _ in range(60):
        if fa > fb:
            high, b, fb = b, a, fa
            a = high - ratio * (high - low)
            fa = float(density.pdf(np.array([a]))[0])
        else:
            low, a, fa = a, b, fb
            b = low + ratio * (high - low)
            fb = float(density.pdf(np.array([b]))[0])
    return 0.5 * (low + high)
