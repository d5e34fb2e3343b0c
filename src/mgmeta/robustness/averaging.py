"""Bayesian model averaging with the published priors, put into the unit of the effects by a stated SD."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from mgmeta.bayes.averaging import Averaged, average_models
from mgmeta.bayes.bias_models import BiasModel, default_models
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.bayes.rows import Rows
from mgmeta.bayes.sensitivity import rescale
from mgmeta.errors import ConfigError

Json = dict[str, Any]

# Of standardised mean differences: Bartos et al. 2023 (Res Synth Methods 14:99).
EFFECT, TAU = "normal:0,1", "invgamma:1,0.15"


def averaging_table(rows: Rows, sd: float, level: float, direction: str = "negative") -> Json:
    """Average 36 models of effect, heterogeneity and small-study bias.

    Parameters
    ----------
    rows
        Numbers and bounds.
    sd
        Standard deviation of the outcome in the unit of the effects: it multiplies the priors of effect and
        tau and divides that of the PEESE slope. 1 for standardised mean differences.
    level
        Probability of the intervals, such as 0.95.
    direction
        Which way bias would push: ``negative`` or ``positive``.

    Returns
    -------
    dict
        Keys: sd, direction, priors (effect, tau, PET, PEESE: as used); mean, sd_mean, ci_low, ci_high
        (averaged over all models, those without an effect at 0); conditional (the same where there is an
        effect); inclusion (effect, heterogeneity, bias: prior, posterior, bf); models.

    Raises
    ------
    ConfigError
        If the SD is not above 0 or the direction is unknown.
    """
    if not sd > 0.0:
        raise ConfigError(f"SD of the outcome is {sd}; expected a number above 0")
    effect, tau = rescale(parse_mu(EFFECT), sd), rescale(parse_tau(TAU), sd)
    bias = default_models(sd)
    found = average_models(rows, effect=effect, tau=tau, bias=bias, direction=direction)
    edge = 0.5 * (1.0 - level)
    low, high = (float(value) for value in found.conditional.quantile([edge, 1.0 - edge]))
    return {
        "sd": sd,
        "direction": direction,
        "priors": {"effect": str(effect), "tau": str(tau), **_slopes(bias)},
        "mean": found.mean,
        "sd_mean": found.sd,
        "ci_low": found.quantile(edge),
        "ci_high": found.quantile(1.0 - edge),
        "conditional": {
            "mean": found.conditional.mean,
            "sd": found.conditional.sd,
            "ci_low": low,
            "ci_high": high,
        },
        "inclusion": {
            "effect": asdict(found.effect),
            "heterogeneity": asdict(found.heterogeneity),
            "bias": asdict(found.bias),
        },
        "without_bias": _without_bias(found),
        "models": [asdict(model) for model in found.models],
    }


def _slopes(models: tuple[BiasModel, ...]) -> dict[str, str]:
    return {model.name: str(model.slope) for model in models if model.slope is not None}


def _without_bias(found: Averaged) -> Json:
    """Return the mean averaged over the models without bias alone, and their probability of an effect."""
    models = [model for model in found.models if model.bias == "none"]
    total = sum(model.posterior for model in models)
    if total <= 0.0:
        return {"mean": None, "effect": None, "posterior": 0.0}
    return {
        "mean": sum(model.posterior * model.mean for model in models) / total,
        "effect": sum(model.posterior for model in models if model.effect) / total,
        "posterior": total,
    }
