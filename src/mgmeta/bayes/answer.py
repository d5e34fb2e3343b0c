"""What ``mgmeta bayes`` answers, whichever engine computes it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from mgmeta.bayes.densities import Density
from mgmeta.bayes.exact import ExactPosterior, fit_exact, log_evidence_at, log_likelihood_fixed
from mgmeta.bayes.intervals import shortest
from mgmeta.bayes.line_density import compact
from mgmeta.bayes.priors import Prior
from mgmeta.bayes.rows import Rows
from mgmeta.bayes.shrinkage import trial_effect
from mgmeta.bayes.summaries import THRESHOLDS
from mgmeta.errors import FitError

Json = dict[str, Any]

# Posterior SD above this share of the prior SD: the data say next to nothing.
NOT_IDENTIFIED = 0.8


def describe(density: Density, level: float, *, floor: float | None = None, short: bool = True) -> Json:
    """Return mean, sd, median, the central and (if *short*) the shortest interval of a density.

    Parameters
    ----------
    density
        A posterior marginal.
    level
        Probability of both intervals, such as 0.95.
    floor
        Where the support ends below (0 for tau); open by default.
    short
        Whether the shortest interval is sought too.

    Returns
    -------
    dict
        mean, sd, median, ci_low, ci_high and, if asked, shortest_low, shortest_high; unit of the effects.
    """
    tail = 0.5 * (1.0 - level)
    table = compact(density) if short else density
    low, median, high = (float(value) for value in table.quantile(np.array([tail, 0.5, 1.0 - tail])))
    found = {"mean": density.mean, "sd": density.sd, "median": median, "ci_low": low, "ci_high": high}
    if short:
        interval = shortest(table, level, floor=floor)
        found.update({"shortest_low": interval.low, "shortest_high": interval.high})
    return found


def header(rows: Rows, mu: Prior, tau: Prior, engine: str, level: float) -> Json:
    """Return the keys that say what was computed.

    Parameters
    ----------
    rows
        Numbers and bounds.
    mu, tau
        Priors.
    engine
        ``exact`` or ``pymc``.
    level
        Probability of every interval.
    """
    return {
        "engine": engine,
        "level": level,
        "priors": {"mu": str(mu), "tau": str(tau)},
        "k": rows.k,
        "k_numeric": rows.k - rows.k_bounds,
        "k_bounds": rows.k_bounds,
    }


def trial(rows: Rows, i: int) -> Json:
    """Return what a row says, as the start of its shrinkage entry."""

    def end(value: float) -> float | None:
        return float(value) if math.isfinite(value) else None

    return {
        "study": rows.labels[i],
        "kind": "bound" if rows.is_bound[i] else "estimate",
        "yi": end(rows.y[i]),
        "yi_low": end(rows.low[i]),
        "yi_high": end(rows.high[i]),
        "sei": float(rows.se[i]),
    }


def exact_answer(rows: Rows, mu: Prior, tau: Prior, *, level: float) -> Json:
    """Return the exact posterior as JSON values.

    Parameters
    ----------
    rows
        Numbers and bounds.
    mu, tau
        Priors.
    level
        Probability of every interval, such as 0.95.

    Returns
    -------
    dict
        Keys: engine, level, priors, k, k_numeric, k_bounds; mu, tau, predictive (mean, sd, median, ci_low,
        ci_high: equal-tailed; shortest_low, shortest_high); p_below (P(mu < 0), < -1, < -2);
        log_marginal; bf10 and log_bf10 (mu free against mu = 0); bf_heterogeneity (tau free against
        tau = 0); shrinkage (one entry a row); warnings. What is undefined is null, and why is in
        warnings.

    Raises
    ------
    FitError
        If the posterior is improper.
    """
    posterior = fit_exact(rows, mu=mu, tau=tau)
    warnings = _warnings(posterior)
    below = posterior.mu.cdf(np.array(THRESHOLDS, dtype=float))
    log_bf10 = _log_bf10(posterior)
    log_bf_tau = None
    if posterior.log_marginal is not None:
        log_bf_tau = posterior.log_marginal - log_likelihood_fixed(rows, mu)
    return {
        **header(rows, mu, tau, "exact", level),
        "mu": describe(posterior.mu, level),
        "tau": describe(posterior.tau, level, floor=0.0),
        "predictive": describe(posterior.predictive, level),
        "p_below": {str(t): float(p) for t, p in zip(THRESHOLDS, below, strict=True)},
        "log_marginal": posterior.log_marginal,
        "log_bf10": log_bf10,
        "bf10": _exp(log_bf10),
        "bf_heterogeneity": _exp(log_bf_tau),
        "shrinkage": _shrinkage(posterior, level, warnings),
        "warnings": warnings,
    }


def _exp(value: float | None) -> float | None:
    return None if value is None else math.exp(value) if value < 709.0 else math.inf


def _log_bf10(posterior: ExactPosterior) -> float | None:
    """Compare with mu = 0 under the same prior of tau, whose constant cancels even if improper."""
    if not posterior.prior_mu.proper:
        return None
    try:
        return posterior.log_evidence - log_evidence_at(posterior.rows, 0.0, posterior.prior_tau)
    except FitError:
        return None


def _shrinkage(posterior: ExactPosterior, level: float, warnings: list[str]) -> list[Json]:
    rows, found = posterior.rows, []
    for i in range(rows.k):
        try:
            effect: Mapping[str, Any] = describe(trial_effect(posterior, i), level, short=False)
        except FitError as error:
            effect = dict.fromkeys(("mean", "sd", "median", "ci_low", "ci_high"))
            warnings.append(f"{rows.labels[i]}: no effect of its own: {error}")
        found.append({**trial(rows, i), **effect})
    return found


def _warnings(posterior: ExactPosterior) -> list[str]:
    found = []
    mu, tau, tail = posterior.prior_mu, posterior.prior_tau, posterior.tail
    for name, moments in (
        ("mu", tail.mu_moments),
        ("tau", tail.tau_moments),
        ("predictive", tail.predictive_moments),
    ):
        if moments < 2:
            missing = "sd" if moments == 1 else "mean and sd"
            found.append(f"{name}: no {missing}; the posterior of tau falls like tau^-{tail.power:g}")
    improper = [f"{name} ({prior})" for name, prior in (("mu", mu), ("tau", tau)) if not prior.proper]
    if improper:
        found.append(f"log_marginal is undefined: improper prior of {' and '.join(improper)}")
    if mu.family == "normal":
        share = posterior.mu.sd / mu.params[1]
        if share > NOT_IDENTIFIED:
            found.append(f"mu is not identified: its posterior SD is {share:.2f} of its prior SD")
    return found
