"""A line through the funnel: effects regressed on a measure of study size."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.errors import ConfigError, DataError, FitError
from mgmeta.pooling.bounded import fit_bounded
from mgmeta.pooling.pool import check_effects
from mgmeta.stats.distributions import check_level, quantile, two_sided_p
from mgmeta.stats.inference import infer
from mgmeta.stats.tau2 import tau2
from mgmeta.stats.wls import wls

Array = NDArray[np.float64]

PREDICTORS = ("sei", "vi", "ni", "ninv", "sqrtni", "sqrtninv")
"""SE, variance, total sample size, 1/n, sqrt(n), 1/sqrt(n)."""

LIMIT_AT_ZERO = frozenset({"sei", "vi", "ninv", "sqrtninv"})
"""Predictors that go to 0 as a study grows, so that the intercept is the effect of an infinite study."""

FEW = 10
"""Below this many rows tests of asymmetry have hardly any power (Sterne et al. 2011, BMJ 343:d4002)."""

SILENCE = (
    "numbers only: rows that print no number are left out, so this detects who prints numbers, "
    "not publication bias (confounded by silence)"
)
"""The label of a numeric-only run on a table with bounds."""


@dataclass(frozen=True)
class LineTerm:
    """One coefficient of a line; df is infinite for the normal, statistic NaN for a profile test."""

    estimate: float
    se: float
    statistic: float
    df: float
    p_value: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True)
class Line:
    """y = intercept + slope x predictor.

    Attributes
    ----------
    predictor : one of :data:`PREDICTORS`
    model : "lm" (weighted least squares with a multiplicative dispersion), an estimator
        of tau2, or "ML" for numbers plus bounds
    test : of the coefficients
    k, k_bounds : rows, and how many of them are bounds
    intercept, slope : LineTerm
    tau2 : float, NaN for "lm"
    dispersion : float, residual SD of the weighted line ("lm"), else NaN
    warnings : what a reader should know
    """

    predictor: str
    model: str
    test: str
    k: int
    k_bounds: int
    intercept: LineTerm
    slope: LineTerm
    tau2: float
    dispersion: float
    warnings: tuple[str, ...]


def predictor_values(predictor: str, v: Array, n: ArrayLike | None) -> Array:
    """Return the predictor of every row.

    Parameters
    ----------
    predictor : which predictor
    v : (k,) sampling variances, in the unit of the effects squared
    n : (k,) sizes, people; None: not known

    Raises
    ------
    ConfigError
        If the predictor is unknown.
    DataError
        If it needs sample sizes and one is missing or not positive.
    """
    if predictor not in PREDICTORS:
        raise ConfigError(f"predictor {predictor!r} is unknown; use {', '.join(PREDICTORS)}")
    if predictor in {"sei", "vi"}:
        return np.asarray(np.sqrt(v) if predictor == "sei" else v, dtype=float)
    if n is None:
        raise DataError(f"predictor {predictor} needs the total sample size of every row; name its column")
    size = np.asarray(n, dtype=float)
    bad = np.flatnonzero(~(np.isfinite(size) & (size > 0)))
    if size.shape != v.shape or bad.size:
        where = f"row {bad[0] + 1} has {size[bad[0]]}" if bad.size else f"{size.size} sizes for {v.size} rows"
        raise DataError(f"predictor {predictor}: {where}; a positive sample size a row is needed")
    root = np.sqrt(size)
    forms = {"ni": size, "ninv": 1.0 / size, "sqrtni": root, "sqrtninv": 1.0 / root}
    return np.asarray(forms[predictor], dtype=float)


def fit_line(
    y: ArrayLike,
    v: ArrayLike,
    *,
    predictor: str,
    n: ArrayLike | None = None,
    model: str = "lm",
    test: str = "t",
    level: float,
) -> Line:
    """Fit the line to numbers.

    Parameters
    ----------
    y, v : (k,) effects and sampling variances
    predictor : one of :data:`PREDICTORS`
    n : (k,) total sample sizes, for the predictors built on them
    model : "lm": weights 1/v, residual dispersion estimated, t(k - 2); or an estimator of
        tau2: weights 1/(v + tau2)
    test : for a tau2 model "z", "t", "knha" or "adhoc"; "lm" always uses t(k - 2)
    level : of the intervals, in (0, 1)

    Raises
    ------
    FitError
        If k < 3, the predictor does not vary, or the effects lie exactly on a line.
    """
    effects, variances = check_effects(y, v)
    if effects.size < 3:
        raise FitError(f"a line needs at least 3 effects; {effects.size} given")
    x = predictor_values(predictor, variances, n)
    if np.ptp(x) <= 1e-12 * np.abs(x).max():
        raise FitError(f"all rows have the same {predictor}: no line can be drawn")
    design = np.column_stack([np.ones_like(x), x])
    linear = model == "lm"
    between = 0.0 if linear else tau2(model, effects, variances, design)
    fit = wls(effects, 1.0 / (variances + between), design)
    # "lm" is the common-effect line with Hartung-Knapp's factor: one formula, two names.
    inference = infer("knha" if linear else test, fit, variances, design, between)
    terms = []
    for j in (0, 1):
        estimate, se = float(fit.beta[j]), math.sqrt(inference.cov[j, j])
        if not se > 0.0:
            raise FitError("the effects lie exactly on a line, so its error is 0; give more decimals")
        df = float(inference.df[j])
        half = quantile(level, df) * se
        p = two_sided_p(estimate / se, df)
        terms.append(LineTerm(estimate, se, estimate / se, df, p, estimate - half, estimate + half))
    return Line(
        predictor=predictor,
        model=model,
        test="t" if linear else test,
        k=effects.size,
        k_bounds=0,
        intercept=terms[0],
        slope=terms[1],
        tau2=math.nan if linear else between,
        dispersion=math.sqrt(inference.scale) if linear else math.nan,
        warnings=_few(effects.size),
    )


def fit_line_bounded(
    y: ArrayLike,
    se: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    *,
    predictor: str,
    n: ArrayLike | None = None,
    level: float,
) -> Line:
    """Fit the line to numbers and bounds by random-effects maximum likelihood.

    Parameters
    ----------
    y, se, lower, upper : (k,) as in :func:`mgmeta.pooling.bounded.fit_bounded`
    predictor, n, level : as in :func:`fit_line`

    Returns
    -------
    Line
        With profile-likelihood intervals and P values calibrated by t(k - 2).
    """
    check_level(level)
    spread = np.asarray(se, dtype=float)
    x = predictor_values(predictor, spread**2, n)
    design = np.column_stack([np.ones_like(x), x])
    fit = fit_bounded(y, spread, lower, upper, design, level=level, names=("intercept", predictor))
    terms = [
        LineTerm(
            float(fit.beta[j]),
            float(fit.se[j]),
            math.nan,
            float(fit.df),
            float(fit.p_value[j]),
            float(fit.ci_low[j]),
            float(fit.ci_high[j]),
        )
        for j in (0, 1)
    ]
    return Line(
        predictor=predictor,
        model="ML",
        test=fit.test,
        k=fit.k,
        k_bounds=fit.k_bounds,
        intercept=terms[0],
        slope=terms[1],
        tau2=fit.tau2,
        dispersion=math.nan,
        warnings=_few(fit.k) + fit.warnings,
    )


def _few(k: int) -> tuple[str, ...]:
    if k >= FEW:
        return ()
    return (f"only {k} rows: below {FEW} a test of asymmetry has hardly any power",)
