"""Trials from a spreadsheet: CSV or XLSX rows to drafts, by column names or by a mapping file.

One row is one result; rows of one trial are those with the same ``trial_id``, or else author and year. A
column is named as a key of the form. Where two sections share a key (``note``, ``doi``, ``n_mg`` ...), the
section is put before it: ``trial.note``, ``source.doi``, ``result.n_mg``; without it, ``dose``, ``n_mg`` and
``n_control`` are of the result and, where all rows of a trial agree, of the trial too, every other shared
key of the trial.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mgmeta.errors import DataError
from mgmeta.evidence.findings import quoted, shown
from mgmeta.extend.draft import Cell, Draft
from mgmeta.extend.keys import keys
from mgmeta.extend.mapping import Mapped, MappingFile

MAX_BYTES, MAX_ROWS, MAX_COLUMNS = 20_000_000, 5_000, 500
SECTIONS = ("trial", "source", "result")
OF_BOTH = ("dose_mg_per_day", "dose", "n_mg", "n_control")


@dataclass(frozen=True)
class SheetRow:
    """One row: header -> cell, with the line it stands on."""

    line: int
    cells: Mapping[str, Cell]


def read_sheet(path: Path, mapping: MappingFile | None = None, sheet: str | None = None) -> list[Draft]:
    """Return the trials of a spreadsheet.

    Parameters
    ----------
    path : Path
        ``.csv``, ``.tsv`` (UTF-8) or ``.xlsx``; the first row that is not blank holds the column names.
    mapping : MappingFile, optional
        Which column is which key, where they are not named so.
    sheet : str, optional
        Sheet of an XLSX file; the first by default.

    Raises
    ------
    DataError
        With ``file:row:column`` if the file cannot be read, a column is not known, or a row names no trial.
    """
    table = list(read_rows(path, sheet))
    if not table:
        raise DataError(f"{path.name}: found no rows below the column names, expected at least one")
    known = {key for section in SECTIONS for key in _names(section)}
    groups: dict[tuple[str, ...], _Group] = {}
    for row in table:
        cells = mapping.apply(row.cells, row.line, path.name) if mapping else _named(row, path.name, known)
        if not any(cell for cells_ in (cells.trial, cells.source, cells.result) for cell in cells_.values()):
            continue
        key = _key(cells, row.line, path.name)
        groups.setdefault(key, _Group(f"{path.name}:{row.line}")).add(cells)
    return [group.draft() for group in groups.values()]


def _names(section: str) -> Iterator[str]:
    for key in keys(section):
        yield key
        yield f"{section}.{key}"


def read_rows(path: Path, sheet: str | None = None) -> Iterator[SheetRow]:
    """Yield the rows of a CSV, TSV or XLSX file that are not blank.

    Raises
    ------
    DataError
        If it cannot be read, is too large, repeats a column name, or has a row longer than its header.
    """
    try:
        size = path.stat().st_size
    except OSError as problem:
        raise DataError(f"{path}: cannot be read ({problem.strerror}); expected a spreadsheet") from None
    if size > MAX_BYTES:
        raise DataError(f"{path}: larger than {MAX_BYTES} bytes; split it")
    lines = _xlsx(path, sheet) if path.suffix.lower() == ".xlsx" else _text(path)
    header: list[str] = []
    for count, (line, cells) in enumerate(lines):
        if count > MAX_ROWS:
            raise DataError(f"{path.name}:{line}: more than {MAX_ROWS} rows; split it")
        if not any(cells):
            continue
        if not header:
            header = _header(path, line, cells)
            continue
        extra = [text for text in cells[len(header) :] if text]
        if extra:
            found = f"found {quoted(extra[0])} right of the last named column; name it or clear it"
            raise DataError(f"{path.name}:{line}: {found}")
        named = zip(header, cells, strict=False)
        yield SheetRow(line, {n: Cell(text, shown(f"{path.name}:{line}:{n}")) for n, text in named if n})


def _header(path: Path, line: int, cells: Sequence[str]) -> list[str]:
    header = list(cells)
    while header and not header[-1]:
        header.pop()
    if len(header) > MAX_COLUMNS:
        raise DataError(f"{path.name}:{line}: found {len(header)} columns, expected at most {MAX_COLUMNS}")
    for name in header:
        if name and header.count(name) > 1:
            raise DataError(f"{path.name}:{line}:{shown(name)}: found this column name twice; keep one")
    return header


def _text(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        found = f"byte {problem.start} is not UTF-8; save it as CSV UTF-8"
        raise DataError(f"{path.name}: {found}") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise DataError(f"{path.name}:{line}: found a NUL character; save it as CSV UTF-8")
    first = text.split("\n", 1)[0]
    # A spreadsheet set to a language with decimal commas separates cells by semicolons.
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            start, line = line, reader.line_num + 1
            yield start, [cell.strip() for cell in cells]
    except csv.Error as problem:
        raise DataError(f"{path.name}:{line}: broken CSV ({problem}); quote cells that hold quotes") from None


def _xlsx(path: Path, sheet: str | None) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a sheet as text; formulas count as what was last computed for them."""
    from zipfile import ZipFile

    from openpyxl import load_workbook  # type: ignore[import-untyped]

    books: list[Any] = []
    try:
        with ZipFile(path) as archive:
            # A small file may unpack to gigabytes.
            if sum(item.file_size for item in archive.infolist()) > 20 * MAX_BYTES:
                raise DataError(f"{path.name}: unpacks to more than {20 * MAX_BYTES} bytes; save it as CSV")
        pages = []
        for computed in (True, False):
            books.append(load_workbook(path, read_only=True, data_only=computed))
            pages.append(_page(books[-1], path, sheet))
        rows = (page.iter_rows(max_col=MAX_COLUMNS + 1) for page in pages)
        for line, (shown_, written) in enumerate(zip(*rows, strict=True), start=1):
            for cell, source in zip(shown_, written, strict=True):
                _refuse_unknown(cell, source, f"{path.name}:{line}")
            yield line, [_cell_text(cell.value) for cell in shown_]
    except (DataError, GeneratorExit):
        raise
    except Exception as problem:  # a broken archive or XML makes the parsers raise some twenty kinds of error
        what = shown(f"{type(problem).__name__}: {problem}")[:200]
        raise DataError(f"{path.name}: not an XLSX workbook ({what}); save it as XLSX or CSV") from None
    finally:
        for book in books:  # read-only, they hold their file open
            book.close()


def _page(book: Any, path: Path, sheet: str | None) -> Any:
    """Return the sheet that is asked for, all of it: the size a file says a sheet has may be wrong."""
    if sheet is not None and sheet not in book.sheetnames:
        known = ", ".join(book.sheetnames)
        raise DataError(f"{path.name}: found no sheet {sheet!r}, expected one of {known}")
    page = book[sheet] if sheet is not None else book.worksheets[0]
    page.reset_dimensions()
    return page


def _refuse_unknown(cell: Any, source: Any, where: str) -> None:
    """Refuse an error value, and a formula without the result that a spreadsheet keeps with it."""
    if cell.data_type == "e":
        raise DataError(f"{where}:{cell.column_letter}: found the error {cell.value}, expected a value")
    if source.data_type == "f" and cell.value is None:
        found = "found a formula without its result; open the file in a spreadsheet and save it"
        raise DataError(f"{where}:{source.column_letter}: {found}, or write the value")


def _cell_text(value: object) -> str:
    """Return a cell as it is shown: a number in its shortest digits, a date as ISO."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{int(value)}" if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value).strip()


def _named(row: SheetRow, file: str, known: set[str]) -> Mapped:
    """Sort the cells of a row whose columns are named as keys of the form."""
    found = Mapped({}, {}, {})
    for name, cell in row.cells.items():
        if not cell:
            continue
        if name not in known:
            from difflib import get_close_matches

            near = get_close_matches(name, sorted(known), 1)
            advice = f"did you mean {near[0]!r}?" if near else "a mapping file (--mapping) says which it is"
            raise DataError(f"{file}:{row.line}:{shown(name)}: no key of the form has this name; {advice}")
        section, _, key = name.rpartition(".")
        for part in [section] if section else _sections_of(key):
            getattr(found, part)[key] = cell
    return found


def _sections_of(key: str) -> list[str]:
    if key in OF_BOTH:
        return ["trial", "result"]
    return [next(section for section in ("trial", "result", "source") if key in keys(section))]


def _key(cells: Mapped, line: int, file: str) -> tuple[str, ...]:
    trial = cells.trial
    name = trial.get("trial_id")
    if name:
        return (name.text,)
    author, year = trial.get("first_author"), trial.get("year")
    if not author or not year:
        raise DataError(
            f"{file}:{line}: found no trial_id and no first_author with year: whose result is it?"
        )
    return author.text, year.text


@dataclass
class _Group:
    """The rows of one trial as they are gathered."""

    place: str
    trial: dict[str, Cell] = field(default_factory=dict)
    sources: list[dict[str, Cell]] = field(default_factory=list)
    results: list[dict[str, Cell]] = field(default_factory=list)

    def add(self, cells: Mapped) -> None:
        """Take in one row; refuse one that contradicts an earlier one about the trial."""
        for key, cell in cells.trial.items():
            earlier = self.trial.get(key)
            if earlier and cell and earlier.text != cell.text:
                if key in OF_BOTH and key in cells.result:
                    self.trial[key] = Cell("", earlier.place)  # differs between results: of none of the trial
                    continue
                found = f"found {quoted(cell.text)}, but {quoted(earlier.text)} at {earlier.place}"
                raise DataError(f"{cell.place}: {found}: one trial, one {key}")
            if key not in self.trial and cell:
                self.trial[key] = cell
        texts = {key: cell.text for key, cell in cells.source.items() if cell}
        known = [{key: cell.text for key, cell in source.items()} for source in self.sources]
        if texts and texts not in known:
            self.sources.append({key: cell for key, cell in cells.source.items() if cell})
        number = known.index(texts) + 1 if texts in known else len(self.sources)
        result = {key: cell for key, cell in cells.result.items() if cell}
        if set(result) - set(OF_BOTH):
            place = next(iter(result.values())).place
            if texts and "source" not in result and "source_id" not in result:
                result["source"] = Cell(str(number), place)
            self.results.append(result)

    def draft(self) -> Draft:
        """Return the trial."""
        trial = {key: cell for key, cell in self.trial.items() if cell}
        return Draft(self.place, trial, tuple(self.sources), tuple(self.results))
