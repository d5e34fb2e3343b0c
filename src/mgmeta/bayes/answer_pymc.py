"""The answer of ``mgmeta bayes`` by sampling: the check on the exact engine."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import log_ndtr, ndtri_exp

from mgmeta.bayes import posterior_io, propriety
from mgmeta.bayes.answer import Json, header, trial
from mgmeta.bayes.densities import NormalMixture
from mgmeta.bayes.diagnostics import diagnose
from mgmeta.bayes.posterior_io import Draws
from mgmeta.bayes.priors import Prior, parse_mu
from mgmeta.bayes.pymc_model import Priors, compile_model
from mgmeta.bayes.rows import Array, Rows
from mgmeta.bayes.spec import SamplerSettings
from mgmeta.bayes.summaries import predict, probabilities_below, summarise


def pymc_answer(
    rows: Rows, mu: Prior, tau: Prior, *, level: float, sampler: SamplerSettings, cores: int = 1
) -> Json:
    """Return the sampled posterior with the keys of :func:`mgmeta.bayes.answer.exact_answer`.

    ``mcse_mean`` stands beside every mean and ``diagnostics`` beside the whole; log_marginal and
    the Bayes factors are null, for draws do not give them.

    Parameters
    ----------
    rows
        Numbers and bounds.
    mu, tau
        Priors.
    level
        Probability of every interval, such as 0.95.
    sampler
        Draws, warm-up, chains, acceptance and seed.
    cores
        Chains run at once.

    Raises
    ------
    FitError
        If the posterior is improper.
    ConfigError
        If PyMC has no such prior.
    """
    propriety.check(rows, mu, tau)
    compiled = compile_model(Priors(mu, parse_mu("normal:0,1"), tau), ())
    trace = posterior_io.sample(
        compiled.with_rows(rows),
        draws=sampler.draws,
        tune=sampler.tune,
        chains=sampler.chains,
        target_accept=sampler.target_accept,
        seed=sampler.model_seed("bayes"),
        cores=cores,
    )
    draws = posterior_io.draws_of(trace, ["mu", "tau"])
    found = {name: posterior_io.convergence(values) for name, values in draws.values.items()}
    checks = diagnose(found, draws)
    mus, taus = draws.flat("mu"), draws.flat("tau")
    warnings = [] if checks.ok else [f"FAILED DIAGNOSTICS: {'; '.join(checks.reasons)}"]
    warnings.append("log_marginal and Bayes factors need --engine exact")
    return {
        **header(rows, mu, tau, "pymc", level),
        "mu": summarise(mus, level, found["mu"].mcse_mean),
        "tau": summarise(taus, level, found["tau"].mcse_mean),
        "predictive": predict(mus, taus, level, found["mu"].mcse_mean),
        "p_below": probabilities_below(mus),
        "log_marginal": None,
        "log_bf10": None,
        "bf10": None,
        "bf_heterogeneity": None,
        "shrinkage": [{**trial(rows, i), **_effect(rows, i, draws, level, sampler)} for i in range(rows.k)],
        "sampler": sampler,
        "diagnostics": checks,
        "warnings": warnings,
    }


def _effect(rows: Rows, i: int, draws: Draws, level: float, sampler: SamplerSettings) -> dict[str, Any]:
    """Summarise the effect in one trial by exact conditional draws given (mu, tau).

    Given them and the estimate y it is N(b mu + (1 - b) y, (1 - b) s^2), b = s^2 / (s^2 + tau^2); for a bound
    y is drawn from its normal, cut at the bound.
    """
    mu, tau, se = draws.flat("mu"), draws.flat("tau"), float(rows.se[i])
    rng = np.random.default_rng([sampler.seed, i])
    y = np.full(mu.shape, rows.y[i])
    if rows.is_bound[i]:
        y = truncated_normal(mu, np.sqrt(tau**2 + se**2), float(rows.low[i]), float(rows.high[i]), rng)
    b = se**2 / (se**2 + tau**2)
    mixture = NormalMixture(np.full(mu.shape, 1.0 / len(mu)), b * mu + (1.0 - b) * y, np.sqrt(1.0 - b) * se)
    tail = 0.5 * (1.0 - level)
    low, median, high = (float(v) for v in mixture.quantile(np.array([tail, 0.5, 1.0 - tail])))
    return {"mean": mixture.mean, "sd": mixture.sd, "median": median, "ci_low": low, "ci_high": high}


def truncated_normal(mean: Array, sd: Array, low: float, high: float, rng: np.random.Generator) -> Array:
    """Draw from normals cut to (low, high), shape (n,); either end may be infinite, both tails are exact.

    By inversion on the log scale, mirrored so that the interval's middle is at or below zero.

    Parameters
    ----------
    mean : means of the normals, mmHg
    sd : SDs of the normals, mmHg
    low : lower ends, mmHg; minus infinity where open
    high : upper ends, mmHg; infinity where open
    rng : generator that is drawn from
    """
    a, b = (low - mean) / sd, (high - mean) / sd
    sign = np.where(a + b > 0.0, -1.0, 1.0)
    far, near = np.where(sign < 0.0, -b, a), np.where(sign < 0.0, -a, b)
    log_far, log_near = log_ndtr(far), log_ndtr(near)
    u = rng.random(mean.shape)
    # log(P(far) + u (P(near) - P(far)))
    log_p = log_near + np.log(u + (1.0 - u) * np.exp(log_far - log_near))
    return np.asarray(mean + sd * sign * np.clip(ndtri_exp(log_p), far, near))
