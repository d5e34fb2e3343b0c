"""Moderator formulas turned into design matrices; rows that lack a moderator are told, not dropped unseen."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgmeta.errors import ConfigError, DataError
from mgmeta.pooling.table_input import MISSING

Array = NDArray[np.float64]
Cell = str | float | int | None


@dataclass(frozen=True)
class Missing:
    """A row left out of a regression, and the moderators it lacks."""

    row: int
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Design:
    """A design matrix and the rows it is for.

    Attributes
    ----------
    formula : as given
    terms : (p,) names of the columns; ``Intercept`` is the constant
    x : (k, p) design of the rows kept
    kept : (k,) their indices in the table
    missing : rows not kept
    """

    formula: str
    terms: tuple[str, ...]
    x: Array
    kept: NDArray[np.intp]
    missing: tuple[Missing, ...]
    _spec: Any
    _used: tuple[str, ...]
    _numeric: frozenset[str]

    def rows(self, columns: Mapping[str, Sequence[Cell]]) -> Array:
        """Design of new rows, (n, p), with the coding learnt from the data.

        Raises
        ------
        DataError
            If a moderator or its value is missing or unknown.
        """
        for name in self._used:
            if name not in columns:
                raise DataError(f"column {name!r} is missing; the formula {self.formula!r} needs it")
        import pandas as pd

        data = pd.DataFrame({n: _convert(columns[n], n in self._numeric, n) for n in self._used})
        levels = {
            str(factor): set(state["categories"])
            for factor, (_, state) in self._spec.encoder_state.items()
            if "categories" in state
        }
        for name, known in levels.items():
            unknown = sorted(set(data[name]) - known) if name in data else []
            if unknown:
                raise DataError(
                    f"column {name!r}: {unknown[0]!r} is not one of {', '.join(map(str, sorted(known)))}"
                )
        return np.asarray(self._spec.get_model_matrix(data), dtype=float)


def is_missing(value: Cell) -> bool:
    """Whether a cell holds no value."""
    if isinstance(value, str):
        return value.strip().lower() in MISSING
    return value is None or (isinstance(value, float) and math.isnan(value))


def build_design(columns: Mapping[str, Sequence[Cell]], formula: str) -> Design:
    """Build the design of a moderator formula.

    A column whose values all read as numbers is continuous, any other is
    categorical with treatment coding against its first level in alphabetical
    order; ``C(column)`` makes a numeric column categorical.

    Parameters
    ----------
    columns : name -> (n,) cells; text is converted
    formula : right-hand side such as ``dose + hypertension`` (a leading ``~`` is allowed)

    Raises
    ------
    ConfigError
        If the formula cannot be read.
    DataError
        If it names a column that does not exist, or no row has all moderators.
    """
    from formulaic import Formula, model_matrix
    from formulaic.errors import FormulaicError

    text = formula.strip().removeprefix("~").strip()
    if "~" in text:
        raise ConfigError(
            f"formula {formula!r} has a left-hand side; give the moderators only, as 'dose + arm'"
        )
    try:
        parsed = Formula(text)
        required = {str(name) for name in parsed.required_variables}
    except (FormulaicError, SyntaxError, AttributeError) as error:
        raise ConfigError(
            f"formula {formula!r} cannot be read; write it like 'dose + hypertension'"
        ) from error
    unknown = sorted(required - set(columns))
    if unknown:
        raise DataError(f"formula {formula!r}: no column {unknown[0]!r}; the table has {', '.join(columns)}")
    words = set(re.findall(r"`([^`]+)`", text)) | set(re.findall(r"[^\W\d]\w*", text))
    used = tuple(name for name in columns if name in words)
    n = len(next(iter(columns.values()), ()))
    uneven = [name for name in used if len(columns[name]) != n]
    if uneven:
        raise DataError(f"column {uneven[0]!r} has {len(columns[uneven[0]])} cells where others have {n}")
    gaps = {i: tuple(name for name in used if is_missing(columns[name][i])) for i in range(n)}
    kept = [i for i in range(n) if not gaps[i]]
    if not kept:
        raise DataError(f"no row has all the moderators of {formula!r} ({', '.join(used)}); nothing to fit")
    cells = {name: [columns[name][i] for i in kept] for name in used}
    numeric = frozenset(name for name in used if all(_number(value) is not None for value in cells[name]))
    import pandas as pd

    data = pd.DataFrame(
        {name: _convert(cells[name], name in numeric, name) for name in used}, index=range(len(kept))
    )
    try:
        matrix = model_matrix(parsed, data, context={})
    except (FormulaicError, SyntaxError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(f"formula {formula!r} cannot be evaluated: {reason}") from error
    return Design(
        formula=formula,
        terms=tuple(str(name) for name in matrix.model_spec.column_names),
        x=np.asarray(matrix, dtype=float),
        kept=np.array(kept, dtype=np.intp),
        missing=tuple(Missing(i, names) for i, names in gaps.items() if names),
        _spec=matrix.model_spec,
        _used=used,
        _numeric=numeric,
    )


def _number(value: Cell) -> float | None:
    try:
        number = float(value) if value is not None else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _convert(cells: Sequence[Cell], numeric: bool, name: str) -> list[float] | list[str]:
    if not numeric:
        return [str(value).strip() for value in cells]
    numbers = []
    for row, value in enumerate(cells, start=1):
        number = _number(value)
        if number is None:
            raise DataError(f"row {row}, column {name!r}: {value!r} is not a number")
        numbers.append(number)
    return numbers
