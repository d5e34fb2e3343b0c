"""Dose curves compared and averaged: marginal likelihood, stacking, and what is learnt of ED50."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import logsumexp

from mgmeta.bayes.curve_grid import CurvePosterior, fit_curve, normal_quantiles, weighted_quantiles
from mgmeta.bayes.curve_models import SHAPE_PRIORS, curve_models
from mgmeta.bayes.priors import Prior
from mgmeta.bayes.rows import Array
from mgmeta.dose.rows import DoseRows
from mgmeta.errors import FitError

SHARES = (0.5, 0.8)
_LEVELS = (np.arange(401) + 0.5) / 401


def study_curves(
    points: DoseRows, grid: Sequence[float], *, mu: Prior, tau: Prior, level: float, per: float
) -> dict[str, Any]:
    """Fit every curve, compare and average them.

    Parameters
    ----------
    points : numbers and bounds against dose 0
    grid : doses of the averaged curve
    mu, tau : priors of the effect at a curve's anchors and of the between-trial standard deviation
    level : of central intervals
    per : the slope at the median is per this much more of the dose

    Returns
    -------
    dict
        ``models``, most probable first: log marginal likelihood, ``probability`` (all curves equally likely
        before), ``elpd`` with ``elpd_se``, ``stacking``, effect at the median and slope there;
        ``average``, the curve by probability on the grid, with ``stacked`` medians; ``ed``, prior and
        posterior of the doses that reach shares of the plateau, with their ``overlap``; ``refused``.

    Raises
    ------
    FitError
        If there are fewer than two rows.

    References
    ----------
    Yao Y, Vehtari A, Simpson D, Gelman A. Bayesian Anal 2018;13:917 (stacking). Hoeting JA et al. Stat Sci
    1999;14:382 (averaging).
    """
    if points.y.size < 2:
        raise FitError("leave-one-out needs at least two rows")
    models, refused = curve_models(points.dose)
    found = [fit_curve(points, model, mu=mu, tau=tau) for model in models]
    marginal = np.array([item.log_marginal for item in found])
    probability = np.exp(marginal - logsumexp(marginal))
    stacking = stack(np.column_stack([item.log_predictive for item in found]))
    median = float(np.median(points.dose))
    rows = [
        {
            "curve": item.model.name,
            "title": item.model.title,
            "log_marginal": item.log_marginal,
            "probability": float(p),
            "elpd": float(item.log_predictive.sum()),
            "elpd_se": math.sqrt(points.y.size) * float(item.log_predictive.std(ddof=1)),
            "stacking": float(s),
            "effect": summary(item, median, level),
            "slope": _slope(item, median, level, per),
        }
        for item, p, s in zip(found, probability, stacking, strict=True)
    ]
    return {
        "priors": {
            "effect_at_anchor": str(mu),
            "tau": str(tau),
            "anchors": [median, float(points.dose.max())],
            "shapes": SHAPE_PRIORS,
        },
        "models": sorted(rows, key=lambda row: (-row["probability"], row["curve"])),
        "refused": [{"title": title, "reason": reason} for title, reason in refused.items()],
        "average": [
            _average(found, probability, stacking, float(dose), level) for dose in grid if dose > 0.0
        ],
        "ed": {item.model.name: _ed(item, level) for item in found if np.isfinite(item.model.shapes.ed50[0])},
    }


def stack(log_predictive: Array) -> Array:
    r"""Return weights that maximise :math:`\sum_i \log \sum_m w_m p(y_i | y_{-i}, m)`.

    *log_predictive* (k, m). The problem is convex; every EM step raises it and keeps the weights a
    distribution.
    """
    p = np.exp(log_predictive - log_predictive.max(axis=1, keepdims=True))
    weights = np.full(p.shape[1], 1.0 / p.shape[1])
    for _ in range(20_000):
        share = p * weights
        new = (share / share.sum(axis=1, keepdims=True)).mean(axis=0)
        if np.abs(new - weights).max() < 1e-10:
            break
        weights = new
    return np.asarray(new)


def _tails(level: float) -> Array:
    return np.array([0.5 * (1.0 - level), 0.5, 0.5 + 0.5 * level])


def summary(item: CurvePosterior, dose: float, level: float) -> dict[str, float]:
    """Return median and central interval of f(dose).

    Parameters
    ----------
    item : posterior of a curve
    dose : dose, mg/d
    level : of the intervals, such as 0.95
    """
    low, middle, high = item.quantiles(dose, _tails(level))
    return {"median": float(middle), "ci_low": float(low), "ci_high": float(high)}


def _slope(item: CurvePosterior, dose: float, level: float, per: float) -> dict[str, float]:
    """Return median and interval of df/dd at a dose, per *per*, by a central difference."""
    h = 1e-4 * dose
    value = (item.at(dose + h) - item.at(dose - h)) / (2.0 * h) * per
    low, middle, high = weighted_quantiles(value, item.weights, _tails(level))
    return {"median": float(middle), "ci_low": float(low), "ci_high": float(high)}


def _average(
    found: Sequence[CurvePosterior], probability: Array, stacking: Array, dose: float, level: float
) -> dict[str, float]:
    """Return the averaged curve at a dose: median, interval, and interval of a new trial."""
    spread = [item.quantiles(dose, _LEVELS) for item in found]
    pooled = np.concatenate(spread)
    weight = np.repeat(probability / _LEVELS.size, _LEVELS.size)
    low, middle, high = weighted_quantiles(pooled, weight, _tails(level))
    stacked = weighted_quantiles(pooled, np.repeat(stacking / _LEVELS.size, _LEVELS.size), _tails(level))
    parts = [item.new_trial(dose) for item in found]
    w = np.concatenate([p * part[0] for p, part in zip(probability, parts, strict=True)])
    mean, sd = (np.concatenate([part[j] for part in parts]) for j in (1, 2))
    new = normal_quantiles(w / w.sum(), mean, sd, _tails(level)[[0, 2]])
    return {
        "dose": dose,
        "median": float(middle),
        "ci_low": float(low),
        "ci_high": float(high),
        "pi_low": float(new[0]),
        "pi_high": float(new[1]),
        "stacked": float(stacked[1]),
        "stacked_low": float(stacked[0]),
        "stacked_high": float(stacked[2]),
    }


def _ed(item: CurvePosterior, level: float) -> dict[str, Any]:
    """Return prior and posterior of the doses that reach shares of the plateau.

    ``overlap`` is the probability the two have in common, the sum over shapes of the smaller of the two
    weights: 1 where the data say nothing of the shape, near 0 where they settle it.
    """
    shapes = item.model.shapes
    posterior = np.asarray(np.bincount(item.shape, item.weights, shapes.weights.size), dtype=float)
    parts = []
    for share in SHARES:
        dose = shapes.ed(share)
        before, after = (weighted_quantiles(dose, w, _tails(level)) for w in (shapes.weights, posterior))
        parts.append(
            {
                "share": share,
                **{
                    f"prior_{name}": float(v)
                    for name, v in zip(("low", "median", "high"), before, strict=True)
                },
                **{
                    f"posterior_{name}": float(v)
                    for name, v in zip(("low", "median", "high"), after, strict=True)
                },
            }
        )
    return {"overlap": float(np.minimum(posterior, shapes.weights).sum()), "shares": parts}
