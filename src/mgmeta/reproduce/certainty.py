"""Certainty of the evidence by outcome, GRADE-style: five domains, each by a rule, each with its reason.

Randomised trials start high; each domain takes 0, 1 or 2 levels. The rules are a
program's, not a panel's: a person can rate a domain otherwise in the configuration,
with a note, and both are shown. (Guyatt GH et al. BMJ 2008;336:924-926.)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mgmeta import words
from mgmeta.config import Config
from mgmeta.effects.derive import Derived, derive
from mgmeta.effects.slices import Slice, build_slice
from mgmeta.errors import FitError
from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.evidence.records import Evidence
from mgmeta.pooling.bounded import BoundedFit
from mgmeta.pooling.bounded_rows import fit_rows
from mgmeta.pooling.egger import egger_bounded
from mgmeta.pooling.slice_counts import counts
from mgmeta.pooling.slice_input import Row, effects_of
from mgmeta.reproduce.claim_rule import PRIMARY
from mgmeta.reproduce.claims import four_analyses
from mgmeta.reproduce.flow import FlowCounts, count_flow
from mgmeta.reproduce.picked import whole_rows
from mgmeta.reproduce.plan import Override
from mgmeta.reproduce.rob import RiskOfBias, load_rob

GRADES = ("very low", "low", "moderate", "high")
NOT_ASSESSED = "not assessed"

I2_SERIOUS, I2_VERY = 50.0, 75.0  # percent
TRIVIAL = 0.5  # mmHg: an effect this small on the other side of 0 is no inconsistency
MANY, MOST = 1.0 / 3.0, 2.0 / 3.0  # shares of weight, or of trials, that take one and two levels
MEANINGFUL = 2.0  # mmHg: the difference that the optimal information size must find
POWER_FACTOR = (1.959964 + 0.841621) ** 2  # two-sided 5 %, power 80 %
ASYMMETRY_P, ASYMMETRY_K = 0.10, 10


@dataclass(frozen=True)
class Domain:
    """One domain: levels taken (None = not assessed), and why; a person's rating beside it."""

    key: str
    name: str
    levels: int | None
    reason: str
    override: int | None = None
    override_note: str = ""

    @property
    def counted(self) -> int:
        """Levels that count: a person's before the rule's, none where not assessed."""
        return self.override if self.override is not None else self.levels or 0


@dataclass(frozen=True)
class Pooled:
    """The pool whose certainty is assessed, mmHg; people are those of the trials that print both arms."""

    estimate: float
    ci_low: float
    ci_high: float
    pi_low: float
    pi_high: float
    level: float
    k_numeric: int
    k_bounds: int
    people: int
    unknown_trials: int


@dataclass(frozen=True)
class Judged:
    """A pooled trial: its judgements by domain, ``overall`` last; empty where nobody judged it."""

    trial_id: str
    label: str
    judgements: dict[str, str]


@dataclass(frozen=True)
class OutcomeCertainty:
    """One outcome: the computed grade, the grade with a person's ratings, the domains, the flow.

    ``at_most`` says that a domain was not assessed, so that the grade can only be lower;
    ``pooled`` is None where there is no estimate.
    """

    name: str
    computed: str
    grade: str
    at_most: bool
    domains: tuple[Domain, ...]
    flow: FlowCounts
    rob: dict[str, dict[str, int]]
    rob_trials: tuple[Judged, ...]
    pooled: Pooled | None


@dataclass(frozen=True)
class Certainty:
    """``results/reproduction/certainty.json``."""

    analysis: str
    outcomes: dict[str, OutcomeCertainty]


def assess_certainty(
    evidence: Evidence, config: Config, overrides: Sequence[Override], raw: Path
) -> Certainty:
    """Assess every outcome of the primary update analysis.

    Parameters
    ----------
    overrides
        A person's ratings.
    raw
        Folder of the raw tables, for the optional ``rob.csv``.

    Raises
    ------
    DataError
        If ``rob.csv`` is there and wrong.
    """
    base = config.analyses[config.target.analysis]
    analysis = four_analyses(base, all_years=True)[PRIMARY]
    derived = derive(evidence, analysis.assume)
    piece = build_slice(evidence, derived, analysis)
    rob = load_rob(raw, evidence.trial_by_id)
    outcomes = {
        outcome: _assess(evidence, derived, piece, outcome, config.level, rob, overrides)
        for outcome in config.pressures
    }
    return Certainty("criteria of the target, all years", outcomes)


def _assess(
    evidence: Evidence,
    derived: Derived,
    piece: Slice,
    outcome: str,
    level: float,
    rob: Mapping[str, RiskOfBias],
    overrides: Sequence[Override],
) -> OutcomeCertainty:
    rows = [row for row in whole_rows(piece.rows) if row["outcome"] == outcome]
    flow = count_flow(piece.flow, outcome)
    pooled = None
    try:
        fit = fit_rows(rows, level)
    except FitError as error:
        domains: tuple[Domain, ...] = (
            Domain("imprecision", "imprecision", 2, f"there is no estimate ({error})"),
        )
    else:
        weights = {str(row["trial_id"]): w / 100.0 for row, w in zip(rows, fit.weights, strict=True)}
        pooled = _pooled(fit, rows)
        sd = derived.sd_model.borrow(outcome, "unspecified", "parallel").sd
        domains = (
            risk_of_bias(weights, rob),
            inconsistency(fit),
            indirectness(weights, {t: evidence.trial(t).setting for t in weights}),
            imprecision(fit, pooled.people, sd),
            publication_bias(rows, flow, level),
        )
    rated = tuple(_with_override(domain, outcome, overrides) for domain in domains)
    return OutcomeCertainty(
        OUTCOMES[outcome].name,
        _grade(sum(domain.levels or 0 for domain in rated)),
        _grade(sum(domain.counted for domain in rated)),
        any(domain.levels is None and domain.override is None for domain in rated),
        rated,
        flow,
        _rob_counts([str(row["trial_id"]) for row in rows], rob),
        tuple(_judged(row, rob) for row in rows) if rob else (),
        pooled,
    )


def _judged(row: Row, rob: Mapping[str, RiskOfBias]) -> Judged:
    found = rob.get(str(row["trial_id"]))
    judgements = {} if found is None else {**found.domains, "overall": found.overall}
    return Judged(str(row["trial_id"]), str(row["label"]), judgements)


def _pooled(fit: BoundedFit, rows: Sequence[Row]) -> Pooled:
    found = counts(rows)
    low, high = float(fit.ci_low[0]), float(fit.ci_high[0])
    return Pooled(
        float(fit.beta[0]),
        low,
        high,
        fit.pi_low,
        fit.pi_high,
        fit.level,
        fit.k_numeric,
        fit.k_bounds,
        int(found["n_total"]),
        int(found["n_unknown_trials"]),
    )


def _grade(levels: int) -> str:
    return GRADES[max(3 - levels, 0)]


def _with_override(domain: Domain, outcome: str, overrides: Sequence[Override]) -> Domain:
    for item in overrides:
        if (item.outcome, item.domain) == (outcome, domain.key):
            return replace(domain, override=item.levels, override_note=item.note)
    return domain


def risk_of_bias(weights: Mapping[str, float], rob: Mapping[str, RiskOfBias]) -> Domain:
    """Take a level if over a third of the weight is at high risk, two if over two thirds."""
    key, name = "risk_of_bias", "risk of bias"
    assessed = sum(w for trial_id, w in weights.items() if trial_id in rob)
    if not rob or assessed <= 0.5:
        why = "no rob.csv" if not rob else f"only {words.percent(assessed)} of the weight is in rob.csv"
        return Domain(key, name, None, f"{NOT_ASSESSED}: {why}; blinding alone is not risk of bias")
    high = sum(w for trial_id, w in weights.items() if trial_id in rob and rob[trial_id].overall == "high")
    return Domain(key, name, _by_share(high), f"{words.percent(high)} of the weight is at high risk of bias")


def inconsistency(fit: BoundedFit) -> Domain:
    """Take a level for I2 of 50 % or a prediction interval well across 0, one more for I2 of 75 %."""
    crosses = fit.pi_low < -TRIVIAL and fit.pi_high > TRIVIAL
    span = words.interval(fit.pi_low, fit.pi_high)
    reason = f"I2 {words.fixed(fit.i2, 0)}%; a new trial is expected at {span} mmHg"
    levels = int(fit.i2 >= I2_SERIOUS or crosses) + int(fit.i2 >= I2_VERY)
    return Domain("inconsistency", "inconsistency", levels, reason)


def indirectness(weights: Mapping[str, float], settings: Mapping[str, str]) -> Domain:
    """Take a level if over a third of the weight is outside the general setting, two if over two thirds."""
    other = sum(w for trial_id, w in weights.items() if settings[trial_id] not in ("general", ""))
    reason = (
        f"{words.percent(other)} of the weight is from pregnancy, kidney, heart or other special settings"
    )
    return Domain("indirectness", "indirectness", _by_share(other), reason)


def imprecision(fit: BoundedFit, people: int, sd: float) -> Domain:
    r"""Take a level if the interval includes 0, one if there are fewer people than the optimal size.

    Optimal information size: :math:`4 (z_{0.975} + z_{0.8})^2 s^2 / \delta^2` people in two
    equal arms find :math:`\delta` = 2 mmHg at an SD of change *s*.
    """
    size = math.ceil(4.0 * POWER_FACTOR * (sd / MEANINGFUL) ** 2)
    low, high = float(fit.ci_low[0]), float(fit.ci_high[0])
    includes = not (low > 0.0 or high < 0.0)
    side = "includes" if includes else "excludes"
    reason = (
        f"the interval ({words.interval(low, high)} mmHg) {side} 0; {words.integer(people)} people, "
        f"{words.integer(size)} needed to find {MEANINGFUL:g} mmHg at an SD of change of {sd:.1f}"
    )
    return Domain("imprecision", "imprecision", int(includes) + int(people < size), reason)


def publication_bias(rows: Sequence[Row], flow: FlowCounts, level: float) -> Domain:
    """Take a level for funnel asymmetry (from 10 trials on) or if over a third of trials are silent."""
    key, name = "publication_bias", "publication bias"
    silent = flow.left.get("silent", 0)
    share = silent / flow.eligible if flow.eligible else 0.0
    said = f"{silent} of {flow.eligible} eligible trials say nothing on this pressure"
    if len(rows) < ASYMMETRY_K:
        return Domain(key, name, int(share > MANY), f"{said}; too few trials for a test of asymmetry")
    e = effects_of(rows)
    try:
        p = egger_bounded(e.y, e.se, e.low, e.high, level=level).p_value
    except FitError as error:
        return Domain(key, name, int(share > MANY), f"{said}; no test of asymmetry ({error})")
    reason = f"{said}; test of funnel asymmetry {words.p_value(p)}"
    return Domain(key, name, int(share > MANY or p < ASYMMETRY_P), reason)


def _by_share(share: float) -> int:
    return int(share > MANY) + int(share > MOST)


def _rob_counts(trial_ids: Sequence[str], rob: Mapping[str, RiskOfBias]) -> dict[str, dict[str, int]]:
    """Return domain -> judgement -> pooled trials; empty where nothing was assessed."""
    found: dict[str, dict[str, int]] = {}
    for trial_id in trial_ids:
        if trial_id in rob:
            item = rob[trial_id]
            for domain, judgement in (*item.domains.items(), ("overall", item.overall)):
                row = found.setdefault(domain, {})
                row[judgement] = row.get(judgement, 0) + 1
    return found
