"""Meta-regression: random-effects models with moderators."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.errors import FitError
from mgmeta.pooling.model import FIXED, Model, check_effects, fit_model, warnings_of
from mgmeta.pooling.pool import predict_mean
from mgmeta.stats.distributions import check_level, chi2_p, f_p, quantile, two_sided_p, wald
from mgmeta.stats.kenward_roger import kenward_roger_f
from mgmeta.stats.likelihood import loglik
from mgmeta.stats.sample import make_sample
from mgmeta.stats.tau2 import tau2
from mgmeta.stats.wls import scaled_qr

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Coefficient:
    """One row of a regression table; ``vif`` is NaN for the intercept and for a lone moderator."""

    term: str
    estimate: float
    se: float
    df: float
    statistic: float
    p_value: float
    ci_low: float
    ci_high: float
    vif: float


@dataclass(frozen=True)
class Regression:
    """A meta-regression; the fields but ``model`` are keys of ``mgmeta pool --mods --format json``.

    ``qm`` tests all moderators at once: chi-squared on ``qm_df`` with test z, else F
    on ``qm_df`` and ``qm_df2``. ``r2`` (percent) is the share of tau2 that the
    moderators account for; 0 if there is none without them. ``lrt`` compares with
    the intercept alone, both by maximum likelihood. ``q``, ``i2`` and ``h2`` are
    residual. ``tau2_null`` is tau2 without moderators.
    """

    k: int
    method: str
    test: str
    level: float
    coefficients: tuple[Coefficient, ...]
    qm: float
    qm_df: int
    qm_df2: float
    qm_p: float
    r2: float
    tau2: float
    tau2_se: float
    tau2_ci_low: float
    tau2_ci_high: float
    tau2_null: float
    tau: float
    i2: float
    h2: float
    q: float
    q_df: int
    q_p: float
    lrt: float
    lrt_df: int
    lrt_p: float
    warnings: tuple[str, ...]
    model: Model


def regress(
    y: ArrayLike,
    v: ArrayLike,
    x: ArrayLike,
    *,
    terms: Sequence[str] | None = None,
    method: str = "REML",
    test: str = "z",
    level: float = 0.95,
    tau2_interval: str = "q_profile",
) -> Regression:
    """Regress effects on moderators.

    Parameters
    ----------
    y, v : (k,) effects and sampling variances
    x : (k, p) design, with the intercept if there is to be one; see
        :func:`mgmeta.pooling.design.build_design`
    terms : (p,) names of its columns
    method, test, level, tau2_interval : as for :func:`mgmeta.pooling.pool.pool`

    Raises
    ------
    DataError, ConfigError, FitError
        If a number or an option is not usable, rows are too few, or moderators are
        collinear (names the column).
    """
    check_level(level)
    design = np.asarray(x, dtype=float)
    names = [f"x{i}" for i in range(design.shape[1])] if terms is None else list(terms)
    check_effects(y, v)
    scaled_qr(design, names)
    model = fit_model(y, v, design, method=method, test=test)
    tested = tested_columns(design)
    low, high = model.tau2_interval(level, tau2_interval)
    i2, h2 = model.i2_h2
    qm, qm_df2, qm_p = omnibus(model, tested)
    null = fit_model(y, v, method=method) if model.k > 1 else model
    lrt, lrt_df, lrt_p = likelihood_ratio(y, v, design)
    notes = warnings_of(model)
    if model.k < 10 * len(tested):
        notes.append(f"{model.k} rows for {len(tested)} moderator column(s): fewer than ten each")
    return Regression(
        k=model.k,
        method=method,
        test=test,
        level=level,
        coefficients=coefficients(model, names, level),
        qm=qm,
        qm_df=len(tested),
        qm_df2=qm_df2,
        qm_p=qm_p,
        r2=_r2(model, null),
        tau2=model.tau2,
        tau2_se=model.tau2_se,
        tau2_ci_low=low,
        tau2_ci_high=high,
        tau2_null=null.tau2,
        tau=math.sqrt(model.tau2),
        i2=i2,
        h2=h2,
        q=model.residual.q,
        q_df=model.residual.q_df,
        q_p=model.residual.q_p,
        lrt=lrt,
        lrt_df=lrt_df,
        lrt_p=lrt_p,
        warnings=tuple(notes),
        model=model,
    )


def tested_columns(x: Array) -> NDArray[np.intp]:
    """Columns other than the constant; all of them if there is no constant or nothing else."""
    constant = (x == x[0]).all(axis=0) & (x[0] != 0)
    columns = np.flatnonzero(~constant)
    return columns if columns.size else np.arange(x.shape[1])


def coefficients(model: Model, terms: Sequence[str], level: float) -> tuple[Coefficient, ...]:
    """The regression table, one row a column of the design.

    Parameters
    ----------
    model : a fitted meta-regression
    terms : (p,) names of the columns of its design
    level : of the intervals, e.g. 0.95
    """
    inflation = variance_inflation(model)
    rows = []
    for i, term in enumerate(terms):
        estimate, df = float(model.fit.beta[i]), float(model.inference.df[i])
        se = math.sqrt(model.inference.cov[i, i])
        half = quantile(level, df) * se
        z = wald(estimate, se)
        rows.append(
            Coefficient(
                term, estimate, se, df, z, two_sided_p(z, df), estimate - half, estimate + half, inflation[i]
            )
        )
    return tuple(rows)


def variance_inflation(model: Model) -> list[float]:
    """Variance inflation factors from the correlations of the coefficients, the constant left out.

    The diagonal of the inverse correlation matrix; NaN for the constant and where
    there is only one moderator column.
    """
    tested = tested_columns(model.x)
    result = [math.nan] * model.p
    if len(tested) > 1:
        cov = model.fit.cov[np.ix_(tested, tested)]
        sd = np.sqrt(np.diag(cov))
        for column, value in zip(tested, np.diag(np.linalg.inv(cov / np.outer(sd, sd))), strict=True):
            result[int(column)] = float(value)
    return result


def omnibus(model: Model, columns: NDArray[np.intp]) -> tuple[float, float, float]:
    """Wald test that coefficients *columns* are all zero: statistic, denominator df, P.

    Chi-squared (denominator inf) with test z, else F.
    """
    beta = model.fit.beta[columns]
    if model.inference.kr is not None:
        f, df2 = kenward_roger_f(model.inference.kr, model.fit.beta, columns)
        return f, df2, f_p(f, len(columns), df2)
    size = float(beta @ np.linalg.solve(model.inference.cov[np.ix_(columns, columns)], beta))
    if model.test == "z":
        return size, math.inf, chi2_p(size, len(columns))
    df2 = float(model.k - model.p)
    return size / len(columns), df2, f_p(size / len(columns), len(columns), df2)


def _r2(model: Model, null: Model) -> float:
    """Share of heterogeneity accounted for, percent, at least 0."""
    if model.method in FIXED:
        before, after = null.i2_h2[1], model.i2_h2[1]
    else:
        before, after = null.tau2, model.tau2
    return 100.0 * max(0.0, 1.0 - after / before) if before > 0 else 0.0


def likelihood_ratio(
    y: ArrayLike, v: ArrayLike, x: ArrayLike, reduced: ArrayLike | None = None
) -> tuple[float, int, float]:
    """Likelihood-ratio test of a design against a smaller one nested in it: statistic, df, P.

    Both are fitted by maximum likelihood; restricted likelihoods of different
    designs cannot be compared.

    Parameters
    ----------
    y, v : (k,)
    x : (k, p) larger design
    reduced : (k, p0) smaller design; None is the intercept alone

    Raises
    ------
    FitError
        If the smaller design has more columns than the larger.
    """
    values, sizes = [], []
    for design in (x, reduced):
        sample = make_sample(y, v, design)
        between = np.array([tau2("ML", y, v, design)])
        values.append(float(loglik(sample, between, restricted=False)[0]))
        sizes.append(sample.p)
    df = sizes[0] - sizes[1]
    if df < 0:
        raise FitError(f"the reduced design has {sizes[1]} columns, the full one only {sizes[0]}; swap them")
    statistic = max(0.0, 2.0 * (values[0] - values[1]))
    return statistic, df, chi2_p(statistic, df)


@dataclass(frozen=True)
class Prediction:
    """Mean effect of trials like one row, and where a new such trial would lie."""

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    pi_low: float
    pi_high: float


def predict(model: Model, rows: ArrayLike, *, level: float, pi: str = "default") -> tuple[Prediction, ...]:
    """Predict at design *rows* (n, p), with confidence and prediction intervals at *level*.

    *pi* is a key of :data:`mgmeta.stats.prediction.PREDICTIONS`.

    Parameters
    ----------
    model : a fitted meta-regression
    rows : (n, p) designs of new trials, columns as the model's
    level : of both intervals, e.g. 0.95
    pi : key of :data:`mgmeta.stats.prediction.PREDICTIONS`

    Returns
    -------
    tuple of Prediction, one a row: x'beta, its confidence and its prediction interval
    """
    result = []
    for row in np.atleast_2d(np.asarray(rows, dtype=float)):
        estimate = float(row @ model.fit.beta)
        se, df = model.inference.se_df(row)
        half = quantile(level, df) * se
        low, high = predict_mean(model, level, pi, row)
        result.append(Prediction(estimate, se, estimate - half, estimate + half, low, high))
    return tuple(result)
