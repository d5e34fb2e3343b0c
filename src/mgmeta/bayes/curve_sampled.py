"""Dose curves sampled by PyMC and set beside the quadrature: effects, leave-one-out, stacking weights.

The quadrature is the engine of the results: its error is some 1e-5 where that of 8,000 draws is 1e-2, its
leave-one-out is exact, it has the marginal likelihood that averaging needs and the discrete powers that NUTS
cannot sample, and it needs no compiler. It cannot notice its own mistakes; that is what this is for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from mgmeta.bayes import curve_pymc, posterior_io
from mgmeta.bayes.bounds import log_interval
from mgmeta.bayes.checks import Loo, loo
from mgmeta.bayes.curve_grid import CurvePosterior, fit_curve
from mgmeta.bayes.curve_models import CurveModel, curve_models
from mgmeta.bayes.curve_study import stack
from mgmeta.bayes.family import Fit, compile_family, fit
from mgmeta.bayes.priors import Prior
from mgmeta.bayes.rows import Array
from mgmeta.bayes.spec import SAMPLER, SamplerSettings
from mgmeta.dose.rows import DoseRows
from mgmeta.errors import FitError

_compile = cache(lambda mu, tau: compile_family(lambda: curve_pymc.build(mu, tau)))


@dataclass(frozen=True)
class SampledCurve:
    """One curve by NUTS.

    Attributes
    ----------
    model : the curve
    fit : draws with their verdict
    effect : (chains, draws, doses) f at the doses asked for
    loo : PSIS leave-one-out, rows in the order of the points
    loo_mcse : Monte Carlo error of its elpd
    """

    model: CurveModel
    fit: Fit
    effect: Array
    loo: Loo
    loo_mcse: float


def sample_curve(
    points: DoseRows,
    model: CurveModel,
    dose: Array,
    *,
    mu: Prior,
    tau: Prior,
    sampler: SamplerSettings,
    name: str = "",
) -> SampledCurve:
    """Sample one curve; the model is compiled once a process and pair of priors.

    Parameters
    ----------
    points : numbers and bounds against dose 0, one row a trial
    model : one of :func:`mgmeta.bayes.curve_models.curve_models` without discrete powers
    dose : doses above 0 at which the curve is asked for, mg/d or weeks
    mu, tau : priors of the effect at the anchors and of the SD between trials
    sampler : draws, warm-up, chains, target acceptance, seed
    name : of the data, part of the seed
    """
    found = fit(
        _compile(mu, tau),
        curve_pymc.curve_data(points, model),
        curve_pymc.NAMES,
        sampler,
        model=f"curve_{model.name}_{name}",
        unpack=curve_pymc.unpack(model),
        careful=True,
    )
    flat = {key: found.flat(key) for key in found.draws.values}
    shape = found.draws.values["tau"].shape
    effect = curve_pymc.curve_at(points, model, flat, dose).reshape(*shape, dose.size)
    log_p = log_likelihood(points, model, flat)
    labels = [trial.label for trial in points.trials]
    return SampledCurve(model, found, effect, loo(log_p, labels), loo_error(log_p, shape))


def log_likelihood(points: DoseRows, model: CurveModel, draws: Mapping[str, Array]) -> Array:
    """Return the log density (probability, of a bound) of every row at every draw, (n, k).

    Parameters
    ----------
    points : the rows
    model : the curve
    draws : of :func:`mgmeta.bayes.curve_pymc.unpack`, (n,) each
    """
    mean = curve_pymc.curve_at(points, model, draws, points.dose)
    variance = np.array([trial.covariance[0, 0] for trial in points.trials])
    sd = np.sqrt(variance + draws["tau"][:, None] ** 2)
    number = points.numeric
    found = np.empty(mean.shape)
    z = ((points.y - mean) / sd)[:, number]
    found[:, number] = -0.5 * (z**2 + math.log(2.0 * math.pi)) - np.log(sd[:, number])
    ends = [((end - mean) / sd)[:, ~number] for end in (points.lower, points.upper)]
    found[:, ~number] = log_interval(ends[0], ends[1])
    return found


def loo_error(log_p: Array, shape: tuple[int, ...]) -> float:
    """Return the Monte Carlo error of the elpd of importance-sampled leave-one-out.

    To first order the elpd moves by minus the sum over rows of r / mean(r) - 1, r = 1 / p(row | draw): the
    error is that of the mean of this series, autocorrelation included.

    Parameters
    ----------
    log_p : (n, k) log likelihood of every row at every draw
    shape : (chains, draws) with n their product
    """
    ratio = np.exp(-(log_p - log_p.min(axis=0)))
    series = (ratio / ratio.mean(axis=0)).sum(axis=1).reshape(shape)
    return posterior_io.convergence(series).mcse_mean


def both_engines(
    points: DoseRows,
    dose: Sequence[float],
    *,
    mu: Prior,
    tau: Prior,
    level: float,
    sampler: SamplerSettings,
    name: str = "",
) -> dict[str, Any]:
    """Fit every curve that NUTS can sample by both engines.

    Parameters
    ----------
    points : numbers and bounds against dose 0
    dose : doses above 0 to compare the curves at, mg/d or weeks
    mu, tau : priors of the effect at the anchors and of the SD between trials
    level : of the intervals
    sampler : draws, warm-up, chains, target acceptance, seed
    name : of the data, part of the seed

    Returns
    -------
    dict
        ``sampler``, ``priors``, ``curves``: diagnostics, ``at`` (dose; mean, SD and interval of f by NUTS
        with their Monte Carlo errors, ``exact_mean``, ``exact_sd``, ``off``, ``off_sd``: differences in these
        errors), elpd with its error by PSIS and exact, stacking weights of both among these curves;
        ``stacking_loss``, what the weights of NUTS lose of the exact score (where curves predict alike the
        weights may differ and lose nothing); ``not_sampled``.

    Raises
    ------
    FitError
        If there are fewer than two rows.
    """
    if points.y.size < 2:
        raise FitError("leave-one-out needs at least two rows")
    at = np.array(dose, dtype=float)
    models = [model for model in curve_models(points.dose)[0] if model.name not in curve_pymc.DISCRETE]
    exact = [fit_curve(points, model, mu=mu, tau=tau) for model in models]
    sampled = [
        sample_curve(points, model, at, mu=mu, tau=tau, sampler=sampler, name=name) for model in models
    ]
    predictive = np.column_stack([item.log_predictive for item in exact])
    weights = stack(predictive)
    again = stack(np.column_stack([list(item.loo.pointwise.values()) for item in sampled]))
    return {
        "sampler": {"name": SAMPLER, **vars(sampler)},
        "priors": {"effect_at_anchor": str(mu), "tau": str(tau)},
        "curves": [
            {
                "curve": one.model.name,
                "title": one.model.title,
                "diagnostics": one.fit.checks,
                "at": [compare(one, other, at, j, level) for j in range(at.size)],
                "elpd": one.loo.elpd,
                "elpd_mcse": one.loo_mcse,
                "exact_elpd": float(other.log_predictive.sum()),
                "warnings": one.loo.warnings,
                "stacking": float(mine),
                "exact_stacking": float(theirs),
            }
            for one, other, mine, theirs in zip(sampled, exact, again, weights, strict=True)
        ],
        "stacking_loss": score(predictive, weights) - score(predictive, again),
        "not_sampled": [
            model.title for model in curve_models(points.dose)[0] if model.name in curve_pymc.DISCRETE
        ],
    }


def score(log_predictive: Array, weights: Array) -> float:
    """Return the summed log predictive density of the curves mixed by *weights*.

    Parameters
    ----------
    log_predictive : (k, m) of every row by every curve
    weights : (m,) that sum to 1
    """
    top = log_predictive.max(axis=1, keepdims=True)
    return float((top[:, 0] + np.log(np.exp(log_predictive - top) @ weights)).sum())


def compare(one: SampledCurve, other: CurvePosterior, dose: Array, j: int, level: float) -> dict[str, float]:
    """Return one dose of :func:`both_engines`.

    The error of an SD is that of the mean of (f - mean)^2 over twice the SD.

    Parameters
    ----------
    one : by NUTS
    other : by quadrature
    dose : doses the first was asked at, mg/d or weeks
    j : which of them
    level : of the interval
    """
    draws, value = one.effect[..., j], other.at(float(dose[j]))
    mean, tails = float(draws.mean()), [0.5 * (1.0 - level), 0.5 + 0.5 * level]
    square, sd = (draws - mean) ** 2, float(draws.std(ddof=1))
    error, sd_error = (
        posterior_io.convergence(draws).mcse_mean,
        posterior_io.convergence(square).mcse_mean / (2.0 * sd),
    )
    exact_mean = float(other.weights @ value)
    exact_sd = math.sqrt(float(other.weights @ (value - exact_mean) ** 2))
    low, high = np.quantile(draws, tails)
    return {
        "dose": float(dose[j]),
        "mean": mean,
        "mcse_mean": error,
        "sd": sd,
        "mcse_sd": sd_error,
        "ci_low": float(low),
        "ci_high": float(high),
        "exact_mean": exact_mean,
        "exact_sd": exact_sd,
        "off": (mean - exact_mean) / error,
        "off_sd": (sd - exact_sd) / sd_error,
    }


def settings(bayes: Mapping[str, Any], seed: int) -> SamplerSettings:
    """Return the sampler's settings of a spec's ``bayes``."""
    names = ("draws", "tune", "chains", "target_accept")
    return replace(SamplerSettings(0, 0, 0, 0.0, seed), **{name: bayes[name] for name in names})
