r"""The likelihood of every kind of statement under a random-effects model.

A trial's estimate is :math:`Y \sim N(\mu, \tau^2 + SE^2)`. Each statement says
something about Y, and its likelihood is the density or the probability of just
that. The pooling engines implement the first two in bulk; this module is the
plain definition they are tested against.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import log_ndtr, ndtr

from mgmeta.effects.statements import (
    Bound,
    Direction,
    Estimate,
    NotAContrast,
    Significant,
    Silence,
    Statement,
    Unusable,
)

_LOG_2PI = math.log(2.0 * math.pi)
# Gauss-Legendre nodes for the unknown SE: the integrand is smooth on the log scale and
# 40 nodes over the truncated +-6 spreads give 10 digits.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(40)


def log_likelihood(statement: Statement | Silence, mu: float, tau: float) -> float:
    r"""Return the log-likelihood of one statement at (mu, tau).

    * :class:`Estimate`: :math:`\log N(y;\, \mu, \tau^2 + SE^2)`; with a borrowed SE
      (`se_assumed`) that density averaged over the cut log-normal of SE;
    * :class:`Bound`: :math:`\log P(low < Y < high)`;
    * :class:`Significant`: :math:`\log P(|Y| > limit)`;
    * :class:`Direction`: :math:`\log P(Y < 0)` or :math:`\log P(Y > 0)`;
    * :class:`NotAContrast`, :class:`Unusable`, :class:`Silence`: 0, as they say
      nothing about the contrast.

    Parameters
    ----------
    statement : Statement or Silence
        What is printed on the contrast, in the outcome's unit.
    mu, tau : float
        Mean effect and between-trial SD, in the outcome's unit; tau >= 0.
    """
    match statement:
        case Estimate() if statement.se_assumed:
            return _unknown_precision(statement, mu, tau)
        case Estimate():
            return _log_normal(statement.yi, mu, math.hypot(tau, statement.se))
        case Bound():
            return _log_interval(statement.low, statement.high, mu, math.hypot(tau, statement.se))
        case Significant():
            sd = math.hypot(tau, statement.se)
            tails = log_ndtr([(-statement.limit - mu) / sd, (mu - statement.limit) / sd])
            return float(np.logaddexp(tails[0], tails[1]))
        case Direction():
            z = -mu / math.hypot(tau, statement.se)
            return float(log_ndtr(z if statement.lower else -z))
        case NotAContrast() | Unusable() | Silence():
            return 0.0


def _log_normal(y: float, mu: float, sd: float) -> float:
    return -0.5 * (_LOG_2PI + ((y - mu) / sd) ** 2) - math.log(sd)


def _log_interval(low: float, high: float, mu: float, sd: float) -> float:
    """Log probability of an interval, taken in the tail that keeps its digits."""
    a, b = (low - mu) / sd, (high - mu) / sd
    if a > -b:
        a, b = -b, -a
    top, bottom = float(log_ndtr(b)), float(log_ndtr(a))
    return top + math.log1p(-math.exp(bottom - top)) if math.isfinite(bottom) else top


def _unknown_precision(statement: Estimate, mu: float, tau: float) -> float:
    r"""Average the density over the SE's log-normal, cut to (se_min, se_max).

    :math:`\int N(y; \mu, \tau^2 + s^2)\, p(s)\, ds / P(se_{min} < s < se_{max})`.
    """
    spread = statement.se_log_spread
    low = math.log(statement.se_min / statement.se_center) / spread if statement.se_min > 0 else -math.inf
    high = math.log(statement.se_max / statement.se_center) / spread
    centre = min(max(0.0, low), high)
    a, b = max(low, centre - 6.0), min(high, centre + 6.0)
    z = 0.5 * (b - a) * _NODES + 0.5 * (a + b)
    se = statement.se_center * np.exp(spread * z)
    sd = np.hypot(tau, se)
    density = np.exp(-0.5 * ((statement.yi - mu) / sd) ** 2) / sd * np.exp(-0.5 * z**2)
    mass = float(ndtr(b) - ndtr(a)) if b <= 0 else float(ndtr(-a) - ndtr(-b))
    average = 0.5 * (b - a) * float(_WEIGHTS @ density) / (2.0 * math.pi) / mass
    return math.log(average)
