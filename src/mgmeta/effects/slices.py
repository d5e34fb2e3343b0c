"""The rows one analysis pools, and what became of every other trial."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from mgmeta.config import Analysis, Select
from mgmeta.effects.arms import Arms
from mgmeta.effects.candidates import Candidate, is_resting, worded_bound
from mgmeta.effects.combine import Combined, combine
from mgmeta.effects.derive import Derived, is_subgroup
from mgmeta.effects.eligibility import judge
from mgmeta.effects.preference import preferred_groups
from mgmeta.effects.statements import Bound, Estimate, NotAContrast, Unusable
from mgmeta.evidence.records import Evidence, Trial

SLICE_COLUMNS = (
    "outcome",
    "trial_id",
    "label",
    "year",
    "kind",
    "yi",
    "yi_low",
    "yi_high",
    "sei",
    "sei_low",
    "sei_high",
    "df",
    "route",
    "design",
    "method",
    "position",
    "timepoint_weeks",
    "n_mg",
    "n_control",
    "dose_mg_per_day",
    "dose_per_100mg",
    "hypertensive",
    "bp_status",
    "bp_treatment",
    "mg_status",
    "report_ids",
    "source_ids",
    "assumed",
)
FLOW_COLUMNS = ("analysis", "outcome", "trial_id", "status", "reason", "report_ids")

# Zhang 2016's median dose: the point at which the dose moderator is centred.
CENTRE_DOSE_MG_PER_DAY = 368.0
HYPERTENSIVE = {"hypertensive": 1, "normotensive": 0, "high_normal": 0}

Row = dict[str, object]


@dataclass(frozen=True)
class Flow:
    """What became of one trial for one outcome in one analysis.

    ``status`` is ``pooled_estimate``, ``pooled_bound``, ``not_eligible``,
    ``same_participants``, ``row_left_out``, ``within_arm_only``, ``unusable`` or
    ``silent``.
    """

    analysis: str
    outcome: str
    trial_id: str
    status: str
    reason: str
    report_ids: str = ""


@dataclass(frozen=True)
class Slice:
    """The pooled rows of one analysis and the fate of every trial.

    ``replaced`` are the rows in words that numbers of the same trials took over:
    what was pooled before those numbers were retrieved.
    """

    analysis: str
    rows: tuple[Row, ...]
    flow: tuple[Flow, ...]
    replaced: tuple[Row, ...] = ()


def label_of(trial: Trial) -> str:
    """Return ``Witteman 1994``: the surname and the year."""
    words = trial.first_author.split()
    while len(words) > 1 and words[-1].replace("-", "").isupper():
        words.pop()
    name = " ".join(words) or trial.trial_id
    return f"{name} {trial.year}" if trial.year else f"{name} (year not printed)"


def build_slice(evidence: Evidence, derived: Derived, analysis: Analysis) -> Slice:
    """Select, resolve and combine the rows of one analysis.

    Returns rows sorted by outcome and trial, and one flow entry for every trial
    and outcome: nothing is dropped silently.
    """
    rows: list[Row] = []
    flow: list[Flow] = []
    replaced: list[Row] = []
    verdicts = {trial.trial_id: judge(trial, analysis.select) for trial in evidence.trials}
    for outcome in sorted(analysis.outcomes):
        outcomes = {
            trial.trial_id: _resolve(evidence, derived, trial, outcome, analysis.select)
            for trial in evidence.trials
            if verdicts[trial.trial_id].eligible
        }
        pooled = {trial_id for trial_id, (combined, _) in outcomes.items() if combined is not None}
        for trial in sorted(evidence.trials, key=lambda t: t.trial_id):
            verdict = verdicts[trial.trial_id]
            if not verdict.eligible:
                failed = verdict.failed or tuple(f"{item} (strict)" for item in verdict.unclear)
                flow.append(Flow(analysis.name, outcome, trial.trial_id, "not_eligible", "; ".join(failed)))
                continue
            combined, fate = outcomes[trial.trial_id]
            if combined is not None and trial.overlaps_with in pooled:
                fate = ("same_participants", f"same participants as {trial.overlaps_with}", fate[2])
                combined = None
            flow.append(Flow(analysis.name, outcome, trial.trial_id, *fate))
            if combined is not None:
                rows.append(_row(evidence, trial, outcome, combined, analysis.select))
                if combined.replaces:
                    before = combine(list(combined.replaces[:1]))
                    replaced.append(_row(evidence, trial, outcome, before, analysis.select))
    return Slice(analysis.name, tuple(rows), tuple(flow), tuple(replaced))


Fate = tuple[str, str, str]


def _resolve(
    evidence: Evidence, derived: Derived, trial: Trial, outcome: str, select: Select
) -> tuple[Combined | None, Fate]:
    """Return the trial's statement on one outcome, or None with the reason."""
    converted = derived.converted.get((trial.trial_id, outcome))
    if converted:
        return _pooled(combine(list(converted)))
    reports = sorted(evidence.reports_of(trial.trial_id, outcome), key=lambda r: r.report_id)
    kept: list[Candidate] = []
    left_out: list[str] = []
    within: list[str] = []
    for report in reports:
        candidate = derived.candidates[report.report_id]
        if is_subgroup(report):
            left_out.append(f"{report.report_id}: part of a trial already counted")
        elif isinstance(candidate.statement, NotAContrast):
            within.append(report.report_id)
        elif not is_resting(report):
            left_out.append(f"{report.report_id}: not a resting measurement")
        elif report.ambiguity and report.ambiguity in select.ambiguity_out:
            left_out.append(f"{report.report_id}: ambiguous {report.ambiguity}")
        else:
            kept.append(candidate)
    unusable: list[str] = []
    for group in preferred_groups(candidate.report for candidate in kept):
        combined = combine([derived.candidates[report.report_id] for report in group])
        if not isinstance(combined.statement, Unusable):
            return _pooled(_with_replaced(combined, kept))
        unusable.append(f"{group[0].report_id}: {combined.statement.reason}")
    if unusable:
        return None, ("unusable", "; ".join(unusable), "")
    if left_out:
        return None, ("row_left_out", "; ".join(left_out), "")
    silent = "only the magnesium arm's own change is printed" if within else "no statement on this outcome"
    if select.silent == "not_significant":
        assumed = _silent_bound(derived, trial, outcome)
        if assumed is None:
            return None, ("silent", f"{silent}; no arm size to take it as not significant", ";".join(within))
        return assumed, ("pooled_bound", f"{silent}: taken as not significant", ";".join(within))
    return None, ("within_arm_only" if within else "silent", silent, ";".join(within))


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


def _pooled(combined: Combined) -> tuple[Combined, Fate]:
    status = "pooled_estimate" if isinstance(combined.statement, Estimate) else "pooled_bound"
    ids = ";".join(report.report_id for candidate in combined.members for report in candidate.reports)
    return combined, (status, combined.note, ids)


def _silent_bound(derived: Derived, trial: Trial, outcome: str) -> Combined | None:
    """Take a trial that prints nothing as not significant, if its size is known."""
    crossover = trial.design == "crossover"
    n_mg, n_control = trial.n_mg, trial.n_control
    if crossover:
        n_mg = n_control = n_mg or n_control or trial.n_randomised
    elif not (n_mg and n_control) and trial.n_randomised:
        n_mg = n_control = trial.n_randomised // (trial.n_arms or 2)
    arms = Arms(n_mg, n_control, "trial", crossover)
    if not arms.known:
        return None
    sd = derived.sd_model.borrow(outcome, "unspecified", "crossover" if crossover else "parallel")
    bound = worded_bound("ns", 0.05, sd.sd * arms.scale, arms.df, "10_silent")
    return Combined(bound, (), n_mg, n_control, None, f"SD of change {sd.sd:.3g} ({sd.source}, k = {sd.k})")


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _row(evidence: Evidence, trial: Trial, outcome: str, combined: Combined, select: Select) -> Row:
    """Return one slice row (columns of :data:`SLICE_COLUMNS`)."""
    statement = combined.statement
    assert isinstance(statement, Estimate | Bound)
    reports = [report for candidate in combined.members for report in candidate.reports]
    first = reports[0] if reports else None
    dose = combined.dose_mg_per_day if combined.dose_mg_per_day is not None else trial.dose_mg_per_day
    elemental = dose is not None and trial.dose_basis in select.dose_basis
    assumed = [candidate.assumed for candidate in combined.members if candidate.assumed]
    if not reports:
        assumed = [combined.note]
    row: Row = {
        "outcome": outcome,
        "trial_id": trial.trial_id,
        "label": label_of(trial),
        "year": trial.year,
        "sei": statement.se,
        "df": statement.df,
        "route": statement.route,
        "design": first.contrast if first else ("crossover" if trial.design == "crossover" else "parallel"),
        "method": first.method if first else "unspecified",
        "position": first.position if first else "unspecified",
        "timepoint_weeks": (first.timepoint_weeks if first else None) or trial.duration_weeks,
        "n_mg": combined.n_mg,
        "n_control": combined.n_control,
        "dose_mg_per_day": dose,
        "dose_per_100mg": (dose - CENTRE_DOSE_MG_PER_DAY) / 100.0 if elemental and dose is not None else None,
        "hypertensive": HYPERTENSIVE.get(trial.bp_status),
        "bp_status": trial.bp_status,
        "bp_treatment": trial.bp_treatment,
        "mg_status": trial.mg_status,
        "report_ids": ";".join(report.report_id for report in reports),
        "source_ids": ";".join(dict.fromkeys(report.source_id for report in reports)),
        "assumed": "; ".join(dict.fromkeys(assumed)),
    }
    if isinstance(statement, Estimate):
        row |= {
            "kind": "estimate",
            "yi": statement.yi,
            "sei_low": statement.se_low,
            "sei_high": statement.se_high,
        }
    else:
        row |= {"kind": "bound", "yi_low": _finite(statement.low), "yi_high": _finite(statement.high)}
    return row
