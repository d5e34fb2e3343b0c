"""Read a slice: the rows one analysis pools, checked cell by cell."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgmeta.errors import DataError
from mgmeta.pooling.table_input import Table, read_table

Array = NDArray[np.float64]
Row = Mapping[str, Any]

NUMBERS = (
    "yi",
    "yi_low",
    "yi_high",
    "sei",
    "sei_low",
    "sei_high",
    "df",
    "timepoint_weeks",
    "dose_mg_per_day",
    "dose_per_100mg",
)
WHOLE = ("year", "n_mg", "n_control", "hypertensive")
TEXT = ("outcome", "trial_id", "label", "kind", "design")
NEEDED = (*TEXT, *NUMBERS, *WHOLE)


@dataclass(frozen=True)
class Effects:
    """Slice rows as arrays of shape (k,): NaN effect = bound, infinite end = open."""

    y: Array
    se: Array
    low: Array
    high: Array

    @property
    def numeric(self) -> NDArray[np.bool_]:
        """Which rows are numbers."""
        return ~np.isnan(self.y)


def read_slice(path: str | os.PathLike[str], moderators: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Read a slice with typed cells (an empty number = None).

    Parameters
    ----------
    path
        CSV with the columns of the Slice contract; further columns stay text.
    moderators
        Further columns that must exist and hold numbers.

    Raises
    ------
    DataError
        If the file is missing, lacks a column, or a cell is not what its column
        holds; every problem is told as ``file:row:column``.
    """
    table = read_table(os.fspath(path))
    needed = dict.fromkeys((*NEEDED, *moderators))
    missing = [column for column in needed if column not in table.columns]
    if missing:
        raise DataError(
            f"{table.path}:1: no column {', '.join(missing)}; expected a slice of `mgmeta slices`"
        )
    numbers = dict.fromkeys((*NUMBERS, *WHOLE, *moderators))
    problems: list[str] = []
    rows = []
    for i in range(len(table.lines)):
        typed = {name: cells[i] for name, cells in table.columns.items()}
        wrong = [message for column in numbers for message in _type_cell(table, i, column, typed)]
        problems += wrong or list(_contradictions(typed, table, i))
        rows.append(typed)
    problems += _repeated(table)
    if problems:
        raise DataError("\n".join(problems))
    return rows


def _type_cell(table: Table, i: int, column: str, row: dict[str, Any]) -> Iterator[str]:
    """Replace the text of one number by its value; yield what is wrong with it."""
    text = row[column]
    if text == "":
        row[column] = None
        return
    try:
        value = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        yield f"{table.at(i, column)}: found {text!r}, expected a number"
    elif column in WHOLE:
        if value == int(value):
            row[column] = int(value)
        else:
            yield f"{table.at(i, column)}: found {text!r}, expected a whole number"
    else:
        row[column] = value


def _contradictions(row: Row, table: Table, i: int) -> Iterator[str]:
    """Yield what the cells of one row say against each other."""
    y, low, high, se = row["yi"], row["yi_low"], row["yi_high"], row["sei"]
    if se is None or se <= 0.0:
        found = "nothing" if se is None else f"{se:g}"
        yield f"{table.at(i, 'sei')}: found {found}, expected a standard error above 0"
    if row["kind"] == "estimate":
        if y is None:
            yield f"{table.at(i, 'yi')}: empty, expected the effect of an estimate"
    elif row["kind"] == "bound":
        if y is not None:
            yield f"{table.at(i, 'yi')}: found {y:g} in a bound, expected an empty cell"
        if low is None and high is None:
            yield f"{table.at(i, 'yi_low')}: empty like yi_high, expected at least one end of a bound"
        if low is not None and high is not None and low >= high:
            yield f"{table.at(i, 'yi_low')}: found {low:g}, expected a number below yi_high ({high:g})"
    else:
        yield f"{table.at(i, 'kind')}: found {row['kind']!r}, expected estimate or bound"


def _repeated(table: Table) -> Iterator[str]:
    """Yield each trial that has a second row for one outcome: a trial is counted once."""
    seen: dict[tuple[str, str], int] = {}
    for i, key in enumerate(zip(table.columns["outcome"], table.columns["trial_id"], strict=True)):
        if key in seen:
            first = table.lines[seen[key]]
            yield f"{table.at(i, 'trial_id')}: {key[1]} has a row for {key[0]} on line {first} already"
        seen.setdefault(key, i)


def effects_of(rows: Sequence[Row]) -> Effects:
    """Return the effects of slice rows as arrays; of a number, the bounds are open."""

    def column(name: str, empty: float) -> Array:
        return np.array([empty if row[name] is None else row[name] for row in rows], dtype=float)

    return Effects(
        column("yi", math.nan),
        column("sei", math.nan),
        column("yi_low", -math.inf),
        column("yi_high", math.inf),
    )
