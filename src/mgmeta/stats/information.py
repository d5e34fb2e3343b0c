"""Log-likelihood, deviance and information criteria of a fitted model."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mgmeta.stats.likelihood import LOG_2PI, loglik
from mgmeta.stats.sample import make_sample


@dataclass(frozen=True)
class Information:
    """Fit statistics of one likelihood.

    ``deviance`` is 2 (saturated - fitted) log-likelihood, by ML only (NaN for REML).
    """

    loglik: float
    deviance: float
    aic: float
    bic: float
    aicc: float


def information(
    y: ArrayLike, v: ArrayLike, x: ArrayLike | None, tau2: float, *, restricted: bool, estimated: bool
) -> Information:
    """Fit statistics at *tau2*, whatever estimator it came from.

    With m parameters (p, and 1 if tau2 was *estimated*) and n = k (ML) or k - p
    (REML): AIC = -2l + 2m, BIC = -2l + m log n, AICc = -2l + 2m n / (n - m - 1), n there at least m + 2.

    Parameters
    ----------
    y, v : (k,) effects and variances
    x : (k, p) design or None
    tau2 : between-trial variance
    restricted : REML rather than ML
    estimated : whether tau2 is a parameter (false for FE and EE)
    """
    sample = make_sample(y, v, x)
    value = float(loglik(sample, np.array([tau2]), restricted)[0])
    saturated = -0.5 * (float(sample.k[0]) * LOG_2PI + float(np.log(np.asarray(v, dtype=float)).sum()))
    m = sample.p + int(estimated)
    n = float(sample.df[0] if restricted else sample.k[0])
    least = max(n, m + 2.0)
    return Information(
        loglik=value,
        deviance=math.nan if restricted else 2.0 * (saturated - value),
        aic=-2.0 * value + 2.0 * m,
        bic=-2.0 * value + m * math.log(n) if n > 0 else math.nan,
        aicc=-2.0 * value + 2.0 * m * least / (least - m - 1.0),
    )
