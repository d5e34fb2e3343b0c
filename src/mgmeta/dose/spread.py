r"""How sure the SD between trials is: its confidence distribution, for the interval of a new trial.

An interval with the estimate of tau plugged in is too short where trials differ little: with sampling errors
of 1 to 3 mmHg and a tau of 1 mmHg the estimate is 0 in one review of 40 trials in six, and then the interval
of a new trial is that of the mean. Nagashima, Noma & Furukawa (2019, Stat Methods Med 28:1689) average over a
confidence distribution of tau instead. Theirs is that of Cochran's Q, which bounds do not have. Ours is the
signed root of the likelihood ratio,

.. math:: C(\tau) = \Phi\{\operatorname{sign}(\tau - \hat\tau) \sqrt{2(l_a(\hat\tau) - l_a(\tau))}\},
          \quad l_a(\tau) = \max_\beta l(\beta, \tau) - \tfrac12 \log |-\partial^2 l / \partial\beta^2|,

whose adjustment (Cox & Reid 1987, JRSS B 49:1) makes the likelihood of numbers that of REML. C(0) is the
probability of no spread at all. A curve that is not linear in its parameters is taken by its tangent, and
coefficients at the end of their range are held.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from mgmeta.dose.rows import Independent
from mgmeta.pooling.bounded_likelihood import Problem, prepare
from mgmeta.pooling.bounded_newton import maximise
from mgmeta.stats.wls import scaled_qr

Array = NDArray[np.float64]

_NODES = 96
_DROP = 10.0  # of the log-likelihood: beyond, C is within 4e-6 of 1
_DOUBLINGS = 60
_HALVINGS = 60


@dataclass(frozen=True)
class Tangent:
    """A fitted curve near its maximum.

    Attributes
    ----------
    rows : independent rows
    x : (k, p) how the means move with each free parameter
    mean : (k,) fitted means
    """

    rows: Independent
    x: Array
    mean: Array


@dataclass(frozen=True)
class Spread:
    """Confidence distribution of tau: nodes (m,) in the unit of the effects, weights (m,) that sum to 1."""

    tau: Array
    weight: Array

    def half_width(self, se: Array, level: float) -> Array:
        """Return h with P(|N(0, tau^2 + se^2)| > h) = 1 - level, tau averaged over; infinite with se.

        Parameters
        ----------
        se : standard errors of the curve, any shape
        level : of the interval, such as 0.95
        """
        able = np.isfinite(se)
        sd = np.sqrt(np.where(able, se, 0.0)[..., None] ** 2 + self.tau**2)
        low, high = np.zeros(se.shape), 40.0 * sd.max(axis=-1) + 1e-300
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            outside = 2.0 * (self.weight * ndtr(-middle[..., None] / np.maximum(sd, 1e-300))).sum(axis=-1)
            low, high = (
                np.where(outside > 1.0 - level, middle, low),
                np.where(outside > 1.0 - level, high, middle),
            )
        return np.where(able, 0.5 * (low + high), np.where(np.isnan(se), np.nan, np.inf))


def spread(tangent: Tangent) -> Spread:
    """Return the confidence distribution of tau.

    Parameters
    ----------
    tangent : the fit near its maximum
    """
    rows = tangent.rows
    unit = 0.3 * float(np.median(rows.se))
    x = scaled_qr(tangent.x / rows.se[:, None])[0] * rows.se[:, None]
    shifted = (values - tangent.mean for values in (rows.y, rows.lower, rows.upper))
    y, lower, upper = shifted
    problem = prepare(y, rows.se, lower, upper, x)
    top = _top(problem, unit)
    edges = unit * np.expm1(np.linspace(0.0, math.log1p(top / unit), _NODES))
    value = _adjusted(problem, edges)
    best = int(np.argmax(value))
    root = np.sqrt(2.0 * np.maximum(value[best] - value, 0.0))
    below = np.maximum.accumulate(ndtr(np.sign(np.arange(edges.size) - best) * root))
    weight = np.diff(below, prepend=0.0)
    return Spread(np.concatenate([[0.0], 0.5 * (edges[1:] + edges[:-1])]), np.asarray(weight / weight.sum()))


def _top(problem: Problem, unit: float) -> float:
    """Return a tau beyond which the likelihood has fallen by _DROP."""
    tried = unit * 2.0 ** np.arange(-1, _DOUBLINGS)
    value = _adjusted(problem, np.concatenate([[0.0], tried]))
    alive = np.flatnonzero(value > value.max() - _DROP)
    return float(tried[min(int(alive[-1]), tried.size - 1)])


def _adjusted(problem: Problem, tau: Array) -> Array:
    """Return the adjusted profile log-likelihood at each tau, up to a constant, (m,)."""
    p = problem.x.shape[1]
    start = np.zeros((tau.size, p + 1))
    start[:, -1] = (tau / problem.scale) ** 2
    free = np.ones(start.shape, dtype=bool)
    free[:, -1] = False
    found = maximise(problem, start, free)
    sign, log_det = np.linalg.slogdet(-found.hessian[:, :p, :p])
    return np.asarray(np.where(sign > 0.0, found.loglik - 0.5 * log_det, -np.inf))
