"""Fail-safe N: reported because reviewers ask, and labelled for what it is worth."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from mgmeta.errors import ConfigError
from mgmeta.pooling.pool import check_effects
from mgmeta.stats.tau2 import tau2

WEAK = (
    "weak: fail-safe N assumes that the missing studies average zero, ignores their size and "
    "heterogeneity, and has no null distribution (Becker 2005); do not rest a conclusion on it"
)


@dataclass(frozen=True)
class Failsafe:
    """How many unpublished null studies it would take.

    Attributes
    ----------
    kind : "rosenthal", "orwin", "rosenberg" or "general"
    n : number of studies, rounded up
    observed : the observed mean (NaN for Rosenthal)
    target : the mean to fall to (Orwin, else NaN)
    alpha : level to fall to (NaN for Orwin)
    p_value : of the observed studies (NaN for Orwin)
    warnings : always says that the method is weak
    """

    kind: str
    n: int
    observed: float
    target: float
    alpha: float
    p_value: float
    warnings: tuple[str, ...]


def rosenthal(y: ArrayLike, v: ArrayLike, *, alpha: float = 0.05) -> Failsafe:
    r"""Count null studies until Stouffer's combined one-sided P exceeds *alpha*.

    :math:`N = (\sum z_i)^2 / z_\alpha^2 - k`, :math:`z_i = y_i / \sqrt{v_i}`.

    Parameters
    ----------
    y : (k,) effects, in any one unit
    v : (k,) sampling variances, in the unit of the effects squared
    alpha : level of the test, such as 0.05

    References
    ----------
    Rosenthal R. Psychol Bull 1979;86:638-641.
    """
    effects, variances = check_effects(y, v)
    total = float((effects / np.sqrt(variances)).sum())
    k = effects.size
    n = total**2 / float(ndtri(_alpha(alpha))) ** 2 - k
    p = float(ndtr(-abs(total) / math.sqrt(k)))
    return Failsafe("rosenthal", _up(n), math.nan, math.nan, alpha, p, (WEAK,))


def orwin(y: ArrayLike, v: ArrayLike, *, target: float | None = None, weighted: bool = True) -> Failsafe:
    r"""Count null studies until the mean falls to *target*: :math:`N = k (\bar y - t) / t`.

    Parameters
    ----------
    y, v : (k,) effects and sampling variances
    target : in units of the effect; None is half the observed mean
    weighted : inverse-variance mean, else the plain mean

    Raises
    ------
    ConfigError
        If the target is 0.

    References
    ----------
    Orwin RG. J Educ Stat 1983;8:157-159.
    """
    effects, variances = check_effects(y, v)
    weights = 1.0 / variances if weighted else np.ones_like(variances)
    mean = float(weights @ effects / weights.sum())
    goal = mean / 2.0 if target is None else float(target)
    if goal == 0.0:
        raise ConfigError("Orwin's fail-safe N needs a target effect other than 0")
    reached = abs(mean) <= abs(goal) or mean * goal < 0
    n = 0.0 if reached else effects.size * (mean - goal) / goal
    return Failsafe("orwin", _up(n), mean, goal, math.nan, math.nan, (WEAK,))


def rosenberg(y: ArrayLike, v: ArrayLike, *, alpha: float = 0.05) -> Failsafe:
    r"""Count null studies of average weight until the common effect has two-sided P above *alpha*.

    :math:`N = k (z^2 / z_{\alpha/2}^2 - 1)`, z of the common-effect mean.

    Parameters
    ----------
    y : (k,) effects, in any one unit
    v : (k,) sampling variances, in the unit of the effects squared
    alpha : level of the test, such as 0.05

    References
    ----------
    Rosenberg MS. Evolution 2005;59:464-468.
    """
    effects, variances = check_effects(y, v)
    weights = 1.0 / variances
    mean = float(weights @ effects / weights.sum())
    z = mean * math.sqrt(float(weights.sum()))
    n = effects.size * (z**2 / float(ndtri(_alpha(alpha) / 2.0)) ** 2 - 1.0)
    return Failsafe("rosenberg", _up(n), mean, math.nan, alpha, 2.0 * float(ndtr(-abs(z))), (WEAK,))


@dataclass(frozen=True)
class Enlarged:
    """A random-effects pool after null studies were added."""

    estimate: float
    tau2: float
    p_value: float


def with_null_studies(
    y: ArrayLike, v: ArrayLike, n: int, *, method: str = "REML", exact: bool = False
) -> Enlarged:
    r"""Pool the studies together with *n* studies that average zero.

    The added studies have the harmonic mean h of the variances and scatter as much as theory
    has it, with variance :math:`\hat\tau^2 + h`. Approximate: :math:`\tau^2` of all k + n studies is the
    variance within and between the two groups, :math:`\{(k + n - 2) \hat\tau^2 + kn \hat\mu^2 / (k + n)\}
    / (k + n - 1)`. Exact: the model is fitted to the k studies and n values at plus or minus one
    distance (and one at zero if n is odd).

    Parameters
    ----------
    y, v : (k,) effects and sampling variances
    n : number of studies to add
    method : estimator of tau2
    exact : fit the model to the enlarged data
    """
    effects, variances = check_effects(y, v)
    k = effects.size
    between = tau2(method, effects, variances)
    harmonic = k / float((1.0 / variances).sum())
    new = np.zeros(n)
    if exact and n > 1:
        even = n - n % 2
        spread = math.sqrt((between + harmonic) * (n - 1) / even)
        new[:even] = spread * (-1.0) ** np.arange(even)
    everything, errors = np.append(effects, new), np.append(variances, np.full(n, harmonic))
    if n == 0:
        total = between
    elif exact:
        total = tau2(method, everything, errors)
    else:
        weights = 1.0 / (variances + between)
        mean = float(weights @ effects / weights.sum())
        total = ((k + n - 2) * between + k * n * mean**2 / (k + n)) / (k + n - 1)
    weights = 1.0 / (errors + total)
    estimate = float(weights @ everything / weights.sum())
    return Enlarged(estimate, total, 2.0 * float(ndtr(-abs(estimate) * math.sqrt(float(weights.sum())))))


def general(
    y: ArrayLike, v: ArrayLike, *, method: str = "REML", alpha: float = 0.05, exact: bool = False
) -> Failsafe:
    """Count null studies until the random-effects mean has two-sided P above *alpha*.

    Rosenberg's count carried over to random effects; see :func:`with_null_studies`.

    Parameters
    ----------
    y, v : (k,) effects and sampling variances
    method : estimator of tau2
    alpha : level to fall to
    exact : fit the model to the enlarged data at every count
    """
    _alpha(alpha)
    now = with_null_studies(y, v, 0, method=method)

    def lost(n: int) -> bool:
        return with_null_studies(y, v, n, method=method, exact=exact).p_value > alpha

    n = 0
    if now.p_value <= alpha:
        high = 1
        while not lost(high):
            high *= 2
        n = _first(lost, high // 2, high)
    return Failsafe("general", n, now.estimate, math.nan, alpha, now.p_value, (WEAK,))


def _first(lost: Callable[[int], bool], low: int, high: int) -> int:
    """Return the smallest n in (low, high] at which significance is lost."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if lost(middle) else (middle, high)
    return high


def _alpha(alpha: float) -> float:
    if not 0.0 < alpha < 1.0:
        raise ConfigError(f"alpha {alpha!r} is not between 0 and 1")
    return alpha


def _up(n: float) -> int:
    """Round up, forgiving the last digits of a whole number."""
    return max(0, math.ceil(n - 1e-9 * max(1.0, abs(n))))
