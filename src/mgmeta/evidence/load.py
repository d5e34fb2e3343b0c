"""Reading the raw tables into records; every problem is found before any is raised.

Nothing heavy is imported: loading is on the path of every verb (the six tables
take some 20 ms).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, get_type_hints

from mgmeta.errors import DataError
from mgmeta.evidence.findings import Finding, error, ordered, quoted
from mgmeta.evidence.raw_file import read_rows
from mgmeta.evidence.records import (
    Evidence,
    Intake,
    Parameter,
    Printed,
    Record,
    Report,
    Review,
    Source,
    Trial,
)

_KINDS: dict[Any, str] = {str: "text", int | None: "int", float | None: "float"}


@dataclass(frozen=True)
class Table:
    """One raw table: its file name, its record and the columns that make a row unique."""

    file: str
    record: type[Any]
    key: tuple[str, ...]

    @cached_property
    def columns(self) -> dict[str, str]:
        """Column -> ``"text"``, ``"int"`` or ``"float"``, in file order."""
        hints = get_type_hints(self.record)
        return {name: _KINDS[hint] for name, hint in hints.items() if name not in ("row", "printed")}


# Attribute of Evidence -> table. reference_parameters.csv has no id, and one source measures the same people
# at several months: only the note tells those rows apart.
TABLES: dict[str, Table] = {
    "trials": Table("trials.csv", Trial, ("trial_id",)),
    "reports": Table("reports.csv", Report, ("report_id",)),
    "sources": Table("sources.csv", Source, ("source_id",)),
    "reviews": Table("reviews.csv", Review, ("review_id", "outcome", "subset", "unit")),
    "intakes": Table("reference_intakes.csv", Intake, ("quantity", "population", "unit", "authority")),
    "parameters": Table(
        "reference_parameters.csv", Parameter, ("quantity", "population", "source_url", "note")
    ),
}

# Lies beside the tables while several of them are changed at once (mgmeta.extend.journal).
JOURNAL = ".mgmeta-journal.json"

# At most 15 digits: a double holds them exactly. No thousands separator, no decimal
# comma, no unicode minus, no nan or inf: each of these is a typing error to be told.
_INT = re.compile(r"-?[0-9]{1,15}")
_FLOAT = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?(?:[eE][+-]?[0-9]{1,2})?")


def _parse_text(cell: str) -> str:
    return cell


def _parse_int(cell: str) -> int | None:
    if not cell:
        return None
    if _INT.fullmatch(cell) is None:
        raise ValueError("a whole number in plain digits, or nothing")
    return int(cell)


def _parse_float(cell: str) -> float | None:
    if not cell:
        return None
    if _FLOAT.fullmatch(cell) is None:
        raise ValueError("a number with a decimal point, or nothing")
    return float(cell)


_PARSERS: dict[str, Callable[[str], Any]] = {"text": _parse_text, "int": _parse_int, "float": _parse_float}


@dataclass(frozen=True)
class Loaded:
    """What could be read: the records, which tables they are complete for, and what is wrong.

    Attributes
    ----------
    evidence : Evidence
        Records of every readable row; a cell that could not be typed is ``None``.
    readable : frozenset of str
        Attributes of `evidence` whose file has a usable header.
    problems : tuple of Finding
        All errors, in file order; empty = everything was read as printed.
    """

    evidence: Evidence
    readable: frozenset[str]
    problems: tuple[Finding, ...]


def read_evidence(folder: Path) -> Loaded:
    """Read the six tables, collecting problems instead of raising them.

    Parameters
    ----------
    folder : Path
        Folder of the raw tables.
    """
    records: dict[str, tuple[Record, ...]] = dict.fromkeys(TABLES, ())
    problems: list[Finding] = []
    if not folder.is_dir():
        missing = error(
            str(folder), 0, "", "no such folder, expected the folder of the raw tables (data/raw)"
        )
        return Loaded(Evidence(**records), frozenset(), (missing,))  # type: ignore[arg-type]
    if (folder / JOURNAL).exists():
        found = "found a change of the tables that was interrupted; finish it: mgmeta add --recover"
        problems.append(error(JOURNAL, 0, "", found))
    readable = set()
    for name, table in TABLES.items():
        rows = read_rows(folder / table.file, tuple(table.columns), problems)
        if rows is not None:
            readable.add(name)
        records[name] = tuple(typed(table, line, cells, problems) for line, cells in rows or ())
    evidence = Evidence(**records)  # type: ignore[arg-type]
    problems += _key_problems(evidence, readable)
    return Loaded(evidence, frozenset(readable), tuple(ordered(problems)))


def load_evidence(folder: Path) -> Evidence:
    """Read the six raw tables as typed records.

    Parameters
    ----------
    folder : Path
        Folder holding ``trials.csv``, ``reports.csv``, ``sources.csv``, ``reviews.csv``,
        ``reference_intakes.csv`` and ``reference_parameters.csv``.

    Returns
    -------
    Evidence

    Raises
    ------
    DataError
        If a file is missing, empty, not UTF-8 or not CSV; a column is missing, unknown or named twice; a
        numeric cell holds text; a key is repeated or refers to no row. All problems are listed, one line
        each: ``file:row:column: found ..., expected ...``.
    """
    loaded = read_evidence(Path(folder))
    if loaded.problems:
        raise DataError(problem_text(loaded.problems))
    return loaded.evidence


def problem_text(problems: tuple[Finding, ...] | list[Finding]) -> str:
    """Return findings as the message of a :class:`DataError`: a count, then a line each."""
    count = len(problems)
    head = (
        f"{count} {'problem' if count == 1 else 'problems'} in the raw tables; correct the cells named here"
    )
    return "\n".join([head, *(f"  {problem}" for problem in problems)])


def typed(table: Table, line: int, cells: Mapping[str, str], problems: list[Finding]) -> Record:
    """Return the cells of one row as a record; a cell that cannot be typed is None and a problem."""
    values: dict[str, Any] = {"row": line}
    printed: dict[str, str] = {}
    for name, kind in table.columns.items():
        cell = cells[name]
        try:
            values[name] = _PARSERS[kind](cell)
        except ValueError as exc:
            values[name] = None
            problems.append(error(table.file, line, name, f"found {quoted(cell)}, expected {exc}"))
        else:
            if kind != "text" and cell:
                printed[name] = cell
    if issubclass(table.record, Printed):
        values["printed"] = printed
    record: Record = table.record(**values)
    return record


def _key_problems(evidence: Evidence, readable: set[str]) -> list[Finding]:
    """Find repeated keys, and references to rows that are not there."""
    problems = []
    for name, table in TABLES.items():
        first: dict[tuple[str, ...], int] = {}
        for record in getattr(evidence, name):
            key = tuple(getattr(record, column) for column in table.key)
            if key in first:
                shown = ", ".join(quoted(part, 60) for part in key)
                message = f"found key {shown} again, expected it once (it is on line {first[key]})"
                problems.append(error(table.file, record.row, table.key[0], message))
            first.setdefault(key, record.row)
    if "trials" in readable:
        known = evidence.trial_by_id
        for file, rows in (("reports.csv", evidence.reports), ("sources.csv", evidence.sources)):
            for row in rows:
                if row.trial_id not in known:
                    found = f"found {quoted(row.trial_id)}, expected a trial_id of trials.csv"
                    problems.append(error(file, row.row, "trial_id", found))
        for trial in evidence.trials:
            if trial.overlaps_with and trial.overlaps_with not in known:
                found = f"found {quoted(trial.overlaps_with)}, expected a trial_id of trials.csv, or nothing"
                problems.append(error("trials.csv", trial.row, "overlaps_with", found))
    if "sources" in readable:
        for report in evidence.reports:
            if report.source_id not in evidence.source_by_id:
                found = f"found {quoted(report.source_id)}, expected a source_id of sources.csv"
                problems.append(error("reports.csv", report.row, "source_id", found))
    return problems
