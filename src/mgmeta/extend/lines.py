"""A raw table as lines that are never rewritten: rows go in and come out, every other byte stays."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mgmeta.errors import DataError

BOM = "\ufeff"


@dataclass(frozen=True)
class Line:
    """One record as it stands in the file.

    Attributes
    ----------
    cells : mapping of str to str
        Column -> text.
    text : str
        The record with its line end, byte for byte; a quoted cell may hold line ends of its own.
    number : int
        Line of the file on which it starts; the header is line 1.
    """

    cells: Mapping[str, str]
    text: str
    number: int


@dataclass(frozen=True)
class Lines:
    """A table of a file: header, records, and how its lines end.

    ``head`` is everything before the first record (a byte order mark too); ``closed`` says whether the last
    line has a line end. Both survive every change.
    """

    file: str
    columns: tuple[str, ...]
    head: str
    lines: tuple[Line, ...]
    eol: str
    closed: bool

    def text(self) -> str:
        """Return the text of the file."""
        body = self.head + "".join(line.text for line in self.lines)
        return body if self.closed else body.removesuffix(self.eol)

    def rows(self, column: str, value: str) -> list[Line]:
        """Return the records that hold *value* in *column*."""
        return [line for line in self.lines if line.cells.get(column) == value]

    def insert(self, rows: Sequence[Mapping[str, str]], group: str) -> Lines:
        """Return the table with *rows* set in: behind the last row of their group, else where they sort.

        A table that is not sorted by its group (more than one step in twenty goes down) grows at its end.

        Parameters
        ----------
        rows : sequence of mapping
            Cells by column; a missing column is an empty cell. All of one group.
        group : str
            Column that holds the group (``trial_id``).
        """
        if not rows:
            return self
        key = rows[0].get(group, "")
        own = [place for place, line in enumerate(self.lines) if line.cells[group] == key]
        at = own[-1] + 1 if own else self._sorted_place(group, key)
        new = [Line(dict(row), self._written(row), 0) for row in rows]
        return self._with([*self.lines[:at], *new, *self.lines[at:]])

    def drop(self, gone: Callable[[Line], bool]) -> Lines:
        """Return the table without the records of which *gone* is true."""
        return self._with([line for line in self.lines if not gone(line)])

    def _sorted_place(self, group: str, key: str) -> int:
        keys = [line.cells[group] for line in self.lines]
        if 20 * sum(later < one for one, later in pairwise(keys)) > len(keys):
            return len(keys)
        return next((place for place, other in enumerate(keys) if other > key), len(keys))

    def _written(self, row: Mapping[str, str]) -> str:
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator=self.eol).writerow([row.get(name, "") for name in self.columns])
        return buffer.getvalue()

    def _with(self, lines: Sequence[Line]) -> Lines:
        number = 1 + _count(self.head)
        numbered = []
        for line in lines:
            numbered.append(Line(line.cells, line.text, number))
            number += _count(line.text)
        return Lines(self.file, self.columns, self.head, tuple(numbered), self.eol, self.closed)


def _count(text: str) -> int:
    """Return how many lines of a file a piece of it takes, whichever way they end."""
    return len(text.replace("\r\n", "\n").replace("\r", "\n").split("\n")) - 1


def read_lines(file: str, data: bytes) -> Lines:
    """Return a table as lines.

    Parameters
    ----------
    file : str
        Name of the table, for messages.
    data : bytes
        What the file holds.

    Raises
    ------
    DataError
        If it is not UTF-8, not CSV, has no header, or a record is longer or shorter than the header.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise DataError(f"{file}: not UTF-8 text ({problem.reason}); save it as UTF-8") from None
    stream = io.StringIO(text.removeprefix(BOM), newline="")
    pieces: list[str] = []

    def feed() -> str:
        pieces.append(stream.readline())
        return pieces[-1]

    reader = csv.reader(iter(feed, ""), strict=True)
    records: list[tuple[list[str], str]] = []
    try:
        for cells in reader:
            records.append((cells, "".join(pieces)))
            pieces.clear()
    except csv.Error as problem:
        raise DataError(f"{file}: broken CSV ({problem}); run `mgmeta check`") from None
    if not records or not records[0][0]:
        raise DataError(f"{file}: found no header in line 1; run `mgmeta check`")
    return _assembled(file, text.startswith(BOM), records)


def _assembled(file: str, marked: bool, records: list[tuple[list[str], str]]) -> Lines:
    columns, head = tuple(records[0][0]), records[0][1]
    eol = "\r\n" if head.endswith("\r\n") else "\n"
    closed = records[-1][1].endswith(eol)
    lines: list[Line] = []
    number = 1 + _count(head)
    head = (BOM if marked else "") + head
    for place, (cells, raw) in enumerate(records[1:], start=1):
        raw = raw if closed or place < len(records) - 1 else raw + eol
        if cells and len(cells) != len(columns):
            found = f"found {len(cells)} cells, expected {len(columns)}"
            raise DataError(f"{file}:{number}: {found}; run `mgmeta check`")
        # A blank line is kept with no cells at all.
        named = dict(zip(columns, cells, strict=True)) if cells else dict.fromkeys(columns, "")
        lines.append(Line(named, raw, number))
        number += _count(raw)
    if not closed and len(records) == 1:
        head += eol
    return Lines(file, columns, head, tuple(lines), eol, closed)
