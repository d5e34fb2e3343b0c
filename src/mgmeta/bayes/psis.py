"""Pareto-smoothed importance weights and k-hat, which says whether they can be trusted.

Vehtari, Simpson, Gelman, Yao and Gabry 2024 (J Mach Learn Res 25:72): the largest weights are replaced by the
expected order statistics of a generalised Pareto fitted to them, whose shape k is the diagnosis. The
fit is that of Zhang and Stephens 2009 (Technometrics 51:316).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mgmeta.bayes.rows import Array

# Above this the estimates have no finite variance worth the name at ordinary numbers of draws.
KHAT_MAX = 0.7


@dataclass(frozen=True)
class Smoothed:
    """Normalised weights, shape (n,), k-hat, and the effective sample size 1 / sum w^2."""

    weights: Array
    khat: float
    ess: float


def smooth(log_weights: Array) -> Smoothed:
    """Smooth the upper tail of importance weights, shape (n,), given by their logs (any constant)."""
    n = len(log_weights)
    weights = np.exp(log_weights - log_weights.max())
    m = min(n // 5, math.ceil(3.0 * math.sqrt(n)))
    order = np.argsort(weights)
    tail, cut = order[-m:], float(weights[order[-m - 1]])
    excess = weights[tail] - cut
    khat = -math.inf
    if excess[0] > 0.0 or excess[-1] > 1e-12 * weights[order[-1]]:
        khat, sigma = fit_pareto(np.maximum(excess, 1e-300))
        p = (np.arange(m) + 0.5) / m
        spread = sigma * (np.expm1(-khat * np.log1p(-p)) / khat if abs(khat) > 1e-12 else -np.log1p(-p))
        weights[tail] = np.minimum(cut + spread, weights[order[-1]])
    weights /= weights.sum()
    return Smoothed(weights, khat, float(1.0 / np.sum(weights**2)))


def fit_pareto(x: Array) -> tuple[float, float]:
    """Return shape k and scale of a generalised Pareto fitted to exceedances, shape (m,), ascending.

    With b = k / sigma the profile likelihood is averaged over a grid of b with a weak prior
    (Zhang and Stephens), and k is drawn towards 0.5 by ten observations' worth.
    """
    m = len(x)
    points = 30 + int(math.sqrt(m))
    j = np.arange(1, points + 1)
    quartile = x[int(m / 4.0 + 0.5) - 1]
    b = 1.0 / x[-1] + (1.0 - np.sqrt(points / (j - 0.5))) / (3.0 * quartile)
    k = np.log1p(-b[:, None] * x).mean(axis=1)
    profile = m * (np.log(-b / k) - k - 1.0)
    weights = np.exp(profile - profile.max())
    mean_b = float(weights @ b / weights.sum())
    shape = float(np.log1p(-mean_b * x).mean())
    sigma = -shape / mean_b
    return (m * shape + 5.0) / (m + 10.0), sigma
