"""From drafts to changed tables: checked as a whole before a byte is written, then all of it or nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mgmeta.errors import DataError
from mgmeta.evidence.exposure import FILE as EXPOSURE
from mgmeta.evidence.exposure import read_exposure
from mgmeta.evidence.findings import Finding
from mgmeta.evidence.load import TABLES, load_evidence, typed
from mgmeta.evidence.records import Evidence
from mgmeta.extend.draft import Draft, Refusals
from mgmeta.extend.entry import IDS, ORDER, Entry, fill_entry, new_entry
from mgmeta.extend.journal import Change
from mgmeta.extend.lines import Lines, read_lines
from mgmeta.extend.overlap import likenesses


@dataclass(frozen=True)
class Addition:
    """New rows that passed every check, and the tables with them.

    Attributes
    ----------
    entries : tuple of Entry
    changes : mapping of str to Change
        File -> bytes before and after, in the order of writing: a table is never ahead of what it names.
    remarks : tuple of str
        Ambiguities and notes of the checks on the new rows, with the place each was typed at.
    after : Evidence
        The tables with the new rows.
    """

    entries: tuple[Entry, ...]
    changes: Mapping[str, Change]
    remarks: tuple[str, ...]
    after: Evidence

    @property
    def counts(self) -> dict[str, int]:
        """Return file -> new rows."""
        return {file: sum(len(entry.rows[file]) for entry in self.entries) for file in ORDER}


def plan_trials(folder: Path, drafts: Sequence[Draft], distinct: Sequence[str] = ()) -> Addition:
    """Check new trials as a whole and return what would be written.

    Parameters
    ----------
    folder : Path
        Folder of the raw tables; nothing in it is written.
    drafts : sequence of Draft
        One a trial.
    distinct : sequence of str
        Trials of the tables that the new ones are known not to be, though they look alike.

    Raises
    ------
    DataError
        With every problem and where it was typed: a wrong cell, a trial that is there already, rows that the
        checks of the tables refuse.
    """
    known, exposure = load_evidence(folder), read_exposure(folder)
    refusals = Refusals()
    entries: list[Entry] = []
    for draft in drafts:
        entry = new_entry(draft, known, refusals, exposure)
        if entry is None:
            continue
        _refuse_known(entry, known, distinct, refusals)
        entries.append(entry)
        known = _with(known, entry)
    if not drafts:
        raise DataError("found no trial, expected at least one")
    refusals.raise_if_any("nothing was written; correct what is named here")
    return _planned(folder, entries)


def plan_fill(folder: Path, trial_id: str, draft: Draft) -> Addition:
    """Check retrieved numbers of a trial that is in the tables and return what would be written.

    Raises
    ------
    DataError
        As :func:`plan_trials`; also if there is no such trial.
    """
    evidence = load_evidence(folder)
    evidence.trial(trial_id)
    refusals = Refusals()
    entry = fill_entry(draft, evidence, trial_id, refusals, read_exposure(folder))
    refusals.raise_if_any("nothing was written; correct what is named here")
    assert entry is not None
    return _planned(folder, [entry])


def _with(evidence: Evidence, entry: Entry) -> Evidence:
    """Return the tables with the trial and the sources of an entry, on line 0."""
    rows: dict[str, tuple[Any, ...]] = {}
    for name in ("trials", "sources"):
        table = TABLES[name]
        new = tuple(typed(table, 0, cells, []) for cells in entry.rows[table.file])
        rows[name] = (*getattr(evidence, name), *new)
    return replace(evidence, **rows)


def _refuse_known(entry: Entry, evidence: Evidence, distinct: Sequence[str], refusals: Refusals) -> None:
    """Refuse a trial that is in the tables, or may be, unless the entry says how the two are related."""
    linked = entry.rows["trials.csv"][0]["overlaps_with"]
    apart = {*distinct, *entry.distinct_from}
    for name in entry.distinct_from:
        if name not in evidence.trial_by_id:
            refusals.add(entry.place, f"distinct_from: found {name!r}, expected a trial_id of trials.csv")
    for like in likenesses(entry, evidence):
        if like.trial_id == linked or (not like.certain and like.trial_id in apart):
            continue
        place = entry.places.get(("trials.csv", entry.trial_id, like.column), entry.place)
        advice = f"if it is that trial, `mgmeta fill {like.trial_id}`"
        advice += "; if it has the same people, name it in overlaps_with"
        if not like.certain:
            advice += f"; if it is another, `--distinct {like.trial_id}`"
        refusals.add(place, f"{like.reason}; {advice}")


def _planned(folder: Path, entries: Sequence[Entry]) -> Addition:
    tables = read_tables(folder)
    changes: dict[str, Change] = {}
    for file in ORDER:
        data, grown = tables[file][0], tables[file][1]
        for entry in entries:
            grown = grown.insert(entry.rows[file], "trial_id")
        changes[file] = Change(data, grown.text().encode("utf-8"))
    after, findings = check_changed(folder, changes)
    mine = {(file, row[IDS[file]]) for entry in entries for file in ORDER for row in entry.rows[file]}
    remarks = _judged(after, findings, mine, entries)
    return Addition(tuple(entries), changes, tuple(remarks), after)


def read_tables(folder: Path) -> dict[str, tuple[bytes, Lines]]:
    """Return bytes and lines of the tables that hold trials.

    Raises
    ------
    DataError
        If one cannot be read.
    """
    found = {}
    for file in ORDER:
        try:
            data = (folder / file).read_bytes()
        except OSError as problem:
            raise DataError(f"{folder / file}: cannot be read ({problem.strerror})") from None
        found[file] = data, read_lines(file, data)
    return found


def check_changed(folder: Path, changes: Mapping[str, Change]) -> tuple[Evidence, list[Finding]]:
    """Run every check of the raw tables on them as they would be."""
    from mgmeta.evidence.crosscheck import check_folder

    with tempfile.TemporaryDirectory(prefix="mgmeta-") as name:
        copy = Path(name)
        for table in TABLES.values():
            change = changes.get(table.file)
            data = change.after if change is not None else (folder / table.file).read_bytes()
            (copy / table.file).write_bytes(data or b"")
        if (folder / EXPOSURE).is_file():
            (copy / EXPOSURE).write_bytes((folder / EXPOSURE).read_bytes())
        return check_folder(copy, screen=True)


def _judged(
    after: Evidence, findings: Sequence[Finding], mine: set[tuple[str, str]], entries: Sequence[Entry]
) -> list[str]:
    """Raise errors of the new rows where they were typed; return the remarks on them.

    Errors of old rows are raised as well: rows are never added to tables that do not pass.
    """
    ids = {
        (table.file, record.row): str(getattr(record, IDS[table.file]))
        for name, table in TABLES.items()
        if table.file in IDS
        for record in getattr(after, name)
    }
    places = {key: place for entry in entries for key, place in entry.places.items()}
    refusals, remarks, old = Refusals(), [], Refusals()
    for finding in findings:
        name = ids.get((finding.file, finding.row), "")
        new = (finding.file, name) in mine
        typed = places.get((finding.file, name, finding.column)) or places.get((finding.file, name, ""), name)
        if finding.level == "error" and new:
            refusals.add(typed, f"{_column(finding, typed)}{finding.message} (would be {finding.place})")
        elif finding.level == "error":
            old.add(finding.place, finding.message)
        elif new:
            remarks.append(f"{typed}: {finding.level}: {_column(finding, typed)}{finding.message}")
    refusals.raise_if_any("nothing was written; correct what is named here")
    old.raise_if_any("nothing was written, because the tables do not pass as they are; run `mgmeta check`")
    return remarks


def _column(finding: Finding, typed: str) -> str:
    """Return the column of a finding where the place it was typed at does not end with it."""
    return f"{finding.column}: " if finding.column and not typed.endswith(f":{finding.column}") else ""
