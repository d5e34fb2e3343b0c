"""Cochran's Q, the typical sampling variance, I2 and H2."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mgmeta.stats.distributions import chi2_p, quantile
from mgmeta.stats.moments import fit
from mgmeta.stats.sample import make_sample


@dataclass(frozen=True)
class Heterogeneity:
    """Residual heterogeneity of one data set.

    Attributes
    ----------
    q, q_df, q_p : generalised Q = y'Py at weights 1/v, its df k - p and P
    typical_variance : (k - p) / tr(P) at weights 1/v (Higgins & Thompson 2002, Stat Med 21:1539)
    """

    q: float
    q_df: int
    q_p: float
    typical_variance: float


def heterogeneity(y: ArrayLike, v: ArrayLike, x: ArrayLike | None = None) -> Heterogeneity:
    """Measure the residual heterogeneity of effects around a design.

    Parameters
    ----------
    y, v : (k,) effects and sampling variances
    x : (k, p) design; None is the intercept alone

    Returns
    -------
    Heterogeneity
        Q = y'Py, its df and P, and the typical sampling variance (k - p) / tr(P).
    """
    sample = make_sample(y, v, x)
    at = fit(sample, sample.mask / sample.v)
    df = float(sample.df[0])
    q = max(float(at.q[0]), 0.0) if df > 0 else 0.0
    typical = df / float(at.careful_trace()[0]) if df > 0 else float(np.mean(np.asarray(v, dtype=float)))
    return Heterogeneity(q, int(df), chi2_p(q, df), typical)


def h2_of(tau2: float, residual: Heterogeneity) -> float:
    """H2 = 1 + tau2 / typical variance, which for DerSimonian-Laird is Q / (k - p)."""
    return 1.0 + tau2 / residual.typical_variance


def i2_of(tau2: float, residual: Heterogeneity) -> float:
    """I2 in percent: 100 tau2 / (tau2 + typical variance)."""
    return 100.0 * tau2 / (tau2 + residual.typical_variance)


def fixed_i2_h2(residual: Heterogeneity) -> tuple[float, float]:
    """I2 in percent and H2 of a model without tau2: from Q; NaN where k = p."""
    if residual.q_df <= 0:
        return math.nan, math.nan
    h2 = residual.q / residual.q_df
    return (100.0 * max(0.0, 1.0 - 1.0 / h2) if h2 > 0 else 0.0), h2


def h2_interval(h2: float, q: float, k: int, level: float) -> tuple[float, float]:
    """Test-based limits of H2 (Higgins & Thompson 2002, Stat Med 21:1539, eqs 10 and following).

    The standard error of log H is (log Q - log(k-1)) / (sqrt(2Q) - sqrt(2k-3)) / 2
    if Q > k, else sqrt((1 - 1 / (3 (k-2)^2)) / (2 (k-2))).

    Parameters
    ----------
    h2 : estimate, the centre on the log scale
    q : Cochran's Q of the k trials
    k : trials (more than 2, else NaN)
    level : e.g. 0.95

    Returns
    -------
    (low, high), each at least 1. The limits of I2 are 100 (1 - 1/H2).
    """
    if k < 3:
        return math.nan, math.nan
    if q > k:
        se = 0.5 * (math.log(q) - math.log(k - 1)) / (math.sqrt(2 * q) - math.sqrt(2 * k - 3))
    else:
        se = math.sqrt((1 - 1 / (3 * (k - 2) ** 2)) / (2 * (k - 2)))
    half = quantile(level, None) * se
    log_h = 0.5 * math.log(max(h2, 1e-300))
    return max(1.0, math.exp(2 * (log_h - half))), max(1.0, math.exp(2 * (log_h + half)))
