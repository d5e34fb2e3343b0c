"""What stands behind each pooled estimate: printed cells, where they were read, route, assumptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mgmeta.effects.routes import ROUTES
from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.evidence.records import Evidence
from mgmeta.figures import words
from mgmeta.figures.rows import trial_row
from mgmeta.report.evidence_tables import CsvRow, anchor_of, decision_text
from mgmeta.report.htmltable import Link, source_links
from mgmeta.report.pooled import Json
from mgmeta.report.trace import printed_row


@dataclass(frozen=True)
class PrintedReport:
    """One raw row as printed: its place, its non-empty cells, where and how surely they were read."""

    report_id: str
    place: str
    cells: tuple[tuple[str, str], ...]
    locator: str
    certainty: str
    citation: str
    links: tuple[Link, ...]


@dataclass(frozen=True)
class Provenance:
    """Everything behind one pooled row.

    Attributes
    ----------
    anchor : str
        Its id in the page.
    title : str
        Trial and pressure.
    effect, route, assumed : str
        The effect as pooled, how it was reached, what was borrowed ("" = nothing).
    printed : tuple of PrintedReport
        The raw rows it rests on.
    decisions : tuple of (str, str)
        Step, and what was taken instead of what and why.
    """

    anchor: str
    title: str
    effect: str
    route: str
    assumed: str
    printed: tuple[PrintedReport, ...]
    decisions: tuple[tuple[str, str], ...]


def provenances(
    fits: Mapping[str, Json], analyses: Sequence[str], evidence: Evidence, decisions: Sequence[CsvRow]
) -> tuple[Provenance, ...]:
    """Return what stands behind every row pooled in any of *analyses*, by outcome, then trial.

    A row pooled in several is told as in the first of them, with the decisions of the main assumptions
    and of that analysis.
    """
    found: dict[tuple[str, str], Provenance] = {}
    for name in analyses:
        for outcome, out in fits[name]["outcomes"].items():
            for row in out["rows"]:
                key = (outcome, str(row["trial_id"]))
                if key not in found:
                    made = _made_for(decisions, row, outcome, name)
                    found[key] = _provenance(row, float(fits[name]["level"]), evidence, made)
    order = list(OUTCOMES)
    return tuple(found[key] for key in sorted(found, key=lambda key: (order.index(key[0]), key[1])))


def _ids(row: Json) -> list[str]:
    return [part for part in str(row["report_ids"] or "").split(";") if part]


def _made_for(decisions: Sequence[CsvRow], row: Json, outcome: str, analysis: str) -> list[CsvRow]:
    """Return the decisions behind a row: on its reports, or on the trial and outcome as a whole."""
    ids, sets = _ids(row), ("base", f"analysis {analysis}")
    return [
        item
        for item in decisions
        if item["assumption_set"] in sets
        and (
            item["report_id"] in ids
            or (not item["report_id"] and (item["trial_id"], item["outcome"]) == (row["trial_id"], outcome))
        )
    ]


def _provenance(row: Json, level: float, evidence: Evidence, decisions: Sequence[CsvRow]) -> Provenance:
    outcome, drawn, route = str(row["outcome"]), trial_row(row, level), str(row["route"] or "")
    effect = f"{drawn.text} {OUTCOMES[outcome].unit}" if row["yi"] is not None else drawn.text
    if row["yi"] is None:
        effect += f": {words.interval(drawn.low, drawn.high)} {OUTCOMES[outcome].unit}"
    return Provenance(
        anchor=anchor_of(outcome, drawn.trial_id),
        title=f"{drawn.label}, {OUTCOMES[outcome].name}",
        effect=f"{effect}; standard error {words.fixed(row['sei'])}",
        route=f"{ROUTES[route]} ({route})" if route in ROUTES else route,
        assumed=str(row["assumed"] or ""),
        printed=tuple(
            _printed(evidence, report_id) for report_id in _ids(row) if report_id in evidence.report_by_id
        ),
        decisions=tuple((item["step"].replace("_", " "), decision_text(item)) for item in decisions),
    )


def _printed(evidence: Evidence, report_id: str) -> PrintedReport:
    raw = printed_row(evidence, evidence.report_by_id[report_id])
    source = raw.source
    return PrintedReport(
        report_id=report_id,
        place=raw.place,
        cells=tuple((name.replace("_", " "), text) for name, text in raw.cells.items()),
        locator=raw.locator,
        certainty=raw.certainty,
        citation=source.citation,
        links=source_links(source.doi, source.pmid, source.url),
    )
