"""Read a slice: the rows one analysis pools, checked cell by cell."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgmeta.errors import DataError

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
NEEDED = ("outcome", "trial_id", "label", "kind", "yi", "yi_low", "yi_high", "sei")


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


def read_slice(path: str | Path) -> list[dict[str, Any]]:
    """Read a slice with typed cells (empty = None).

    Raises
    ------
    DataError
        If the file is missing, lacks a column, or a cell is not what its column
        holds; every problem is told as ``file:row:column``.
    """
    source = Path(path)
    try:
        text = source.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DataError(f"{source}: no such file; `mgmeta slices` writes the slices") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{source}: not UTF-8 ({error.reason}); `mgmeta slices` writes the slices") from None
    reader = csv.DictReader(text.splitlines())
    missing = [column for column in NEEDED if column not in (reader.fieldnames or ())]
    if missing:
        raise DataError(f"{source}:1: no column {', '.join(missing)}; expected the columns of a slice")
    problems: list[str] = []
    rows = [_typed(cells, f"{source}:{line}", problems) for line, cells in enumerate(reader, start=2)]
    if problems:
        raise DataError("\n".join(problems))
    return rows


def _typed(cells: Mapping[str, str], where: str, problems: list[str]) -> dict[str, Any]:
    """Type one row; append what is wrong with it."""
    row: dict[str, Any] = dict(cells)
    for column in (*NUMBERS, *WHOLE):
        text = cells.get(column) or ""
        if text == "":
            row[column] = None
            continue
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or (column in WHOLE and value != int(value)):
            problems.append(f"{where}:{column}: found {text!r}, expected a number")
        row[column] = int(value) if column in WHOLE and math.isfinite(value) else value
    if not problems:
        problems += _contradictions(row, where)
    return row


def _contradictions(row: Row, where: str) -> list[str]:
    """Return what a row's cells say against each other."""
    found: list[str] = []
    if row["sei"] is None or row["sei"] <= 0:
        found.append(f"{where}:sei: found {row['sei']}, expected a standard error above 0")
    if row["kind"] == "estimate" and row["yi"] is None:
        found.append(f"{where}:yi: empty, expected the effect of an estimate")
    if row["kind"] == "bound" and row["yi_low"] is None and row["yi_high"] is None:
        found.append(f"{where}:yi_low: empty like yi_high, expected at least one end of a bound")
    if row["kind"] not in ("estimate", "bound"):
        found.append(f"{where}:kind: found {row['kind']!r}, expected estimate or bound")
    return found


def effects_of(rows: Sequence[Row]) -> Effects:
    """Return the effects of slice rows as arrays."""

    def column(name: str, empty: float) -> Array:
        return np.array([empty if row[name] is None else row[name] for row in rows], dtype=float)

    return Effects(
        column("yi", math.nan),
        column("sei", math.nan),
        column("yi_low", -math.inf),
        column("yi_high", math.inf),
    )
