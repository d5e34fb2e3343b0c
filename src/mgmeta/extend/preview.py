"""What new rows would do: their effects, where they fall, whether they surprise, how the pool moves.

Everything is computed twice in memory, with the tables as they are and as they would be, by the exact
posterior (:mod:`mgmeta.bayes.exact`) and the bounded maximum likelihood of the headline; nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from mgmeta.pooling.bounded_rows import bounded_pool
from mgmeta.report.headline import group_of
from mgmeta.report.published import published_target
from mgmeta.report.verdict import judge
from mgmeta.stats.student import t_two_sided

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Pooled:
    """A pool of one outcome, in the outcome's unit.

    Attributes
    ----------
    k_numeric, k_bounds : int
    mean, low, high, tau : float or None
        Exact posterior: mean of mu with its equal-tailed interval, median of tau; None without rows.
    ml, ml_low, ml_high : float or None
        Bounded maximum likelihood with its profile interval.
    verdict : str
        On the published target; empty in other analyses.
    """

    k_numeric: int
    k_bounds: int
    mean: float | None
    low: float | None
    high: float | None
    tau: float | None
    ml: float | None
    ml_low: float | None
    ml_high: float | None
    verdict: str


@dataclass(frozen=True)
class Standing:
    """Where one new trial falls in one outcome of one analysis.

    Attributes
    ----------
    status, reason : str
        Its fate, as ``flow.csv`` has it.
    kind : str
        ``estimate``, ``bound``, or empty if it is not pooled.
    effect, low, high, se : float or None
        Estimate or ends of the bound (None = open), standard error.
    route, assumed : str
        How it was derived, and what was borrowed.
    rank, of : int or None
        Place among the numbers from the lowest effect on, itself counted; of how many.
    precision_rank : int or None
        Place among the numbers from the smallest standard error on.
    funnel_z : float or None
        (effect - pooled mean before) / SE: beyond the normal quantile it lies outside the funnel.
    expected_low, expected_high : float or None
        Predictive interval of a printed estimate with this SE, from all other trials.
    probability : float or None
        Of an estimate as far out (two-sided), or of falling inside the bound.
    outlier : bool
        Outside the predictive interval; of a bound: less probable than 1 - level.
    """

    trial_id: str
    label: str
    outcome: str
    status: str
    reason: str
    kind: str = ""
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    se: float | None = None
    route: str = ""
    assumed: str = ""
    rank: int | None = None
    of: int | None = None
    precision_rank: int | None = None
    funnel_z: float | None = None
    inside_funnel: bool | None = None
    expected_low: float | None = None
    expected_high: float | None = None
    probability: float | None = None
    outlier: bool = False


@dataclass(frozen=True)
class Look:
    """One outcome of one analysis before and after; `others` are old trials whose row changes too."""

    analysis: str
    title: str
    outcome: str
    name: str
    unit: str
    level: float
    before: Pooled
    after: Pooled
    standings: tuple[Standing, ...]
    others: tuple[str, ...]


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
        standings.append(standing if row is None else _standing(standing, row, new, fit, config.level))
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


def _standing(
    start: Standing, row: Row, rows: Sequence[Row], fit: ExactPosterior | None, level: float
) -> Standing:
    """Fill in where a pooled row falls."""
    found: dict[str, Any] = {
        **vars(start),
        "kind": row["kind"],
        "effect": row["yi"],
        "low": row["yi_low"],
        "high": row["yi_high"],
        "se": row["sei"],
        "route": row["route"],
        "assumed": row["assumed"],
    }
    if row["kind"] == "estimate":
        numbers = [other for other in rows if other["kind"] == "estimate"]
        found["rank"] = 1 + sum(other["yi"] < row["yi"] for other in numbers)
        found["precision_rank"] = 1 + sum(other["sei"] < row["sei"] for other in numbers)
        found["of"] = len(numbers)
    if fit is not None:
        found |= _surprise(row, fit, level)
    return Standing(**found)


def _surprise(row: Row, fit: ExactPosterior, level: float) -> dict[str, Any]:
    """Compare a row with what the other trials predict for a printed result of its precision."""
    predictive = fit.predict_estimate(row["sei"])
    tail = 0.5 * (1.0 - level)
    low, high = (float(x) for x in predictive.quantile(np.array([tail, 1.0 - tail])))
    found: dict[str, Any] = {"expected_low": low, "expected_high": high}
    if row["kind"] == "estimate":
        below = float(predictive.cdf(np.array([row["yi"]]))[0])
        z = (row["yi"] - fit.mu.mean) / row["sei"]
        found["probability"] = 2.0 * min(below, 1.0 - below)
        found["outlier"] = not low <= row["yi"] <= high
        found["funnel_z"] = z
        found["inside_funnel"] = abs(z) <= t_two_sided(1.0 - level, None)
        return found
    below = 0.0 if row["yi_low"] is None else float(predictive.cdf(np.array([row["yi_low"]]))[0])
    up_to = 1.0 if row["yi_high"] is None else float(predictive.cdf(np.array([row["yi_high"]]))[0])
    found["probability"] = up_to - below
    found["outlier"] = up_to - below < 1.0 - level
    return found


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
