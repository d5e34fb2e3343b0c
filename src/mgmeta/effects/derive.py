"""All printed rows of a table under one set of assumptions."""

from __future__ import annotations

from dataclasses import dataclass

from mgmeta.config import Assume
from mgmeta.effects.candidates import Candidate, is_resting, numeric_statement
from mgmeta.effects.decisions import Decision, DecisionLog
from mgmeta.effects.map_pp import PP_COEFFICIENT, convert, map_pp_correlation
from mgmeta.effects.preference import preference_key
from mgmeta.effects.sd_model import METHOD_GROUPS, SdEntry, SdModel, build_sd_model, external_sds
from mgmeta.effects.statements import Estimate
from mgmeta.effects.worded import worded_se_factor, worded_statement
from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.evidence.records import Evidence, Report

# Pressures that are not pooled themselves but can be converted.
CONVERTIBLE = ("map", "pp")


@dataclass(frozen=True)
class Derived:
    """What the table amounts to under one set of assumptions.

    Attributes
    ----------
    candidates : dict
        ``report_id`` -> :class:`Candidate`, for the pooled outcomes.
    converted : dict
        (trial_id, outcome) -> candidates made from MAP and PP.
    sd_model : SdModel
        The SDs that were borrowed from.
    decisions : tuple of Decision
        Every number assumed on the way.
    """

    assume: Assume
    candidates: dict[str, Candidate]
    converted: dict[tuple[str, str], tuple[Candidate, ...]]
    sd_model: SdModel
    decisions: tuple[Decision, ...]


def is_subgroup(report: Report) -> bool:
    """Say whether the row is part of a trial already counted."""
    return report.arm_label.startswith("subgroup:")


def sd_entries(evidence: Evidence, numeric: dict[str, Candidate]) -> list[SdEntry]:
    """Return one implied SD of change per trial, outcome and method group.

    Rows of randomised contrasts with known arm sizes count, whatever the
    trial's eligibility; rows that may not be contrasts (``comparator``), whose
    values are in doubt (``value``) or whose pressure is not known, do not.
    """
    best: dict[tuple[str, str, str], Candidate] = {}
    for candidate in numeric.values():
        report, arms = candidate.report, candidate.arms
        trial = evidence.trial(report.trial_id)
        if report.outcome not in OUTCOMES or not is_resting(report) or is_subgroup(report):
            continue
        if report.ambiguity in ("comparator", "value", "component", "quantity"):
            continue
        if trial.randomised == "no" or not arms.known:
            continue
        key = (report.trial_id, report.outcome, METHOD_GROUPS[report.method])
        if key not in best or preference_key(report) < preference_key(best[key].report):
            best[key] = candidate
    entries: list[SdEntry] = []
    for (trial_id, outcome, group), candidate in best.items():
        statement = candidate.statement
        assert isinstance(statement, Estimate) and candidate.arms.df is not None
        sd = statement.se / candidate.arms.scale
        entries.append(
            SdEntry(
                outcome,
                group,
                candidate.report.contrast,
                trial_id,
                candidate.report.report_id,
                sd,
                candidate.arms.df,
            )
        )
    return entries


def derive(evidence: Evidence, assume: Assume, without_sd: str | None = None) -> Derived:
    """Turn every row of the pooled outcomes into a statement.

    Rows with their own SE come first; the SDs they imply make the SD model that
    the others borrow from.

    Parameters
    ----------
    without_sd : str, optional
        Leave this trial's SD out of the SD model (its own row stays as it is).
    """
    log = DecisionLog()
    external = external_sds(evidence.parameters)
    numeric: dict[str, Candidate] = {}
    # By id, so that the order of the raw file never matters.
    reports = sorted(evidence.reports, key=lambda r: r.report_id)
    rows = [r for r in reports if r.outcome in OUTCOMES or r.outcome in CONVERTIBLE]
    for report in rows:
        if report.contrast == "before_after":
            continue
        sd = external[report.outcome if report.outcome in OUTCOMES else "sbp"]
        candidate = numeric_statement(report, evidence.trial(report.trial_id), assume, sd, log)
        if candidate is not None:
            numeric[report.report_id] = candidate
    entries = [entry for entry in sd_entries(evidence, numeric) if entry.trial_id != without_sd]
    sd_model = build_sd_model(entries, evidence.parameters, assume.sd_factor)
    se_factor = worded_se_factor(assume)
    candidates: dict[str, Candidate] = {}
    for report in rows:
        if report.outcome not in OUTCOMES:
            continue
        found = numeric.get(report.report_id)
        trial = evidence.trial(report.trial_id)
        candidates[report.report_id] = found or worded_statement(report, trial, sd_model, log, se_factor)
    converted = _conversions(numeric, sd_model, assume, log) if assume.map_pp == "convert" else {}
    return Derived(assume, candidates, converted, sd_model, tuple(log.entries))


def _conversions(
    numeric: dict[str, Candidate], sd_model: SdModel, assume: Assume, log: DecisionLog
) -> dict[tuple[str, str], tuple[Candidate, ...]]:
    """Return SBP and DBP estimates where MAP and PP are printed for the same arms.

    The last time point at which both are printed is used.
    """
    factor = sd_model.factor  # cancels in the correlation, kept for one source of SDs
    sd_sbp = sd_model.borrow("sbp", "unspecified", "parallel").sd / factor
    sd_dbp = sd_model.borrow("dbp", "unspecified", "parallel").sd / factor
    correlation = map_pp_correlation(sd_sbp, sd_dbp, assume.sbp_dbp_correlation)
    mates: dict[tuple[object, ...], list[Candidate]] = {}
    for candidate in numeric.values():
        if candidate.report.outcome == "pp":
            mates.setdefault(_setting(candidate.report), []).append(candidate)
    pairs: dict[str, list[tuple[Candidate, Candidate]]] = {}
    for candidate in numeric.values():
        report = candidate.report
        if report.outcome != "map" or is_subgroup(report):
            continue
        for other in mates.get(_setting(report), ()):
            pairs.setdefault(report.trial_id, []).append((candidate, other))
    converted: dict[tuple[str, str], tuple[Candidate, ...]] = {}
    for trial_id, found in pairs.items():
        last = max(pair[0].report.timepoint_weeks or 0.0 for pair in found)
        kept = [pair for pair in found if (pair[0].report.timepoint_weeks or 0.0) == last]
        for outcome in PP_COEFFICIENT:
            converted[trial_id, outcome] = tuple(
                _converted(outcome, map_row, pp_row, correlation, log) for map_row, pp_row in kept
            )
    return converted


def _setting(report: Report) -> tuple[object, ...]:
    """Return what two rows must share to be measured in the same people at the same visit."""
    return (
        report.trial_id,
        report.arm_label,
        report.timepoint_weeks,
        report.method,
        report.position,
        report.contrast,
    )


def _converted(
    outcome: str, map_row: Candidate, pp_row: Candidate, correlation: float, log: DecisionLog
) -> Candidate:
    """Convert one pair of rows and record the correlation it took."""
    m, p = map_row.statement, pp_row.statement
    assert isinstance(m, Estimate) and isinstance(p, Estimate)
    effect, se = convert(outcome, (m.yi, m.se), (p.yi, p.se), correlation)
    _, low = convert(outcome, (m.yi, m.se_low), (p.yi, p.se_low), correlation)
    _, high = convert(outcome, (m.yi, m.se_high), (p.yi, p.se_high), correlation)
    report = map_row.report
    log.add(
        Decision(
            report.trial_id,
            outcome,
            report.report_id,
            "conversion",
            "from MAP and pulse pressure",
            value=effect,
            unit="effect",
            alternative="the verbal row",
            reason=f"with {pp_row.report.report_id}; correlation of the two effects {correlation:.2f}",
        )
    )
    statement = Estimate(effect, se, low, high, m.df, "9_map_pp")
    return Candidate(
        report, map_row.arms, statement, {}, f"MAP-PP correlation {correlation:.2f}", (pp_row.report,)
    )
