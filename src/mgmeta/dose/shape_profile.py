"""Profile intervals of the effect at a dose under a curve that is not linear in its parameters.

With the anchor at the dose in question the effect there is a parameter, the level, and its profile is
taken over all shapes and tau2. Nothing is linearised, and shapes at the end of their range (no
plateau within reach) are ordinary members.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mgmeta.dose.shape_climb import climb
from mgmeta.dose.shape_likelihood import Point
from mgmeta.dose.shape_peak import ShapePeak, deviance, highest

Array = NDArray[np.float64]

REACH = 1e6
"""A level further than this many standard errors from the maximum is reported as unbounded."""
_PASSES = 80


def profile_level(peak: ShapePeak, anchor: float, drops: Sequence[float]) -> Array:
    """Return the profile intervals of f(anchor), shape (drops, 2); infinite ends are unbounded.

    Parameters
    ----------
    peak : the maximum
    anchor : dose above 0; infinity is the plateau (Emax)
    drops : what twice the log-likelihood may fall by inside an interval; one interval each

    Raises
    ------
    HigherShapeError
        If a higher maximum turns up on the way.
    """
    ends = np.empty((len(drops), 2))
    for column, side in enumerate((-1.0, 1.0)):
        walk = _Walk(peak, anchor, side)
        for row in np.argsort(drops):  # wider intervals start where narrower ones end
            ends[row, column] = walk.end(float(drops[row]))
    return ends


class _Walk:
    """Search of the ends on one side, outwards from the maximum."""

    def __init__(self, peak: ShapePeak, anchor: float, side: float) -> None:
        self.peak, self.anchor, self.side = peak, anchor, side
        self.warm = peak.moved(peak.point, anchor)
        self.centre = float(self.warm[0])
        self.unit = self._unit()
        self.inner = 0.0
        self.last_inside = self.warm
        self.tangent = np.zeros(self.warm.size)

    def _unit(self) -> float:
        """Return a standard error of the level: from its own curvature, or a typical row's."""
        rows = self.peak.likelihood.rows
        typical = float(np.median(rows.se)) / float(np.sqrt(rows.se.size))
        curvature = -float(self.peak.likelihood.at(self.warm, self.anchor).hessian[0, 0])
        # A steep curve has next to no effect at a small dose, and next to no error of it.
        one = float(1.0 / np.sqrt(curvature)) if curvature > 0.0 else typical
        return float(np.clip(one, 0.05 * typical, 1e3 * typical))

    def end(self, drop: float) -> float:
        """Return the end; infinite where the profile never falls by the drop."""
        if not np.isfinite(self.inner):
            return self.side * float("inf")
        distance = self._search(drop, max(self.inner * 1.2, float(np.sqrt(drop)) * self.unit))
        # The walk follows one branch of shapes. Where another reaches further, follow that one.
        for _ in range(4):
            if not np.isfinite(distance):
                break
            other = self._elsewhere(distance, drop)
            if other is None:
                break
            self.warm, self.tangent, self.inner = other.value, _tangent(other), distance
            self.last_inside = self.warm
            distance = self._search(drop, distance + 0.1 * self.unit)
        self.inner = distance
        return self.centre + self.side * distance if np.isfinite(distance) else self.side * float("inf")

    def _elsewhere(self, distance: float, drop: float) -> Point | None:
        """Return a point of the same level and less deviance on another branch, if there is one."""
        level = self.centre + self.side * distance
        starts = [self._levelled(point, level) for point in self._near(level, 2.0 * drop + 4.0)]
        if not starts:
            return None
        found = highest(self.peak.likelihood, self.anchor, starts, {0: level})
        less = deviance(self.peak, found, self.anchor) < drop - 1e-6 * (1.0 + drop)
        return found if less else None

    def _follow(self, level: float) -> Point:
        """Return the maximum at a level next to the last one; from the library if that climb gets lost."""
        start = self.warm + (level - self.warm[0]) * self.tangent
        if np.any(start[1:] < 0.0):
            start = self.warm
        found, rested = climb(self.peak.likelihood, start, self.anchor, {0: level})
        if rested and np.isfinite(found.loglik):
            return found
        starts = [self._levelled(point, level) for point in self._near(level)]
        return highest(self.peak.likelihood, self.anchor, starts, {0: level})

    def _inside(self, level: float) -> Array:
        """Return the last point inside the interval, moved to a level."""
        start = self.last_inside.copy()
        start[0] = level
        return start

    def _levelled(self, point: Point, level: float) -> Array:
        value = self.peak.moved(point, self.anchor)
        value[0] = level
        return value

    def _near(self, level: float, deviance: float = np.inf) -> list[Point]:
        """Return the shapes of the library that by their own parabolas fit this level best.

        At most four, no two of one last shape parameter (of a sigmoid: steepness), so that they do not
        all stand on one branch. Those whose deviance would exceed *deviance* are left out.
        """

        def expected(point: Point) -> float:
            g = 1.0
            if np.isfinite(self.anchor):
                g = float(self.peak.share(np.array([self.anchor]), point)[0])
            curvature = max(-float(point.hessian[0, 0]), 0.0) / max(g * g, 1e-300)
            return curvature * (level - g * float(point.value[0])) ** 2 - 2.0 * point.loglik

        limit = deviance - 2.0 * self.peak.point.loglik
        best: dict[float, Point] = {}
        for point in sorted(self.peak.library, key=expected):
            best.setdefault(float(point.shape[-1]), point)
        return [point for point in list(best.values())[:4] if expected(point) <= limit]

    def _search(self, drop: float, distance: float) -> float:
        """Solve sqrt(deviance) = sqrt(drop) by Newton steps inside a bracket."""
        target = float(np.sqrt(drop))
        inner, outer = self.inner, float("inf")
        for _ in range(_PASSES):
            level = self.centre + self.side * distance
            found = self._follow(level)
            if deviance(self.peak, found, self.anchor) > drop:
                # A long step may have left the branch that is still inside: try from there too.
                again, rested = climb(self.peak.likelihood, self._inside(level), self.anchor, {0: level})
                found = again if rested and again.loglik > found.loglik else found
            self.warm, self.tangent = found.value, _tangent(found)
            root = float(np.sqrt(deviance(self.peak, found, self.anchor)))
            if root < target:
                self.last_inside = self.warm
            inner, outer = (distance, outer) if root < target else (inner, distance)
            rise = -self.side * float(found.gradient[0])
            newton = distance + (target - root) * root / rise if rise > 0.0 else float("nan")
            if abs(newton - distance) <= 1e-7 * min(distance, self.unit):
                return newton
            if outer - inner <= 1e-7 * self.unit:  # a step of the profile, where one branch ends
                return inner
            if inner < newton < min(outer, 8.0 * distance):
                distance = newton
            elif np.isfinite(outer):
                distance = 0.5 * (inner + outer)
            elif distance >= REACH * self.unit:
                return float("inf")
            else:
                distance *= 4.0
        return distance


def _tangent(point: Point) -> Array:
    """Return how the other parameters follow the level along its profile, those at 0 held there."""
    along = np.zeros(point.value.size)
    along[0] = 1.0
    free = 1 + np.flatnonzero(point.value[1:] > 1e-6)
    if free.size:
        block = -point.hessian[np.ix_(free, free)]
        values, vectors = np.linalg.eigh(block)
        if values[0] > 1e-9 * values[-1]:
            along[free] = (vectors / values) @ (vectors.T @ point.hessian[free, 0])
    return along
