"""Step-function selection models: what if the chance of being seen depends on the P value?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from mgmeta.errors import ConfigError, DataError, FitError
from mgmeta.pooling.maximise import Maximum
from mgmeta.pooling.segments import ALTERNATIVES, one_sided_p, segment_edges
from mgmeta.pooling.small_study import FEW
from mgmeta.pooling.step_climb import MAX_WEIGHT, climb
from mgmeta.pooling.step_likelihood import StepProblem, StepValue
from mgmeta.stats.distributions import check_level, quantile, two_sided_p

Array = NDArray[np.float64]


@dataclass(frozen=True)
class StepSelection:
    """A step-function selection model.

    Attributes
    ----------
    k, k_bounds : rows, and how many of them are bounds
    alternative, steps : the P value selection looks at and its cut points (the last one 1)
    counts : numbers in each P interval
    bound_counts : bounds that lie wholly in each P interval
    estimate, se, statistic, p_value, ci_low, ci_high : adjusted mean, Wald
    tau2, tau2_se : adjusted heterogeneity (0 and NaN for the common-effect model)
    weights, weights_se : (m,) chance of being seen relative to the first interval; SE NaN where fixed
    loglik, loglik_unselected : maximised with and without selection
    lrt, lrt_df, lrt_p : likelihood-ratio test of no selection (df 0 and P NaN for fixed weights)
    warnings : what a reader should know
    """

    k: int
    k_bounds: int
    alternative: str
    steps: tuple[float, ...]
    counts: tuple[int, ...]
    bound_counts: tuple[int, ...]
    estimate: float
    se: float
    statistic: float
    p_value: float
    ci_low: float
    ci_high: float
    tau2: float
    tau2_se: float
    weights: Array
    weights_se: Array
    loglik: float
    loglik_unselected: float
    lrt: float
    lrt_df: int
    lrt_p: float
    warnings: tuple[str, ...]


def step_selection(
    y: ArrayLike,
    se: ArrayLike,
    *,
    lower: ArrayLike | None = None,
    upper: ArrayLike | None = None,
    steps: Sequence[float] = (0.025, 1.0),
    alternative: str = "less",
    weights: Sequence[float] | None = None,
    common: bool = False,
    level: float,
) -> StepSelection:
    """Fit a random-effects model seen through a step-shaped selection of P values.

    Parameters
    ----------
    y : (k,) effects; NaN marks a bound
    se : (k,) standard errors, of bounds too
    lower, upper : (k,) ends of the bounds, +-inf or NaN where open
    steps : ascending cut points of P; 1 is added if it is missing
    alternative : "less" (one-sided, lowering), "greater" or "two.sided"
    weights : fixed relative weights of the intervals (Vevea and Woods 2005); None estimates
        them, the first being 1
    common : true for no heterogeneity
    level : of the interval, in (0, 1)

    Raises
    ------
    ConfigError
        If steps, weights or the alternative make no sense.
    DataError, FitError
        If rows cannot be used or there are fewer rows than parameters.

    Notes
    -----
    A bound contributes the probability of its interval, each part times the weight that
    rules there, over the same normaliser as a number of its SE.

    References
    ----------
    Vevea JL, Hedges LV. Psychometrika 1995;60:419-435. Vevea JL, Woods CM. Psychol Methods
    2005;10:428-443. Hedges LV. Stat Sci 1992;7:246-255 (two-sided).
    """
    check_level(level)
    cuts = _cuts(steps)
    if alternative not in ALTERNATIVES:
        raise ConfigError(f"alternative {alternative!r} is unknown; use {', '.join(ALTERNATIVES)}")
    problem, bound_counts = _problem(y, se, lower, upper, cuts, alternative)
    fixed = None if weights is None else _fixed(weights, cuts.size)
    free = 0 if fixed is not None else cuts.size - 1
    k = problem.variances.size
    if k <= 1 + (not common) + free:
        raise FitError(f"{k} rows cannot determine a mean, tau2 and {free} weights; use fewer steps")
    ones = np.ones(cuts.size)
    plain = climb(problem, ones, common)
    best = climb(problem, fixed, common)
    return _report(problem, bound_counts, cuts, alternative, fixed, common, plain, best, level)


def _cuts(steps: Sequence[float]) -> Array:
    cuts = np.asarray(sorted({float(step) for step in steps} | {1.0}))
    if cuts[0] <= 0.0 or cuts[-1] != 1.0 or len(set(steps)) != len(list(steps)):
        raise ConfigError(f"steps {list(steps)}: give different cut points of P in (0, 1], e.g. 0.025 0.5")
    return cuts


def _fixed(weights: Sequence[float], intervals: int) -> Array:
    values = np.asarray(weights, dtype=float)
    if values.shape != (intervals,) or np.any(~(values > 0)):
        raise ConfigError(
            f"{values.size} fixed weights for {intervals} P intervals; give one positive weight each"
        )
    return values


def _problem(
    y: ArrayLike,
    se: ArrayLike,
    lower: ArrayLike | None,
    upper: ArrayLike | None,
    cuts: Array,
    alternative: str,
) -> tuple[StepProblem, tuple[int, ...]]:
    """Sort rows into numbers and bounds and find where their weights change."""
    effects, spread = np.asarray(y, dtype=float), np.asarray(se, dtype=float)
    if effects.shape != spread.shape or effects.ndim != 1 or effects.size == 0:
        raise DataError("selection model: one effect (or a blank) and one SE a row are needed")
    if np.any(~(np.isfinite(spread) & (spread > 0))):
        row = int(np.flatnonzero(~(np.isfinite(spread) & (spread > 0)))[0])
        raise DataError(f"row {row + 1}: SE is {spread[row]}; a positive finite number is needed")
    number = ~np.isnan(effects)
    low, high = _open_ended(lower, effects, -np.inf), _open_ended(upper, effects, np.inf)
    bad = np.flatnonzero(~number & ~((low < high) & (np.isfinite(low) | np.isfinite(high))))
    if bad.size:
        raise DataError(f"row {bad[0] + 1}: neither a number nor a bound with low < high")
    order = np.concatenate([np.flatnonzero(number), np.flatnonzero(~number)])
    edges, which = segment_edges(spread[order], cuts, alternative)
    at = edges[number.sum() :]
    clip_low = np.maximum(at[:, :-1], low[~number][:, None])
    clip_high = np.minimum(at[:, 1:], high[~number][:, None])
    p = one_sided_p(effects[number], spread[number], alternative)
    touched = clip_high > clip_low
    whole = [0] * cuts.size
    for row in touched:
        inside = set(which[row].tolist())
        if len(inside) == 1:
            whole[inside.pop()] += 1
    problem = StepProblem(
        y=effects[number],
        v=spread[number] ** 2,
        interval=np.searchsorted(cuts, p, side="left"),
        edges=edges,
        which=which,
        bound_low=clip_low,
        bound_high=clip_high,
        variances=spread[order] ** 2,
        intervals=cuts.size,
    )
    return problem, tuple(whole)


def _open_ended(ends: ArrayLike | None, effects: Array, blank: float) -> Array:
    """Return the ends of the bounds with NaN read as open."""
    values = np.full(effects.size, np.nan) if ends is None else np.asarray(ends, dtype=float)
    if values.shape != effects.shape:
        raise DataError(f"selection model: {values.size} ends of bounds for {effects.size} rows")
    return np.where(np.isnan(values), blank, values)


def _report(
    problem: StepProblem,
    bound_counts: tuple[int, ...],
    cuts: Array,
    alternative: str,
    fixed: Array | None,
    common: bool,
    plain: tuple[Maximum, StepValue, Array],
    best: tuple[Maximum, StepValue, Array],
    level: float,
) -> StepSelection:
    at, found = best[1], best[2]
    mu, tau2, weights = float(found[0]), float(found[1]), found[2:]
    free = cuts.size - 1 if fixed is None else 0
    # A parameter at the edge of what is possible (tau2 or a weight of 0) is taken as known. The upper
    # bound of weights is a convention, and the curvature there is kept.
    inner = [2 + j for j in range(free) if weights[1 + j] > 1e-9]
    kept = [0] + ([] if common or tau2 == 0.0 else [1]) + inner
    information = -at.hessian[np.ix_(kept, kept)]
    cov = np.linalg.pinv(information)
    ses = np.full(1 + cuts.size, np.nan)
    with np.errstate(invalid="ignore"):
        ses[kept] = np.sqrt(np.diag(cov))
    if not ses[0] > 0:
        raise FitError(
            "the likelihood has no peak along the mean: these rows do not determine it beside the weights; "
            "add rows with numbers or two-sided bounds, or fix the weights"
        )
    counts = np.bincount(problem.interval, minlength=cuts.size)
    lrt = max(0.0, 2.0 * (at.value - plain[1].value))
    half = quantile(level, None) * ses[0]
    return StepSelection(
        k=problem.variances.size,
        k_bounds=problem.variances.size - problem.y.size,
        alternative=alternative,
        steps=tuple(cuts.tolist()),
        counts=tuple(int(n) for n in counts),
        bound_counts=bound_counts,
        estimate=mu,
        se=float(ses[0]),
        statistic=mu / float(ses[0]),
        p_value=two_sided_p(mu / float(ses[0]), None),
        ci_low=mu - float(half),
        ci_high=mu + float(half),
        tau2=tau2,
        tau2_se=float(ses[1]),
        weights=weights,
        weights_se=np.concatenate([[np.nan], ses[2:]]) if fixed is None else np.full(cuts.size, np.nan),
        loglik=at.value,
        loglik_unselected=plain[1].value,
        lrt=lrt,
        lrt_df=free,
        lrt_p=float(chdtrc(free, lrt)) if free else math.nan,
        warnings=_warnings(problem, counts, bound_counts, weights, fixed, tau2, common),
    )


def _warnings(
    problem: StepProblem,
    counts: NDArray[np.intp],
    bound_counts: tuple[int, ...],
    weights: Array,
    fixed: Array | None,
    tau2: float,
    common: bool,
) -> tuple[str, ...]:
    out = []
    if problem.variances.size < FEW:
        out.append(f"only {problem.variances.size} rows: weights are hardly determined")
    if fixed is None:
        for j in range(counts.size):
            if counts[j] + bound_counts[j] == 0:
                out.append(f"no row lies in P interval {j + 1}: its weight is not identified")
        if np.any(weights[1:] > 0.999 * MAX_WEIGHT):
            out.append(
                f"a weight is at its upper bound of {MAX_WEIGHT:g}: read the direction, not the number"
            )
    if not common and tau2 == 0.0:
        out.append("tau2 is 0: standard errors take it as known")
    return tuple(out)
