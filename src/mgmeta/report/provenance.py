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
    fits: Mapping[str, Json],
    analyses: Sequence[str],
    evidence: Evidence,
    decisions: Sequence[CsvRow],
    anchors: frozenset[str] | None = None,
) -> tuple[Provenance, ...]:
    """Return what stands behind every row pooled in any of *analyses*, by outcome, then trial.

    A row pooled in several is told as in the first of them, with the decisions of the main assumptions
    and of that analysis. With *anchors* only the rows whose ids in the page are among them.
    """
    places = _places(decisions)
    found: dict[tuple[str, str], Provenance] = {}
    for name in analyses:
        for outcome, out in fits[name]["outcomes"].items():
            for row in out["rows"]:
                key = (outcome, str(row["trial_id"]))
                if key not in found and (anchors is None or anchor_of(*key) in anchors):
                    made = _made_for(places, row, outcome, name)
                    found[key] = _provenance(row, float(fits[name]["level"]), evidence, made)
    order = list(OUTCOMES)
    return tuple(found[key] for key in sorted(found, key=lambda key: (order.index(key[0]), key[1])))


def _ids(row: Json) -> list[str]:
    return [part for part in str(row["report_ids"] or "").split(";") if part]


Places = Mapping[tuple[str, ...], Sequence[tuple[int, CsvRow]]]


def _places(decisions: Sequence[CsvRow]) -> Places:
    """Return decisions by their report or, those on none, by trial and outcome; each with its place."""
    found: dict[tuple[str, ...], list[tuple[int, CsvRow]]] = {}
    for place, item in enumerate(decisions):
        key = (item["report_id"],) if item["report_id"] else (item["trial_id"], item["outcome"])
        found.setdefault(key, []).append((place, item))
    return found


def _made_for(places: Places, row: Json, outcome: str, analysis: str) -> list[CsvRow]:
    """Return the decisions behind a row: on its reports, or on the trial and outcome as a whole."""
    sets = ("base", f"analysis {analysis}")
    keys = dict.fromkeys([*((name,) for name in _ids(row)), (str(row["trial_id"]), outcome)])
    mine = sorted((item for key in keys for item in places.get(key, ())), key=lambda item: item[0])
    return [item for _, item in mine if item["assumption_set"] in sets]


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
