"""Tables in memory to and from the engine: a DataFrame or a mapping of columns as cells of text."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from mgmeta.errors import DataError
from mgmeta.pooling.table_input import Table

if TYPE_CHECKING:
    import pandas as pd

Data: TypeAlias = "pd.DataFrame | Mapping[str, Iterable[Any]]"
"""What every function of the API takes: a DataFrame, or column names to columns of equal length."""


def table_of(data: Data, name: str = "data") -> Table:
    """Return a table in memory as the engine reads tables: cells of text.

    Numbers keep every digit (the shortest text that reads back as the same number); None, NaN and
    pandas.NA are blank, true and false ``yes`` and ``no``. Rows are counted from 0, as ``iloc`` does.

    Parameters
    ----------
    data : DataFrame or mapping of str to iterable
        The columns. The index of a DataFrame is not read.
    name : str
        What messages call the table.

    Raises
    ------
    DataError
        If it is neither, has no columns, a column without a name or twice, or columns of unequal length.
    """
    if not hasattr(data, "keys") or not hasattr(data, "__getitem__"):
        raise DataError(f"{name}: {type(data).__name__}; a DataFrame or a mapping of columns is needed")
    names = [str(column).strip() for column in data.keys()]  # noqa: SIM118 (iterating a Series gives values)
    for i, column in enumerate(names):
        if not column or column in names[:i]:
            what = f"column {column!r} is named twice" if column else f"column {i} has no name"
            raise DataError(f"{name}: {what}; every column needs its own name")
    columns = {}
    for key, column in zip(data.keys(), names, strict=True):
        cells = data[key]
        if isinstance(cells, str) or not isinstance(cells, Iterable):
            raise DataError(
                f"{name}: column {column!r} is a {type(cells).__name__}; one value a row is needed"
            )
        columns[column] = [_cell(value) for value in cells]
    sizes = {column: len(cells) for column, cells in columns.items()}
    if not sizes:
        raise DataError(f"{name}: no columns; effects and their errors are needed")
    if len(set(sizes.values())) > 1:
        found = ", ".join(f"{column} {size}" for column, size in sizes.items())
        raise DataError(f"{name}: columns differ in length ({found})")
    return Table(name, columns, tuple(range(next(iter(sizes.values())))), in_memory=True)


def frame_of(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return rows of plain values as a DataFrame; None is missing, in a column of numbers NaN."""
    import pandas as pd

    return pd.DataFrame.from_records([dict(row) for row in rows])


def _cell(value: Any) -> str:
    """Return one value as the text of a cell."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return ""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, numbers.Integral):
        return str(int(value))
    if isinstance(value, numbers.Real):
        number = float(value)
        return "" if math.isnan(number) else repr(number)
    return str(value).strip()
