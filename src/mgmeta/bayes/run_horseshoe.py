"""Run all moderators under the regularised horseshoe on every analysis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from mgmeta.bayes import horseshoe
from mgmeta.bayes.analysis_rows import Row, analysis_rows
from mgmeta.bayes.checks import loo
from mgmeta.bayes.families import Done, Job, Json
from mgmeta.bayes.family import Fit, compile_family, fit
from mgmeta.bayes.horseshoe_data import Scaled, horseshoe_data, scaled_of
from mgmeta.bayes.model_priors import NONZERO, SLAB_DF, SLAB_SCALE
from mgmeta.bayes.rows import Array, Rows
from mgmeta.evidence.records import Evidence
from mgmeta.moderators.catalogue import MODERATORS

# Blinding is compared by lifting criteria of the analysis; within them it hardly differs.
COVERED = {key: item for key, item in MODERATORS.items() if not item.lifted}
BINARY = {key: bool(item.levels) for key, item in COVERED.items()}
SLOPES = tuple(sorted(COVERED, key=BINARY.__getitem__))


def priors(job: Job) -> dict[str, str]:
    """Return parameter -> prior."""
    return {
        "effect in a trial with mean moderators, mmHg": str(job.mu),
        "SD between trials, mmHg": str(job.tau),
        "slope per SD of a moderator, mmHg": (
            f"regularised horseshoe: {NONZERO:g} slopes expected away from zero; "
            f"slab Student-t, scale {SLAB_SCALE:g}, {SLAB_DF:g} degrees of freedom"
        ),
        "missing continuous moderator, in SD": "normal:0,1",
        "missing binary moderator": "the share of the trials that state it",
    }


def run(job: Job) -> Done:
    """Sample the model on every analysis and outcome."""
    job.tell("compiling horseshoe")
    binary = sum(BINARY.values())
    compiled = compile_family(
        lambda: horseshoe.build(job.mu, job.tau, len(SLOPES) - binary, binary), "horseshoe"
    )
    analyses: dict[str, Json] = {}
    draws = {}
    for analysis in job.analyses:
        part: Json = {}
        for outcome, (rows, records) in analysis_rows(job.evidence[analysis.name], analysis).items():
            name = f"{analysis.name}_{outcome}"
            job.tell(f"sampling {name}")
            scaled = scaled_of(
                {key: values_of(key, records, job.evidence[analysis.name]) for key in COVERED}, BINARY
            )
            data = horseshoe_data(rows, scaled)
            posterior = fit(
                compiled,
                data,
                horseshoe.NAMES,
                job.sampler,
                model=f"horseshoe_{name}",
                unpack=partial(unpack, moderators=scaled),
                careful=True,
                cores=job.cores,
            )
            part[outcome] = describe(rows, scaled, data, posterior, job.config.level)
            draws[name] = posterior.draws
        analyses[analysis.name] = part
    return Done(analyses, draws)


def values_of(key: str, records: Sequence[Row], evidence: Evidence) -> list[float | None]:
    """Return one moderator of every row, in its own unit; None where the tables do not state it."""
    read = COVERED[key].value
    return [read(dict(row), evidence.trial(str(row["trial_id"])), evidence) for row in records]


def unpack(values: Mapping[str, Array], moderators: tuple[Scaled, ...]) -> dict[str, Array]:
    """Return mu, tau and ``slope_<key>`` (per SD) of every moderator that takes part."""
    slopes = {f"slope_{item.key}": values["slope"][..., j] for j, item in enumerate(moderators) if item.used}
    return {"mu": values["mu"], "tau": values["tau"], **slopes}


def describe(
    rows: Rows, moderators: tuple[Scaled, ...], data: Mapping[str, Array], found: Fit, level: float
) -> Json:
    """Return the posterior of one outcome in numbers; slopes per SD and in the steps of the catalogue.

    Parameters
    ----------
    rows
        Effects and bounds with their SEs, mmHg, k of them.
    moderators
        Standardised, in the order of the slopes.
    data
        What the model was fed with.
    found
        Its draws; mean, SD between trials and slopes in mmHg.
    level
        Of the intervals, between 0 and 1.
    """
    used = [item for item in moderators if item.used]
    slopes = np.zeros((found.flat("mu").size, len(moderators)))
    for j, item in enumerate(moderators):
        if item.used:
            slopes[:, j] = found.flat(f"slope_{item.key}")
    log_p = horseshoe.log_likelihood(data, found.flat("mu"), found.flat("tau"), slopes)
    bound = rows.is_bound
    labels = np.array(rows.labels)
    return {
        "counts": {"k": rows.k, "k_numeric": rows.k - rows.k_bounds, "k_bounds": rows.k_bounds},
        **found.pooled(level),
        "parameters": {f"slope_{item.key}": found.summary(f"slope_{item.key}", level) for item in used},
        "global_scale": float(data["tau0"][0]),
        "slopes": [_slope(item, rows.k, found, level) for item in used],
        "left_out": [item.key for item in moderators if not item.used],
        "loo": loo(log_p, (*labels[~bound], *labels[bound])),
    }


def _slope(item: Scaled, k: int, found: Fit, level: float) -> dict[str, Any]:
    """Return one slope for the step of the catalogue (of a binary moderator: level 1 minus level 0), mmHg."""
    draws = found.flat(f"slope_{item.key}") * COVERED[item.key].step / item.sd
    tail = 0.5 * (1.0 - level)
    low, median, high = np.quantile(draws, [tail, 0.5, 1.0 - tail])
    return {
        "key": item.key,
        "label": COVERED[item.key].label,
        "step_label": COVERED[item.key].step_label,
        "sd": item.sd,
        "stated": item.stated,
        "missing": k - item.stated,
        "mean": float(draws.mean()),
        "median": float(median),
        "ci_low": float(low),
        "ci_high": float(high),
        "p_below_zero": float((draws < 0.0).mean()),
    }
