"""Many pools as the rows of one table: leave-one-out, cumulative."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.pooling.bounded import BoundedFit
from mgmeta.stats.batch import pool_batch
from mgmeta.stats.distributions import chi2_p, quantile, two_sided_p

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PoolRow:
    """One pool of a table of pools; what is undefined is NaN.

    ``df`` is infinite for the normal; i2 in percent, h2 a ratio.
    """

    k: int
    estimate: float
    se: float
    statistic: float
    df: float
    p_value: float
    ci_low: float
    ci_high: float
    tau2: float
    i2: float
    h2: float
    q: float
    q_p: float


def pool_rows(
    y: ArrayLike, v: ArrayLike, mask: ArrayLike, *, method: str, test: str, level: float
) -> list[PoolRow]:
    """Pool the subsets in *mask* (b, k) and return one row a subset.

    A subset of one trial is that trial: its own normal interval whatever the
    test, Q = 0, tau2 = 0.

    Parameters
    ----------
    y : (k,) effects, in any one unit
    v : (k,) sampling variances, in the unit of the effects squared
    mask : (b, k) which rows are in each subset
    method : estimator of tau2
    test : how intervals and P values are judged
    level : of the intervals, such as 0.95
    """
    batch = pool_batch(y, v, mask, method, test=test)
    plain = pool_batch(y, v, mask, method, test="z") if test in {"knha", "adhoc"} else batch
    rows = []
    for i in range(batch.k.size):
        k = int(batch.k[i])
        alone = k == 1
        df = math.inf if test == "z" or alone else k - 1.0
        se = float((plain if alone else batch).se[i])
        estimate = float(batch.estimate[i])
        half = quantile(level, df) * se
        # Hartung-Knapp on equal effects has an error of 0, and no test.
        statistic = estimate / se if se > 0.0 else math.nan
        q = 0.0 if alone else float(batch.q[i])
        rows.append(
            PoolRow(
                k=k,
                estimate=estimate,
                se=se,
                statistic=statistic,
                df=df,
                p_value=two_sided_p(statistic, df),
                ci_low=estimate - half,
                ci_high=estimate + half,
                tau2=0.0 if alone else float(batch.tau2[i]),
                i2=0.0 if alone else float(batch.i2[i]),
                h2=1.0 if alone else float(batch.h2[i]),
                q=q,
                q_p=chi2_p(q, k - 1),
            )
        )
    return rows


def bounded_rows(fits: Sequence[BoundedFit]) -> list[PoolRow]:
    """Return intercept-only fits to numbers and bounds as rows; Q and H2 are undefined there."""
    return [
        PoolRow(
            k=fit.k,
            estimate=float(fit.beta[0]),
            se=float(fit.se[0]),
            statistic=math.nan,
            df=float(fit.df),
            p_value=float(fit.p_value[0]),
            ci_low=float(fit.ci_low[0]),
            ci_high=float(fit.ci_high[0]),
            tau2=fit.tau2,
            i2=fit.i2,
            h2=math.nan,
            q=math.nan,
            q_p=math.nan,
        )
        for fit in fits
    ]
