"""Climb the likelihood of a curve that is not linear in its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgmeta.dose.shape_likelihood import Point, ShapeLikelihood
from mgmeta.pooling.maximise import maximise

Array = NDArray[np.float64]

# Newton decrement: squared distance to the maximum in standard errors. The step that meets _DONE
# lands near rounding, as convergence is quadratic; _NEAR still counts as a maximum (its likelihood
# ratio is right to that) where rounding or a flat direction stops the climb earlier.
_DONE, _NEAR = 1e-16, 1e-6
# Evaluations without a rise of the log-likelihood by _RISE after which a climb is over.
_PATIENCE, _RISE = 30, 1e-11
# A share of a range below _AT_REST is at the end of it; a climb starts from _LIFT off the end.
_AT_REST, _LIFT = 1e-15, 1e-4


def climb(
    likelihood: ShapeLikelihood, start: Array, anchor: float, fixed: Mapping[int, float]
) -> tuple[Point, bool]:
    """Maximise from *start* with the parameters in *fixed* (index -> value) held.

    Parameters
    ----------
    likelihood : rows and family
    start : (level, shape ..., tau2)
    anchor : dose whose effect is the level, in the unit of the doses
    fixed : parameters that are held: index to value

    Returns
    -------
    (maximum, whether the climb came to rest at one)
    """
    held = start.astype(float).copy()
    for index, number in fixed.items():
        held[index] = number
    free = np.array([index for index in range(held.size) if index not in fixed])
    slope = _Slope(likelihood, anchor, held, free, _Ways.of(likelihood, free))
    try:
        end = maximise(slope, slope.ways.inward(held[free])).point
    except _ArrivedError as arrived:
        end = arrived.theta
    held[free] = slope.ways.outward(end)[0]
    return likelihood.at(held, anchor), slope.near(end)


class _ArrivedError(Exception):
    """The climb is within rounding of a maximum at ``theta``, or rises no more."""

    def __init__(self, theta: Array) -> None:
        self.theta = theta
        super().__init__("arrived")


class _Slope:
    """The objective of one climb, in free parameters; it watches whether the climb still rises."""

    def __init__(
        self,
        likelihood: ShapeLikelihood,
        anchor: float,
        held: Array,
        free: NDArray[np.intp],
        ways: _Ways,
    ) -> None:
        self.likelihood, self.anchor, self.held, self.free, self.ways = likelihood, anchor, held, free, ways
        self.best, self.top, self.idle = -np.inf, np.zeros(free.size), 0

    def __call__(self, theta: Array) -> tuple[float, Array, Array]:
        value, gradient, hessian = self.at(theta)
        if not np.isfinite(value):
            return value, gradient, hessian
        last = _last_step(gradient, hessian)
        if last is not None:
            raise _ArrivedError(theta + last)
        self.idle += 1
        if value > self.best + _RISE * (1.0 + abs(self.best)) or not np.isfinite(self.best):
            self.idle = 0
        if value > self.best:
            self.best, self.top = value, theta.copy()
        if self.idle > _PATIENCE:
            raise _ArrivedError(self.top)
        return value, gradient, hessian

    def at(self, theta: Array) -> tuple[float, Array, Array]:
        """Return value, gradient and Hessian."""
        free, value = self.free, self.held.copy()
        value[free], slope, bend = self.ways.outward(theta)
        point = self.likelihood.at(value, self.anchor)
        if not (np.isfinite(point.loglik) and np.isfinite(point.hessian).all()):
            return -np.inf, np.zeros(free.size), -np.eye(free.size)
        gradient = point.gradient[free]
        hessian = point.hessian[np.ix_(free, free)] * np.outer(slope, slope)
        hessian[np.diag_indices(free.size)] += gradient * bend
        return point.loglik, gradient * slope, hessian

    def near(self, theta: Array) -> bool:
        """Return whether a maximum is within rounding of *theta*."""
        value, gradient, hessian = self.at(theta)
        if not np.isfinite(value):
            return False
        curvature, vectors = np.linalg.eigh(-0.5 * (hessian + hessian.T))
        along = vectors.T @ gradient
        floor = 1e-10 * max(float(np.abs(curvature).max(initial=0.0)), 1e-300)
        return bool(along @ (along / np.maximum(np.abs(curvature), floor)) <= _NEAR)


def _last_step(gradient: Array, hessian: Array) -> Array | None:
    """Return the Newton step if it is the last one worth taking, else None."""
    curvature, vectors = np.linalg.eigh(-0.5 * (hessian + hessian.T))
    top = max(float(np.abs(curvature).max(initial=0.0)), 1e-300)
    if curvature.size and curvature[0] < -1e-9 * top:
        return None
    along = vectors.T @ gradient
    seen = curvature > 1e-12 * top
    step = np.where(seen, along / np.where(seen, curvature, 1.0), 0.0)
    return np.asarray(vectors @ step) if float(along @ step) <= _DONE else None


@dataclass(frozen=True)
class _Ways:
    """Maps between natural parameters and free ones: identity, square, or sine squared.

    On these scales the end of a range is a regular point, as for variances in
    :func:`mgmeta.pooling.mixed.squares`. ``kind`` counts the finite ends of each range.
    """

    kind: NDArray[np.intp]
    base: Array
    width: Array
    unit: Array

    @classmethod
    def of(cls, likelihood: ShapeLikelihood, free: NDArray[np.intp]) -> _Ways:
        scale = likelihood.problem.scale
        low, high = np.array([(-np.inf, np.inf), *likelihood.family.boxes, (0.0, np.inf)])[free].T
        unit = np.concatenate([[scale], np.ones(len(likelihood.family.boxes)), [scale]])[free]
        kind = (np.isfinite(low).astype(np.intp) + np.isfinite(high)).astype(np.intp)
        both = kind == 2
        return cls(kind, np.where(both, low, 0.0), np.where(both, high, 1.0) - np.where(both, low, 0.0), unit)

    def outward(self, theta: Array) -> tuple[Array, Array, Array]:
        """Return natural parameters and their first and second derivatives."""
        sine, cosine = np.sin(theta), np.cos(theta)
        unit, width = self.unit, self.width
        value = np.choose(self.kind, [theta * unit, (theta * unit) ** 2, self.base + width * sine**2])
        slope = np.choose(self.kind, [unit, 2.0 * unit**2 * theta, 2.0 * width * sine * cosine])
        bend = np.choose(self.kind, [0.0 * unit, 2.0 * unit**2, 2.0 * width * (cosine**2 - sine**2)])
        return value, slope, bend

    def inward(self, value: Array) -> Array:
        """Undo :meth:`outward`, lifted off the ends, where a climb would stand still."""
        part = np.clip((value - self.base) / self.width, 0.0, 1.0)
        part = np.where(part < _AT_REST, _LIFT, np.where(part > 1.0 - _AT_REST, 1.0 - _LIFT, part))
        root = np.maximum(np.sqrt(np.maximum(value, 0.0)) / self.unit, 1e-2)
        inner: Array = np.choose(self.kind, [value / self.unit, root, np.arcsin(np.sqrt(part))])
        return inner
