"""What new rows would do: their effects, where they fall, whether they surprise, how the pool moves.

Everything is computed twice in memory, with the tables as they are and as they would be, by the exact
posterior (:mod:`mgmeta.bayes.exact`) and the bounded maximum likelihood of the headline; nothing is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mgmeta.bayes.exact import ExactPosterior, fit_exact
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.bayes.rows import slice_rows
from mgmeta.config import Analysis, BayesSettings, Config
from mgmeta.effects.derive import Derived, derive
from mgmeta.effects.slices import SLICE_COLUMNS, Slice, build_slice
from mgmeta.errors import DataError, FitError
from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.evidence.records import Evidence
from mgmeta.extend.preview_records import Look, Pooled, Standing
from mgmeta.extend.standing import Row, placed
from mgmeta.pooling.bounded_rows import bounded_pool
from mgmeta.report.headline import group_of
from mgmeta.report.published import published_target
from mgmeta.report.verdict import judge


def main_analyses(config: Config) -> tuple[str, ...]:
    """Return the analyses that vary no other, the one with the target first."""
    names = list(config.analyses)
    found = [name for name in names if group_of(name, names) == name]
    return tuple(sorted(found, key=lambda name: name != config.target.analysis))


def preview(
    before: Evidence, after: Evidence, config: Config, trials: Sequence[str], analyses: Sequence[str]
) -> tuple[Look, ...]:
    """Compare the tables before and after.

    Parameters
    ----------
    before, after : Evidence
        The tables as they are and as they would be.
    config : Config
        Criteria, assumptions, priors, level, target.
    trials : sequence of str
        The trials with new rows.
    analyses : sequence of str
        Names of the analyses to look at.

    Raises
    ------
    DataError
        If there is no such analysis.
    """
    looks: list[Look] = []
    derived: dict[Any, tuple[Derived, Derived]] = {}
    for name in analyses:
        if name not in config.analyses:
            known = ", ".join(config.analyses)
            raise DataError(f"analysis: found {name!r}, expected one of {known}")
        analysis = config.analyses[name]
        if analysis.assume not in derived:
            derived[analysis.assume] = derive(before, analysis.assume), derive(after, analysis.assume)
        old, new = derived[analysis.assume]
        pair = build_slice(before, old, analysis), build_slice(after, new, analysis)
        looks += [_look(pair, after, config, analysis, outcome, trials) for outcome in config.outcomes]
    return tuple(looks)


def _rows(piece: Slice, outcome: str) -> list[dict[str, Any]]:
    empty = dict.fromkeys(SLICE_COLUMNS)
    return [{**empty, **row} for row in piece.rows if row["outcome"] == outcome]


def _look(
    pair: tuple[Slice, Slice],
    evidence: Evidence,
    config: Config,
    analysis: Analysis,
    outcome: str,
    trials: Sequence[str],
) -> Look:
    old, new = _rows(pair[0], outcome), _rows(pair[1], outcome)
    earlier = {row["trial_id"]: row for row in old}
    others = [
        row["trial_id"]
        for row in new
        if row["trial_id"] in earlier and row["trial_id"] not in trials and row != earlier[row["trial_id"]]
    ]
    rest = [row for row in old if row["trial_id"] not in trials]
    fit = _exact(old, config, analysis)
    was = _pooled(old, fit, evidence, config, analysis, outcome)
    now = was
    if new != old:
        now = _pooled(new, _exact(new, config, analysis), evidence, config, analysis, outcome)
    if rest != old:
        fit = _exact(rest, config, analysis)
    flow = {f.trial_id: f for f in pair[1].flow if f.outcome == outcome}
    by_id = {row["trial_id"]: row for row in new}
    standings = []
    for name in trials:
        fate, row = flow[name], by_id.get(name)
        label = str(row["label"]) if row is not None else name
        standing = Standing(name, label, outcome, fate.status, fate.reason)
        standings.append(standing if row is None else placed(standing, row, new, fit, config.level))
    entry = OUTCOMES[outcome]
    return Look(
        analysis.name,
        analysis.title,
        outcome,
        entry.name,
        entry.unit,
        config.level,
        was,
        now,
        tuple(standings),
        tuple(others),
    )


def _settings(config: Config, analysis: Analysis) -> BayesSettings:
    """Return the priors of the analysis, else those of the first that has any: they are one block."""
    settings = [analysis.bayes, *(other.bayes for other in config.analyses.values())]
    found = next((one for one in settings if one is not None), None)
    if found is None:
        raise DataError("config: no analysis says `bayes: true`, so no prior is set; expected at least one")
    return found


def _exact(rows: Sequence[Row], config: Config, analysis: Analysis) -> ExactPosterior | None:
    arrays = slice_rows(rows, {})
    if arrays is None:
        return None
    settings = _settings(config, analysis)
    try:
        return fit_exact(arrays, mu=parse_mu(settings.prior_mu), tau=parse_tau(settings.prior_tau))
    except FitError:  # an improper posterior: too few rows for the prior
        return None


def _pooled(
    rows: Sequence[Row],
    fit: ExactPosterior | None,
    evidence: Evidence,
    config: Config,
    analysis: Analysis,
    outcome: str,
) -> Pooled:
    numeric = sum(row["kind"] == "estimate" for row in rows)
    tail = 0.5 * (1.0 - config.level)
    mean = low = high = tau = None
    if fit is not None:
        mean = fit.mu.mean
        low, high = (float(x) for x in fit.mu.quantile(np.array([tail, 1.0 - tail])))
        tau = float(fit.tau.quantile(np.array([0.5]))[0])
    bounded, _ = bounded_pool(rows, config.level)
    ml, ml_low, ml_high = (bounded[key] if bounded else None for key in ("estimate", "ci_low", "ci_high"))
    verdict = ""
    if analysis.name == config.target.analysis and outcome in config.pressures and evidence.reviews:
        published = published_target(evidence.reviews, config.target.review, config.target.subset, outcome)
        verdict = judge(published, len(rows), ml, ml_low, ml_high).word
    return Pooled(numeric, len(rows) - numeric, mean, low, high, tau, ml, ml_low, ml_high, verdict)
