"""Likelihood of a selection model with a smooth weight function, by quadrature with exact derivatives."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtri

from mgmeta.pooling.step_likelihood import StepValue
from mgmeta.pooling.weight_curves import Curve, LogWeight

Array = NDArray[np.float64]

SMALLEST_P = 1e-5
"""For power and beta curves P counts as at least this and at most 1 less this: log p has no end."""

_EDGES = {1: -float(ndtri(SMALLEST_P)), 2: -float(ndtri(SMALLEST_P / 2.0))}  # |z| at P = 1e-5, by sides
_CENTRE = float(ndtri(0.5 + 0.5 * SMALLEST_P))  # |z| at two-sided P = 1 - 1e-5
_U, _W = np.polynomial.legendre.leggauss(96)
_U, _W = 0.5 * (_U + 1.0), 0.5 * _W


@dataclass(frozen=True)
class CurveProblem:
    """The data: effects y (k,), variances v (k,), precision multipliers c (k,), alternative, family."""

    y: Array
    v: Array
    c: Array
    alternative: str
    curve: Curve


def log_p_values(z: Array, problem: CurveProblem) -> tuple[Array, Array]:
    """Return log p and log(1 - p) of z statistics; P is cut off for curves without end."""
    if problem.alternative == "two.sided":
        log_p = math.log(2.0) + log_ndtr(-np.abs(z))
    else:
        log_p = log_ndtr(z if problem.alternative == "less" else -z)
    if problem.curve.endless:
        log_p = np.clip(log_p, math.log(SMALLEST_P), math.log1p(-SMALLEST_P))
    with np.errstate(divide="ignore"):  # log(1 - p) is not used by the others
        return np.asarray(log_p), np.asarray(np.log(-np.expm1(np.minimum(log_p, 0.0))))


def _nodes(problem: CurveProblem, mu: float, sigma: Array) -> tuple[Array, Array]:
    """Return Gauss-Legendre nodes and weights (k, n) on panels cut where a weight has a corner.

    Corners are at zero (two-sided P) and where P is cut off. A two-sided curve without end
    is a power of |y| near zero: there the nodes are even in log |y|.
    """
    se = np.sqrt(problem.v)
    edge = _EDGES[2 if problem.alternative == "two.sided" else 1]
    corner = edge * se
    low = np.minimum(mu - 11.0 * sigma, -1.01 * corner)
    high = np.maximum(mu + 11.0 * sigma, 1.01 * corner)
    if problem.alternative == "two.sided" and problem.curve.endless:
        tiny = _CENTRE * se
        ratio = math.log(edge / _CENTRE)
        half = np.concatenate([tiny[:, None] * _U, tiny[:, None] * np.exp(ratio * _U)], axis=1)
        spread = np.concatenate([tiny[:, None] * _W, tiny[:, None] * np.exp(ratio * _U) * ratio * _W], axis=1)
    else:
        half, spread = corner[:, None] * _U, corner[:, None] * _W
    left = low[:, None] + (-corner - low)[:, None] * _U
    right = corner[:, None] + (high - corner)[:, None] * _U
    outer = [(-corner - low)[:, None] * _W, (high - corner)[:, None] * _W]
    y = np.concatenate([left, -half, half, right], axis=1)
    return y, np.concatenate([outer[0], spread, spread, outer[1]], axis=1)


def curve_loglik(problem: CurveProblem, mu: float, tau2: float, delta: Array) -> StepValue:
    r"""Evaluate :math:`\sum_i \log w(p_i) + \log N(y_i; \mu, \tau^2 + v_i) - \log A_i`,
    :math:`A_i = \int w(p(y)) N(y; \mu, \tau^2 + v_i) dy`, with derivatives in (mu, tau2, delta).

    Parameters
    ----------
    problem : rows and scale of the likelihood
    mu : mean effect, in the unit of the effects
    tau2 : between-study variance, in the unit of the effects squared
    delta : (d,) parameters of the weight function, no unit
    """
    m = problem.curve.parameters
    size = 2 + m
    minus_infinity = StepValue(-math.inf, np.zeros(size), np.zeros((size, size)))
    total = problem.v + tau2
    y, quadrature = _nodes(problem, mu, np.sqrt(total))
    se = np.sqrt(problem.v)
    at_data = problem.curve.log_weight(*log_p_values(problem.y / se, problem), problem.c, delta)
    at_nodes = problem.curve.log_weight(*log_p_values(y / se[:, None], problem), problem.c[:, None], delta)
    resid = problem.y - mu
    value = float((at_data.value - 0.5 * (np.log(2.0 * math.pi * total) + resid**2 / total)).sum())
    gradient, hessian = np.zeros(size), np.zeros((size, size))
    gradient[0] = (resid / total).sum()
    gradient[1] = 0.5 * (resid**2 / total**2 - 1.0 / total).sum()
    gradient[2:] = at_data.first.sum(axis=-1)
    hessian[0, 0] = -(1.0 / total).sum()
    hessian[0, 1] = hessian[1, 0] = -(resid / total**2).sum()
    hessian[1, 1] = (0.5 / total**2 - resid**2 / total**3).sum()
    hessian[2:, 2:] = _second(at_data).sum(axis=-1)
    norm = _normaliser(y - mu, quadrature, total[:, None], at_nodes)
    if norm is None:
        return minus_infinity
    return StepValue(value - norm.value, gradient - norm.gradient, hessian - norm.hessian)


def _second(weight: LogWeight) -> Array:
    """Second derivatives of log w in the parameters, (m, m, ...); families linear in them have zeros."""
    if weight.second.ndim == weight.first.ndim + 1:
        return weight.second
    return np.zeros((weight.first.shape[0], *weight.first.shape))


def _normaliser(resid: Array, quadrature: Array, total: Array, weight: LogWeight) -> StepValue | None:
    """Sum of log A_i with derivatives: each is a mean over the nodes under w N / A."""
    log_density = weight.value - 0.5 * (np.log(2.0 * math.pi * total) + resid**2 / total)
    mass = quadrature * np.exp(log_density)
    a = mass.sum(axis=1)
    if not (np.isfinite(a).all() and (a > 0).all()):
        return None
    share = mass / a[:, None]
    scores = np.concatenate(
        [
            (resid / total)[None],
            (0.5 * (resid**2 / total**2 - 1.0 / total))[None],
            np.where(np.isfinite(weight.first), weight.first, 0.0),
        ]
    )
    mean = np.einsum("jkn,kn->jk", scores, share)
    hessian = np.einsum("jkn,lkn,kn->jl", scores, scores, share) - mean @ mean.T
    own = np.stack([-1.0 / total + 0.0 * resid, -resid / total**2, 0.5 / total**2 - resid**2 / total**3])
    first, cross, last = np.einsum("jkn,kn->j", own, share)
    hessian[0, 0] += first
    hessian[0, 1] += cross
    hessian[1, 0] += cross
    hessian[1, 1] += last
    hessian[2:, 2:] += np.einsum("jlkn,kn->jl", _second(weight), share)
    return StepValue(float(np.log(a).sum()), mean.sum(axis=1), hessian)
