"""Run the model of unknown standard deviations on every analysis."""

from __future__ import annotations

from typing import Any

import numpy as np

from mgmeta.bayes import sd_unknown
from mgmeta.bayes.checks import loo
from mgmeta.bayes.families import Done, Job, Json
from mgmeta.bayes.family import Fit, compile_family, fit
from mgmeta.bayes.model_priors import CORRELATION, LOG_RATIO, LOG_SD, LOG_SPREAD
from mgmeta.bayes.sd_checks import sd_checks
from mgmeta.bayes.sd_data import SdData, sd_data
from mgmeta.bayes.summaries import mixture_quantile


def priors(job: Job) -> dict[str, str]:
    """Return parameter -> prior."""
    return {
        "mean effect, mmHg": str(job.mu),
        "SD between trials, mmHg": str(job.tau),
        "log of SD of change over the median external SD": f"normal:0,{LOG_SD:g}",
        "log ratio of SDs, home or ambulatory to clinic, crossover to parallel": str(LOG_RATIO),
        "spread of log SD between trials": f"halfnormal:{LOG_SPREAD:g}",
        "Fisher z of the correlation before-after": str(CORRELATION),
        "Fisher z of the correlation between crossover periods": str(CORRELATION),
    }


def run(job: Job) -> Done:
    """Sample the model on every analysis and outcome."""
    job.tell("compiling sd_unknown")
    compiled = compile_family(lambda: sd_unknown.build(job.mu, job.tau), "sd_unknown")
    analyses: dict[str, Json] = {}
    draws = {}
    for analysis in job.analyses:
        part: Json = {}
        for outcome, data in sd_data(job.evidence[analysis.name], analysis).items():
            name = f"{analysis.name}_{outcome}"
            job.tell(f"sampling {name}")
            found = fit(
                compiled,
                sd_unknown.model_data(data),
                sd_unknown.SAMPLED,
                job.sampler,
                model=f"sd_unknown_{name}",
                unpack=lambda values, data=data: sd_unknown.unpack(values, data.external),  # type: ignore[misc]
                cores=job.cores,
            )
            part[outcome] = describe(data, found, job.config.level) | sd_checks(data, found, job)
            draws[name] = found.draws
        analyses[analysis.name] = part
    return Done(analyses, draws)


def describe(data: SdData, found: Fit, level: float) -> Json:
    """Return the posterior of one outcome in numbers.

    Parameters
    ----------
    data : rows of the outcome
    found : posterior draws and diagnostics
    level : of the intervals, such as 0.95
    """
    numeric = len(data.y)
    assumed_correlation = int((data.variance[:, 1:] != 0.0).any(axis=1).sum())
    return {
        "counts": {"k": data.k, "k_numeric": numeric, "k_bounds": data.k - numeric},
        **found.pooled(level),
        "parameters": {name: found.summary(name, level) for name in sd_unknown.PARAMETERS[2:]},
        "sd": sds(data, found, level),
        "loo": loo(sd_unknown.log_likelihood(data, found), (*data.labels, *data.bound_labels)),
        "k_sd": len(data.sd_df),
        "k_correlation": assumed_correlation,
    }


def sds(data: SdData, found: Fit, level: float) -> dict[str, Any]:
    """Return what the SD of change is learned to be, in mmHg.

    ``clinic`` and ``crossover``: median trial of that kind (clinic readings). ``new_trial``: a trial not
    seen, parallel and read in a clinic, whose log SD is normal around the first with the posterior spread.

    Parameters
    ----------
    data : rows of the outcome
    found : posterior draws and diagnostics
    level : of the intervals, such as 0.95
    """
    tail = 0.5 * (1.0 - level)
    log_sd, spread = found.flat("log_sd"), found.flat("spread")

    def ends(draws: Any) -> dict[str, float]:
        low, median, high = np.quantile(np.exp(draws), [tail, 0.5, 1.0 - tail])
        return {"median": float(median), "ci_low": float(low), "ci_high": float(high)}

    new = [float(np.exp(mixture_quantile(log_sd, spread, p))) for p in (0.5, tail, 1.0 - tail)]
    return {
        "external": data.external,
        "clinic": ends(log_sd),
        "crossover": ends(log_sd + found.flat("crossover")),
        "new_trial": dict(zip(("median", "ci_low", "ci_high"), new, strict=True)),
    }
