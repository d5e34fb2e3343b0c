"""Sample every model of one analysis from one compiled model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mgmeta.bayes import posterior_io
from mgmeta.bayes.checks import predictive_checks
from mgmeta.bayes.diagnostics import diagnose
from mgmeta.bayes.posterior_io import Draws
from mgmeta.bayes.prior_draws import normal_draws, prior_draws
from mgmeta.bayes.pymc_model import CompiledModel, Priors, compile_model
from mgmeta.bayes.rows import Array, Rows, slice_rows
from mgmeta.bayes.spec import SAMPLER, SampleSpec
from mgmeta.bayes.summaries import predict, probabilities_below, summarise
from mgmeta.errors import FitError
from mgmeta.pooling.slice_counts import counts
from mgmeta.pooling.slice_input import Row

Json = dict[str, Any]
# Draws at which data are replicated.
THINNED = 2000


@dataclass(frozen=True)
class Task:
    """One model of one outcome: its rows, or why there is nothing to sample."""

    outcome: str
    model: str
    rows: Rows | None
    reason: str
    counts: Json
    excluded: tuple[Json, ...]

    @property
    def name(self) -> str:
        """Group of the posterior file, such as ``sbp_overall``."""
        return f"{self.outcome}_{self.model}"


@dataclass(frozen=True)
class Sampled:
    """Result of :func:`sample_analysis`: the JSON document and the draws by model."""

    document: Json
    posteriors: Mapping[str, tuple[Rows, Draws]]


def plan(records: Sequence[Row], spec: SampleSpec) -> list[Task]:
    """Return every model to sample, outcome by outcome; rows without a moderator are listed."""
    tasks = []
    for outcome in spec.outcomes:
        mine = [record for record in records if record["outcome"] == outcome]
        for model, names in spec.models().items():
            columns = {name: spec.moderators[name] for name in names}
            missing = [[c for c in columns.values() if record[c] is None] for record in mine]
            kept = [record for record, lacks in zip(mine, missing, strict=True) if not lacks]
            excluded = tuple(
                {"trial_id": record["trial_id"], "label": record["label"], "missing": ", ".join(lacks)}
                for record, lacks in zip(mine, missing, strict=True)
                if lacks
            )
            rows = slice_rows(kept, columns)
            reason = _reason(rows)
            tasks.append(Task(outcome, model, None if reason else rows, reason, counts(kept), excluded))
    return tasks


def _reason(rows: Rows | None) -> str:
    """Say why a model cannot be sampled, or nothing."""
    if rows is None:
        return "no rows"
    for j, name in enumerate(rows.moderators):
        values = np.unique(rows.x[:, j])
        if len(values) < 2:
            return f"{name} is {values[0]:g} in all {rows.k} rows: its slope would be its prior"
    return ""


def sample_analysis(
    records: Sequence[Row],
    spec: SampleSpec,
    *,
    cores: int = 1,
    tell: Callable[[str], None] = lambda _: None,
) -> Sampled:
    """Sample all models of an analysis.

    Parameters
    ----------
    records
        Rows of its slice, as :func:`mgmeta.pooling.slice_input.read_slice` gives them.
    spec
        What to sample.
    cores
        Chains that run at once; the draws do not depend on it.
    tell
        Called with one line before compiling, before and after each model.

    Returns
    -------
    Sampled
        Document in the shape "Bayes" of ARCHITECTURE.md. A model that cannot be sampled is ``null``,
        with the reason beside it under ``<model>_reason``. ``predictive`` and ``mu`` of a model
        with moderators are at moderators of 0.
    """
    tasks = plan(records, spec)
    outcomes: dict[str, Json] = {outcome: {} for outcome in spec.outcomes}
    posteriors: dict[str, tuple[Rows, Draws]] = {}
    compiled: CompiledModel | None = None
    for task in tasks:
        place = outcomes[task.outcome]
        if task.rows is None:
            place[task.model] = None
            place[f"{task.model}_reason"] = task.reason
            continue
        if compiled is None:
            tell("compiling the model")
            priors = Priors(spec.prior_mu, spec.prior_slope, spec.prior_tau)
            compiled = compile_model(priors, tuple(spec.moderators))
        tell(f"sampling {task.name}")
        draws = draw(compiled, task.rows, spec, name=task.name, cores=cores)
        summary = report(task.rows, draws, spec.level) | checks(task.rows, draws, spec, name=task.name)
        place[task.model] = {"counts": task.counts, **summary, "excluded": list(task.excluded)}
        posteriors[task.name] = (task.rows, draws)
    return Sampled(_document(spec, outcomes), posteriors)


def draw(compiled: CompiledModel, rows: Rows, spec: SampleSpec, *, name: str, cores: int = 1) -> Draws:
    """Sample one model; parameters of moderators it does not have are dropped.

    Parameters
    ----------
    compiled : the model, compiled
    rows : the rows, sorted and checked
    spec : priors, seed and settings of the sampler
    name : of the parameter or model
    cores : how many processes may run; no number depends on it

    Raises
    ------
    FitError
        If the sampler cannot start.
    """
    settings = spec.sampler
    try:
        trace = posterior_io.sample(
            compiled.with_rows(rows),
            draws=settings.draws,
            tune=settings.tune,
            chains=settings.chains,
            target_accept=settings.target_accept,
            seed=settings.model_seed(name),
            cores=cores,
        )
    except RuntimeError as error:
        raise FitError(f"{name}: the sampler stopped ({error}); check the priors and the rows") from error
    return posterior_io.draws_of(trace, ["mu", *(f"slope_{term}" for term in rows.moderators), "tau"])


def report(rows: Rows, draws: Draws, level: float) -> Json:
    """Return the posterior of one model in numbers, from its draws.

    Parameters
    ----------
    rows : the rows, sorted and checked
    draws : posterior draws of the parameters
    level : of the intervals, such as 0.95
    """
    found = {name: posterior_io.convergence(values) for name, values in draws.values.items()}

    def summary(name: str) -> Any:
        return summarise(draws.flat(name), level, found[name].mcse_mean)

    mu = draws.flat("mu")
    return {
        "mu": summary("mu"),
        "tau": summary("tau"),
        "predictive": predict(mu, draws.flat("tau"), level, found["mu"].mcse_mean),
        "slopes": {term: summary(f"slope_{term}") for term in rows.moderators},
        "p_below": probabilities_below(mu),
        "diagnostics": diagnose(found, draws),
    }


def checks(rows: Rows, draws: Draws, spec: SampleSpec, *, name: str) -> Json:
    """Return data replicated from the posterior and from the priors, at the moderators of each row."""
    rng = np.random.default_rng(spec.sampler.model_seed(f"{name}_checks"))
    thin = np.linspace(0, draws.flat("mu").size - 1, THINNED).astype(int)
    terms = [f"slope_{term}" for term in rows.moderators]
    after = {key: draws.flat(key)[thin] for key in ("mu", "tau", *terms)}
    before = {
        "mu": prior_draws(spec.prior_mu, THINNED, rng),
        "tau": prior_draws(spec.prior_tau, THINNED, rng),
    }
    before |= {term: prior_draws(spec.prior_slope, THINNED, rng) for term in terms}
    se = np.tile(rows.se, (THINNED, 1))

    def replicated(p: Mapping[str, Array]) -> Array:
        shift = sum((p[term][:, None] * rows.x[:, j] for j, term in enumerate(terms)), np.zeros(se.shape))
        return normal_draws(p["mu"][:, None] + shift, p["tau"][:, None] ** 2 + se**2, rng)

    return {
        key: predictive_checks(replicated(p), se, rows, spec.level)
        for key, p in (("checks", after), ("prior_checks", before))
    }


def _document(spec: SampleSpec, outcomes: Mapping[str, Json]) -> Json:
    settings = spec.sampler
    return {
        "analysis": spec.analysis,
        "priors": {"mu": str(spec.prior_mu), "slope": str(spec.prior_slope), "tau": str(spec.prior_tau)},
        "sampler": {
            "name": SAMPLER,
            "draws": settings.draws,
            "tune": settings.tune,
            "chains": settings.chains,
            "target_accept": settings.target_accept,
            "seed": settings.seed,
        },
        "level": spec.level,
        "outcomes": dict(outcomes),
    }
