"""One random-effects pool of numeric effects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.errors import DataError
from mgmeta.stats.distributions import check_level, quantile, two_sided_p
from mgmeta.stats.heterogeneity import h2, heterogeneity, i2
from mgmeta.stats.inference import infer
from mgmeta.stats.tau2 import tau2, tau2_se
from mgmeta.stats.wls import wls

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Pool:
    """A pooled effect; the fields are the keys of ``mgmeta pool --format json``.

    Intervals are at ``level``; i2 is in percent, h2 a ratio, tau2 in squared
    units of the effect, ``weights`` in percent. What the method does not define
    is NaN (null in JSON). With a design, estimate is its first coefficient.
    """

    k: int
    method: str
    test: str
    level: float
    df: float
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    pi_low: float
    pi_high: float
    statistic: float
    p_value: float
    tau2: float
    tau2_se: float
    tau2_ci_low: float
    tau2_ci_high: float
    tau: float
    i2: float
    h2: float
    q: float
    q_df: int
    q_p: float
    warnings: tuple[str, ...]
    weights: tuple[float, ...]


def check_effects(y: ArrayLike, v: ArrayLike) -> tuple[Array, Array]:
    """Return y and v as float vectors of one length.

    Raises
    ------
    DataError
        If the lengths differ, there are no rows, an effect is not finite, or a
        variance is not positive and finite; names the row, counted from 1.
    """
    effects = np.asarray(y, dtype=float).ravel()
    variances = np.asarray(v, dtype=float).ravel()
    if effects.size != variances.size:
        raise DataError(f"{effects.size} effects but {variances.size} variances; give one variance an effect")
    if effects.size == 0:
        raise DataError("no effects to pool (k = 0); at least one row is needed")
    bad = np.flatnonzero(~np.isfinite(effects))
    if bad.size:
        raise DataError(f"row {bad[0] + 1}: effect is {effects[bad[0]]}; a finite number is needed")
    bad = np.flatnonzero(~(np.isfinite(variances) & (variances > 0)))
    if bad.size:
        raise DataError(
            f"row {bad[0] + 1}: variance is {variances[bad[0]]}; a positive finite number is needed"
        )
    return effects, variances


def pool(
    y: ArrayLike,
    v: ArrayLike,
    *,
    x: ArrayLike | None = None,
    method: str = "REML",
    test: str = "z",
    level: float = 0.95,
    pi: str = "default",
    names: Sequence[str] | None = None,
) -> Pool:
    """Pool effects *y* with sampling variances *v*."""
    effects, variances = check_effects(y, v)
    check_level(level)
    k = effects.size
    design = np.ones((k, 1)) if x is None else np.asarray(x, dtype=float)
    between = tau2(method, effects, variances, design)
    fit = wls(effects, 1.0 / (variances + between), design)
    inference = infer(test, fit, variances, design, between)
    se = math.sqrt(inference.cov[0, 0])
    df = float(inference.df[0])
    estimate = float(fit.beta[0])
    half = quantile(level, df) * se
    residual = heterogeneity(effects, variances, design)
    weights = 1.0 / (variances + between)
    return Pool(
        k=k,
        method=method,
        test=test,
        level=level,
        df=df,
        estimate=estimate,
        se=se,
        ci_low=estimate - half,
        ci_high=estimate + half,
        pi_low=math.nan,
        pi_high=math.nan,
        statistic=estimate / se,
        p_value=two_sided_p(estimate / se, df),
        tau2=between,
        tau2_se=tau2_se(method, effects, variances, design, between),
        tau2_ci_low=math.nan,
        tau2_ci_high=math.nan,
        tau=math.sqrt(between),
        i2=i2(between, residual.typical_variance),
        h2=h2(between, residual.typical_variance),
        q=residual.q,
        q_df=residual.q_df,
        q_p=residual.q_p,
        warnings=(),
        weights=tuple((100.0 * weights / weights.sum()).tolist()),
    )
