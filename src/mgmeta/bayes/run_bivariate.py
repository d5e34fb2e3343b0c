"""Run the model of SBP and DBP together on every analysis."""

from __future__ import annotations

from typing import Any

import numpy as np

from mgmeta.bayes import bivariate, robust
from mgmeta.bayes.analysis_rows import analysis_rows
from mgmeta.bayes.families import Done, Job, Json
from mgmeta.bayes.family import Fit, compile_family, fit
from mgmeta.bayes.model_priors import WITHIN_TRIAL
from mgmeta.bayes.rows import Rows


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
    compiled = compile_family(lambda: bivariate.build(job.mu, job.tau))
    analyses: dict[str, Json] = {}
    draws = {}
    for analysis in job.analyses:
        found_rows = analysis_rows(job.evidence, analysis)
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
        analyses[analysis.name] = {
            key: describe(rows, found, key, pairs, job) for key, rows in tables.items()
        }
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
