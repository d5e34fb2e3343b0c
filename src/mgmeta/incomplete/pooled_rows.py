"""Slice rows as arrays, and small edits of them for scenarios."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from mgmeta.incomplete.printing import Rows, as_rows

Row = Mapping[str, Any]


def arrays(rows: Iterable[Row]) -> Rows:
    """Return the arrays of slice rows (missing cells are NaN, open ends infinite)."""
    kept = list(rows)

    def column(name: str) -> list[float]:
        return [float("nan") if row.get(name) is None else float(row[name]) for row in kept]

    return as_rows(*(column(name) for name in ("yi", "sei", "yi_low", "yi_high", "df")))


def as_estimates(rows: Iterable[Row], effect: float) -> list[Row]:
    """Return rows turned into estimates of *effect* with their own SEs."""
    return [{**row, "kind": "estimate", "yi": effect, "yi_low": None, "yi_high": None} for row in rows]


def numeric_only(rows: Rows) -> Rows:
    """Drop every bound."""
    return rows.take(~np.isnan(rows.y))


def zeros_for_words(rows: Rows) -> Rows:
    """Set every 'not significant' to an estimate of 0 and drop one-sided bounds."""
    kept = rows.take(~rows.one_sided)
    return Rows(np.where(np.isnan(kept.y), 0.0, kept.y), kept.se, kept.low, kept.high, kept.df)
