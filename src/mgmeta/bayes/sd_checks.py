"""Data replicated by the model of unknown SDs, from its posterior and from its priors."""

from __future__ import annotations

import math

import numpy as np

from mgmeta.bayes import sd_unknown
from mgmeta.bayes.checks import predictive_checks
from mgmeta.bayes.families import Job, Json
from mgmeta.bayes.family import Fit
from mgmeta.bayes.model_priors import CORRELATION, LOG_RATIO, LOG_SD, LOG_SPREAD
from mgmeta.bayes.prior_draws import normal_draws, prior_draws
from mgmeta.bayes.rows import Array, Rows, make_rows
from mgmeta.bayes.sd_data import CORRELATIONS, SdData

# Draws replicated.
THINNED = 2000


def sd_checks(data: SdData, found: Fit, job: Job) -> Json:
    """Return the comparison of replicated with observed data, after and before the data were seen."""
    rng = np.random.default_rng(job.sampler.model_seed(f"sd_unknown_checks_{data.outcome}"))
    thin = np.linspace(0, found.flat("mu").size - 1, THINNED).astype(int)
    after = {name: found.flat(name)[thin] for name in sd_unknown.PARAMETERS}
    checked = {}
    for name, p in (("checks", after), ("prior_checks", draw_priors(data, job, rng))):
        se, results = replicated(data, p, rng)
        checked[name] = predictive_checks(results, se, rows_of(data), job.config.level)
    return checked


def draw_priors(data: SdData, job: Job, rng: np.random.Generator) -> dict[str, Array]:
    """Return draws of every parameter from its prior, shape (n,) each."""
    n = THINNED
    p = {"mu": prior_draws(job.mu, n, rng), "tau": prior_draws(job.tau, n, rng)}
    p["log_sd"] = rng.normal(math.log(data.external), LOG_SD, n)
    p |= {name: rng.normal(LOG_RATIO.mean, LOG_RATIO.sd, n) for name in sd_unknown.KINDS}
    p["spread"] = np.abs(rng.normal(0.0, LOG_SPREAD, n))
    return p | {
        name: np.tanh(rng.normal(CORRELATION.mean, CORRELATION.sd, n)) for name in sd_unknown.CORRELATIONS
    }


def replicated(data: SdData, p: dict[str, Array], rng: np.random.Generator) -> tuple[Array, Array]:
    """Return SEs and results of every trial (numbers, then words) at every draw, shape (n, k) both.

    The SD of a trial told in words is drawn anew, from those of its kind.

    Parameters
    ----------
    data
        SEs, SDs and kinds of the trials; mmHg.
    p
        Draws of every parameter by name, shape (n,) each; mu and tau in mmHg.
    rng
        Source of random numbers.
    """
    r = np.stack([np.ones_like(p["mu"]), -p["r_prepost"], -p["r_crossover"]])
    known = np.sqrt((data.variance @ r).T)
    middle = (
        p["log_sd"][:, None] + np.stack([p[name] for name in sd_unknown.KINDS], axis=1) @ data.bound_kind.T
    )
    unknown = data.scale * np.exp(rng.normal(middle, p["spread"][:, None]))
    se = np.concatenate([known, unknown], axis=1)
    return se, normal_draws(np.tile(p["mu"], (data.k, 1)).T, p["tau"][:, None] ** 2 + se**2, rng)


def rows_of(data: SdData) -> Rows:
    """Return what trials say: numbers with the SE at the middle correlation, words in units of their SE."""
    m, r = len(data.low), CORRELATIONS[1]
    nothing = np.full(m, np.nan)
    return make_rows(
        np.concatenate([data.y, nothing]),
        np.concatenate([np.sqrt(data.variance @ [1.0, -r, -r]), np.ones(m)]),
        np.concatenate([np.full(len(data.y), np.nan), data.low]),
        np.concatenate([np.full(len(data.y), np.nan), data.high]),
    )
