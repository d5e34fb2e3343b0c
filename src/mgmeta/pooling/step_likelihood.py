"""Likelihood of a step-function selection model on numbers and bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgmeta.pooling.segments import Masses, masses

Array = NDArray[np.float64]


@dataclass(frozen=True)
class StepProblem:
    """What the likelihood needs of the data.

    Attributes
    ----------
    y, v : (n,) the numbers
    interval : (n,) index of the P interval each number lies in
    edges : (k, s + 1) effects where the weight changes, numbers first, then bounds
    which : (s,) P interval of each segment
    bound_low, bound_high : (b, s) segments clipped to the bounds
    variances : (k,) sampling variances, numbers first, then bounds
    intervals : number of P intervals
    """

    y: Array
    v: Array
    interval: NDArray[np.intp]
    edges: Array
    which: NDArray[np.intp]
    bound_low: Array
    bound_high: Array
    variances: Array
    intervals: int


@dataclass(frozen=True)
class StepValue:
    """Log-likelihood, gradient (m,), Hessian (m, m) in (mu, tau2, weight of intervals 2...)."""

    value: float
    gradient: Array
    hessian: Array


def step_loglik(problem: StepProblem, mu: float, tau2: float, weights: Array) -> StepValue:
    r"""Evaluate :math:`\sum_i \log w(p_i) + \log N(y_i; \mu, \tau^2 + v_i) - \log A_i` over the numbers
    plus :math:`\log B_i - \log A_i` over the bounds.

    :math:`A_i = \sum_j w_j P(\text{segment } j)` is the chance that a study of this size is seen;
    :math:`B_i` is the same sum over the part of each segment inside the bound.

    Parameters
    ----------
    problem : StepProblem
    mu, tau2 : mean and variance of the true effects
    weights : (m,) relative chances of selection, the first one 1

    References
    ----------
    Vevea JL, Hedges LV. Psychometrika 1995;60:419-435.
    """
    m = problem.intervals
    size = 1 + m  # mu, tau2, and m - 1 weights
    total = problem.v + tau2
    resid = problem.y - mu
    value = float(np.log(weights[problem.interval]).sum()) - 0.5 * float(
        (np.log(2.0 * math.pi * total) + resid**2 / total).sum()
    )
    gradient, hessian = np.zeros(size), np.zeros((size, size))
    gradient[0] = (resid / total).sum()
    gradient[1] = 0.5 * (resid**2 / total**2 - 1.0 / total).sum()
    hessian[0, 0] = -(1.0 / total).sum()
    hessian[0, 1] = hessian[1, 0] = -(resid / total**2).sum()
    hessian[1, 1] = (0.5 / total**2 - resid**2 / total**3).sum()
    for j in range(1, m):
        count = int((problem.interval == j).sum())
        if count:
            gradient[1 + j] += count / weights[j]
            hessian[1 + j, 1 + j] -= count / weights[j] ** 2
    all_total = problem.variances + tau2
    norm = masses(problem.edges[:, :-1], problem.edges[:, 1:], mu, all_total)
    parts = [(-1.0, norm)]
    if problem.bound_low.size:
        inside = masses(problem.bound_low, problem.bound_high, mu, all_total[problem.y.size :])
        parts.append((1.0, inside))
    for sign, part in parts:
        at = _log_sum(part, problem.which, weights)
        value += sign * at.value
        gradient += sign * at.gradient
        hessian += sign * at.hessian
    return StepValue(value, gradient, hessian)


def _log_sum(part: Masses, which: NDArray[np.intp], weights: Array) -> StepValue:
    """Sum of log(sum_j w_j P_j) over rows, with derivatives."""
    w = weights[which]
    a = part.value @ w
    if not np.all(a > 0):
        empty = np.zeros(1 + weights.size)
        return StepValue(-math.inf, empty, np.zeros((empty.size, empty.size)))
    # First derivatives of each row's sum: mu, tau2, then the weights.
    by_weight = np.stack([part.value[:, which == j].sum(axis=1) for j in range(weights.size)], axis=1)
    first = np.column_stack([part.mean @ w, part.variance @ w, by_weight[:, 1:]])
    size = first.shape[1]
    second = np.zeros((size, size))
    second[0, 0] = (part.mean2 @ w / a).sum()
    second[0, 1] = second[1, 0] = (part.cross @ w / a).sum()
    second[1, 1] = (part.variance2 @ w / a).sum()
    for j in range(1, weights.size):
        at = which == j
        second[0, 1 + j] = second[1 + j, 0] = (part.mean[:, at].sum(axis=1) / a).sum()
        second[1, 1 + j] = second[1 + j, 1] = (part.variance[:, at].sum(axis=1) / a).sum()
    ratio = first / a[:, None]
    return StepValue(float(np.log(a).sum()), ratio.sum(axis=0), second - ratio.T @ ratio)
