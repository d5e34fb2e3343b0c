"""The smallest dose that reaches a share of the plateau, with an interval that is not made to be finite."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mgmeta.dose.cone import profile_cone
from mgmeta.dose.emax import Emax, EmaxThrough
from mgmeta.dose.fitted import Coned, Linear, Shaped
from mgmeta.dose.shape_peak import ShapePeak, deviance, highest, profile_shape
from mgmeta.pooling.profile_component import interval_end
from mgmeta.stats.distributions import quantile

Array = NDArray[np.float64]


# Places between the end of a walk and the bound at which a profile is asked again.
_LOOKS = 8
# To this share of the largest dose the ends of a monotone curve's interval are sought.
_FINE = 1.0 / 256.0


@dataclass(frozen=True)
class Reach:
    """Dose that reaches *share* of the plateau.

    Attributes
    ----------
    share : e.g. 0.5
    dose : estimate; NaN where undefined
    low, high : interval; 0 and infinity are the ends of an interval that the data do not close
    plateau : effect it is a share of
    plateau_dose : where that effect is reached; infinite for the limit of Emax
    note : what the plateau is, and why an interval is open or missing
    """

    share: float
    dose: float
    low: float
    high: float
    plateau: float
    plateau_dose: float
    note: str


def reach_linear(fitted: Linear, share: float, top: float, level: float) -> Reach:
    r"""Return the dose that reaches *share* of the largest effect at doses up to *top*.

    With :math:`d^*` the dose of the largest effect, the interval holds every dose d up to
    :math:`d^*` at which :math:`f(d) = share\, f(d^*)` is not rejected by its t test, as Fieller's
    does for a ratio. Moving :math:`d^*` changes :math:`f(d^*)` only to second order.

    Parameters
    ----------
    fitted : a fitted curve
    share : of the largest effect, 0 to 1
    top : largest dose considered
    level : of the interval, e.g. 0.95
    """
    if len(fitted.curve.terms) == 1:
        note = "one coefficient: the shape of this curve is fixed by its formula, not estimated"
        return Reach(share, math.nan, math.nan, math.nan, math.nan, math.nan, note)
    grid = np.linspace(0.0, top, 2001)
    effect = fitted.effect(grid)
    peak = int(np.argmax(np.abs(effect)))
    target = fitted.curve.columns(grid[[peak]])
    within = grid[: peak + 1]
    contrast = fitted.curve.columns(within) - share * target
    difference = contrast @ fitted.beta * np.sign(effect[peak])
    dose = _first_crossing(within, difference)
    variance = np.einsum("ij,jk,ik->i", contrast, fitted.cov, contrast)
    kept = difference**2 <= quantile(level, fitted.df) ** 2 * variance
    kept[np.argmin(np.abs(difference))] = True
    note = f"share of the largest effect at doses up to {top:g}, reached at {grid[peak]:g}"
    low, high = (float(within[i]) for i in (np.flatnonzero(kept)[[0, -1]]))
    if kept[-1]:
        high = math.inf
        note += "; that effect itself is not told from none, so the interval is open"
    return Reach(share, dose, low, high, float(effect[peak]), float(grid[peak]), note)


def _first_crossing(dose: Array, difference: Array) -> float:
    """Return where *difference* first reaches 0 from below, by a straight line between grid doses."""
    i = int(np.argmax(difference >= 0.0))
    if i == 0:
        return float(dose[0])
    left, right = difference[i - 1], difference[i]
    return float(dose[i - 1] + (dose[i] - dose[i - 1]) * left / (left - right))


def reach_coned(fitted: Coned, share: float, top: float, level: float) -> Reach:
    r"""Return the dose at which a monotone curve reaches *share* of its effect at the largest dose.

    The interval holds every dose d at which :math:`f(d) = share\, f(top)` is not rejected by its
    profile likelihood; its ends are sought to 1/256 of the largest dose.

    Parameters
    ----------
    fitted : a fitted monotone curve
    share : of the effect at *top*, 0 to 1
    top : largest dose considered
    level : of the interval, e.g. 0.95
    """
    grid = np.linspace(0.0, top, 2001)
    effect = fitted.effect(grid)
    note = f"share of the effect at {top:g}, the largest dose"
    if effect[-1] == 0.0:
        return Reach(share, math.nan, math.nan, math.nan, 0.0, top, f"{note}, which is none")
    sign = float(np.sign(effect[-1]))
    dose = _first_crossing(grid, (effect - share * effect[-1]) * sign)
    drop = quantile(level, fitted.df) ** 2
    target = share * fitted.curve.columns(np.array([top]))[0]

    def kept(d: float) -> bool:
        low, high = profile_cone(fitted.cone, fitted.curve.columns(np.array([d]))[0] - target, (drop,))[0]
        return bool(low <= 0.0 <= high)

    low = 0.0 if kept(0.0) else _boundary(kept, dose, 0.0, _FINE * top)
    high = math.inf if kept(top) else _boundary(kept, dose, top, _FINE * top)
    if math.isinf(high):
        note += "; that effect itself is not told from none, so the interval is open"
    return Reach(share, dose, low, high, float(effect[-1]), top, note)


def _boundary(kept: Callable[[float], bool], inside: float, outside: float, width: float) -> float:
    """Halve the way between a dose that is kept and one that is not."""
    while abs(outside - inside) > width:
        middle = 0.5 * (inside + outside)
        inside, outside = (middle, outside) if kept(middle) else (inside, middle)
    return inside


def reach_shaped(fitted: Shaped, share: float, level: float) -> Reach:
    """Return ED_q of an Emax curve with its profile interval.

    Parameters
    ----------
    fitted : a fitted Emax curve
    share : q of the plateau, 0 to 1
    level : of the interval, e.g. 0.95

    Raises
    ------
    HigherShapeError
        If the profile finds a higher maximum.
    """
    shape = fitted.peak.point.shape
    low, high = emax_interval(fitted, share, level)
    reached = math.isfinite(fitted.curve.ed(shape))
    plateau = float(fitted.peak.moved(fitted.peak.point, math.inf)[0]) if reached else math.nan
    note = "share of the limit of the curve, which may lie far beyond the doses tried"
    if math.isinf(high):
        note += "; the data do not say that there is a plateau"
    return Reach(share, fitted.curve.ed(shape, share), low, high, plateau, math.inf, note)


def emax_interval(fitted: Shaped, share: float, level: float) -> tuple[float, float]:
    """Return the profile interval of ED_q; 0 and infinity where the data do not close it.

    Parameters
    ----------
    fitted : the fitted curve
    share : q of ED_q, from 0 to 1, no unit
    level : of the intervals, such as 0.95
    """
    curve, drop = fitted.curve, quantile(level, fitted.df) ** 2
    if not curve.sigmoid:
        low, high = profile_shape(fitted.peak, 0, drop)
        return curve.ed(np.array([low]), share), curve.ed(np.array([high]), share)
    low, high = _sigmoid_interval(fitted.peak, curve, share, drop)
    return low * curve.scale / (1.0 - low), high * curve.scale / (1.0 - high) if high < 1.0 else math.inf


def _sigmoid_interval(peak: ShapePeak, curve: Emax, share: float, drop: float) -> tuple[float, float]:
    """Return the interval of z = ED_q / (ED_q + s), with h free, in [0, 1]."""
    near = sorted(peak.library, key=lambda point: -point.loglik)[:3]
    starts = [point.value for point in (peak.point, *near)]

    def excess(z: float) -> float:
        if 0.0 < z < 1.0:
            held = replace(peak.likelihood, family=EmaxThrough(curve.scale, z / (1.0 - z), share))
            found = highest(held, peak.anchor, [np.delete(start, 1) for start in starts], {})
            starts[-1] = np.insert(found.value, 1, 0.5)  # the next z lies near: go on from here
            return 2.0 * (peak.point.loglik - found.loglik) - drop
        found = highest(peak.likelihood, peak.anchor, starts, {1: z})
        return deviance(peak, found, peak.anchor) - drop

    ed = curve.ed(peak.point.shape, share)
    at = ed / (ed + curve.scale) if math.isfinite(ed) else 1.0
    low = 0.0 if at <= 1e-9 else interval_end(excess, at, 0.0, -1.0)
    high = 1.0 if at >= 1.0 - 1e-9 else interval_end(excess, at, 1.0, 1.0)
    return furthest(excess, low, 0.0), furthest(excess, high, 1.0)


def furthest(excess: Callable[[float], float], end: float, bound: float) -> float:
    """Return the end of the furthest piece of an interval between *end* and *bound*.

    A walk from the estimate stops where the profile first leaves the interval. A steep curve can jump from
    between two doses to between the next two, so its profile may come back in: the bound itself and seven
    points on the way are asked, from the far side, and the walk goes on from the first that is still in.
    Without this the end could be too short.

    Parameters
    ----------
    excess : how far the profile lies above its limit; positive outside the interval
    end : where a walk from the estimate stopped, in the unit of the doses
    bound : the furthest dose, in the unit of the doses
    """
    if end == bound:
        return end
    for part in range(_LOOKS):
        point = bound + (end - bound) * part / _LOOKS
        if excess(point) <= 0.0:
            return point if part == 0 else interval_end(excess, point, bound, math.copysign(1.0, bound - end))
    return end
