"""A draft as rows of the three tables a trial has, ready to be set in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mgmeta.evidence.exposure import MAGNESIUM, Exposure
from mgmeta.evidence.findings import quoted
from mgmeta.evidence.records import Evidence
from mgmeta.evidence.vocabulary import SHAPES
from mgmeta.extend.draft import Block, Cell, Draft, Refusals
from mgmeta.extend.results import ResultRow, Row

PRESSURES = ("sbp", "dbp", "map", "pp")
ORDER = ("trials.csv", "sources.csv", "reports.csv")


@dataclass(frozen=True)
class Entry:
    """The new rows of one trial.

    Attributes
    ----------
    trial_id : str
    rows : mapping of str to tuple of mapping
        File -> new rows, cells by column.
    places : mapping of (str, str, str) to str
        (file, id of the row, column) -> where it was typed.
    place : str
        Where the trial begins.
    distinct_from : tuple of str
        Trials the entry says it is not, though they look alike.
    """

    trial_id: str
    rows: Mapping[str, tuple[Mapping[str, str], ...]]
    places: Mapping[tuple[str, str, str], str]
    place: str
    distinct_from: tuple[str, ...] = ()


IDS = {"trials.csv": "trial_id", "sources.csv": "source_id", "reports.csv": "report_id"}


def surname_of(author: str) -> str:
    """Return the surname in plain lower-case letters: ``Guerrero-Romero F`` gives ``guerreroromero``."""
    words = author.replace(",", " ").split()
    while len(words) > 1 and words[-1].replace("-", "").replace(".", "").isupper():
        words.pop()
    plain = unicodedata.normalize("NFKD", " ".join(words)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z]", "", plain.lower())


def id_for(author: str, year: str, taken: Sequence[str]) -> str:
    """Return a free trial_id: surname and year, with a letter from b on where that is taken."""
    stem = f"{surname_of(author)}{year}"
    if stem not in taken:
        return stem
    return next(f"{stem}{letter}" for letter in "bcdefghijklmnopqrstuvwxyz" if f"{stem}{letter}" not in taken)


def new_entry(
    draft: Draft,
    evidence: Evidence,
    refusals: Refusals,
    exposure: Exposure = MAGNESIUM,
) -> Entry | None:
    """Return the rows of a new trial, or None if the draft has problems (they are in *refusals*).

    Parameters
    ----------
    draft : Draft
        With a trial, and results with sources where the trial prints any.
    evidence : Evidence
        The tables as they are, with other new trials of the same run.
    refusals : Refusals
        Gets every problem found.
    exposure : Exposure
        What is supplemented.
    """
    before = len(refusals.lines)
    row = Row("trial", draft.trial, refusals, exposure)
    row.read()
    cells = row.cells
    for column in ("first_author", "year", "population", "setting", "cointervention"):
        given = draft.trial.get(column, Cell("", f"{draft.place}:{column}"))
        if not cells.get(column) and not given:
            refusals.add(given.place, "found nothing, expected it: a trial cannot be placed without")
    known = list(evidence.trial_by_id)
    if "trial_id" not in cells:
        place = row.places.get("first_author", draft.place)
        row.fill("trial_id", id_for(cells.get("first_author", ""), cells.get("year", ""), known), place)
    elif cells["trial_id"] in known:
        found = f"found {quoted(cells['trial_id'])}, which is in the tables; `mgmeta fill` adds numbers to it"
        refusals.add(row.places["trial_id"], found)
    if len(refusals.lines) > before:
        return None
    return _entry(draft, evidence, row, refusals, exposure)


def fill_entry(
    draft: Draft, evidence: Evidence, trial_id: str, refusals: Refusals, exposure: Exposure = MAGNESIUM
) -> Entry | None:
    """Return new sources and results of a trial that is in the tables, or None if there are problems."""
    for name, cell in draft.trial.items():
        if cell and not (name == "trial_id" and cell.text == trial_id):
            found = (
                f"found {quoted(cell.text)}, expected nothing: `mgmeta fill` never changes the trial's row"
            )
            refusals.add(cell.place, found)
    if not draft.results:
        refusals.add(draft.place, "found no results, expected at least one retrieved number")
    return _entry(draft, evidence, None, refusals, exposure, trial_id)


def _entry(
    draft: Draft,
    evidence: Evidence,
    trial: Row | None,
    refusals: Refusals,
    exposure: Exposure,
    trial_id: str = "",
) -> Entry | None:
    before = len(refusals.lines)
    trial_id = trial.cells["trial_id"] if trial is not None else trial_id
    shape = SHAPES["trials.csv"]["trial_id"]
    if shape[0].fullmatch(trial_id) is None:
        where = trial.places["trial_id"] if trial is not None else draft.place
        refusals.add(where, f"found the trial_id {quoted(trial_id)}, expected {shape[1]}")
        return None
    if trial is not None and not draft.sources:
        refusals.add(draft.place, "found no source, expected at least one: where the trial was read")
    gathered: list[tuple[str, Row]] = [("trials.csv", trial)] if trial is not None else []
    sources = _sources(draft, evidence, trial, trial_id, refusals)
    results = _results(draft, evidence, trial, trial_id, sources, refusals, exposure)
    if trial is not None and "evidence_level" not in trial.cells:
        trial.fill("evidence_level", level_of(results), draft.place)
    gathered += [*(("sources.csv", row) for row in sources), *(("reports.csv", row) for row in results)]
    if len(refusals.lines) > before:
        return None
    rows: dict[str, list[Mapping[str, str]]] = {file: [] for file in ORDER}
    places: dict[tuple[str, str, str], str] = {}
    for file, row in gathered:
        rows[file].append(row.finish())
        places |= {(file, row.cells[IDS[file]], column): place for column, place in row.places.items()}
        places.setdefault((file, row.cells[IDS[file]], ""), _start(row.block, draft.place))
    distinct = draft.trial.get("distinct_from", Cell("", ""))
    names = tuple(name for name in re.split(r"[,;\s]+", distinct.text) if name)
    return Entry(trial_id, {file: tuple(rows[file]) for file in ORDER}, places, draft.place, names)


def _start(block: Block, otherwise: str) -> str:
    first = next(iter(block.values()), None)
    return first.place.rpartition(":")[0] if first is not None else otherwise


def _sources(
    draft: Draft, evidence: Evidence, trial: Row | None, trial_id: str, refusals: Refusals
) -> list[Row]:
    """Return a row a source; the first takes citation, DOI and PMID of a new trial where it has none."""
    taken = {source.source_id for source in evidence.sources if source.trial_id == trial_id}
    rows = []
    for number, block in enumerate(draft.sources, start=1):
        row = Row("source", block, refusals)
        row.read()
        if "kind" not in row.cells:
            refusals.add(
                f"{_start(block, draft.place)}:kind", "found nothing, expected what kind of source it is"
            )
        if trial is not None and number == 1:
            for column in ("doi", "pmid"):
                if column in trial.cells and "doi" not in row.cells and "pmid" not in row.cells:
                    row.fill(column, trial.cells[column], trial.places[column])
            if "citation" not in row.cells:
                row.fill("citation", citation_of(trial.cells), _start(block, draft.place))
        row.fill("trial_id", trial_id, _start(block, draft.place))
        if "source_id" not in row.cells:
            free = next(f"{trial_id}-s{n}" for n in range(1, 1000) if f"{trial_id}-s{n}" not in taken)
            row.fill("source_id", free, _start(block, draft.place))
        taken.add(row.cells["source_id"])
        rows.append(row)
    return rows


def citation_of(cells: Mapping[str, str]) -> str:
    """Return ``Smith J, et al. J Test 2024;3(1):1-9`` as far as it is known."""
    place = f"{cells.get('journal', '')} {cells.get('year', '')}".strip()
    volume = f";{cells['volume']}" if cells.get("volume") else ""
    pages = f":{cells['pages']}" if cells.get("pages") else ""
    return f"{cells.get('first_author', '')}, et al. {place}{volume}{pages}"


def _results(
    draft: Draft,
    evidence: Evidence,
    trial: Row | None,
    trial_id: str,
    sources: Sequence[Row],
    refusals: Refusals,
    exposure: Exposure,
) -> list[Row]:
    old = evidence.trial_by_id.get(trial_id)
    design = trial.cells.get("design", "") if trial is not None else old.design if old else ""
    sizes = {name: trial.cells.get(name, "") for name in ("n_mg", "n_control")} if trial is not None else {}
    if old is not None and trial is None:
        sizes = {"n_mg": str(old.n_mg or ""), "n_control": str(old.n_control or "")}
    taken = {report.report_id for report in evidence.reports_of(trial_id)}
    rows: list[Row] = []
    for block in draft.results:
        row = ResultRow(block, refusals, sizes, exposure)
        row.read()
        start = _start(block, draft.place)
        outcome = row.cells.get("outcome", "")
        if not outcome and "outcome" not in block:
            refusals.add(f"{start}:outcome", "found nothing, expected what was measured")
        if trial is None:
            _measured_alike(row, evidence, trial_id, outcome, start)
        contrast = {"crossover": "crossover", "single_arm": "before_after"}.get(design, "parallel")
        if "contrast" not in row.cells:
            row.fill("contrast", contrast, start)
        _name_source(row, evidence, sources, trial_id, start, refusals)
        row.fill("trial_id", trial_id, start)
        if "report_id" not in row.cells:
            stem = f"{trial_id}-{outcome}-"
            row.fill(
                "report_id", next(f"{stem}{n}" for n in range(1, 1000) if f"{stem}{n}" not in taken), start
            )
        taken.add(row.cells["report_id"])
        rows.append(row)
    return rows


# What says which measurement of a trial a row is: method, place and time, not a result.
MEASUREMENT = ("method", "position", "timepoint_weeks", "dose_mg_per_day", "arm_label", "contrast")


def _measured_alike(row: Row, evidence: Evidence, trial_id: str, outcome: str, start: str) -> None:
    """Take over, where the form is silent, which measurement it is from the one row it gives numbers for.

    That row is the trial's only result on the outcome told in words; with several, the form has to say. A
    number takes the place of words on the same measurement only.
    """
    worded = [
        report
        for report in evidence.reports_of(trial_id, outcome)
        if report.significance and report.difference is None and report.contrast != "before_after"
    ]
    if len(worded) != 1:
        return
    taken = []
    for column in MEASUREMENT:
        text = worded[0].printed.get(column) or str(getattr(worded[0], column) or "")
        if text and text != "unspecified" and column not in row.cells:
            row.fill(column, text, start)
            taken.append(column)
    if taken:
        row.notes.append(f"{', '.join(taken)} as in {worded[0].report_id}")


def _name_source(
    row: Row, evidence: Evidence, sources: Sequence[Row], trial_id: str, start: str, refusals: Refusals
) -> None:
    """Fill source_id from `source` (its number in the form, or an id of the table), and a locator."""
    given = row.block.get("source", Cell("", f"{start}:source"))
    names = [source.cells["source_id"] for source in sources]
    known = [*names, *(s.source_id for s in evidence.sources if s.trial_id == trial_id)]
    if "source_id" not in row.cells:
        wanted = given.text or "1"
        if wanted in known:
            row.fill("source_id", wanted, given.place)
        elif wanted.isdigit() and 1 <= int(wanted) <= len(names):
            row.fill("source_id", names[int(wanted) - 1], given.place)
        else:
            found = f"found {quoted(wanted)}, expected the number of a source of the form"
            refusals.add(given.place, f"{found}, or one of {', '.join(known) or 'none'}")
            return
    if "locator" not in row.cells:
        kinds = {source.cells["source_id"]: source.cells.get("kind", "") for source in sources}
        kinds |= {s.source_id: s.kind for s in evidence.sources if s.trial_id == trial_id}
        if kinds.get(row.cells["source_id"]) == "abstract":
            row.fill("locator", "abstract", start)
        else:
            refusals.add(
                f"{start}:locator", "found nothing, expected where in the source (table 2, p. 5, ...)"
            )


def level_of(results: Sequence[Row]) -> str:
    """Return what ``evidence_level`` of a trial with these results is: numeric, verbal or none."""
    held = "none"
    for row in results:
        cells = row.cells
        if cells.get("outcome") not in PRESSURES or cells.get("contrast") == "before_after":
            continue
        pairs = (("mg_change_mean", "control_change_mean"), ("mg_final_mean", "control_final_mean"))
        if "difference" in cells or any(set(pair) <= cells.keys() for pair in pairs):
            return "numeric"
        if "significance" in cells or "p_value" in cells:
            held = "verbal"
    return held
