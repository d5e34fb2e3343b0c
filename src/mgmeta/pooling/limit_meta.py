"""Limit meta-analysis: the effect of a study with infinite precision under a small-study effect."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.errors import FitError
from mgmeta.pooling.pool import check_effects
from mgmeta.pooling.small_study import FEW
from mgmeta.stats.distributions import quantile, two_sided_p
from mgmeta.stats.heterogeneity import heterogeneity
from mgmeta.stats.tau2 import tau2
from mgmeta.stats.wls import wls

Array = NDArray[np.float64]


@dataclass(frozen=True)
class LimitMeta:
    """A limit meta-analysis.

    Attributes
    ----------
    estimate, se, statistic, p_value, ci_low, ci_high : adjusted effect beta + tau alpha
    alpha, beta : intercept (the small-study effect) and slope of the generalised radial plot
    tau : root of tau2 from the usual model
    q_small, q_resid : the parts of Q a line in the SE explains and leaves
    g2 : heterogeneity left once the small-study effect is allowed for, in [0, 1]
    shrunken : (k,) study effects at infinite precision
    warnings : what a reader should know
    """

    k: int
    method: str
    estimate: float
    se: float
    statistic: float
    p_value: float
    ci_low: float
    ci_high: float
    alpha: float
    beta: float
    tau: float
    q_small: float
    q_resid: float
    g2: float
    shrunken: Array
    warnings: tuple[str, ...]


def limit_meta(y: ArrayLike, v: ArrayLike, *, method: str = "REML", level: float) -> LimitMeta:
    r"""Fit :math:`y_i = \beta + \sqrt{v_i + \tau^2} (\alpha + \epsilon_i)`, epsilon standard normal.

    :math:`\tau^2` comes from the usual model. Least squares of :math:`y_i / \sqrt{v_i + \tau^2}` on
    :math:`1 / \sqrt{v_i + \tau^2}` gives alpha and beta; the adjusted effect is
    :math:`\beta + \tau \alpha`. Study effects go to :math:`\beta + \sqrt{\tau^2 / (v_i + \tau^2)}
    (y_i - \beta)`.

    Parameters
    ----------
    y, v : (k,) effects and sampling variances
    method : estimator of tau2
    level : of the interval, in (0, 1)

    Raises
    ------
    FitError
        If k < 3 or all SEs are equal.

    References
    ----------
    Ruecker G et al. Biostatistics 2011;12:122-142.
    """
    effects, variances = check_effects(y, v)
    k = effects.size
    if k < 3:
        raise FitError(f"limit meta-analysis needs at least 3 effects; {k} given")
    se = np.sqrt(variances)
    if np.ptp(se) <= 1e-12 * se.max():
        raise FitError("limit meta-analysis needs studies of different SE; all SEs are equal")
    between = tau2(method, effects, variances)
    scale = np.sqrt(variances + between)
    fit = wls(effects / scale, np.ones(k), np.column_stack([np.ones(k), 1.0 / scale]))
    alpha, beta = (float(value) for value in fit.beta)
    tau = math.sqrt(between)
    contrast = np.array([tau, 1.0])
    estimate = beta + tau * alpha
    # The errors of the generalised radial plot have variance 1 by construction.
    spread = math.sqrt(float(contrast @ fit.cov @ contrast))
    half = quantile(level, None) * spread
    shrunken = beta + tau / scale * (effects - beta)
    q = heterogeneity(effects, variances).q
    resid = heterogeneity(effects, variances, np.column_stack([np.ones(k), se])).q
    warnings = [f"only {k} rows: below {FEW} the adjustment is hardly determined"] if k < FEW else []
    return LimitMeta(
        k=k,
        method=method,
        estimate=estimate,
        se=spread,
        statistic=estimate / spread,
        p_value=two_sided_p(estimate / spread, None),
        ci_low=estimate - half,
        ci_high=estimate + half,
        alpha=alpha,
        beta=beta,
        tau=tau,
        q_small=q - resid,
        q_resid=resid,
        g2=_unexplained(shrunken / se, 1.0 / se),
        shrunken=shrunken,
        warnings=tuple(warnings),
    )


def _unexplained(a: Array, b: Array) -> float:
    """Return 1 - r squared of two columns."""
    a, b = a - a.mean(), b - b.mean()
    total = float(a @ a) * float(b @ b)
    return max(0.0, 1.0 - float(a @ b) ** 2 / total) if total > 0 else 0.0
