"""From a headline number back to the printed cells and their sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mgmeta.errors import ConfigError
from mgmeta.evidence.records import Evidence, Report, Source

# Cells of a report that are evidence, in the order of the table.
EVIDENCE_COLUMNS = (
    "mg_baseline_mean",
    "mg_baseline_sd",
    "mg_final_mean",
    "mg_final_sd",
    "mg_change_mean",
    "mg_change_sd",
    "control_baseline_mean",
    "control_baseline_sd",
    "control_final_mean",
    "control_final_sd",
    "control_change_mean",
    "control_change_sd",
    "dispersion",
    "difference",
    "difference_se",
    "ci_low",
    "ci_high",
    "ci_level",
    "p_relation",
    "p_value",
    "significance",
    "n_mg",
    "n_control",
)


@dataclass(frozen=True)
class PrintedRow:
    """One raw row: where it stands, what its cells print, where that was read."""

    report_id: str
    place: str
    cells: dict[str, str]
    locator: str
    certainty: str
    source: Source
    source_place: str


@dataclass(frozen=True)
class TrialTrace:
    """One pooled row of a fit with everything behind it.

    ``row`` is the row of the fit (columns of the slice and the weights);
    ``decisions`` are the rows of decisions.csv made for its reports.
    """

    row: dict[str, Any]
    trial_place: str
    printed: tuple[PrintedRow, ...]
    decisions: tuple[dict[str, str], ...]


def printed_row(evidence: Evidence, report: Report) -> PrintedRow:
    """Return a raw row with its non-empty evidence cells, as printed."""
    cells = {
        column: report.printed.get(column) or str(getattr(report, column) or "")
        for column in EVIDENCE_COLUMNS
    }
    source = evidence.source_by_id[report.source_id]
    return PrintedRow(
        report.report_id,
        f"reports.csv:{report.row}",
        {column: text for column, text in cells.items() if text},
        report.locator,
        report.certainty + (f" ({report.ambiguity})" if report.ambiguity else ""),
        source,
        f"sources.csv:{source.row}",
    )


def trace(
    evidence: Evidence,
    fit: dict[str, Any],
    decisions: list[dict[str, str]],
    outcome: str,
    trial_id: str | None = None,
) -> list[TrialTrace]:
    """Return what stands behind one outcome of a fit, one entry a pooled trial.

    Parameters
    ----------
    fit : dict
        Content of ``results/fits/<analysis>.json``.
    decisions : list of dict
        Rows of ``data/processed/decisions.csv``.
    trial_id : str, optional
        Only this trial.

    Raises
    ------
    ConfigError
        If the outcome or the trial is not part of the fit.
    """
    analysis = fit["analysis"]
    if outcome not in fit["outcomes"]:
        raise ConfigError(f"{analysis}: no outcome {outcome!r}; expected one of {', '.join(fit['outcomes'])}")
    rows = fit["outcomes"][outcome]["rows"]
    if trial_id is not None:
        rows = [row for row in rows if row["trial_id"] == trial_id]
        if not rows:
            raise ConfigError(
                f"{analysis}: {trial_id!r} is not pooled for {outcome}; data/processed/flow.csv says why"
            )
    traces: list[TrialTrace] = []
    for row in rows:
        ids = [part for part in str(row["report_ids"] or "").split(";") if part]
        printed = tuple(printed_row(evidence, evidence.report_by_id[report_id]) for report_id in ids)
        made = tuple(d for d in decisions if d["report_id"] in ids)
        place = f"trials.csv:{evidence.trial(row['trial_id']).row}"
        traces.append(TrialTrace(row, place, printed, made))
    return traces
