"""Student-t quantiles and tails with the normal as the limit of unknown df."""

from __future__ import annotations

import math

from scipy.special import ndtr, ndtri, stdtr, stdtrit


def t_quantile(probability: float, df: float | None) -> float:
    """Return the quantile of Student's t, or of the normal when *df* is None.

    Parameters
    ----------
    probability : float
        Lower-tail probability, in (0, 1).
    df : float or None
        Degrees of freedom; None (or infinity) means the standard normal.
    """
    if df is None or math.isinf(df):
        return float(ndtri(probability))
    return float(stdtrit(df, probability))


def t_two_sided(alpha: float, df: float | None) -> float:
    """Return the positive critical value of a two-sided test at level *alpha*."""
    return -t_quantile(alpha / 2.0, df)


def t_p_value(statistic: float, df: float | None) -> float:
    """Return the two-sided P value of a t (or z) statistic."""
    if df is None or math.isinf(df):
        return float(2.0 * ndtr(-abs(statistic)))
    return float(2.0 * stdtr(df, -abs(statistic)))
