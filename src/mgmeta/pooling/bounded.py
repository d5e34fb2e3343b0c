"""Random-effects maximum likelihood from numbers and bounds together.

A trial that prints "no significant difference" says that its estimate lay within
``+- t_crit x SE``. Such a row has no number but an interval, and is used for exactly
that: it contributes the probability of the interval under the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtri, stdtr, stdtrit

from mgmeta.errors import FitError
from mgmeta.pooling.bounded_checks import check_rows, climbs_for_ever
from mgmeta.pooling.bounded_likelihood import Array, Problem, prepare
from mgmeta.pooling.bounded_newton import Maximum, maximise_by_tau2
from mgmeta.pooling.bounded_profile import (
    BetterMaximumError,
    End,
    covariance,
    flat_terms,
    interval_ends,
    likelihood_ratio,
)

# tau2 this many times the largest variance or squared distance in the rows has left the data behind.
_RUNAWAY = 1e6


@dataclass(frozen=True)
class BoundedFit:
    """Fit of :func:`fit_bounded`; arrays over coefficients have shape (p,), ``weights`` (k,),
    ``covariance`` of the coefficients (p, p).

    ``ci_low, ci_high`` are the profile-likelihood interval calibrated by t(k - p) squared,
    ``ci_low_chi2, ci_high_chi2`` the one calibrated by chi-squared(1). An infinite end is
    unbounded, NaN is undefined; both are explained in ``warnings``.
    """

    k: int
    k_numeric: int
    k_bounds: int
    df: int
    method: str
    test: str
    level: float
    names: tuple[str, ...]
    beta: Array
    se: Array
    ci_low: Array
    ci_high: Array
    ci_low_chi2: Array
    ci_high_chi2: Array
    p_value: Array
    tau2: float
    tau: float
    i2: float
    pi_low: float
    pi_high: float
    loglik: float
    weights: Array
    covariance: Array
    warnings: tuple[str, ...]


def fit_bounded(
    y: ArrayLike,
    se: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    x: ArrayLike | None = None,
    *,
    level: float = 0.95,
    names: Sequence[str] | None = None,
    term_profile: bool = True,
) -> BoundedFit:
    """Fit a random-effects model to numbers and bounds by maximum likelihood.

    Parameters
    ----------
    y
        Effects, shape (k,); NaN marks a bound.
    se
        Standard errors, shape (k,), of bounds too, in the unit of *y*.
    lower, upper
        Ends of the bounds, shape (k,); -inf and +inf (or NaN) are open. Ignored where *y* is a number.
    x
        Design matrix with its intercept column, shape (k, p); an intercept alone by default.
    level
        Level of the confidence and prediction intervals, e.g. 0.95.
    names
        Names of the coefficients, length p.
    term_profile
        False skips the profile: intervals and P values are NaN. For simulations that need only estimates.

    Returns
    -------
    BoundedFit
        ``covariance`` (and ``se``, from its diagonal) is the inverse observed information in
        (beta, tau2), tau2 held fixed where it is 0.
        ``p_value`` is P(t(k-p)^2 > LR) with LR the likelihood ratio of beta_j = 0. ``i2`` (percent) is
        ``100 tau2 / (tau2 + s2)`` with the typical variance ``s2`` of all rows. ``pi`` is
        ``beta_0 +- t(k-p-1) sqrt(tau2 + se_0^2)``, at moderators of 0. ``weights`` (percent): the
        share of the information on a row's own mean, ``-d2 l_i / d eta_i^2`` at the fitted tau2,
        that goes when the row is deleted; it is 1/(tau2 + se^2) for a number.

    Raises
    ------
    FitError
        No rows or fewer than coefficients, se <= 0, lower >= upper, a bound open on both sides,
        collinear *x*, or a likelihood without a maximum (only one-sided bounds inform a direction).

    Notes
    -----
    Maximises ``sum_numbers log N(y_i; x_i beta, tau2 + se_i^2) + sum_bounds log P(l_i < Z_i < u_i)``,
    ``Z_i ~ N(x_i beta, tau2 + se_i^2)``, over beta and tau2 >= 0. Interval censoring: Tobin 1958
    (Econometrica 26:24). Profile intervals: Hardy and Thompson 1996 (Stat Med 15:619). Typical
    variance and prediction interval: Higgins and Thompson 2002 (Stat Med 21:1539); Higgins, Thompson and
    Spiegelhalter 2009 (JRSS A 172:137). All results are equivariant to the units of y and x.
    """
    rows = check_rows(y, se, lower, upper, x, level, names)
    problem = prepare(rows.y, rows.se, rows.lower, rows.upper, rows.x)
    reason = climbs_for_ever(problem)
    if reason:
        raise FitError(reason)
    best = _best(problem, None)
    for _ in range(5):
        flat = [name for name, is_flat in zip(rows.names, flat_terms(problem, best), strict=True) if is_flat]
        if flat:
            raise FitError(
                f"the likelihood is flat along {', '.join(flat)}: these bounds fit a whole range of values "
                "equally well; numbers or narrower bounds are needed"
            )
        try:
            return _report(problem, best, rows.names, level, term_profile)
        except BetterMaximumError as better:
            best = _best(problem, better.theta)
    raise FitError("the likelihood of numbers and bounds has several maxima that could not be told apart")


def _best(problem: Problem, hint: Array | None) -> Maximum:
    """Return the highest of the maxima found from a spread of tau2."""
    k, p = problem.x.shape
    crude = np.concatenate([problem.y, problem.edge, 0.5 * (problem.lower + problem.upper)])
    weight = 1.0 / problem.v
    root = np.sqrt(weight)[:, None]
    beta = np.linalg.lstsq(problem.x * root, crude * root[:, 0], rcond=None)[0]
    spread = float(np.mean((crude - problem.x @ beta) ** 2))
    starts = np.tile(np.append(beta, 0.0), (5, 1))
    starts[:, -1] = [0.0, 0.1 * spread, spread, 4.0 * spread, float(np.median(problem.v))]
    if hint is not None:
        starts = np.vstack([starts, hint])
    found = maximise_by_tau2(problem, starts, np.ones(starts.shape, dtype=bool))
    best = found.row(int(np.argmax(found.loglik)))
    limit = _RUNAWAY * (float(np.max(problem.v)) + spread + 1.0)
    if best.theta[0, -1] > limit:
        raise FitError(
            "the likelihood keeps rising as tau grows: bounds open on one side contradict each other and "
            "no number or two-sided bound holds them; add rows or leave these out"
        )
    if not best.converged[0]:
        raise FitError(f"the maximum of the likelihood was not reached for {k} rows and {p} coefficients")
    return best


def _report(
    problem: Problem, best: Maximum, names: tuple[str, ...], level: float, term_profile: bool
) -> BoundedFit:
    """Turn the maximum into a BoundedFit in the caller's units."""
    k, p = problem.x.shape
    df, unit = k - p, problem.beta_unit
    warnings: list[str] = []
    cov = covariance(best)[:p, :p] * np.outer(unit, unit)
    se = np.sqrt(np.diag(cov))
    theta = problem.to_units(best.theta[0])
    tau2 = float(theta[-1])
    nan = np.full(p, np.nan)
    ends, p_value = np.stack([nan] * 4), nan
    if term_profile:
        ends, p_value = _profiles(problem, best, df, level, names, warnings)
    curvature = np.empty(k)
    curvature[problem.order] = np.maximum(best.curvature[0], 0.0)
    pi = _prediction(problem, float(theta[0]), float(se[0]), tau2, level, warnings)
    return BoundedFit(
        k=k,
        k_numeric=problem.k_numeric,
        k_bounds=k - problem.k_numeric,
        df=df,
        method="ML",
        test="profile_t",
        level=level,
        names=names,
        beta=theta[:-1],
        se=se,
        ci_low=ends[0],
        ci_high=ends[1],
        ci_low_chi2=ends[2],
        ci_high_chi2=ends[3],
        p_value=p_value,
        tau2=tau2,
        tau=float(np.sqrt(tau2)),
        i2=_i2(problem, float(best.theta[0, -1])),
        pi_low=pi[0],
        pi_high=pi[1],
        loglik=float(best.loglik[0] - problem.k_numeric * np.log(problem.scale)),
        weights=_weights(curvature),
        covariance=cov,
        warnings=tuple(warnings),
    )


def _weights(curvature: Array) -> Array:
    """Return each row's share of the information in percent; NaN where no row holds any."""
    total = float(curvature.sum())
    return 100.0 * curvature / total if total > 0.0 else np.full(curvature.shape, np.nan)


def _profiles(
    problem: Problem, best: Maximum, df: int, level: float, names: tuple[str, ...], warnings: list[str]
) -> tuple[Array, Array]:
    """Return the four ends (4, p) and the P values (p,), caller's units."""
    p = problem.x.shape[1]
    drops = [float(chdtri(1.0, 1.0 - level))]
    if df > 0:
        drops.insert(0, float(stdtrit(df, 0.5 + 0.5 * level)) ** 2)
    else:
        warnings.append(
            f"{problem.x.shape[0]} rows for {p} coefficients: no degrees of freedom for the t interval"
        )
    wanted = [End(j, side, drop) for drop in drops for side in (-1.0, 1.0) for j in range(p)]
    found = interval_ends(problem, best, wanted).reshape(2 * len(drops), p) * problem.beta_unit
    ends = np.vstack([np.full((4 - len(found), p), np.nan), found])
    for j, name in enumerate(names):
        for row, side in ((0, "below"), (1, "above")):
            if np.isinf(ends[row, j]):
                warnings.append(f"{name}: the likelihood never falls far enough to bound the interval {side}")
            if df > 0 and np.isnan(ends[row, j]):
                warnings.append(f"{name}: the end of the interval {side} was not located")
    if df == 0:
        return ends, np.full(p, np.nan)
    ratio = likelihood_ratio(problem, best, np.arange(p, dtype=np.intp))
    return ends, 2.0 * stdtr(df, -np.sqrt(ratio))


def _prediction(
    problem: Problem, estimate: float, se: float, tau2: float, level: float, warnings: list[str]
) -> tuple[float, float]:
    """Return the prediction interval at moderators of 0 (NaN without intercept or with k - p < 2)."""
    k, p = problem.x.shape
    if np.ptp(problem.x[:, 0]) > 0.0:
        return np.nan, np.nan
    if k - p < 2:
        warnings.append(f"{k} rows: too few for a prediction interval")
        return np.nan, np.nan
    half = float(stdtrit(k - p - 1, 0.5 + 0.5 * level)) * float(np.sqrt(tau2 + se * se))
    return estimate - half, estimate + half


def _i2(problem: Problem, tau2: float) -> float:
    """Return I2 in percent: typical variance (k - p) / tr(P), P = W - W X (X'WX)^-1 X'W, W = 1/se^2."""
    k, p = problem.x.shape
    if k == p:
        return np.nan
    w = 1.0 / problem.v
    wx = problem.x * w[:, None]
    trace = w.sum() - np.trace(np.linalg.solve(problem.x.T @ wx, wx.T @ wx))
    return float(100.0 * tau2 / (tau2 + (k - p) / trace))
