"""Subgroups inside one trial: randomised against each other, so no difference between trials is in them."""

from __future__ import annotations

from dataclasses import dataclass

from mgmeta.effects.derive import is_subgroup
from mgmeta.effects.slices import label_of
from mgmeta.evidence.records import Evidence


@dataclass(frozen=True)
class Within:
    """One printed result in part of a trial, word for word of the table; never pooled."""

    trial_id: str
    label: str
    report_id: str
    group: str
    contrast: str
    n_mg: int | None
    n_control: int | None
    difference: float | None
    p_value: float | None
    p_relation: str
    significance: str
    ambiguity: str
    locator: str
    note: str


def within_trials(evidence: Evidence, outcome: str) -> tuple[Within, ...]:
    """Return the rows of subgroups within trials of one pressure, in the order of the table."""
    return tuple(
        Within(
            report.trial_id,
            label_of(evidence.trial(report.trial_id)),
            report.report_id,
            report.arm_label.removeprefix("subgroup:").strip(),
            report.contrast,
            report.n_mg,
            report.n_control,
            report.difference,
            report.p_value,
            report.p_relation,
            report.significance,
            report.ambiguity,
            report.locator,
            report.note,
        )
        for report in evidence.reports
        if report.outcome == outcome and is_subgroup(report)
    )
