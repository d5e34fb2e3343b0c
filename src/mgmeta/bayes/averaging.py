"""Bayesian model averaging over effect, heterogeneity and small-study bias, by quadrature.

Every combination of bias model and heterogeneity gives the likelihood of the mean with all else
integrated out, on one grid of means. The mean is then one more integral (an effect) or a point (none), so
36 models cost 18 curves. Gronau et al. 2017 (Compr Results Soc Psychol 2:123); Maier, Bartos and
Wagenmakers 2023 (Psychol Methods 28:107).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mgmeta.bayes.averaging_grid import Grids
from mgmeta.bayes.bias_models import NONE, BiasModel
from mgmeta.bayes.line_density import Line, LineDensity
from mgmeta.bayes.panels import Panels, quadrature_weights, resolve
from mgmeta.bayes.priors import Prior
from mgmeta.bayes.rows import Array, Rows
from mgmeta.errors import ConfigError

_TOLERANCE = 1e-9


@dataclass(frozen=True)
class ModelResult:
    """One model: what it includes, its probabilities, and the mean under it (0 without an effect)."""

    effect: bool
    heterogeneity: bool
    bias: str
    prior: float
    posterior: float
    log_marginal: float
    mean: float
    sd: float
    tau_mean: float


@dataclass(frozen=True)
class Inclusion:
    """Prior and posterior probability of a component, and its Bayes factor: posterior over prior odds."""

    prior: float
    posterior: float
    bf: float


@dataclass(frozen=True)
class Averaged:
    """Result of :func:`average_models`.

    Attributes
    ----------
    models : tuple of ModelResult
        All models.
    effect, heterogeneity, bias : Inclusion
        Of each component; bias has a BF of NaN where no bias model is included.
    conditional : LineDensity
        Mean effect averaged over the models that have one.
    mean, sd : float
        Of the mean averaged over all models, a spike at 0 for those without an effect.
    """

    models: tuple[ModelResult, ...]
    effect: Inclusion
    heterogeneity: Inclusion
    bias: Inclusion
    conditional: LineDensity
    mean: float
    sd: float

    def quantile(self, p: float) -> float:
        """Return a quantile of the mean averaged over all models, spike at 0 included."""
        share = self.effect.posterior
        below = share * float(self.conditional.cdf(0.0)[0])
        if below <= p <= below + 1.0 - share:
            return 0.0
        rest = p / share if p < below else (p - (1.0 - share)) / share
        return float(self.conditional.quantile(rest)[0])


def average_models(
    rows: Rows,
    *,
    effect: Prior,
    tau: Prior,
    bias: Sequence[BiasModel] = (),
    direction: str = "negative",
    prior_effect: float = 0.5,
    prior_heterogeneity: float = 0.5,
    prior_bias: float = 0.5,
) -> Averaged:
    """Average over models with and without effect, heterogeneity and bias.

    Parameters
    ----------
    rows
        Numbers and bounds.
    effect
        Prior of the mean where there is an effect. A prior of kind tau (half-normal, half-Cauchy, ...) is an
        effect in *direction* only.
    tau
        Prior of the between-trial standard deviation where there is heterogeneity.
    bias
        Bias models, such as :func:`mgmeta.bayes.bias_models.default_models`; none by default.
    direction
        Which way bias would push: ``negative`` (a fall is wanted) or ``positive``.
    prior_effect, prior_heterogeneity, prior_bias
        Prior probabilities of the components.

    Raises
    ------
    ConfigError
        If a prior is improper, a probability is not between 0 and 1, or the direction is unknown.
    """
    _check(effect, tau, bias, direction, (prior_effect, prior_heterogeneity, prior_bias))
    sign = -1.0 if direction == "negative" else 1.0
    forward = rows if sign > 0 else _mirrored(rows)
    grids = Grids(forward, tau)
    biases = (NONE, *bias)
    line = Line(0.0, grids.spread)

    def log_effect(x: Array) -> Array:
        return effect.log_density(sign * x if effect.kind == "tau" else x)

    seen: list[tuple[Array, Array]] = []

    def log_f(u: Array) -> Array:
        x = line.x(u)
        logs, tau_means = grids.curves(biases, sign * x)
        seen.append((u, tau_means))
        return logs + (log_effect(x) + line.log_slope(u))[:, None]

    edges, u, values = resolve(log_f, tolerance=_TOLERANCE)
    nodes, log_density = line.x(u).ravel(), values.reshape(u.size, -1)
    weights = quadrature_weights(edges).ravel()
    tau_means = _gather(seen, u.ravel())
    peak = log_density.max(axis=0)
    total = weights @ np.exp(log_density - peak)
    log_marginals = peak + np.log(total)
    density = np.exp(log_density - log_marginals)  # of u, one column a model with an effect
    null, null_tau = grids.curves(biases, np.zeros(1))
    share = weights[:, None] * density
    means = nodes @ share
    sds = np.sqrt(np.einsum("nj,nj->j", share, (nodes[:, None] - means) ** 2))
    found = {
        "log_marginal": np.concatenate([null[0], log_marginals]),
        "mean": np.concatenate([np.zeros(len(means)), means]),
        "sd": np.concatenate([np.zeros(len(sds)), sds]),
        "tau_mean": np.concatenate([null_tau[0], np.einsum("nj,nj->j", share, tau_means)]),
    }
    models = _models(biases, found, (prior_effect, prior_heterogeneity, prior_bias if bias else 0.0))
    within = np.array([model.posterior for model in models if model.effect])
    within /= within.sum()
    with np.errstate(divide="ignore"):
        log_mixed = np.log(density @ within).reshape(u.shape)
    return _average(models, LineDensity(line, Panels(edges, u, log_mixed)))


def _gather(seen: list[tuple[Array, Array]], u: Array) -> Array:
    """Return what was seen at the points *u*, all of which were visited."""
    points = np.concatenate([block for block, _ in seen])
    order = np.argsort(points)
    return np.concatenate([table for _, table in seen])[order[np.searchsorted(points[order], u)]]


def _models(
    biases: Sequence[BiasModel], found: dict[str, Array], priors: tuple[float, float, float]
) -> tuple[ModelResult, ...]:
    """Return all models with their probabilities; columns run over effect, bias model, heterogeneity."""
    count = len(found["log_marginal"])
    half = count // 2
    effects = np.arange(count) >= half
    random = np.arange(count) % 2 == 1
    which = (np.arange(count) % half) // 2
    shares = np.array([model.share for model in biases])
    shares = np.where(
        np.arange(len(biases)) == 0, 1.0 - priors[2], priors[2] * shares / max(shares[1:].sum(), 1e-300)
    )
    prior = np.where(effects, priors[0], 1.0 - priors[0]) * np.where(random, priors[1], 1.0 - priors[1])
    prior = prior * shares[which]
    with np.errstate(divide="ignore"):
        log_posterior = np.log(prior) + found["log_marginal"]
    posterior = np.exp(log_posterior - log_posterior.max())
    posterior /= posterior.sum()
    return tuple(
        ModelResult(
            effect=bool(effects[j]),
            heterogeneity=bool(random[j]),
            bias=biases[which[j]].name,
            prior=float(prior[j]),
            posterior=float(posterior[j]),
            log_marginal=float(found["log_marginal"][j]),
            mean=float(found["mean"][j]),
            sd=float(found["sd"][j]),
            tau_mean=float(found["tau_mean"][j]),
        )
        for j in range(count)
    )


def _average(models: tuple[ModelResult, ...], conditional: LineDensity) -> Averaged:
    mean = sum(model.posterior * model.mean for model in models)
    second = sum(model.posterior * (model.sd**2 + (model.mean - mean) ** 2) for model in models)
    return Averaged(
        models,
        _inclusion(models, [model.effect for model in models]),
        _inclusion(models, [model.heterogeneity for model in models]),
        _inclusion(models, [model.bias != NONE.name for model in models]),
        conditional,
        mean,
        math.sqrt(second),
    )


def _inclusion(models: Sequence[ModelResult], has: Sequence[bool]) -> Inclusion:
    """Compare the models that have a component with those that do not, on the log scale of evidence."""

    def log_sum(inside: bool) -> tuple[float, float]:
        chosen = [m for m, h in zip(models, has, strict=True) if h is inside and m.prior > 0.0]
        if not chosen:
            return 0.0, -math.inf
        logs = np.array([math.log(m.prior) + m.log_marginal for m in chosen])
        return sum(m.prior for m in chosen), float(logs.max() + math.log(np.exp(logs - logs.max()).sum()))

    (prior, with_it), (rest, without) = log_sum(True), log_sum(False)
    if not prior or not rest:
        return Inclusion(prior, 1.0 if prior else 0.0, math.nan)
    odds = with_it - without
    log_bf = odds - math.log(prior / rest)
    posterior = 1.0 / (1.0 + math.exp(-odds)) if odds > -700.0 else 0.0
    return Inclusion(prior, posterior, math.exp(log_bf) if log_bf < 709.0 else math.inf)


def _check(
    effect: Prior,
    tau: Prior,
    bias: Sequence[BiasModel],
    direction: str,
    probabilities: tuple[float, float, float],
) -> None:
    for name, prior in (("the effect", effect), ("tau", tau)):
        if not prior.proper:
            raise ConfigError(f"prior of {name} {prior}: improper; comparing models needs proper priors")
    if direction not in ("negative", "positive"):
        raise ConfigError(f"direction {direction!r}: expected negative or positive")
    if any(not 0.0 < p < 1.0 for p in probabilities):
        raise ConfigError(f"prior probabilities {probabilities}: expected numbers between 0 and 1")
    names = [model.name for model in bias]
    if NONE.name in names or len(set(names)) < len(names):
        raise ConfigError(f"bias models {', '.join(names)}: expected different ones, without 'none'")


def _mirrored(rows: Rows) -> Rows:
    """Return the rows with all signs changed."""
    return Rows(-rows.y, rows.se, -rows.high, -rows.low, rows.x, rows.moderators, rows.labels)
