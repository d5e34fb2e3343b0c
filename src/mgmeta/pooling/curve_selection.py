"""Selection models whose chance of being seen falls smoothly with the P value."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from mgmeta.errors import ConfigError, FitError
from mgmeta.pooling.curve_likelihood import CurveProblem, curve_loglik
from mgmeta.pooling.maximise import maximise
from mgmeta.pooling.pool import check_effects
from mgmeta.pooling.segments import ALTERNATIVES
from mgmeta.pooling.small_study import FEW
from mgmeta.pooling.step_likelihood import StepValue
from mgmeta.pooling.weight_curves import CURVES
from mgmeta.stats.distributions import check_level, quantile, two_sided_p
from mgmeta.stats.likelihood import loglik
from mgmeta.stats.sample import make_sample
from mgmeta.stats.tau2 import tau2 as solve_tau2

Array = NDArray[np.float64]

MAX_PARAMETER = 100.0
SINGLE_STARTS = ((0.1,), (1.0,), (4.0,))
DOUBLE_STARTS = ((1.2, 0.8), (0.8, 1.2), (0.3, 2.0), (2.0, 0.3), (0.01, 2.0), (2.0, 0.01))
"""Where to start the parameters: these likelihoods have humps, some at a parameter's lowest value."""


@dataclass(frozen=True)
class CurveSelection:
    """A selection model with a smooth weight function.

    Attributes
    ----------
    curve, alternative : the family and the P value it looks at
    estimate, se, statistic, p_value, ci_low, ci_high : adjusted mean, Wald
    tau2, tau2_se : adjusted heterogeneity
    parameters, parameters_se : of the weight function
    loglik, lrt, lrt_df, lrt_p : maximised; likelihood-ratio test of no selection
    warnings : what a reader should know
    """

    k: int
    curve: str
    alternative: str
    estimate: float
    se: float
    statistic: float
    p_value: float
    ci_low: float
    ci_high: float
    tau2: float
    tau2_se: float
    parameters: Array
    parameters_se: Array
    loglik: float
    lrt: float
    lrt_df: int
    lrt_p: float
    warnings: tuple[str, ...]


def curve_selection(
    y: ArrayLike,
    v: ArrayLike,
    *,
    curve: str = "beta",
    alternative: str = "less",
    precision: bool = False,
    common: bool = False,
    level: float,
) -> CurveSelection:
    """Fit a random-effects model seen through a smooth selection of P values.

    Parameters
    ----------
    y, v : (k,) effects and sampling variances
    curve : key of :data:`mgmeta.pooling.weight_curves.CURVES`
    alternative : "less", "greater" or "two.sided"
    precision : true lets the parameter grow with the SE, relative to the largest
    common : true for no heterogeneity
    level : of the interval, in (0, 1)

    Raises
    ------
    ConfigError, FitError
        If an option is unknown, there are too few rows, or nothing converges.

    References
    ----------
    Preston C, Ashby D, Smyth R. J Eval Clin Pract 2004;10:313-322.
    """
    effects, variances = check_effects(y, v)
    check_level(level)
    if curve not in CURVES:
        raise ConfigError(f"curve {curve!r} is unknown; use {', '.join(CURVES)}")
    if alternative not in ALTERNATIVES:
        raise ConfigError(f"alternative {alternative!r} is unknown; use {', '.join(ALTERNATIVES)}")
    family = CURVES[curve]
    if effects.size <= 2 - common + family.parameters:
        raise FitError(f"{effects.size} rows cannot determine a mean, tau2 and the {curve} curve")
    se = np.sqrt(variances)
    c = se / se.max() if precision else np.ones_like(se)
    problem = CurveProblem(effects, variances, c, alternative, family)
    mu, tau2, delta, at = _climb(problem, common)
    sample = make_sample(effects, variances)
    plain_tau2 = 0.0 if common else solve_tau2("ML", effects, variances)
    plain = float(loglik(sample, np.array([plain_tau2]), False)[0])
    kept = [0] + ([] if common or tau2 == 0.0 else [1]) + list(range(2, 2 + family.parameters))
    ses = np.full(2 + family.parameters, np.nan)
    with np.errstate(invalid="ignore"):
        ses[kept] = np.sqrt(np.diag(np.linalg.pinv(-at.hessian[np.ix_(kept, kept)])))
    lrt = max(0.0, 2.0 * (at.value - plain))
    half = quantile(level, None) * float(ses[0])
    return CurveSelection(
        k=effects.size,
        curve=curve,
        alternative=alternative,
        estimate=mu,
        se=float(ses[0]),
        statistic=mu / float(ses[0]),
        p_value=two_sided_p(mu / float(ses[0]), None),
        ci_low=mu - half,
        ci_high=mu + half,
        tau2=tau2,
        tau2_se=float(ses[1]),
        parameters=delta,
        parameters_se=ses[2:],
        loglik=at.value,
        lrt=lrt,
        lrt_df=family.parameters,
        lrt_p=float(chdtrc(family.parameters, lrt)),
        warnings=_warnings(effects.size, delta, family.lowest, tau2, common),
    )


def _climb(problem: CurveProblem, common: bool) -> tuple[float, float, Array, StepValue]:
    """Maximise over mu, tau and angles with parameter = lowest + (100 - lowest) sin^2(angle)."""
    family = problem.curve
    width = MAX_PARAMETER - family.lowest
    keep = [0] + ([] if common else [1]) + list(range(2, 2 + family.parameters))

    def natural(theta: Array) -> tuple[float, float, Array, Array, Array]:
        full = np.zeros(2 + family.parameters)
        full[keep] = theta
        delta = family.lowest + width * np.sin(full[2:]) ** 2
        slope = np.concatenate([[1.0, 2.0 * full[1]], width * np.sin(2.0 * full[2:])])
        curve = np.concatenate([[0.0, 2.0], 2.0 * width * np.cos(2.0 * full[2:])])
        return float(full[0]), float(full[1] ** 2), delta, slope, curve

    def objective(theta: Array) -> tuple[float, Array, Array]:
        mu, tau2, delta, slope, curve = natural(theta)
        with np.errstate(all="ignore"):
            at = curve_loglik(problem, mu, tau2, delta)
        if not (math.isfinite(at.value) and np.isfinite(at.hessian).all()):
            return -math.inf, np.zeros(len(keep)), -np.eye(len(keep))
        hessian = at.hessian * np.outer(slope, slope) + np.diag(at.gradient * curve)
        return at.value, (at.gradient * slope)[keep], hessian[np.ix_(keep, keep)]

    weight = 1.0 / problem.v
    mean = float(weight @ problem.y / weight.sum())
    spread = max(float(np.std(problem.y)), 0.1 * math.sqrt(float(np.median(problem.v))))
    tops = []
    for guess in SINGLE_STARTS if family.parameters == 1 else DOUBLE_STARTS:
        angle = np.arcsin(np.sqrt((np.array(guess) - family.lowest) / width))
        for tau, shift in ((spread, 0.0), (0.3 * spread, 0.0), (spread, 0.5), (spread, -0.5)):
            start = np.concatenate([[mean + shift * spread, tau], angle])[keep]
            if math.isfinite(objective(start)[0]):
                tops.append(maximise(objective, start))
    done = [top for top in tops if top.converged and math.isfinite(top.value)]
    if not done:
        raise FitError(f"the {family.name} selection model did not converge; use a step function")
    mu, tau2, delta, _, _ = natural(max(done, key=lambda top: top.value).point)
    tau2 = 0.0 if tau2 < 1e-12 * float(np.median(problem.v)) else tau2
    delta = np.where(delta - family.lowest < 1e-10, family.lowest, delta)
    return mu, tau2, delta, curve_loglik(problem, mu, tau2, delta)


def _warnings(k: int, delta: Array, lowest: float, tau2: float, common: bool) -> tuple[str, ...]:
    out = [] if k >= FEW else [f"only {k} rows: the curve is hardly determined"]
    if np.any(delta > 0.999 * MAX_PARAMETER):
        out.append(f"a parameter is at its upper bound of {MAX_PARAMETER:g}: read the direction only")
    if np.any(delta <= lowest + 1e-9):
        out.append("a parameter is at its lower bound")
    if not common and tau2 == 0.0:
        out.append("tau2 is 0: standard errors take it as known")
    return tuple(out)
