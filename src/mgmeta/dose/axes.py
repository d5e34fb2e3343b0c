"""What effects are drawn against: dose or duration, and which rows of a slice have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgmeta.dose.rows import DoseRows, contrast_rows

Row = Mapping[str, Any]
Array = NDArray[np.float64]


@dataclass(frozen=True)
class AxisKind:
    """An axis of curves.

    Attributes
    ----------
    name, unit : of the axis
    column : of the slice
    known : column that must be filled for the row to count (a dose known to be elemental)
    per : slopes are per this much more
    step : between the points of the predictions
    """

    name: str
    unit: str
    column: str
    known: str
    per: float
    step: float


AXES: dict[str, AxisKind] = {
    axis.name: axis
    for axis in (
        AxisKind("dose", "mg/d", "dose_mg_per_day", "dose_per_100mg", 100.0, 25.0),
        AxisKind("duration", "weeks", "timepoint_weeks", "timepoint_weeks", 4.0, 2.0),
    )
}


def used_rows(rows: Sequence[Row], *kinds: AxisKind) -> list[Row]:
    """Return the slice rows whose place on all these axes is known and above 0."""
    return [
        row
        for row in rows
        if all(row[kind.known] is not None and (row[kind.column] or 0.0) > 0.0 for kind in kinds)
    ]


def axis_rows(rows: Sequence[Row], kind: AxisKind) -> DoseRows:
    """Return slice rows as contrasts with no supplement (dose 0) or no time (week 0).

    Parameters
    ----------
    rows : of one outcome, from :func:`used_rows`
    kind : of :data:`AXES`

    Raises
    ------
    DataError
        If there are none.
    """
    return contrast_rows(
        column(rows, "yi"),
        column(rows, "sei"),
        column(rows, kind.column),
        lower=column(rows, "yi_low"),
        upper=column(rows, "yi_high"),
        trial=[str(row["trial_id"]) for row in rows],
    )


def column(rows: Sequence[Row], name: str) -> Array:
    """Return one column, NaN where empty."""
    return np.array([np.nan if row[name] is None else row[name] for row in rows], dtype=float)


def axis_grid(kind: AxisKind, positions: Array) -> Array:
    """Return 0, step, 2 step ... below the largest position, that itself and the median, rising."""
    top = float(positions.max())
    steps = np.arange(0.0, top, kind.step)
    return np.unique(np.concatenate([steps, [top, float(np.median(positions))]]))
