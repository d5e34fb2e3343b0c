"""Q-profile confidence interval of tau2 (Viechtbauer 2007, Stat Med 26:37)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtri

from mgmeta.stats.distributions import check_level
from mgmeta.stats.sample import make_sample
from mgmeta.stats.tau2 import generalised_q_root


def q_profile(y: ArrayLike, v: ArrayLike, x: ArrayLike | None, level: float) -> tuple[float, float]:
    """Confidence limits of tau2 from the generalised Q.

    Q(tau2) = sum (y - X beta)^2 / (v + tau2) follows chi-squared(k - p) at the
    true tau2; the limits are where Q equals its two quantiles. Exact under
    normality. The interval is that of the data, not of an estimator: an estimate
    may lie outside it.

    Parameters
    ----------
    y, v : (k,) effects and variances
    x : (k, p) design or None
    level : e.g. 0.95

    Returns
    -------
    (low, high), each at least 0; (0, 0) where even tau2 = 0 leaves a Q below the
    lower quantile (the interval is empty); NaN where k = p.
    """
    sample = make_sample(y, v, x)
    df = float(sample.df[0])
    if df <= 0:
        return float("nan"), float("nan")
    tail = 0.5 * (1.0 - check_level(level))
    low = generalised_q_root(sample, np.array([chdtri(df, tail)]))
    high = generalised_q_root(sample, np.array([chdtri(df, 1.0 - tail)]))
    return float(low[0]), float(high[0])
