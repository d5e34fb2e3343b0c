"""Cochran's Q, the typical sampling variance, I2 and H2."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mgmeta.stats.distributions import chi2_p
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
    """Measure the residual heterogeneity of y (k,) with variances v (k,) given x (k, p)."""
    sample = make_sample(y, v, x)
    at = fit(sample, sample.mask / sample.v)
    df = float(sample.df[0])
    q = max(float(at.q[0]), 0.0) if df > 0 else 0.0
    typical = df / float(at.trace()[0]) if df > 0 else float(np.mean(np.asarray(v, dtype=float)))
    return Heterogeneity(q, int(df), chi2_p(q, df), typical)


def i2(tau2: float, typical_variance: float) -> float:
    """I2 in percent: 100 tau2 / (tau2 + typical variance)."""
    return 100.0 * tau2 / (tau2 + typical_variance)


def h2(tau2: float, typical_variance: float) -> float:
    """H2 = 1 + tau2 / typical variance."""
    return 1.0 + tau2 / typical_variance
