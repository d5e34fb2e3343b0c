"""Run the robust random-effects models on every analysis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mgmeta.bayes import robust
from mgmeta.bayes.analysis_rows import analysis_rows
from mgmeta.bayes.checks import Loo, loo, predictive_checks, replicate
from mgmeta.bayes.families import Done, Job, Json
from mgmeta.bayes.family import Fit, compile_family, fit
from mgmeta.bayes.model_priors import EXTRA, NU_FLOOR, NU_RATE, NU_SHAPE, SHARE_A, SHARE_B
from mgmeta.bayes.prior_draws import prior_draws
from mgmeta.bayes.priors import Prior
from mgmeta.bayes.rows import Array, Rows
from mgmeta.bayes.summaries import predict

# Draws on which trials are looked at one by one.
THINNED = 2000


@dataclass(frozen=True)
class Robust:
    """One of the two models; `careful` if it may be repeated at target_accept 0.99."""

    key: str
    names: tuple[str, ...]
    build: Callable[[Prior, Prior], Any]
    own: dict[str, str]
    careful: bool
    tau_is: str

    def priors(self, job: Job) -> dict[str, str]:
        """Return parameter -> prior."""
        return {"mean effect, mmHg": str(job.mu), f"tau: {self.tau_is}, mmHg": str(job.tau), **self.own}

    def run(self, job: Job) -> Done:
        """Sample the model on every analysis and outcome."""
        job.tell(f"compiling {self.key}")
        compiled = compile_family(lambda: self.build(job.mu, job.tau), self.key)
        analyses: dict[str, Json] = {}
        draws = {}
        for analysis in job.analyses:
            part: Json = {}
            for outcome, (rows, _) in analysis_rows(job.evidence[analysis.name], analysis).items():
                name = f"{analysis.name}_{outcome}"
                job.tell(f"sampling {name}")
                found = fit(
                    compiled,
                    robust.data_of(rows),
                    self.names,
                    job.sampler,
                    model=f"{self.key}_{name}",
                    careful=self.careful,
                    cores=job.cores,
                )
                part[outcome] = describe(rows, found, self.key, job)
                draws[name] = found.draws
            analyses[analysis.name] = part
        return Done(analyses, draws)


def describe(rows: Rows, found: Fit, key: str, job: Job) -> Json:
    """Return the posterior of one outcome: pooled numbers, every trial, LOO, replicated data."""
    level = job.config.level
    rng = np.random.default_rng(job.sampler.model_seed(f"{key}_checks"))
    thin = np.linspace(0, found.flat("mu").size - 1, THINNED).astype(int)
    taken = {name: found.flat(name)[thin] for name in found.draws.values}
    variances, log_weights = robust.components(taken, key)
    terms = robust.row_terms(rows, taken["mu"], variances) + log_weights[:, None, :]
    total = np.logaddexp.reduce(terms, axis=2)
    share = np.exp(terms - total[..., None])  # of each component in each trial
    se = np.tile(rows.se, (THINNED, 1))
    results = replicate(taken["mu"], variances, log_weights, se, rng)
    new = _new_trial(found, key, rng)
    return {
        "counts": {"k": rows.k, "k_numeric": rows.k - rows.k_bounds, "k_bounds": rows.k_bounds},
        **found.pooled(level),
        "predictive": predict(found.flat("mu"), new, level, found.mcse["mu"]),
        "parameters": {
            name: found.summary(name, level) for name in found.draws.values if name not in ("mu", "tau")
        },
        "trials": _trials(rows, share, variances, taken["tau"], key),
        "loo": loo(total, rows.labels),
        "loo_normal": normal_loo(rows, job),
        "checks": predictive_checks(results, se, rows, level),
        "prior_checks": predictive_checks(_from_priors(se, key, job), se, rows, level),
    }


def _from_priors(se: Array, key: str, job: Job) -> Array:
    """Return results of all trials at draws from the priors, shape (n, k)."""
    rng, n = np.random.default_rng(job.sampler.model_seed(f"{key}_priors")), len(se)
    p = {"mu": prior_draws(job.mu, n, rng), "tau": prior_draws(job.tau, n, rng)}
    if key == "mixture":
        p |= {"extra": np.abs(rng.normal(0.0, EXTRA, n)), "share": rng.beta(SHARE_A, SHARE_B, n)}
    else:
        p["nu"] = NU_FLOOR + rng.gamma(NU_SHAPE, 1.0 / NU_RATE, n)
    return replicate(p["mu"], *robust.components(p, key), se, rng)


def _trials(rows: Rows, share: Array, variances: Array, tau: Array, key: str) -> list[dict[str, Any]]:
    """Return every trial's probability of being outlying, or its weight w (1 = as in a normal)."""
    if key == "mixture":
        values = share[:, :, 1].mean(axis=0)
    else:
        w = tau[:, None] ** 2 / variances
        values = (share * w[:, None, :]).sum(axis=2).mean(axis=0)
    name = "p_outlying" if key == "mixture" else "weight"
    return [{"label": label, name: float(value)} for label, value in zip(rows.labels, values, strict=True)]


def _new_trial(found: Fit, key: str, rng: np.random.Generator) -> Array:
    """Return the SD of a new trial's effect at every draw, its component drawn."""
    tau = found.flat("tau")
    if key == "mixture":
        outlying = rng.random(tau.size) < found.flat("share")
        return np.asarray(np.sqrt(tau**2 + outlying * found.flat("extra") ** 2))
    a = 0.5 * found.flat("nu")
    return np.asarray(tau / np.sqrt(rng.gamma(a) / a))


def normal_loo(rows: Rows, job: Job) -> Loo:
    """Return the LOO of normal random effects, on draws from a grid of mu and tau."""
    mu, tau = np.linspace(-15.0, 10.0, 251), np.linspace(0.02, 20.0, 400)
    m, t = (axis.ravel() for axis in np.meshgrid(mu, tau, indexing="ij"))
    terms = np.concatenate(
        [
            robust.row_terms(rows, m[i : i + 20_000], t[i : i + 20_000, None] ** 2)[:, :, 0]
            for i in range(0, m.size, 20_000)
        ]
    )
    log_p = terms.sum(axis=1) + job.mu.log_density(m) + job.tau.log_density(t)
    p = np.exp(log_p - log_p.max())
    rng = np.random.default_rng(job.sampler.model_seed("normal_loo"))
    return loo(terms[rng.choice(m.size, 4 * THINNED, p=p / p.sum())], rows.labels)


STUDENT_T = Robust(
    "student_t",
    robust.STUDENT,
    robust.build_student,
    {"degrees of freedom": f"{NU_FLOOR:g} + gamma:{NU_SHAPE:g},{NU_RATE:g}"},
    careful=False,
    tau_is="scale of the effects (their SD is larger)",
)
MIXTURE = Robust(
    "mixture",
    robust.MIXTURE,
    robust.build_mixture,
    {
        "SD of outlying effects beyond that between trials, mmHg": f"halfnormal:{EXTRA:g}",
        "share of outlying trials": f"beta:{SHARE_A:g},{SHARE_B:g}",
    },
    careful=True,
    tau_is="SD between the trials that do not lie apart",
)
