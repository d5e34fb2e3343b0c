"""Likelihood of numbers and bounds under a curve that is not linear in its parameters.

The likelihood itself is :class:`mgmeta.pooling.bounded_likelihood.Problem`. It is asked at a design whose
columns are the mean, its Jacobian J and its second derivatives B, with coefficients (1, 0, ..., 0): the
gradient along J is that of the parameters, the Hessian along J its Gauss-Newton part, and the
gradient along B the rest of the Hessian. So the derivatives are exact and the row kernels are shared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from mgmeta.dose.curves import Shape
from mgmeta.dose.rows import Independent
from mgmeta.pooling.bounded_likelihood import Problem, prepare
from mgmeta.pooling.maximise import maximise

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Point:
    """Parameters (level, shape ..., tau2) in the caller's units, with what the likelihood says there.

    ``gradient`` and ``hessian`` are in these parameters.
    """

    value: Array
    loglik: float
    gradient: Array
    hessian: Array

    @property
    def shape(self) -> Array:
        """The shape parameters."""
        return self.value[1:-1]


@dataclass(frozen=True)
class ShapeLikelihood:
    """Rows and a family of curves; ``problem`` holds the rows in internal units."""

    rows: Independent
    dose: Array
    reference: Array
    family: Shape
    problem: Problem

    @classmethod
    def of(cls, rows: Independent, dose: Array, reference: Array, family: Shape) -> ShapeLikelihood:
        """Prepare the rows."""
        problem = prepare(rows.y, rows.se, rows.lower, rows.upper, np.ones((rows.y.size, 1)))
        return cls(rows, dose, reference, family, problem)

    def shares(self, shape: Array, anchor: float) -> tuple[Array, Array, Array]:
        """Return turned g(dose) - g(reference) with its derivatives in the shape."""
        g, first, second = self.family.share(self.dose, shape, anchor)
        if self.reference.any():
            at = self.family.share(self.reference, shape, anchor)
            g, first, second = g - at[0], first - at[1], second - at[2]
        turn, k = self.rows.turn, g.size
        return turn @ g, turn @ first, (turn @ second.reshape(k, -1)).reshape(second.shape)

    def at(self, value: Array, anchor: float) -> Point:
        """Return log-likelihood, gradient and Hessian at (level, shape ..., tau2)."""
        scale, order = self.problem.scale, self.problem.order
        level, tau2 = float(value[0]), float(value[-1])
        g, first, second = self.shares(value[1:-1], anchor)
        n = value.size - 1
        i, j = _upper(n)
        jacobian = np.column_stack([g, level * first])
        bent = np.zeros((g.size, n, n))
        bent[:, 0, 1:] = bent[:, 1:, 0] = first
        bent[:, 1:, 1:] = level * second
        columns = np.column_stack([level * g, jacobian, bent[:, i, j]])[order] / scale
        coefficients = np.zeros((1, columns.shape[1] + 1))
        coefficients[0, 0], coefficients[0, -1] = 1.0, tau2 / scale**2
        asked = replace(self.problem, x=columns, x_scale=np.ones(columns.shape[1]))
        found = asked.derivatives(coefficients)
        own = np.append(np.arange(1, n + 1), columns.shape[1])
        units = np.append(np.ones(n), scale**-2)  # tau2 is internal; columns carry the scale themselves
        hessian = found.hessian[0][np.ix_(own, own)]
        rest = found.gradient[0, n + 1 : -1]
        hessian[i, j] += rest
        hessian[j, i] += np.where(i == j, 0.0, rest)
        return Point(
            value,
            float(found.loglik[0]) - self.problem.k_numeric * float(np.log(scale)) + self.rows.log_jacobian,
            found.gradient[0, own] * units,
            hessian * np.outer(units, units),
        )

    def climb(self, start: Array, anchor: float, fixed: Mapping[int, float]) -> tuple[Point, bool]:
        """Maximise from *start* with the parameters in *fixed* (index -> value) held.

        Returns the maximum and whether the climb came to rest.
        """
        held = start.astype(float).copy()
        for index, number in fixed.items():
            held[index] = number
        free = np.array([index for index in range(held.size) if index not in fixed])
        ways = _Ways.of(self, free)

        def objective(theta: Array) -> tuple[float, Array, Array]:
            value = held.copy()
            value[free], slope, bend = ways.outward(theta)
            point = self.at(value, anchor)
            if not np.isfinite(point.loglik):
                return -np.inf, np.zeros(free.size), -np.eye(free.size)
            gradient = point.gradient[free]
            hessian = point.hessian[np.ix_(free, free)]
            if self.family.homogeneous:
                # A factor of the shape says nothing: hold the sum at 1, which costs no likelihood.
                size = np.where((free > 0) & (free < held.size - 1), 1.0, 0.0)
                excess = float(value[1:-1].sum()) - 1.0
                gradient, hessian = gradient - excess * size, hessian - np.outer(size, size)
                point = replace(point, loglik=point.loglik - 0.5 * excess**2)
            hessian = hessian * np.outer(slope, slope)
            hessian[np.diag_indices(free.size)] += gradient * bend
            last = _last_step(gradient * slope, hessian)
            if last is not None:
                raise _ArrivedError(theta + last)
            return point.loglik, gradient * slope, hessian

        converged = True
        try:
            top = maximise(objective, ways.inward(held[free]))
            end, converged = top.point, top.converged
        except _ArrivedError as arrived:
            end = arrived.theta
        held[free] = ways.outward(end)[0]
        return self.at(held, anchor), converged


class _ArrivedError(Exception):
    """The climb is within rounding of a maximum at ``theta``; further steps would only cost time."""

    def __init__(self, theta: Array) -> None:
        self.theta = theta
        super().__init__("arrived")


# Newton decrement: squared distance to the maximum in standard errors. The step that meets it lands
# near rounding, as convergence is quadratic.
_DONE = 1e-16


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


@cache
def _upper(n: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    i, j = np.triu_indices(n)
    return i, j


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
        """Undo :meth:`outward`, kept off the ends, where a climb would stand still."""
        part = np.clip((value - self.base) / self.width, 1e-4, 1.0 - 1e-4)
        root = np.maximum(np.sqrt(np.maximum(value, 0.0)) / self.unit, 1e-2)
        inner: Array = np.choose(self.kind, [value / self.unit, root, np.arcsin(np.sqrt(part))])
        return inner
