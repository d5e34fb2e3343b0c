"""Effects from any CSV file or table in memory; every complaint names file, row and column."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mgmeta.errors import ConfigError, DataError

Array = NDArray[np.float64]

MISSING = frozenset({"", "na", "nan", "n/a"})
"""Texts (any case) that mean no value."""

MOST_BYTES = 50_000_000
"""Largest file that is read: a million rows of fifty characters."""

LARGEST, SMALLEST = 1e30, 1e-30
"""Largest size of a number and smallest standard error or variance that is taken: squares, products and
sums of them stay far from the ends of a double. No unit of medicine needs more."""


@dataclass(frozen=True)
class Table:
    """A table as text: a CSV file, or columns handed over in memory.

    Attributes
    ----------
    path : of the file as given, or a name for the table
    columns : name -> (n,) cells, stripped
    lines : (n,) line of the file each row starts on; the header is line 1. In memory: its place, from 0
    in_memory : whether there is no file
    """

    path: str
    columns: Mapping[str, Sequence[str]]
    lines: tuple[int, ...]
    in_memory: bool = False

    @property
    def head(self) -> str:
        """Where the names of the columns are, as file:1."""
        return self.path if self.in_memory else f"{self.path}:1"

    def at(self, row: int, column: str) -> str:
        """Where a cell is, as file:row:column."""
        return f"{self.path}:{self.lines[row]}:{column}"

    def need(self, column: str) -> Sequence[str]:
        """Cells of a column that must exist.

        Raises
        ------
        DataError
            If there is no such column.
        """
        if column not in self.columns:
            raise DataError(f"{self.head}: no column {column!r}; the header has {', '.join(self.columns)}")
        return self.columns[column]


@dataclass(frozen=True)
class EffectTable:
    """Effects ready to pool.

    Attributes
    ----------
    table : where they come from
    y : (k,) effects, NaN where the row is a bound
    v : (k,) sampling variances
    low, high : (k,) bounds, infinite where open; NaN where the row is a number
    names : (k,) studies
    """

    table: Table
    y: Array
    v: Array
    low: Array
    high: Array
    names: tuple[str, ...]

    @property
    def bounds(self) -> NDArray[np.bool_]:
        """(k,) whether a row is a bound."""
        return np.isnan(self.y)


def read_table(path: str) -> Table:
    """Read a CSV file with a header line (UTF-8, comma).

    Raises
    ------
    DataError
        If the file is missing, too large (`MOST_BYTES`) or not UTF-8, has no header, a repeated or unnamed
        column, or a row with more or fewer cells than the header.
    """
    try:
        size = Path(path).stat().st_size
        if size > MOST_BYTES:
            raise DataError(f"{path}: {size} bytes; a table has at most {MOST_BYTES}. Is it the right file?")
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text (byte {error.start}); save it as CSV, UTF-8") from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise DataError(f"{path}:{line}: found a NUL character; save it as CSV, UTF-8")
    # Strict: a quote that is never closed would swallow the rows after it into one cell.
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        if not any(header):
            raise DataError(f"{path}:1: no header; the first line must name the columns")
        for i, name in enumerate(header):
            if not name or name in header[:i]:
                what = f"column {name!r} is named twice" if name else f"column {i + 1} has no name"
                raise DataError(f"{path}:1: {what}; every column needs its own name")
        rows, lines = [], []
        start = reader.line_num + 1
        for row in reader:
            if any(cell.strip() for cell in row):
                if len(row) != len(header):
                    hint = "; is the separator a comma?" if len(header) == 1 else ""
                    raise DataError(
                        f"{path}:{start}: {len(row)} cells where the header has {len(header)}{hint}"
                    )
                rows.append([cell.strip() for cell in row])
                lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{path}:{reader.line_num}: not readable as CSV ({error})") from error
    columns = {name: [row[i] for row in rows] for i, name in enumerate(header)}
    return Table(path, columns, tuple(lines))


def read_effects(
    path: str,
    *,
    yi: str = "yi",
    vi: str | None = None,
    sei: str | None = None,
    study: str | None = None,
) -> EffectTable:
    """Read effects, their variances and optional bounds from a CSV file.

    The other arguments and the errors are those of :func:`effects_of_table`; *path* may also fail as
    :func:`read_table` says.
    """
    _one_error_column(vi, sei)
    return effects_of_table(read_table(path), yi=yi, vi=vi, sei=sei, study=study)


def effects_of_table(
    table: Table,
    *,
    yi: str = "yi",
    vi: str | None = None,
    sei: str | None = None,
    study: str | None = None,
) -> EffectTable:
    """Read effects, their variances and optional bounds from a table.

    Parameters
    ----------
    table : from :func:`read_table`, or made in memory
    yi : column of effects; blank where ``yi_low``, ``yi_high`` (blank is open) hold a bound
    vi, sei : column of variances or of standard errors; with neither, ``vi`` is
        taken if there is such a column, else ``sei``
    study : column of labels; default ``study`` if there is one, else row numbers

    Raises
    ------
    ConfigError
        If both *vi* and *sei* are given.
    DataError
        If a column is missing, a cell is not a usable number, or there are no rows.
    """
    _one_error_column(vi, sei)
    effects = table.need(yi)
    if not table.lines:
        raise DataError(f"{table.path}: no effects to pool (k = 0); the table has a header but no rows")
    variances = _variances(table, vi, sei)
    n = len(table.lines)
    low, high = _ends(table, "yi_low", -math.inf), _ends(table, "yi_high", math.inf)
    y = np.full(n, math.nan)
    for row, text in enumerate(effects):
        if text.lower() not in MISSING:
            y[row] = number(table, row, yi)
            low[row] = high[row] = math.nan
        else:
            _check_bound(table, row, yi, low[row], high[row])
    if study is not None:
        names = tuple(table.need(study))
    else:
        names = tuple(table.columns.get("study", [f"row {line}" for line in table.lines]))
    return EffectTable(table, y, variances, low, high, names)


def number(table: Table, row: int, column: str) -> float:
    """Return a cell as a finite number.

    Parameters
    ----------
    table : from :func:`read_table`
    row : its place among the rows, from 0
    column : a column that exists

    Raises
    ------
    DataError
        If it is anything else.
    """
    text = table.columns[column][row]
    try:
        if "_" in text or not text.isascii():  # Python's float takes 1_000 and other scripts' digits
            raise ValueError(text)
        value = float(text)
    except ValueError:
        what = "is blank" if not text else f"{text!r} is not a number"
        hint = " (a decimal point is needed, not a comma)" if "," in text else ""
        raise DataError(f"{table.at(row, column)}: {what}; a number is needed{hint}") from None
    if not math.isfinite(value):
        raise DataError(f"{table.at(row, column)}: {text!r} is not finite; a number is needed")
    if abs(value) > LARGEST:
        raise DataError(f"{table.at(row, column)}: {text!r} is beyond {LARGEST:g}; use another unit")
    return value


def _one_error_column(vi: str | None, sei: str | None) -> None:
    if vi is not None and sei is not None:
        raise ConfigError("both --vi and --sei are given; give one")


def _variances(table: Table, vi: str | None, sei: str | None) -> Array:
    if vi is None and sei is None:
        if "vi" not in table.columns and "sei" not in table.columns:
            names = ", ".join(table.columns)
            raise DataError(f"{table.head}: no column 'vi' or 'sei' ({names}); name one with --vi or --sei")
        vi, sei = ("vi", None) if "vi" in table.columns else (None, "sei")
    column = vi if vi is not None else str(sei)
    table.need(column)
    values = np.array([number(table, row, column) for row in range(len(table.lines))])
    bad = np.flatnonzero(~(values >= SMALLEST))
    if bad.size:
        row = int(bad[0])
        what = "variance" if vi is not None else "standard error"
        found = table.columns[column][row]
        limit = f" of at least {SMALLEST:g} (use another unit)" if values[row] > 0 else ""
        raise DataError(f"{table.at(row, column)}: {what} is {found}; a positive number{limit} is needed")
    return np.asarray(values if vi is not None else values * values, dtype=float)


def _ends(table: Table, column: str, blank: float) -> Array:
    """Bounds of a column; blank, and infinite on the open side, are open."""
    n = len(table.lines)
    ends = np.full(n, blank)
    open_ = MISSING | ({"inf", "+inf"} if blank > 0 else {"-inf"})
    for row, text in enumerate(table.columns.get(column, ())):
        if text.lower() not in open_:
            ends[row] = number(table, row, column)
    return ends


def _check_bound(table: Table, row: int, yi: str, low: float, high: float) -> None:
    if math.isinf(low) and math.isinf(high):
        extra = " or bounds in yi_low, yi_high" if "yi_low" in table.columns else ""
        found = table.columns[yi][row] or "blank"
        raise DataError(
            f"{table.at(row, yi)}: effect is {found}; a number{extra} is needed, or leave the row out"
        )
    if not low < high:
        raise DataError(f"{table.at(row, 'yi_low')}: bound {low} is not below yi_high {high}; swap them")
