"""Begg and Mazumdar's rank test: are effects and variances correlated?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from mgmeta.errors import FitError
from mgmeta.pooling.pool import check_effects
from mgmeta.pooling.small_study import FEW

Array = NDArray[np.float64]

EXACT_BELOW = 50
"""Without ties and below this many studies the null distribution is counted out exactly."""


@dataclass(frozen=True)
class Begg:
    """Rank correlation of standardised effects and variances.

    Attributes
    ----------
    tau : Kendall's tau (tau-b with ties)
    score, score_se : concordant minus discordant pairs, and its SD under independence
    p_value : two-sided; exact where ``exact`` is true, else normal without continuity correction
    """

    k: int
    tau: float
    score: float
    score_se: float
    p_value: float
    exact: bool
    warnings: tuple[str, ...]


def begg(y: ArrayLike, v: ArrayLike, *, exact: bool = True) -> Begg:
    r"""Correlate :math:`(y_i - \hat\mu) / \sqrt{v_i - 1/\sum 1/v}` with :math:`v_i` by Kendall's tau.

    Parameters
    ----------
    y, v : (k,) effects and sampling variances
    exact : false asks for the normal approximation even without ties

    Raises
    ------
    FitError
        If k < 3, or all effects or all variances are tied.

    References
    ----------
    Begg CB, Mazumdar M. Biometrics 1994;50:1088-1101. Kendall MG. Rank Correlation Methods, 1948.
    """
    effects, variances = check_effects(y, v)
    k = effects.size
    if k < 3:
        raise FitError(f"the rank test needs at least 3 effects; {k} given")
    weights = 1.0 / variances
    mean = float(weights @ effects / weights.sum())
    standardised = (effects - mean) / np.sqrt(variances - 1.0 / weights.sum())
    upper = np.triu_indices(k, 1)
    a = np.sign(np.subtract.outer(standardised, standardised)[upper])
    b = np.sign(np.subtract.outer(variances, variances)[upper])
    score = float(a @ b)
    untied = float(np.abs(a).sum() * np.abs(b).sum())
    if untied == 0:
        raise FitError("the rank test needs different effects and different variances; all are tied")
    tau = score / math.sqrt(untied)
    spread = math.sqrt(_score_variance(standardised, variances))
    tied = bool((a == 0).any() or (b == 0).any())
    counted = exact and not tied and k < EXACT_BELOW
    p = _exact_p(score, k) if counted else 2.0 * float(ndtr(-abs(score) / spread))
    warnings = [f"only {k} rows: below {FEW} a test of asymmetry has hardly any power"] if k < FEW else []
    if tied:
        warnings.append("ties: the normal approximation is used")
    return Begg(k, tau, score, spread, p, counted, tuple(warnings))


def _score_variance(a: Array, b: Array) -> float:
    """Variance of concordant minus discordant pairs under independence, ties allowed for."""
    n = a.size
    ta, tb = (np.unique(values, return_counts=True)[1].astype(float) for values in (a, b))

    def pairs(t: Array) -> float:
        return float((t * (t - 1)).sum())

    def triples(t: Array) -> float:
        return float((t * (t - 1) * (t - 2)).sum())

    def spread(t: Array) -> float:
        return float((t * (t - 1) * (2 * t + 5)).sum())

    main = (n * (n - 1) * (2 * n + 5) - spread(ta) - spread(tb)) / 18.0
    second = pairs(ta) * pairs(tb) / (2.0 * n * (n - 1))
    third = triples(ta) * triples(tb) / (9.0 * n * (n - 1) * (n - 2))
    return main + second + third


def _exact_p(score: float, k: int) -> float:
    """Two-sided P by counting permutations with at most so many concordant pairs."""
    total = k * (k - 1) // 2
    counts = np.array([1.0])
    for size in range(2, k + 1):  # a permutation of one more adds 0..size-1 concordant pairs
        counts = np.convolve(counts, np.full(size, 1.0 / size))
    concordant = round((score + total) / 2)
    below = float(counts[: concordant + 1].sum())
    above = float(counts[concordant:].sum())
    return min(1.0, 2.0 * min(below, above))
