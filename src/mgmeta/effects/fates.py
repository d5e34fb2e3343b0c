"""What becomes of one eligible trial: its statement on one outcome, or the reason why not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from mgmeta.config import Select
from mgmeta.effects.arms import Arms
from mgmeta.effects.candidates import Candidate, is_resting
from mgmeta.effects.combine import Combined, combine
from mgmeta.effects.decisions import Decision
from mgmeta.effects.derive import CONVERTIBLE, Derived, is_subgroup
from mgmeta.effects.preference import preferred_groups
from mgmeta.effects.statements import Bound, Estimate, NotAContrast, Unusable
from mgmeta.effects.worded import worded_bound
from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.evidence.records import Evidence, Report, Trial

Status = Literal[
    "pooled_estimate",
    "pooled_bound",
    "not_eligible",
    "same_participants",
    "row_left_out",
    "within_arm_only",
    "unusable",
    "silent",
]
"""All that can become of a trial in an analysis."""


@dataclass(frozen=True)
class Fate:
    """One trial's fate for one outcome.

    `combined` is None unless pooled.
    """

    status: Status
    reason: str
    report_ids: str = ""
    combined: Combined | None = None
    decisions: tuple[Decision, ...] = ()


def fate_of(evidence: Evidence, derived: Derived, trial: Trial, outcome: str, select: Select) -> Fate:
    """Return the fate of an eligible trial.

    The preferred row that is neither a subgroup, an arm's own change, out of rest
    nor ambiguous in a way the analysis leaves out speaks for the trial.
    """
    reports = sorted(evidence.reports_of(trial.trial_id, outcome), key=lambda r: r.report_id)
    kept: list[Candidate] = []
    left_out: dict[str, str] = {}
    within: list[str] = []
    for report in reports:
        candidate = derived.candidates[report.report_id]
        reason = _left_out(report, select)
        if reason and not isinstance(candidate.statement, NotAContrast):
            left_out[report.report_id] = reason
        elif isinstance(candidate.statement, NotAContrast):
            within.append(report.report_id)
        else:
            kept.append(candidate)
    unusable: dict[str, str] = {}
    for group in preferred_groups(candidate.report for candidate in kept):
        combined = combine([derived.candidates[report.report_id] for report in group])
        if isinstance(combined.statement, Unusable):
            unusable |= {report.report_id: combined.statement.reason for report in group}
            continue
        if isinstance(combined.statement, Bound):
            combined = _converted(derived, trial, outcome, select) or combined
        return _pooled(trial, outcome, _with_replaced(combined, kept), kept)
    refused: tuple[tuple[Status, dict[str, str]], ...] = (("unusable", unusable), ("row_left_out", left_out))
    for status, reasons in refused:
        if reasons:
            words = "; ".join(f"{report_id}: {reason}" for report_id, reason in reasons.items())
            return Fate(status, words, ";".join(reasons))
    if within:
        return Fate("within_arm_only", "only the magnesium arm's own change is printed", ";".join(within))
    return _silent(evidence, derived, trial, outcome, select)


def _left_out(report: Report, select: Select) -> str:
    """Return why an analysis leaves a row out, or an empty string."""
    if is_subgroup(report):
        return "part of a trial already counted"
    if not is_resting(report):
        return "not a resting measurement"
    if report.ambiguity and report.ambiguity in select.ambiguity_out:
        return f"ambiguous {report.ambiguity}"
    return ""


def _converted(derived: Derived, trial: Trial, outcome: str, select: Select) -> Combined | None:
    """Return the estimate made from MAP and pulse pressure, if the analysis lets its rows in."""
    found = [
        candidate
        for candidate in derived.converted.get((trial.trial_id, outcome), ())
        if not any(_left_out(report, select) for report in candidate.reports)
    ]
    return combine(found) if found else None


def _with_replaced(combined: Combined, kept: list[Candidate]) -> Combined:
    """Note the results in words that a number of the same trial takes over."""
    if not isinstance(combined.statement, Estimate):
        return combined
    words = tuple(c for c in kept if isinstance(c.statement, Bound) and c not in combined.members)
    if not words:
        return combined
    ids = ", ".join(c.report.report_id for c in words)
    note = "; ".join(part for part in (combined.note, f"takes the place of the words of {ids}") if part)
    return replace(combined, note=note, replaces=words)


def _pooled(trial: Trial, outcome: str, combined: Combined, kept: list[Candidate]) -> Fate:
    """Return the fate of a pooled trial, naming the rows it was preferred to."""
    status: Status = "pooled_estimate" if isinstance(combined.statement, Estimate) else "pooled_bound"
    used = [report.report_id for candidate in combined.members for report in candidate.reports]
    taken_over = {c.report.report_id for c in combined.replaces}
    others = [
        c.report.report_id
        for c in kept
        if c.report.report_id not in used and c.report.report_id not in taken_over
    ]
    reason = "; ".join(
        part for part in (combined.note, f"preferred to {', '.join(others)}" if others else "") if part
    )
    decisions: list[Decision] = []
    if others:
        chosen = f"{used[0]} stands for the trial"
        order = "office, then home, then ambulatory; sitting, supine, standing; the last time point"
        decisions.append(
            Decision(
                trial.trial_id,
                outcome,
                used[0],
                "preference",
                chosen,
                alternative=", ".join(others),
                reason=order,
            )
        )
    if len(combined.members) > 1:
        statement = combined.statement
        assert isinstance(statement, Estimate | Bound)
        decisions.append(
            Decision(
                trial.trial_id,
                outcome,
                used[0],
                "shared_control",
                "average of the arms",
                value=statement.se,
                unit="SE",
                reason=combined.note,
            )
        )
    return Fate(status, reason, ";".join(used), combined, tuple(decisions))


def _silent(evidence: Evidence, derived: Derived, trial: Trial, outcome: str, select: Select) -> Fate:
    """Return the fate of a trial without a row on this outcome.

    Only a trial that prints nothing on any pressure is silent in the sense of the
    scenario that takes silence as not significant.
    """
    pressures = (*OUTCOMES, *CONVERTIBLE)
    elsewhere = [r.report_id for r in evidence.reports_of(trial.trial_id) if r.outcome in pressures]
    if elsewhere:
        return Fate("silent", f"another pressure is printed ({', '.join(elsewhere)}), not this one")
    nothing = "no statement on blood pressure"
    if select.silent != "not_significant":
        return Fate("silent", nothing)
    arms = _trial_arms(trial)
    if not arms.known:
        return Fate("silent", f"{nothing}; no arm size to take it as not significant")
    design = "crossover" if arms.crossover else "parallel"
    sd = derived.sd_model.borrow(outcome, "unspecified", design)
    bound = worded_bound("ns", 0.05, sd.sd * arms.scale, arms.df, "10_silent")
    assumed = f"SD of change {sd.sd:.3g} ({sd.source}, k = {sd.k})"
    if arms.origin == "split":
        assumed += "; arm sizes from the total"
    decision = Decision(
        trial.trial_id,
        outcome,
        "",
        "silence",
        "taken as not significant",
        value=bound.se,
        unit="SE",
        reason=f"{nothing}; {assumed}; arms of {arms.n_mg} and {arms.n_control}",
    )
    combined = Combined(bound, (), arms.n_mg, arms.n_control, None, assumed)
    return Fate("pooled_bound", f"{nothing}: taken as not significant", "", combined, (decision,))


def _trial_arms(trial: Trial) -> Arms:
    """Return a trial's own arm sizes, else its total split over its arms."""
    crossover = trial.design == "crossover"
    if crossover:
        people = trial.n_mg or trial.n_control or trial.n_randomised
        return Arms(people, people, "trial" if people else "missing", True)
    if trial.n_mg and trial.n_control:
        return Arms(trial.n_mg, trial.n_control, "trial", False)
    if trial.n_randomised:
        people = trial.n_randomised // (trial.n_arms or 2)
        return Arms(people, people, "split", False)
    return Arms(None, None, "missing", False)
