"""Serum magnesium, flow-mediated dilation and nitric oxide as slice rows, for claims and moderators.

The same routes, bounds and choices as for blood pressure, with an SD model of their
own: the SDs that the outcome's own rows imply. No external SD of change is printed
for these, so an undefined spread is judged last against the rows whose SE is known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median

from mgmeta.config import Analysis
from mgmeta.effects.arms import arms_of
from mgmeta.effects.candidates import Candidate, numeric_statement
from mgmeta.effects.decisions import DecisionLog
from mgmeta.effects.derive import Derived, is_subgroup
from mgmeta.effects.routes import INFERENCE_ROUTES
from mgmeta.effects.sd_model import SdEntry, SdModel, spread_of_log_sd
from mgmeta.effects.slices import Slice, build_slice
from mgmeta.effects.statements import Estimate
from mgmeta.effects.worded import worded_statement
from mgmeta.evidence.records import Evidence, Report


@dataclass(frozen=True)
class Biomarker:
    """One outcome that is not a pressure: in no headline."""

    key: str
    name: str
    unit: str


BIOMARKERS: dict[str, Biomarker] = {
    "serum_mg": Biomarker("serum_mg", "serum magnesium", "mmol/L"),
    "fmd": Biomarker("fmd", "flow-mediated dilation", "percentage points"),
    "nitric_oxide": Biomarker("nitric_oxide", "nitric oxide", "µmol/L"),
}

# Rows of these ambiguities may hold another quantity or another comparison: no SD is taken from them.
NO_SD = ("comparator", "value", "component", "quantity")


def biomarker_slice(evidence: Evidence, analysis: Analysis, outcome: str) -> Slice:
    """Return the rows an analysis pools of a biomarker.

    Parameters
    ----------
    evidence
        The whole table.
    analysis
        Its criteria and assumptions; its outcomes do not matter.
    outcome
        Key of :data:`BIOMARKERS`.
    """
    reports = tuple(
        replace(report, method="unspecified", position="unspecified")
        for report in evidence.reports
        # `other` marks ionised magnesium and magnesium in cells: another quantity.
        if report.outcome == outcome and report.method != "other"
    )
    part = replace(evidence, reports=reports)
    return build_slice(part, _derive(part, analysis, outcome), replace(analysis, outcomes=(outcome,)))


def _derive(evidence: Evidence, analysis: Analysis, outcome: str) -> Derived:
    """Work the rows of one biomarker through; the SDs they imply make the SD model."""
    log = DecisionLog()
    external = _known_sd(evidence)
    numeric: dict[str, Candidate] = {}
    for report in sorted(evidence.reports, key=lambda r: r.report_id):
        if report.contrast == "before_after":
            continue
        trial = evidence.trial(report.trial_id)
        found = numeric_statement(report, trial, analysis.assume, external, log)
        if found is not None:
            numeric[report.report_id] = found
    entries = tuple(
        sorted(_entries(evidence, numeric, outcome), key=lambda e: (e.design, e.trial_id, e.report_id))
    )
    model = SdModel(
        entries, {outcome: external}, {outcome: spread_of_log_sd(entries)}, analysis.assume.sd_factor
    )
    candidates = {
        report.report_id: numeric.get(report.report_id)
        or worded_statement(report, evidence.trial(report.trial_id), model, log)
        for report in evidence.reports
    }
    return Derived(analysis.assume, candidates, {}, model, tuple(log.entries))


def _known_sd(evidence: Evidence) -> float:
    """Return the median SD of change of the rows that print an interval, an SE or an exact P.

    Without any: the median printed spread, read as an SD.
    """
    sds, spreads = [], []
    for report in evidence.reports:
        arms = arms_of(report, evidence.trial(report.trial_id))
        routes = [found for route in INFERENCE_ROUTES if (found := route(report, arms)) is not None]
        if routes and arms.known and routes[0].se > 0:
            sds.append(routes[0].se / arms.scale)
        spreads += [
            value
            for value in (report.mg_change_sd, report.mg_final_sd, report.control_final_sd)
            if value is not None and value > 0
        ]
    return median(sds or spreads or [1.0])


def _entries(evidence: Evidence, numeric: dict[str, Candidate], outcome: str) -> list[SdEntry]:
    """Return one implied SD a trial, from its last row."""
    last: dict[str, Report] = {}
    for candidate in numeric.values():
        report = candidate.report
        usable = candidate.arms.known and not is_subgroup(report) and report.ambiguity not in NO_SD
        if not usable or evidence.trial(report.trial_id).randomised == "no":
            continue
        best = last.get(report.trial_id)
        if best is None or (report.timepoint_weeks or 0.0) > (best.timepoint_weeks or 0.0):
            last[report.trial_id] = report
    entries = []
    for report in last.values():
        candidate = numeric[report.report_id]
        statement, df = candidate.statement, candidate.arms.df
        assert isinstance(statement, Estimate) and df is not None
        sd = statement.se / candidate.arms.scale
        entries.append(SdEntry(outcome, "clinic", report.contrast, report.trial_id, report.report_id, sd, df))
    return entries
