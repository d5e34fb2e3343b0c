"""Likelihood of numbers and bounds under a curve that is not linear in its parameters.

The likelihood itself is :class:`mgmeta.pooling.bounded_likelihood.Problem`. It is asked at a design whose
columns are the mean, its Jacobian J and its second derivatives B, with coefficients (1, 0, ..., 0): the
gradient along J is that of the parameters, the Hessian along J its Gauss-Newton part, and the
gradient along B the rest of the Hessian. So the derivatives are exact and the row kernels are shared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from mgmeta.dose.emax import Shape
from mgmeta.dose.rows import Independent
from mgmeta.pooling.bounded_likelihood import Problem, prepare

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
        """Prepare the rows.

        Parameters
        ----------
        rows : the rows, sorted and checked
        dose : (n,) doses, in the unit of the curve (mg/d, or weeks on the axis of time)
        reference : (n,) doses that are compared with, in the unit of the doses
        family : of shapes
        """
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


@cache
def _upper(n: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    i, j = np.triu_indices(n)
    return i, j
