"""Prediction intervals for the effect in a new trial."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.errors import ConfigError
from mgmeta.stats.distributions import check_level, quantile

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PredictionKind:
    """How a prediction interval takes its standard error and its quantile.

    Attributes
    ----------
    title : words for a table
    test : test of :data:`mgmeta.stats.inference.TESTS` that gives the standard
        error of the mean; None is the pool's own
    df_less : subtracted from that test's residual df; None is the normal
        quantile. With test None the pool's own df are used.
    """

    title: str
    test: str | None
    df_less: int | None


PREDICTIONS: dict[str, PredictionKind] = {
    "default": PredictionKind("quantile and standard error of the test", None, 0),
    "z": PredictionKind("normal", "z", None),
    "t": PredictionKind("t(k - p)", "t", 0),
    "hts": PredictionKind("Higgins-Thompson-Spiegelhalter, t(k - p - 1)", "t", 1),
    "hk": PredictionKind("Hartung-Knapp, t(k - p)", "knha", 0),
    "hk-pr": PredictionKind("Hartung-Knapp, t(k - p - 1)", "knha", 1),
    "kr": PredictionKind("Kenward-Roger", "kr", 0),
    "kr-pr": PredictionKind("Kenward-Roger, one df less", "kr", 1),
}
"""default: normal with test z, else t with the test's own df. hts: Higgins et al. 2009, JRSS A 172:137.
hk-pr, kr-pr: Partlett & Riley 2017, Stat Med 36:301."""


def prediction_kind(name: str) -> PredictionKind:
    """Look up a kind of prediction interval.

    Raises
    ------
    ConfigError
        If there is none of that name.
    """
    if name not in PREDICTIONS:
        raise ConfigError(f"prediction interval {name!r} is unknown; choose one of {', '.join(PREDICTIONS)}")
    return PREDICTIONS[name]


def prediction_interval(
    estimate: float, se: float, tau2: float, df: float | None, level: float
) -> tuple[float, float]:
    """Interval estimate -+ quantile(df) sqrt(tau2 + se^2); NaN where df <= 0.

    Parameters
    ----------
    estimate, se : mean effect and its standard error
    tau2 : between-trial variance
    df : of the t quantile; None or inf is the normal
    level : e.g. 0.95
    """
    half = quantile(level, df) * math.sqrt(tau2 + se * se)
    return estimate - half, estimate + half


@dataclass(frozen=True)
class BootstrapPrediction:
    """Intervals of the confidence-distribution bootstrap: prediction and mean."""

    pi_low: float
    pi_high: float
    ci_low: float
    ci_high: float
    draws: int
    seed: int


def bootstrap_prediction(
    y: ArrayLike, v: ArrayLike, level: float, draws: int, seed: int
) -> BootstrapPrediction:
    """Prediction interval of Nagashima, Noma & Furukawa 2019 (Stat Methods Med Res 28:1689).

    Each draw takes tau2 from its confidence distribution given Cochran's Q, the
    mean from a t(k - 1) around the weighted mean at that tau2 with Hartung and
    Knapp's variance, and a new effect around it.

    tau2 is drawn without inverting the distribution of Q: with
    g ~ N(0, I), H the projection on sqrt(w) and w = 1/v, Q has the law of
    g'(I-H)g + tau2 g'(I-H)W(I-H)g, a straight line in tau2. Setting it to the
    observed Q and solving (0 if negative) is an exact draw. Memory is linear in k.

    Parameters
    ----------
    y, v : (k,) effects and variances, k at least 3
    level : e.g. 0.95
    draws : number of draws; 25,000 leave about 1 % Monte Carlo error of the half-width
    seed : of numpy's PCG64

    Raises
    ------
    ConfigError
        If there are fewer than 3 trials or fewer than 100 draws.
    """
    y, v = np.asarray(y, dtype=float), np.asarray(v, dtype=float)
    k = y.size
    if k < 3 or draws < 100:
        raise ConfigError(f"the bootstrap interval needs 3 trials and 100 draws; got {k} and {draws}")
    rng = np.random.default_rng(seed)
    w = 1.0 / v
    q = float(w @ (y - w @ y / w.sum()) ** 2)
    root = np.sqrt(w / w.sum())
    means, news = np.empty(draws), np.empty(draws)
    size = max(1, 200_000 // k)
    for low in range(0, draws, size):
        n = min(size, draws - low)
        g = rng.standard_normal((n, k))
        g -= (g @ root)[:, None] * root
        tau2 = np.maximum((q - (g * g).sum(axis=1)) / (g * g @ w), 0.0)
        weight = 1.0 / (v + tau2[:, None])
        total = weight.sum(axis=1)
        centre = weight @ y / total
        spread = np.sqrt((weight * (y - centre[:, None]) ** 2).sum(axis=1) / ((k - 1) * total))
        mean = centre - rng.standard_t(k - 1, n) * spread
        means[low : low + n] = mean
        news[low : low + n] = mean + rng.standard_normal(n) * np.sqrt(tau2)
    tail = 0.5 * (1.0 - check_level(level))
    pi, ci = np.quantile(news, [tail, 1 - tail]), np.quantile(means, [tail, 1 - tail])
    return BootstrapPrediction(float(pi[0]), float(pi[1]), float(ci[0]), float(ci[1]), draws, seed)
