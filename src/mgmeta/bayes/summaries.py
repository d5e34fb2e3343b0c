"""Summaries of draws: moments, equal-tailed intervals, a new trial's effect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from mgmeta.bayes.rows import Array

# mmHg: any fall at all, and falls of 1 and 2 mmHg.
THRESHOLDS = (0, -1, -2)


@dataclass(frozen=True)
class Summary:
    """Posterior mean, SD, median, equal-tailed interval, Monte Carlo error of the mean."""

    mean: float
    sd: float
    median: float
    ci_low: float
    ci_high: float
    mcse_mean: float


def summarise(draws: Array, level: float, mcse_mean: float) -> Summary:
    """Summarise draws of a parameter, shape (n,); the interval is equal-tailed at *level* (0.95).

    Parameters
    ----------
    draws
        Shape (n,).
    level
        Probability of the interval, such as 0.95.
    mcse_mean
        Monte Carlo standard error of the mean, stored beside it.
    """
    tail = 0.5 * (1.0 - level)
    low, median, high = np.quantile(draws, [tail, 0.5, 1.0 - tail])
    return Summary(
        float(draws.mean()), float(draws.std(ddof=1)), float(median), float(low), float(high), mcse_mean
    )


def predict(mu: Array, tau: Array, level: float, mcse_mean: float) -> Summary:
    """Summarise the effect of a new trial, theta ~ N(mu, tau^2), from draws of mu and tau, shape (n,).

    Its distribution is the mixture of the n normals; mean, SD and quantiles are of that
    mixture itself, so no second layer of random numbers is added. With moderators the new trial
    has all of them at 0.

    Parameters
    ----------
    mu, tau
        Draws, shape (n,), in the unit of the effects.
    level
        Probability of the interval, such as 0.95.
    mcse_mean
        Monte Carlo standard error of the mean, stored beside it.
    """
    tail = 0.5 * (1.0 - level)
    low, median, high = (mixture_quantile(mu, tau, p) for p in (tail, 0.5, 1.0 - tail))
    sd = float(np.sqrt(mu.var(ddof=1) + np.mean(tau**2)))
    return Summary(float(mu.mean()), sd, median, low, high, mcse_mean)


def mixture_quantile(means: Array, sds: Array, p: float) -> float:
    """Return the quantile *p* of an equally weighted mixture of normals by bisection, to 1e-12.

    Parameters
    ----------
    means, sds
        Of the normals, shape (n,).
    p
        Probability below, 0 to 1.
    """
    spread = np.maximum(sds, 1e-300)
    low = float(np.min(means - 40.0 * spread))
    high = float(np.max(means + 40.0 * spread))
    while high - low > 1e-12 * max(1.0, abs(low), abs(high)):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if float(ndtr((middle - means) / spread).mean()) < p:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def probabilities_below(draws: Array) -> dict[str, float]:
    """Return P(mu < t) for t = 0, -1 and -2 mmHg, by the text of t."""
    return {str(t): float(np.mean(draws < t)) for t in THRESHOLDS}
