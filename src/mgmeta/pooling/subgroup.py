"""Pools within subgroups, with common or separate tau2, and the test of interaction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.errors import ConfigError, DataError
from mgmeta.pooling.model import FIXED, Model, check_effects, fit_model
from mgmeta.pooling.pool import predict_mean
from mgmeta.stats.distributions import check_level, chi2_p, f_p, quantile, two_sided_p, wald

Array = NDArray[np.float64]
Labels = NDArray[np.str_]


@dataclass(frozen=True)
class Subgroup:
    """One subgroup; ``tau2`` is its own or the common one, ``i2`` (percent) and Q are within it."""

    level: str
    k: int
    estimate: float
    se: float
    df: float
    statistic: float
    p_value: float
    ci_low: float
    ci_high: float
    pi_low: float
    pi_high: float
    tau2: float
    i2: float
    q: float
    q_df: int
    q_p: float


@dataclass(frozen=True)
class Difference:
    """Effect of one subgroup minus that of another."""

    minuend: str
    subtrahend: str
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p_value: float


@dataclass(frozen=True)
class Subgroups:
    """Subgroup pools and the test that their effects are equal (interaction).

    ``statistic`` is chi-squared on ``df`` (``df2`` is inf), or F on ``df`` and ``df2``
    with a common tau2 and a t-type test. ``difference`` is set for two subgroups, the
    later in alphabetical order minus the earlier; else None.
    """

    tau2_common: bool
    method: str
    test: str
    level: float
    levels: tuple[Subgroup, ...]
    statistic: float
    df: int
    df2: float
    p_value: float
    difference: Difference | None
    warnings: tuple[str, ...]


def subgroups(
    y: ArrayLike,
    v: ArrayLike,
    groups: Sequence[str],
    *,
    common_tau2: bool,
    method: str = "REML",
    test: str = "z",
    level: float = 0.95,
    pi: str = "default",
) -> Subgroups:
    """Pool within each subgroup and test whether the effects differ.

    With *common_tau2* one model with a mean per subgroup is fitted and the
    interaction is its Wald test; else each subgroup is pooled on its own, and
    Q = sum w (mu_g - mu)^2, w = 1/se_g^2, is referred to chi-squared(G - 1). A subgroup
    of one trial has tau2 = 0 when they are separate, and its normal interval.

    Parameters
    ----------
    y, v : (k,) effects and sampling variances
    groups : (k,) subgroup of each trial
    common_tau2 : one tau2 for all, or one each
    method, test, level, pi : as for :func:`mgmeta.pooling.pool.pool`; test kr is not available

    Raises
    ------
    DataError
        If lengths differ or there are fewer than two subgroups.
    ConfigError
        If the test is kr.
    """
    check_level(level)
    effects, variances = check_effects(y, v)
    labels = np.array([str(g) for g in groups])
    if labels.size != effects.size:
        raise DataError(f"{labels.size} subgroup labels for {effects.size} effects; give one each")
    if test == "kr":
        raise ConfigError("subgroups take test z, t, knha or adhoc, not kr")
    names = sorted(set(labels.tolist()))
    if len(names) < 2:
        raise DataError(f"only one subgroup ({names[0]!r}); at least two are needed to compare")
    if common_tau2:
        design = (labels[:, None] == np.array(names)).astype(float)
        joint = fit_model(effects, variances, design, method=method, test=test)
        rows = [_of_joint(joint, labels == name, g, name, level, pi) for g, name in enumerate(names)]
        df2 = math.inf if test == "z" else float(joint.k - joint.p)
        statistic = _between(rows) / (1 if test == "z" else len(rows) - 1)
    else:
        rows = [
            _alone(effects[labels == name], variances[labels == name], name, method, test, level, pi)
            for name in names
        ]
        df2, statistic = math.inf, _between(rows)
    df = len(rows) - 1
    return Subgroups(
        tau2_common=common_tau2,
        method=method,
        test=test,
        level=level,
        levels=tuple(rows),
        statistic=statistic,
        df=df,
        df2=df2,
        p_value=chi2_p(statistic, df) if math.isinf(df2) else f_p(statistic, df, df2),
        difference=_difference(rows, df2, level) if len(rows) == 2 else None,
        warnings=tuple(_notes(rows, common_tau2, method)),
    )


def _between(rows: Sequence[Subgroup]) -> float:
    """Weighted sum of squares of the subgroups' estimates about their mean.

    The estimates are independent, so with a common tau2 this is the Wald statistic
    of their contrasts too.
    """
    w = np.array([1.0 / r.se**2 for r in rows])
    mu = np.array([r.estimate for r in rows])
    return float(w @ (mu - w @ mu / w.sum()) ** 2)


def _of_joint(
    joint: Model, inside: NDArray[np.bool_], column: int, name: str, level: float, pi: str
) -> Subgroup:
    """Row of a subgroup under the model with a mean per subgroup."""
    own = fit_model(joint.y[inside], joint.v[inside], method="FE", tau2_fixed=joint.tau2)
    contrast = np.eye(joint.p)[column]
    se, df = joint.inference.se_df(contrast)
    interval = predict_mean(joint, level, pi, contrast)
    return _row(name, own, float(joint.fit.beta[column]), se, df, interval, joint.method, level)


def _alone(y: Array, v: Array, name: str, method: str, test: str, level: float, pi: str) -> Subgroup:
    """Row of a subgroup pooled on its own."""
    if y.size == 1:
        own, interval = fit_model(y, v, method="FE"), (math.nan, math.nan)
    else:
        own = fit_model(y, v, method=method, test=test)
        interval = predict_mean(own, level, pi)
    se, df = own.inference.se_df(np.ones(1))
    return _row(name, own, float(own.fit.beta[0]), se, df, interval, method, level)


def _row(
    name: str,
    own: Model,
    estimate: float,
    se: float,
    df: float,
    interval: tuple[float, float],
    method: str,
    level: float,
) -> Subgroup:
    half = quantile(level, df) * se
    typical = own.residual.typical_variance
    i2 = own.i2_h2[0] if method in FIXED else 100.0 * own.tau2 / (own.tau2 + typical)
    return Subgroup(
        level=name,
        k=own.k,
        estimate=estimate,
        se=se,
        df=df,
        statistic=wald(estimate, se),
        p_value=two_sided_p(wald(estimate, se), df),
        ci_low=estimate - half,
        ci_high=estimate + half,
        pi_low=interval[0],
        pi_high=interval[1],
        tau2=own.tau2,
        i2=i2 if own.k > 1 else math.nan,
        q=own.residual.q,
        q_df=own.residual.q_df,
        q_p=own.residual.q_p,
    )


def _difference(rows: Sequence[Subgroup], df2: float, level: float) -> Difference:
    first, second = rows
    estimate = second.estimate - first.estimate
    se = math.hypot(first.se, second.se)
    half = quantile(level, df2) * se
    p_value = two_sided_p(wald(estimate, se), df2)
    return Difference(second.level, first.level, estimate, se, estimate - half, estimate + half, p_value)


def _notes(rows: Sequence[Subgroup], common: bool, method: str) -> list[str]:
    notes = []
    for row in rows:
        if row.k == 1 and not common and method not in FIXED:
            notes.append(f"{row.level}: one trial; its tau2 is taken as 0")
        elif row.k < 5 and not common and method not in FIXED:
            notes.append(f"{row.level}: k = {row.k}; its own tau2 is barely determined, see a common tau2")
    return notes
