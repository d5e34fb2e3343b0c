"""Run the model of SBP and DBP together on every analysis."""

from __future__ import annotations

from typing import Any

import numpy as np

from mgmeta.bayes import bivariate, robust
from mgmeta.bayes.analysis_rows import analysis_rows
from mgmeta.bayes.checks import predictive_checks
from mgmeta.bayes.families import Done, Job, Json
from mgmeta.bayes.family import Fit, compile_family, fit
from mgmeta.bayes.model_priors import WITHIN_TRIAL
from mgmeta.bayes.pair_terms import apart, pair_loo
from mgmeta.bayes.prior_draws import normal_draws, prior_draws
from mgmeta.bayes.rows import Array, Rows
from mgmeta.bayes.run_robust import THINNED, normal_loo


def priors(job: Job) -> dict[str, str]:
    """Return parameter -> prior."""
    return {
        "mean effects, mmHg": str(job.mu),
        "SDs between trials, mmHg": str(job.tau),
        "correlation of the effects between trials": "uniform:-1,1",
        "Fisher z of the correlation of the results within a trial": str(WITHIN_TRIAL),
    }


def run(job: Job) -> Done:
    """Sample the model on every analysis that has both pressures."""
    job.tell("compiling bivariate")
    compiled = compile_family(lambda: bivariate.build(job.mu, job.tau), "bivariate")
    analyses: dict[str, Json] = {}
    draws = {}
    for analysis in job.analyses:
        found_rows = analysis_rows(job.evidence[analysis.name], analysis)
        tables: dict[str, Rows] = {key: found_rows[key][0] for key in ("sbp", "dbp") if key in found_rows}
        if len(tables) < 2:
            continue
        pairs = bivariate.pairs_of(tables)
        job.tell(f"sampling {analysis.name}")
        found = fit(
            compiled,
            bivariate.model_data(pairs),
            bivariate.NAMES,
            job.sampler,
            model=f"bivariate_{analysis.name}",
            cores=job.cores,
        )
        part = {key: describe(rows, found, key, pairs, job) for key, rows in tables.items()}
        # One model, one comparison of whole trials: it stands with the first pressure.
        part["sbp"] |= {
            "loo_pair": pair_loo(pairs, taken(found, bivariate.NAMES)),
            "loo_pair_apart": apart([normal_loo(rows, job) for rows in tables.values()]),
        }
        analyses[analysis.name] = part
        draws[analysis.name] = found.draws
    return Done(analyses, draws)


def describe(rows: Rows, found: Fit, key: str, pairs: list[bivariate.Pair], job: Job) -> Json:
    """Return the posterior of one pressure, with what the other one added."""
    level = job.config.level
    alone = sd_alone(rows, job)
    together = float(found.flat(f"mu_{key}").std(ddof=1))
    return {
        "counts": {"k": rows.k, "k_numeric": rows.k - rows.k_bounds, "k_bounds": rows.k_bounds},
        **found.pooled(level, f"mu_{key}", f"tau_{key}"),
        "parameters": {name: found.summary(name, level) for name in ("r_between", "r_within")},
        "k_both": sum(pair.sbp is not None and pair.dbp is not None for pair in pairs),
        "k_other_only": len(pairs) - rows.k,
        "sd_alone": alone,
        "sd_ratio": together / alone,
        **checks(rows, found, key, job),
    }


def taken(found: Fit, names: tuple[str, ...]) -> dict[str, Array]:
    """Return the draws on which trials are looked at one by one, shape (2000,) each."""
    thin = np.linspace(0, found.flat(names[0]).size - 1, THINNED).astype(int)
    return {name: found.flat(name)[thin] for name in names}


def checks(rows: Rows, found: Fit, key: str, job: Job) -> Json:
    """Return data of one pressure replicated from the posterior and from the priors."""
    rng = np.random.default_rng(job.sampler.model_seed(f"bivariate_checks_{key}"))
    after = taken(found, (f"mu_{key}", f"tau_{key}"))
    before = prior_draws(job.mu, THINNED, rng), prior_draws(job.tau, THINNED, rng)
    se = np.tile(rows.se, (THINNED, 1))
    replicated = {
        name: normal_draws(np.tile(mu, (rows.k, 1)).T, tau[:, None] ** 2 + se**2, rng)
        for name, (mu, tau) in {"checks": tuple(after.values()), "prior_checks": before}.items()
    }
    return {
        name: predictive_checks(results, se, rows, job.config.level) for name, results in replicated.items()
    }


def sd_alone(rows: Rows, job: Job) -> float:
    """Return the posterior SD of mu without the other pressure, on a grid of mu and tau."""
    mu, tau = np.linspace(-20.0, 15.0, 351), np.linspace(0.0, 25.0, 251)
    m, t = (axis.ravel() for axis in np.meshgrid(mu, tau, indexing="ij"))
    parts: list[Any] = [
        robust.row_terms(rows, m[i : i + 20_000], t[i : i + 20_000, None] ** 2).sum(axis=(1, 2))
        for i in range(0, m.size, 20_000)
    ]
    log_p = np.concatenate(parts) + job.mu.log_density(m) + job.tau.log_density(t)
    p = np.exp(log_p - log_p.max())
    p /= p.sum()
    return float(np.sqrt(p @ m**2 - (p @ m) ** 2))
