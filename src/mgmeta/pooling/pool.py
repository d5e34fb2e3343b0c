"""One random-effects pool of numeric effects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.errors import ConfigError
from mgmeta.pooling.model import FIXED, Model, check_effects, fit_model, warnings_of
from mgmeta.stats.distributions import check_level, quantile, two_sided_p, wald
from mgmeta.stats.inference import infer
from mgmeta.stats.prediction import bootstrap_prediction, prediction_interval, prediction_kind

__all__ = ["Pool", "check_effects", "fit_pool", "pool", "predict_mean"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Pool:
    """A pooled effect; the fields are the keys of ``mgmeta pool --format json``.

    Intervals are at ``level``; i2 is in percent, h2 a ratio, tau2 in squared
    units of the effect, ``weights`` in percent, ``df`` inf for the normal. What
    the method does not define is NaN (null in JSON). With a design, the estimate
    is its first coefficient.
    """

    k: int
    method: str
    test: str
    level: float
    df: float
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    pi: str
    pi_low: float
    pi_high: float
    statistic: float
    p_value: float
    tau2: float
    tau2_se: float
    tau2_ci_low: float
    tau2_ci_high: float
    tau: float
    i2: float
    h2: float
    q: float
    q_df: int
    q_p: float
    warnings: tuple[str, ...]
    weights: tuple[float, ...]


def pool(
    y: ArrayLike,
    v: ArrayLike,
    *,
    x: ArrayLike | None = None,
    method: str = "REML",
    test: str = "z",
    level: float = 0.95,
    pi: str = "default",
    tau2_interval: str = "q_profile",
    draws: int = 25_000,
    seed: int = 20160324,
    names: Sequence[str] | None = None,
) -> Pool:
    """Pool effects under a random-effects (or equal-effects) model.

    mu = sum(w y) / sum(w), w = 1 / (v + tau2).

    Parameters
    ----------
    y, v : (k,) effects and sampling variances (v > 0)
    x : (k, p) design; None is the intercept alone
    method : FE, EE, DL, HE, HS, HSk, SJ, ML, REML, EB, PM, PMM
    test : z, t, knha, adhoc, kr
    level : of all intervals
    pi : prediction interval: default (normal with test z, else t with the test's
        df), z, t, hts, hk, hk-pr, kr, kr-pr or bootstrap; see
        :data:`mgmeta.stats.prediction.PREDICTIONS`
    tau2_interval : q_profile, or profile (likelihood; ML and REML)
    draws, seed : of the bootstrap prediction interval only
    names : (k,) labels of the rows, used in messages

    Raises
    ------
    DataError, ConfigError, FitError
        If a number, an option or the number of rows does not allow the fit.
    """
    check_level(level)
    check_effects(y, v, names)
    model = fit_model(y, v, x, method=method, test=test)
    return fit_pool(model, level=level, pi=pi, tau2_interval=tau2_interval, draws=draws, seed=seed)


def fit_pool(
    model: Model,
    *,
    level: float,
    pi: str = "default",
    tau2_interval: str = "q_profile",
    draws: int = 25_000,
    seed: int = 20160324,
) -> Pool:
    """Report a fitted model as a :class:`Pool`; arguments as for :func:`pool`.

    Parameters
    ----------
    model : the fitted model
    level : of the intervals, such as 0.95
    pi : kind of the prediction interval
    tau2_interval : kind of the interval of tau2
    draws : of a bootstrap, where one is asked for
    seed : of the generator; the same seed gives the same numbers
    """
    se, df = math.sqrt(model.inference.cov[0, 0]), float(model.inference.df[0])
    estimate = float(model.fit.beta[0])
    half = quantile(level, df) * se
    notes = warnings_of(model)
    if pi == "bootstrap":
        drawn = bootstrap_prediction(model.y, model.v, level, draws, seed)
        pi_low, pi_high = drawn.pi_low, drawn.pi_high
        notes.append(f"prediction interval from {draws} draws, seed {seed}")
    else:
        pi_low, pi_high = predict_mean(model, level, pi)
        if math.isnan(pi_low) and model.method not in FIXED:
            notes.append(f"k = {model.k}: no degrees of freedom for the prediction interval ({pi})")
    tau2_low, tau2_high = model.tau2_interval(level, tau2_interval)
    if not tau2_low <= model.tau2 <= tau2_high and model.method not in FIXED:
        notes.append(
            "tau2 lies outside its confidence interval, which comes from the data, not from the estimator"
        )
    i2, h2 = model.i2_h2
    return Pool(
        k=model.k,
        method=model.method,
        test=model.test,
        level=level,
        df=df,
        estimate=estimate,
        se=se,
        ci_low=estimate - half,
        ci_high=estimate + half,
        pi=pi,
        pi_low=pi_low,
        pi_high=pi_high,
        statistic=wald(estimate, se),
        p_value=two_sided_p(wald(estimate, se), df),
        tau2=model.tau2,
        tau2_se=model.tau2_se,
        tau2_ci_low=tau2_low,
        tau2_ci_high=tau2_high,
        tau=math.sqrt(model.tau2),
        i2=i2,
        h2=h2,
        q=model.residual.q,
        q_df=model.residual.q_df,
        q_p=model.residual.q_p,
        warnings=tuple(notes),
        weights=tuple(model.weights().tolist()),
    )


def predict_mean(model: Model, level: float, kind: str, row: Array | None = None) -> tuple[float, float]:
    """Prediction interval for a new trial with design *row* (p,), default the first column alone.

    NaN for FE and EE (they know no distribution of effects) and where no degrees
    of freedom are left.

    Parameters
    ----------
    model : a fitted model
    level : of the interval, e.g. 0.95
    kind : key of :data:`mgmeta.stats.prediction.PREDICTIONS`
    row : (p,) design of the new trial

    Returns
    -------
    (low, high), in the unit of the effects

    Raises
    ------
    ConfigError
        If the kind is unknown, or kr is asked of another method than REML.
    """
    how = prediction_kind(kind)
    if how.test == "kr" and model.method != "REML":
        raise ConfigError(f"prediction interval {kind} is defined for REML only; method is {model.method}")
    if model.method in FIXED:
        return math.nan, math.nan
    design = np.eye(model.p)[0] if row is None else row
    inference = (
        model.inference if how.test is None else infer(how.test, model.fit, model.v, model.x, model.tau2)
    )
    se, full = inference.se_df(design)
    df = None if how.df_less is None else full - how.df_less
    return prediction_interval(float(design @ model.fit.beta), se, model.tau2, df, level)
