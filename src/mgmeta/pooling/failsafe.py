"""Fail-safe N: reported because reviewers ask, and labelled for what it is worth."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from mgmeta.errors import ConfigError
from mgmeta.pooling.pool import check_effects

WEAK = (
    "weak: fail-safe N assumes that the missing studies average zero, ignores their size and "
    "heterogeneity, and has no null distribution (Becker 2005); do not rest a conclusion on it"
)


@dataclass(frozen=True)
class Failsafe:
    """How many unpublished null studies it would take.

    Attributes
    ----------
    kind : "rosenthal", "orwin" or "rosenberg"
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


def _alpha(alpha: float) -> float:
    if not 0.0 < alpha < 1.0:
        raise ConfigError(f"alpha {alpha!r} is not between 0 and 1")
    return alpha


def _up(n: float) -> int:
    """Round up, forgiving the last digits of a whole number."""
    return max(0, math.ceil(n - 1e-9 * max(1.0, abs(n))))
