"""Quantiles and tail areas that pools need, from scipy.special (scipy.stats costs a second to import)."""

from __future__ import annotations

import math

from scipy.special import chdtrc, fdtrc

from mgmeta.errors import ConfigError
from mgmeta.stats.student import t_p_value, t_quantile


def check_level(level: float) -> float:
    """Return *level*, the level of an interval.

    Parameters
    ----------
    level : float
        Proportion, such as 0.95.

    Raises
    ------
    ConfigError
        If it is not strictly between 0 and 1.
    """
    if not (isinstance(level, int | float) and 0.0 < level < 1.0):
        raise ConfigError(f"level {level!r} is not between 0 and 1; write 0.95 for 95 %")
    return float(level)


def quantile(level: float, df: float | None) -> float:
    """Two-sided critical value of the t distribution with *df*, or of the normal if df is None."""
    upper = 0.5 + 0.5 * check_level(level)
    return t_quantile(upper, df) if df is None or df > 0 else math.nan


def wald(estimate: float, se: float) -> float:
    """Return estimate / se; infinite (0 / 0: NaN) where identical effects leave Hartung-Knapp's se at 0."""
    if se > 0:
        return estimate / se
    return math.copysign(math.inf, estimate) if estimate != 0 else math.nan


def two_sided_p(statistic: float, df: float | None) -> float:
    """Two-sided P of a z (df None) or t statistic."""
    return t_p_value(statistic, df) if df is None or df > 0 else math.nan


def chi2_p(statistic: float, df: float) -> float:
    """Upper tail of chi-squared; 1 where df is 0."""
    return float(chdtrc(df, max(statistic, 0.0))) if df > 0 else 1.0


def f_p(statistic: float, df1: float, df2: float) -> float:
    """Upper tail of F: P(F(df1, df2) > statistic).

    Parameters
    ----------
    statistic : float
        Observed F.
    df1, df2 : float
        Degrees of freedom of numerator and denominator; df2 infinite is chi-squared(df1) / df1.
    """
    return float(fdtrc(df1, df2, max(statistic, 0.0))) if df1 > 0 and df2 > 0 else math.nan
