"""Maximum of a curve that is not linear in its parameters, and the profile of its shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgmeta.dose.shape_climb import climb
from mgmeta.dose.shape_likelihood import Point, ShapeLikelihood
from mgmeta.errors import FitError
from mgmeta.pooling.profile_component import interval_end

Array = NDArray[np.float64]

# A rise of the log-likelihood beyond this share is news about the maximum, not rounding.
NEWS = 1e-8


class HigherShapeError(Exception):
    """A profile passed a higher point: ``value`` with its level at ``anchor``."""

    def __init__(self, value: Array, anchor: float) -> None:
        self.value, self.anchor = value, anchor
        super().__init__("a profile found a higher likelihood")


@dataclass(frozen=True)
class ShapePeak:
    """The maximum and the points it was sought from.

    Attributes
    ----------
    likelihood : rows and family
    anchor : dose whose effect is the level
    point : (level, shape ..., tau2) at the maximum
    library : maxima over level and tau2 alone, one for each shape of the family's starts
    """

    likelihood: ShapeLikelihood
    anchor: float
    point: Point
    library: tuple[Point, ...]

    def level(self, dose: Array) -> Array:
        """Return the curve, f(d)."""
        return float(self.point.value[0]) * self.share(dose, self.point)

    def share(self, dose: Array, point: Point) -> Array:
        """Return g(d; anchor) of a point's shape."""
        return self.likelihood.family.share(dose, point.shape, self.anchor)[0]

    def moved(self, point: Point, anchor: float) -> Array:
        """Return a point's parameters with the level at another anchor, which may be infinite."""
        if np.isfinite(anchor):
            level = float(point.value[0] * self.share(np.array([anchor]), point)[0])
        else:  # g(infinity) is 1 there, so f(infinity) = f(a) / g(a)
            family, a = self.likelihood.family, np.array([self.anchor])
            level = float(point.value[0] / family.share(a, point.shape, anchor)[0][0])
        return np.concatenate([[level], point.value[1:]])


def find_shape_peak(likelihood: ShapeLikelihood, anchor: float, hint: Array | None = None) -> ShapePeak:
    """Maximise from the three best shapes of a library, and from *hint*.

    Parameters
    ----------
    likelihood : of the rows as a function of level and shape
    anchor : dose at which the level is a parameter, in the unit of the doses; infinite: the plateau
    hint : a start that replaces the search for one; None: search

    Raises
    ------
    FitError
        If no climb comes to rest.
    """
    library = _library(likelihood, anchor)
    ranked = sorted(library, key=lambda point: -point.loglik)
    starts = [point.value for point in ranked[:3]] + ([] if hint is None else [hint])
    return ShapePeak(likelihood, anchor, highest(likelihood, anchor, starts, {}), library)


def _library(likelihood: ShapeLikelihood, anchor: float) -> tuple[Point, ...]:
    """Return the conditional maximum of every shape of the family's starts."""
    points = []
    for family_start in likelihood.family.starts:
        shape = np.array(family_start, dtype=float)
        held = {j + 1: float(value) for j, value in enumerate(shape)}
        level, spread = _crude(likelihood, shape, anchor)
        starts = [np.concatenate([[level], shape, [part * spread]]) for part in (0.05, 0.6)]
        points.append(highest(likelihood, anchor, starts, held))
    return tuple(points)


def _crude(likelihood: ShapeLikelihood, shape: Array, anchor: float) -> tuple[float, float]:
    """Return level and mean squared residual by least squares, bounds at their middle or only end."""
    rows = likelihood.rows
    bound = np.isnan(rows.y)
    crude = rows.y.copy()
    low, high = rows.lower[bound], rows.upper[bound]
    crude[bound] = np.where(np.isinf(low), high, np.where(np.isinf(high), low, 0.5 * (low + high)))
    g = likelihood.shares(shape, anchor)[0]
    weight = 1.0 / rows.se**2
    size = float(weight @ g**2)
    level = float(weight @ (g * crude)) / size if size > 0.0 else 0.0
    return level, float(np.mean((crude - level * g) ** 2))


def highest(
    likelihood: ShapeLikelihood, anchor: float, starts: Iterable[Array], fixed: Mapping[int, float]
) -> Point:
    """Return the highest of the maxima climbed to, with the parameters in *fixed* held.

    Parameters
    ----------
    likelihood : of the rows as a function of level and shape
    anchor : dose at which the level is a parameter, in the unit of the doses; infinite: the plateau
    starts : where climbs begin
    fixed : parameters that are held: index to value

    Raises
    ------
    FitError
        If no climb comes to rest.
    """
    tops = [climb(likelihood, start, anchor, fixed) for start in starts]
    done = [top for top, rested in tops if rested and np.isfinite(top.loglik)]
    if not done:
        raise FitError("the likelihood of this curve was not maximised from any start; try a simpler curve")
    return max(done, key=lambda top: top.loglik)


def deviance(peak: ShapePeak, found: Point, anchor: float) -> float:
    """Return ``2 (l_max - l)``; raise :class:`HigherShapeError` if the point is higher than the maximum.

    Parameters
    ----------
    peak : the maximum
    found : the point that was found
    anchor : dose at which the level is a parameter, in the unit of the doses; infinite: the plateau

    Raises
    ------
    HigherShapeError
        If the point is higher than the maximum.
    """
    best = peak.point.loglik
    if found.loglik > best + NEWS * (1.0 + abs(best)):
        raise HigherShapeError(found.value, anchor)
    return max(2.0 * (best - found.loglik), 0.0)


def profile_shape(peak: ShapePeak, index: int, drop: float) -> tuple[float, float]:
    """Return the profile interval of shape parameter *index* (from 0) within its finite box.

    An end at the box's end is not rejected by the data.

    Parameters
    ----------
    peak : the maximum
    index : of the shape parameter, from 0
    drop : fall of twice the log likelihood that ends the interval, no unit
    """
    box = peak.likelihood.family.boxes[index]

    def excess(value: float) -> float:
        fixed = {index + 1: value}
        near = sorted(peak.library, key=lambda point: abs(point.shape[index] - value))
        starts = [peak.point.value, *(point.value for point in near[:3])]
        found = highest(peak.likelihood, peak.anchor, starts, fixed)
        return deviance(peak, found, peak.anchor) - drop

    at = float(np.clip(peak.point.shape[index], *box))
    low = box[0] if at <= box[0] + 1e-9 else interval_end(excess, at, box[0], -1.0)
    high = box[1] if at >= box[1] - 1e-9 else interval_end(excess, at, box[1], 1.0)
    return low, high
