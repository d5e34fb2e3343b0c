"""The rows of an analysis straight from the tables, by outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mgmeta.bayes.rows import Rows, make_rows
from mgmeta.config import Analysis
from mgmeta.effects.derive import derive
from mgmeta.effects.slices import build_slice
from mgmeta.evidence.records import Evidence

Row = Mapping[str, Any]


def analysis_rows(evidence: Evidence, analysis: Analysis) -> dict[str, tuple[Rows, list[Row]]]:
    """Return the arrays and the records of every outcome that has rows; numbers first, then words."""
    table = build_slice(evidence, derive(evidence, analysis.assume), analysis).rows
    found = {}
    for outcome in analysis.outcomes:
        mine: list[Row] = [row for row in table if row["outcome"] == outcome]
        mine.sort(key=lambda row: row["kind"] != "estimate")
        if mine:
            found[outcome] = (rows_of(mine), mine)
    return found


def rows_of(records: list[Row]) -> Rows:
    """Return the arrays of slice rows, labelled by trial."""

    def column(name: str) -> list[float]:
        return [np.nan if row.get(name) is None else float(row[name]) for row in records]

    return make_rows(
        *(column(name) for name in ("yi", "sei", "yi_low", "yi_high")),
        labels=[str(row["label"]) for row in records],
    )
