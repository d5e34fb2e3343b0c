"""The rows one analysis pools, and what became of every other trial."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mgmeta.config import Analysis, Select
from mgmeta.effects.combine import Combined, combine
from mgmeta.effects.decisions import Decision
from mgmeta.effects.derive import Derived
from mgmeta.effects.eligibility import judge
from mgmeta.effects.fates import Fate, Status, fate_of
from mgmeta.effects.statements import Bound, Estimate
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
    """What became of one trial for one outcome in one analysis."""

    analysis: str
    outcome: str
    trial_id: str
    status: Status
    reason: str
    report_ids: str = ""


@dataclass(frozen=True)
class Slice:
    """The pooled rows of one analysis and the fate of every trial.

    ``replaced`` are the rows in words that numbers of the same trials took over:
    what was pooled before those numbers were retrieved. ``decisions`` are those
    made in choosing and combining rows.
    """

    analysis: str
    rows: tuple[Row, ...]
    flow: tuple[Flow, ...]
    replaced: tuple[Row, ...] = ()
    decisions: tuple[Decision, ...] = ()


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
    decisions: list[Decision] = []
    trials = sorted(evidence.trials, key=lambda t: t.trial_id)
    verdicts = {trial.trial_id: judge(trial, analysis.select) for trial in trials}
    for outcome in sorted(analysis.outcomes):
        fates = {
            trial.trial_id: fate_of(evidence, derived, trial, outcome, analysis.select)
            for trial in trials
            if verdicts[trial.trial_id].eligible
        }
        pooled = {trial_id for trial_id, fate in fates.items() if fate.combined is not None}
        for trial in trials:
            verdict = verdicts[trial.trial_id]
            if not verdict.eligible:
                failed = verdict.failed or tuple(f"{item} (strict)" for item in verdict.unclear)
                flow.append(Flow(analysis.name, outcome, trial.trial_id, "not_eligible", "; ".join(failed)))
                continue
            fate = fates[trial.trial_id]
            if fate.combined is not None and _is_second_twin(evidence, trial, pooled):
                reason = f"same participants as {trial.overlaps_with}"
                fate = Fate("same_participants", reason, fate.report_ids)
            flow.append(
                Flow(analysis.name, outcome, trial.trial_id, fate.status, fate.reason, fate.report_ids)
            )
            decisions += fate.decisions
            if fate.combined is not None:
                rows.append(_row(trial, outcome, fate.combined, analysis.select))
                if fate.combined.replaces:
                    before = combine(list(fate.combined.replaces[:1]))
                    replaced.append(_row(trial, outcome, before, analysis.select))
    return Slice(analysis.name, tuple(rows), tuple(flow), tuple(replaced), tuple(decisions))


def _is_second_twin(evidence: Evidence, trial: Trial, pooled: set[str]) -> bool:
    """Say whether the trial gives way to the one it shares its participants with.

    The one named in ``overlaps_with`` stays; if two name each other, the first id.
    """
    if trial.overlaps_with not in pooled:
        return False
    mutual = evidence.trial(trial.overlaps_with).overlaps_with == trial.trial_id
    return not mutual or trial.overlaps_with < trial.trial_id


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _row(trial: Trial, outcome: str, combined: Combined, select: Select) -> Row:
    """Return one slice row (columns of :data:`SLICE_COLUMNS`)."""
    statement = combined.statement
    assert isinstance(statement, Estimate | Bound)
    reports = [report for candidate in combined.members for report in candidate.reports]
    first = reports[0] if reports else None
    dose = combined.dose_mg_per_day if combined.dose_mg_per_day is not None else trial.dose_mg_per_day
    elemental = dose is not None and trial.dose_basis in select.dose_basis
    assumed = [candidate.assumed for candidate in combined.members if candidate.assumed]
    if any(candidate.arms.origin == "split" for candidate in combined.members):
        assumed.append("arm sizes from the total")
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
