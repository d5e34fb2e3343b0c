"""p-uniform and p-uniform*: the effect at which conditional P values are uniform."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import chdtrc, chdtri, log_ndtr, ndtr, ndtri

from mgmeta.errors import ConfigError, FitError
from mgmeta.pooling.maximise import Maximum, maximise
from mgmeta.pooling.pool import check_effects
from mgmeta.pooling.profile_component import interval_end
from mgmeta.pooling.segments import masses
from mgmeta.pooling.small_study import FEW
from mgmeta.stats.distributions import check_level

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PUniform:
    """p-uniform on the significant studies of one side (common effect).

    Attributes
    ----------
    side : "left" or "right", the sign of the effects selected
    k_significant : studies used
    estimate, ci_low, ci_high : effect with mean conditional P of 1/2, and interval
    statistic_zero, p_zero : test of no effect
    statistic_bias, p_bias : test that the common-effect mean of all studies fits (small P: bias)
    warnings : what a reader should know
    """

    side: str
    k_significant: int
    estimate: float
    ci_low: float
    ci_high: float
    statistic_zero: float
    p_zero: float
    statistic_bias: float
    p_bias: float
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class PUniformStar:
    """p-uniform*: all studies, each given that it is (or is not) significant.

    Attributes
    ----------
    side, k, k_significant : as above
    estimate, ci_low, ci_high, tau2, tau2_ci_low, tau2_ci_high : ML with profile intervals
    lrt_zero, p_zero : likelihood-ratio test of no effect
    warnings : what a reader should know
    """

    side: str
    k: int
    k_significant: int
    estimate: float
    ci_low: float
    ci_high: float
    tau2: float
    tau2_ci_low: float
    tau2_ci_high: float
    lrt_zero: float
    p_zero: float
    warnings: tuple[str, ...]


def _oriented(y: ArrayLike, v: ArrayLike, side: str, alpha: float) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Return effects turned so that selection looks to the right, SEs, and who is significant."""
    effects, variances = check_effects(y, v)
    if side not in {"left", "right"}:
        raise ConfigError(f"side {side!r} is unknown; use left or right")
    if not 0.0 < alpha < 1.0:
        raise ConfigError(f"alpha {alpha!r} is not between 0 and 1")
    turned, se = (effects if side == "right" else -effects), np.sqrt(variances)
    return turned, se, turned / se >= -float(ndtri(alpha / 2.0))


def p_uniform(y: ArrayLike, v: ArrayLike, *, side: str, alpha: float = 0.05, level: float) -> PUniform:
    r"""Solve :math:`\sum_i q_i(\delta) = k/2` over the significant studies of one side.

    :math:`q_i(\delta) = P(Y \ge y_i) / P(Y \ge z_{\alpha/2} s_i)` at effect :math:`\delta`. The interval
    uses the exact (Irwin-Hall) distribution of a sum of uniforms up to 20 studies; the two
    tests take the sum as normal with mean k/2 and variance k/12.

    Parameters
    ----------
    y, v : (k,) effects and sampling variances
    side : the sign that was selected for
    alpha : two-sided level of the primary studies
    level : of the interval, in (0, 1)

    Raises
    ------
    FitError
        If no study is significant on that side.

    References
    ----------
    van Assen MALM, van Aert RCM, Wicherts JM. Psychol Methods 2015;20:293-309.
    """
    check_level(level)
    turned, se, significant = _oriented(y, v, side, alpha)
    if not significant.any():
        raise FitError(f"p-uniform: no study is significant on the {side}; use another method")
    a, s = turned[significant], se[significant]
    critical = -float(ndtri(alpha / 2.0)) * s
    count = a.size

    def statistic(effect: float) -> float:
        q = np.exp(log_ndtr((effect - a) / s) - log_ndtr((effect - critical) / s))
        return float((q.sum() - count / 2.0) / math.sqrt(count / 12.0))

    sign = 1.0 if side == "right" else -1.0
    reach = (count / 2.0 - sum_quantile(0.5 - 0.5 * level, count)) / math.sqrt(count / 12.0)
    estimate, near, far = (_root(statistic, target, a, s) for target in (0.0, -reach, reach))
    low, high = sorted((sign * near, sign * far))
    weights = 1.0 / se**2
    zero, bias = statistic(0.0), statistic(float(weights @ turned / weights.sum()))
    warnings = [] if count >= FEW else [f"only {count} significant studies carry the estimate"]
    return PUniform(
        side=side,
        k_significant=count,
        estimate=sign * estimate,
        ci_low=low,
        ci_high=high,
        statistic_zero=zero,
        p_zero=float(ndtr(zero)),
        statistic_bias=bias,
        p_bias=float(ndtr(-bias)),
        warnings=tuple(warnings),
    )


def sum_quantile(probability: float, n: int) -> float:
    """Return a lower quantile (probability <= 1/2) of the sum of n uniforms on (0, 1).

    Exact by the Irwin-Hall distribution for n <= 20, where its alternating sum keeps
    13 digits below the median; normal beyond.
    """
    if n > 20:
        return n / 2.0 + float(ndtri(probability)) * math.sqrt(n / 12.0)

    def excess(x: float) -> float:
        terms = ((-1) ** j * math.comb(n, j) * (x - j) ** n for j in range(math.floor(x) + 1))
        return math.fsum(terms) / math.factorial(n) - probability

    return float(brentq(excess, 0.0, n / 2.0 + 1e-9, xtol=1e-14))


def _root(statistic: Callable[[float], float], target: float, y: Array, se: Array) -> float:
    """Solve statistic(effect) = target; the statistic rises with the effect."""
    middle, step = float(np.median(y)), 4.0 * float(se.max())
    for _ in range(60):
        low, high = middle - step, middle + step
        if statistic(low) <= target <= statistic(high):
            return float(brentq(lambda e: statistic(e) - target, low, high, xtol=1e-14, rtol=1e-13))
        step *= 1.5
    return math.nan


def p_uniform_star(
    y: ArrayLike, v: ArrayLike, *, side: str, alpha: float = 0.05, level: float
) -> PUniformStar:
    r"""Maximise :math:`\sum_i \log N(y_i; \delta, v_i + \tau^2) - \log P_i`.

    :math:`P_i` is the chance of the class the study fell in: significant on *side*, or not.

    Parameters
    ----------
    as in :func:`p_uniform`

    Raises
    ------
    FitError
        If k < 3.

    References
    ----------
    van Aert RCM, van Assen MALM. Correcting for publication bias in a meta-analysis with the
    p-uniform* method. Psychon Bull Rev 2025 (MetaArXiv zqjr9).
    """
    check_level(level)
    turned, se, significant = _oriented(y, v, side, alpha)
    if turned.size < 3:
        raise FitError(f"p-uniform* needs at least 3 effects; {turned.size} given")
    critical = -float(ndtri(alpha / 2.0)) * se
    low = np.where(significant, critical, -np.inf)[:, None]
    high = np.where(significant, np.inf, critical)[:, None]

    def climb(effect: float | None, tau: float | None) -> Maximum:
        free = [j for j, fixed in enumerate((effect, tau)) if fixed is None]
        return _best(turned, se, low, high, effect, tau, free)

    top = climb(None, None)
    limit = float(chdtri(1.0, 1.0 - level))
    sign = 1.0 if side == "right" else -1.0
    estimate, tau = float(top.point[0]), abs(float(top.point[1]))
    tau = 0.0 if tau < 1e-6 * float(np.median(se)) else tau
    ends = [
        interval_end(lambda e: 2.0 * (top.value - climb(e, None).value) - limit, estimate, d * 1e6, d)
        for d in (-1.0, 1.0)
    ]
    ci_low, ci_high = sorted(sign * end for end in ends)
    taus = [
        interval_end(lambda t: 2.0 * (top.value - climb(None, t).value) - limit, tau, bound, d)
        for d, bound in ((-1.0, 0.0), (1.0, 1e6))
    ]
    lrt = max(0.0, 2.0 * (top.value - climb(0.0, None).value))
    warnings = []
    if turned.size < FEW:
        warnings.append(f"only {turned.size} rows: the estimate is hardly determined")
    if significant.all() or not significant.any():
        warnings.append("all studies fall in one class of significance: the estimate leans on normality")
    return PUniformStar(
        side=side,
        k=turned.size,
        k_significant=int(significant.sum()),
        estimate=sign * estimate,
        ci_low=ci_low,
        ci_high=ci_high,
        tau2=tau**2,
        tau2_ci_low=taus[0] ** 2,
        tau2_ci_high=taus[1] ** 2,
        lrt_zero=lrt,
        p_zero=float(chdtrc(1.0, lrt)),
        warnings=tuple(warnings),
    )


def _best(
    y: Array, se: Array, low: Array, high: Array, effect: float | None, tau: float | None, free: list[int]
) -> Maximum:
    """Maximise over what is not fixed: the effect and the root of tau2."""

    def objective(theta: Array) -> tuple[float, Array, Array]:
        full = np.array([0.0 if effect is None else effect, 0.0 if tau is None else tau])
        full[free] = theta
        total = se**2 + full[1] ** 2
        resid = y - full[0]
        with np.errstate(all="ignore"):
            chance = masses(low, high, full[0], total)
            p = chance.value[:, 0]
            value = float((-0.5 * (np.log(2.0 * math.pi * total) + resid**2 / total) - np.log(p)).sum())
        if not math.isfinite(value):
            return -math.inf, np.zeros(len(free)), -np.eye(len(free))
        first = np.stack([chance.mean[:, 0], chance.variance[:, 0]]) / p
        gradient = np.array([resid / total, 0.5 * (resid**2 / total**2 - 1.0 / total)]) - first
        second = np.array(
            [
                [chance.mean2[:, 0] / p, chance.cross[:, 0] / p],
                [chance.cross[:, 0] / p, chance.variance2[:, 0] / p],
            ]
        )
        own = np.array(
            [
                [-1.0 / total, -resid / total**2],
                [-resid / total**2, 0.5 / total**2 - resid**2 / total**3],
            ]
        )
        hessian = (own - second + first[:, None] * first[None, :]).sum(axis=2)
        slope = np.array([1.0, 2.0 * full[1]])
        g = gradient.sum(axis=1)
        hessian = hessian * np.outer(slope, slope) + np.diag([0.0, 2.0 * g[1]])
        return value, (g * slope)[free], hessian[np.ix_(free, free)]

    spread = max(float(np.std(y)), 0.1 * float(np.median(se)))
    weight = 1.0 / (se**2 + spread**2)
    mean = float(weight @ y / weight.sum())
    starts = [
        np.array([mean + shift * spread, scale * spread])[free]
        for shift in (0.0, -1.0)
        for scale in (0.7, 0.1)
    ]
    tops = [maximise(objective, start) for start in starts]
    done = [top for top in tops if top.converged and math.isfinite(top.value)]
    if not done:
        raise FitError("p-uniform* did not converge; use a step selection model")
    return max(done, key=lambda top: top.value)
