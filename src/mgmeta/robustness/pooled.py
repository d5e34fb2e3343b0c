"""The rows one analysis pools, ready for every check: who, read where, and who else might be in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgmeta.bayes.rows import Rows, slice_rows
from mgmeta.config import Analysis
from mgmeta.effects.derive import Derived, derive
from mgmeta.effects.slices import SLICE_COLUMNS, Slice, build_slice
from mgmeta.evidence.records import Evidence

Row = Mapping[str, Any]
SECONDARY = "secondary"  # how the kinds of sources that quote a trial begin


@dataclass(frozen=True)
class Pooled:
    """The rows of one outcome of one analysis.

    Attributes
    ----------
    outcome : str
        Its key.
    records : tuple of mapping
        Slice rows, sorted by trial.
    rows : Rows
        The same as arrays; labels are trial ids.
    secondary : array, shape (k,)
        Which rows take a value from a source that quotes the trial (a review's table or text).
    sd : float
        SD of change of a parallel trial, mmHg, from the SD model: the unit of priors published for
        standardised mean differences.
    wider : Rows
        The rows with those added that may not be contrasts with control (ambiguity ``comparator``).
    uncertain : array, shape (k of *wider*,)
        Which of them these are.
    names : mapping of str to str
        Trial id -> ``Witteman 1994``, of all rows of *wider*.
    """

    outcome: str
    records: tuple[Row, ...]
    rows: Rows
    secondary: NDArray[np.bool_]
    sd: float
    wider: Rows
    uncertain: NDArray[np.bool_]
    names: Mapping[str, str]

    @property
    def years(self) -> tuple[int | None, ...]:
        """Year of publication of every row."""
        return tuple(row["year"] for row in self.records)

    @property
    def labels(self) -> list[str]:
        """Name of the trial of every row."""
        return [self.names[trial] for trial in self.rows.labels]

    def who(self, i: int) -> dict[str, Any]:
        """Return trial_id, label and year of row *i*."""
        return {"trial_id": self.rows.labels[i], "label": self.labels[i], "year": self.years[i]}


def collect(evidence: Evidence, analysis: Analysis) -> list[Pooled]:
    """Select the rows of an analysis, one entry for every outcome that has any.

    Raises
    ------
    FitError
        If a row cannot be used.
    """
    derived = derive(evidence, analysis.assume)
    select = analysis.select
    ambiguities = tuple(item for item in select.ambiguity_out if item != "comparator")
    narrow = build_slice(evidence, derived, analysis)
    wide = build_slice(
        evidence, derived, replace(analysis, select=replace(select, ambiguity_out=ambiguities))
    )
    found = [_pooled(key, narrow, wide, derived, evidence) for key in analysis.outcomes]
    return [item for item in found if item is not None]


def _pooled(outcome: str, narrow: Slice, wide: Slice, derived: Derived, evidence: Evidence) -> Pooled | None:
    records = _records(narrow, outcome)
    rows = slice_rows(records, {})
    if rows is None:
        return None
    others = _records(wide, outcome)
    # A trial that is pooled keeps its row: only one that is out otherwise may come in, and not in its place.
    have = {row["trial_id"] for row in records}
    twins = {evidence.trial(trial).overlaps_with for trial in have - {row["trial_id"] for row in others}}
    added = [row for row in others if row["trial_id"] not in have | twins]
    wider = slice_rows([*records, *added], {})
    assert wider is not None
    kinds = {source.source_id: source.kind for source in evidence.sources}
    return Pooled(
        outcome=outcome,
        records=tuple(records),
        rows=rows,
        secondary=np.array([_secondary(row, kinds) for row in records]),
        sd=derived.sd_model.borrow(outcome, "unspecified", "parallel").sd,
        wider=wider,
        uncertain=np.arange(len(records) + len(added)) >= len(records),
        names={row["trial_id"]: row["label"] for row in [*records, *added]},
    )


def _records(piece: Slice, outcome: str) -> list[Row]:
    return [dict.fromkeys(SLICE_COLUMNS) | row for row in piece.rows if row["outcome"] == outcome]


def _secondary(row: Row, kinds: Mapping[str, str]) -> bool:
    sources: Sequence[str] = str(row["source_ids"]).split(";")
    return any(kinds.get(source, "").startswith(SECONDARY) for source in sources)
