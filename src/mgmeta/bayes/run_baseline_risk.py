"""Run the model of blood pressure at entry, and its levels, on every analysis."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from mgmeta.bayes import baseline_risk as model
from mgmeta.bayes.baseline_data import BaselineData, baseline_data
from mgmeta.bayes.checks import loo, predictive_checks
from mgmeta.bayes.families import Done, Job, Json
from mgmeta.bayes.family import Fit, compile_family, fit
from mgmeta.bayes.posterior_io import Draws
from mgmeta.bayes.prior_draws import normal_draws, prior_draws
from mgmeta.bayes.rows import Array
from mgmeta.bayes.summaries import predict

# Draws on which trials are looked at one by one.
THINNED = 2000
# Posterior SD over prior SD above which the data have not told a slope from what was assumed.
IDENTIFIED = 0.8
KEEP = {
    "entry": ("mu", "tau", "slope", "mean_entry", "sd_entry"),
    "naive": ("mu", "tau", "slope", "mean_entry", "sd_entry"),
    "hypertension": ("mu", "tau", "level"),
    "mg_status": ("mu", "tau", "level"),
}


def priors(job: Job) -> dict[str, str]:
    """Return parameter -> prior."""
    return {
        "mean effect, mmHg": str(job.mu),
        "SD between trials that entry does not explain, mmHg": str(job.tau),
        "slope, mmHg per 10 mmHg at entry": str(job.slope),
        "difference between levels, mmHg": str(job.slope),
        **{f"mean at entry, {key}, mmHg": str(prior) for key, prior in model.ENTRY.items()},
    }


def run(job: Job) -> Done:
    """Sample the models on every analysis and outcome of which two trials print a pressure at entry."""
    job.tell("compiling baseline_risk")
    compiled = compile_family(lambda: model.build(job.mu, job.tau, job.slope), "baseline_risk")
    analyses: dict[str, Json] = {}
    draws: dict[str, Draws] = {}
    for analysis in job.analyses:
        part: Json = {}
        for outcome, data in baseline_data(job.evidence[analysis.name], analysis).items():
            name = f"{analysis.name}_{outcome}"
            found: dict[str, Fit | str] = {}
            for key in model.MODELS:
                kept, reason = rows_of(data, key)
                if reason:
                    found[key] = reason
                    continue
                job.tell(f"sampling {name} {key}")
                sampled = sample(compiled, kept, key, job, name)
                found[key], draws[f"{name}_{key}"] = sampled, sampled.draws
            entry = found["entry"]
            if isinstance(entry, Fit):
                part[outcome] = describe(data, entry, found, job)
        analyses[analysis.name] = part
    return Done(analyses, draws)


def sample(compiled: Any, data: BaselineData, key: str, job: Job, name: str) -> Fit:
    """Sample one model of the family on its rows."""
    return fit(
        compiled,
        model.model_data(data, model.MODELS[key]),
        model.SAMPLED,
        job.sampler,
        model=f"baseline_risk_{name}_{key}",
        unpack=lambda values: model.unpack(values, data.outcome, KEEP[key]),
        cores=job.cores,
    )


def rows_of(data: BaselineData, key: str) -> tuple[BaselineData, str]:
    """Return the rows a model uses, and why it cannot be sampled ("" if it can).

    A level that is not known is no zero: such trials are left out of the comparison of levels.
    """
    level = model.MODELS[key].level
    if not level:
        few = int(data.known.sum())
        return data, "" if few >= 2 else f"{few} of {data.rows.k} trials print a pressure at entry"
    z = data.levels[level]
    known = np.isfinite(z)
    if len(np.unique(z[known])) < 2:
        return data, f"all of the {int(known.sum())} trials whose level is known are alike"
    return replace(
        data,
        rows=data.rows.take(known),
        x=data.x[known],
        variance=data.variance[known],
        covariance=data.covariance[known],
        levels={level: z[known]},
    ), ""


def describe(data: BaselineData, entry: Fit, found: dict[str, Fit | str], job: Job) -> Json:
    """Return the posteriors of one outcome: pooled numbers, slopes and levels, attenuation, checks."""
    level, rows = job.config.level, data.rows
    k = {"k": rows.k, "k_numeric": rows.k - rows.k_bounds, "k_bounds": rows.k_bounds}
    tau, spread = entry.flat("tau"), entry.flat("slope") / model.STEP * entry.flat("sd_entry")
    return {
        "counts": {**k, "k_entry": int(data.known.sum()), "k_one_arm": data.one_arm},
        **entry.pooled(level),
        "predictive": predict(entry.flat("mu"), np.hypot(tau, spread), level, entry.mcse["mu"]),
        "parameters": {name: entry.summary(name, level) for name in KEEP["entry"][2:]},
        "models": {key: _slope(data, key, item, job) for key, item in found.items()},
        "reliability": reliability(data, entry, level),
        "spread_people": data.spread,
        **checks(data, entry, job),
    }


def _slope(data: BaselineData, key: str, found: Fit | str, job: Job) -> Json:
    """Return the slope or difference of one model, and whether the data tell it."""
    if isinstance(found, str):
        return {"reason": found}
    name = "level" if model.MODELS[key].level else "slope"
    kept, _ = rows_of(data, key)
    rng = np.random.default_rng(job.sampler.model_seed("baseline_risk_prior"))
    before = (
        job.slope.params[1] if job.slope.family == "normal" else prior_draws(job.slope, 100_000, rng).std()
    )
    summary = found.summary(name, job.config.level)
    ratio = summary.sd / float(before)
    return {
        "k": kept.rows.k,
        "k_with": int(np.nansum(kept.levels[model.MODELS[key].level])) if name == "level" else None,
        "coefficient": summary,
        "sd_ratio": ratio,
        "identified": bool(ratio <= IDENTIFIED),
        "diagnostics": found.checks,
    }


def reliability(data: BaselineData, entry: Fit, level: float) -> Json:
    """Return the posterior of the mean reliability ``s^2 / (s^2 + v_i)`` of the pressures at entry.

    Parameters
    ----------
    data : pressures at entry and their variances, mmHg
    entry : draws of the SD of true pressures, mmHg
    level : of the interval, such as 0.95
    """
    v = data.variance[data.known > 0.0]
    s2 = entry.flat("sd_entry")[:, None] ** 2
    tail = 0.5 * (1.0 - level)
    low, median, high = np.quantile((s2 / (s2 + v)).mean(axis=1), [tail, 0.5, 1.0 - tail])
    return {"median": float(median), "ci_low": float(low), "ci_high": float(high)}


def checks(data: BaselineData, entry: Fit, job: Job) -> Json:
    """Return LOO, and data replicated from posterior and priors at the pressures at entry."""
    rows, level = data.rows, job.config.level
    table = model.model_data(data)
    thin = np.linspace(0, entry.flat("mu").size - 1, THINNED).astype(int)
    after = {name: entry.flat(name)[thin] for name in KEEP["entry"]} | {"level": np.zeros(THINNED)}
    total, given = model.row_terms(table, after)
    rng = np.random.default_rng(job.sampler.model_seed(f"baseline_risk_{data.outcome}_checks"))
    before = draw_priors(job, data.outcome, THINNED, rng)
    se = np.tile(rows.se, (THINNED, 1))
    row = dict(zip(model.COLUMNS, table["rows"].T, strict=True))
    replicated = {
        name: predictive_checks(_replicate(row, p, rng), se, rows, level)
        for name, p in (("checks", after), ("prior_checks", before))
    }
    return {"loo": loo(total, rows.labels, given), **replicated}


def _replicate(row: dict[str, Array], p: dict[str, Array], rng: np.random.Generator) -> Array:
    mean, variance, _ = model.conditional({name: values[:, None] for name, values in p.items()}, row)
    return normal_draws(mean, variance, rng)


def draw_priors(job: Job, outcome: str, n: int, rng: np.random.Generator) -> dict[str, Array]:
    """Return draws of all parameters from their priors, each of shape (n,); no level.

    Parameters
    ----------
    job : priors and settings
    outcome : sbp or dbp
    n : how many draws
    rng : generator that is drawn from
    """
    values = {"mu": prior_draws(job.mu, n, rng), "tau": prior_draws(job.tau, n, rng)}
    values |= {"slope": prior_draws(job.slope, n, rng), "level": np.zeros(n)}
    values |= {"raw_mean": rng.normal(size=n), "raw_spread": np.abs(rng.normal(size=n))}
    return model.unpack(values, outcome)
