"""Likelihood of two outcomes of the same trials, each a number or a bound, one a line in the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial.legendre import leggauss
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtr, ndtri

Array = NDArray[np.float64]

NODES = 32
TINY = 1e-300
_X, _W = leggauss(NODES)


@dataclass(frozen=True)
class Pairs:
    """Two outcomes of k trials: arrays (k, 2), a NaN effect = the bound (low, high); `within` (k,).

    `within` is the correlation of the two sampling errors of a trial.
    """

    y: Array
    se: Array
    low: Array
    high: Array
    within: Array

    @property
    def k(self) -> int:
        """Number of trials."""
        return int(self.y.shape[0])


@dataclass(frozen=True)
class Parameters:
    r"""The model :math:`\theta_1 \sim N(m, t^2)`, :math:`\theta_2 = a + b \theta_1 + N(0, w^2)`."""

    m: float
    t: float
    a: float
    b: float
    w: float


def loglik(pairs: Pairs, p: Parameters) -> float:
    r"""Return the log-likelihood of all trials.

    The two observed effects are bivariate normal with mean :math:`(m, a + b m)` and covariance
    :math:`t^2 + s_1^2`, :math:`b t^2 + r s_1 s_2`, :math:`b^2 t^2 + w^2 + s_2^2`. A bound contributes the
    probability of its interval: given the other outcome where that is a number, else by Gauss-Legendre
    quadrature over the probability scale of the first outcome.
    """
    s1, s2 = pairs.se[:, 0], pairs.se[:, 1]
    v11 = p.t**2 + s1**2
    v12 = p.b * p.t**2 + pairs.within * s1 * s2
    v22 = p.b**2 * p.t**2 + p.w**2 + s2**2
    mean = np.array([p.m, p.a + p.b * p.m])
    known = ~np.isnan(pairs.y)
    total = 0.0
    for first, second, variances in ((0, 1, (v11, v22)), (1, 0, (v22, v11))):
        rows = known[:, first] & ((first == 0) | ~known[:, second])
        if rows.any():
            one, two = variances[0][rows], variances[1][rows]
            slope = v12[rows] / one
            rest = np.sqrt(np.maximum(two - slope * v12[rows], TINY))
            deviation = pairs.y[rows, first] - mean[first]
            total += float(np.sum(-0.5 * deviation**2 / one - 0.5 * np.log(2 * np.pi * one)))
            centre = mean[second] + slope * deviation
            total += _given(pairs, rows, second, centre, rest)
    both = ~known[:, 0] & ~known[:, 1]
    if both.any():
        total += _two_bounds(pairs, both, mean, v11[both], v12[both], v22[both])
    return total


def _given(pairs: Pairs, rows: NDArray[np.bool_], column: int, centre: Array, sd: Array) -> float:
    """Return the log-likelihood of one outcome, number or bound, with a known mean and SD a row."""
    y = pairs.y[rows, column]
    number = ~np.isnan(y)
    z = (y[number] - centre[number]) / sd[number]
    total = float(np.sum(-0.5 * z**2 - np.log(sd[number]) - 0.5 * np.log(2 * np.pi)))
    low = (pairs.low[rows, column][~number] - centre[~number]) / sd[~number]
    high = (pairs.high[rows, column][~number] - centre[~number]) / sd[~number]
    return total + float(np.sum(_log_interval(low, high)))


def _log_interval(low: Array, high: Array) -> Array:
    """Return log(Phi(high) - Phi(low)), by the tail that keeps its digits."""
    flip = low > 0
    a, b = np.where(flip, -high, low), np.where(flip, -low, high)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.exp(log_ndtr(a) - log_ndtr(b))
    result: Array = log_ndtr(b) + np.log1p(-np.minimum(np.nan_to_num(ratio), 1.0 - 1e-16))
    return result


def _two_bounds(
    pairs: Pairs, rows: NDArray[np.bool_], mean: Array, v11: Array, v12: Array, v22: Array
) -> float:
    sd = np.sqrt(v11)
    start = ndtr((pairs.low[rows, 0] - mean[0]) / sd)
    width = ndtr((pairs.high[rows, 0] - mean[0]) / sd) - start
    at = start[:, None] + width[:, None] * (0.5 * (_X + 1.0))
    x = sd[:, None] * ndtri(np.clip(at, 1e-15, 1.0 - 1e-15))
    slope = v12 / v11
    rest = np.sqrt(np.maximum(v22 - slope * v12, TINY))[:, None]
    centre = mean[1] + slope[:, None] * x
    inside = ndtr((pairs.high[rows, 1][:, None] - centre) / rest) - ndtr(
        (pairs.low[rows, 1][:, None] - centre) / rest
    )
    chance = width * (inside @ (0.5 * _W))
    return float(np.sum(np.log(np.maximum(chance, TINY))))
