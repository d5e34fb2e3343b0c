"""What the model of unknown SDs sees of one outcome: which SEs are known, and what the others hang on.

Rows are derived three times, at three correlations within people. A squared SE (or SD) that is linear
in the correlation is a function of it, ``A - B r``; one that does not move is known. Where the rule for
conflicting routes or for an undefined spread makes it neither, it stays as the analysis has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import polygamma, psi

from mgmeta.bayes.rows import Array
from mgmeta.config import Analysis
from mgmeta.effects.derive import Derived, derive
from mgmeta.effects.sd_model import METHOD_GROUPS, SdEntry
from mgmeta.effects.slices import build_slice
from mgmeta.evidence.records import Evidence

CORRELATIONS = (0.3, 0.5, 0.7)
# Relative departure from a straight line at the middle correlation that still counts as straight.
_STRAIGHT = 1e-6
GROUP_ORDER = ("clinic", "home", "ambulatory")
CROSSOVER_ROUTE = "7_crossover_sd"


@dataclass(frozen=True)
class SdData:
    """Numbers, bounds with unknown SD, and printed SDs of one outcome.

    Attributes
    ----------
    outcome : str
        Its key.
    labels, y : tuple of str, array, shape (n,)
        Trials that print a number, and their effects.
    variance : array, shape (n, 3)
        Squared SE as ``v0 - v1 r_prepost - v2 r_crossover``.
    bound_labels, low, high, scale, bound_kind : shape (m,), bound_kind (m, 3)
        Results in words: ends in units of the SE (infinite = open), factor from SD to SE, and whether
        home, ambulatory, crossover.
    sd_labels, sd_variance, sd_df, sd_kind : shape (s,), sd_variance and sd_kind (s, 3)
        Printed SDs of change: squared SD as above, degrees of freedom, kind.
    external : float
        Median SD of change of external studies, mmHg.
    """

    outcome: str
    labels: tuple[str, ...]
    y: Array
    variance: Array
    bound_labels: tuple[str, ...]
    low: Array
    high: Array
    scale: Array
    bound_kind: Array
    sd_labels: tuple[str, ...]
    sd_variance: Array
    sd_df: Array
    sd_kind: Array
    external: float

    @property
    def k(self) -> int:
        """Trials pooled."""
        return len(self.y) + len(self.low)

    @property
    def sd_bias(self) -> Array:
        """Return E[log s] - log sigma of a sample SD, shape (s,): (psi(df/2) - log(df/2)) / 2."""
        return np.asarray(0.5 * (psi(0.5 * self.sd_df) - np.log(0.5 * self.sd_df)))

    @property
    def sd_error(self) -> Array:
        """Return Var[log s] of a sample SD, shape (s,): trigamma(df/2) / 4."""
        return np.asarray(0.25 * polygamma(1, 0.5 * self.sd_df))


def kind_of(method: str, design: str) -> tuple[float, float, float]:
    """Return whether home, ambulatory, crossover; all 0 is a clinic reading in a parallel trial."""
    group = METHOD_GROUPS.get(method, "clinic")
    return float(group == "home"), float(group == "ambulatory"), float(design == "crossover")


def on_correlation(squares: Sequence[float], crossover: bool) -> tuple[float, float, float]:
    """Return (v0, v1, v2) of squares at :data:`CORRELATIONS`; constant unless they are on a line."""
    low, middle, high = squares
    slope = (low - high) / (CORRELATIONS[2] - CORRELATIONS[0])
    start = low + slope * CORRELATIONS[0]
    straight = abs(start - slope * CORRELATIONS[1] - middle) <= _STRAIGHT * middle
    # start > |slope|: a variance must stay positive at every correlation.
    if not straight or slope <= _STRAIGHT * middle or start < slope:
        return middle, 0.0, 0.0
    return (start, 0.0, slope) if crossover else (start, slope, 0.0)


def sd_data(evidence: Evidence, analysis: Analysis) -> dict[str, SdData]:
    """Return the data of every outcome of one analysis; an outcome without rows is left out."""
    tables = [derive(evidence, replace(analysis.assume, sd_factor=1.0, correlation=r)) for r in CORRELATIONS]
    slices = [build_slice(evidence, table, analysis).rows for table in tables]
    found = {}
    for outcome in analysis.outcomes:
        rows: list[dict[str, Mapping[str, Any]]] = [
            {str(row["trial_id"]): row for row in part if row["outcome"] == outcome} for part in slices
        ]
        if rows[1]:
            found[outcome] = _outcome(outcome, rows, tables)
    return found


def _outcome(outcome: str, rows: Sequence[Mapping[str, Mapping[str, Any]]], tables: list[Derived]) -> SdData:
    low, middle, high = rows
    numbers = [row for row in middle.values() if row["kind"] == "estimate"]
    bounds = [row for row in middle.values() if row["kind"] == "bound"]
    variance = [
        on_correlation(
            [part[row["trial_id"]]["sei"] ** 2 for part in (low, middle, high)],
            row["route"] == CROSSOVER_ROUTE,
        )
        for row in numbers
    ]
    model = tables[1].sd_model
    scale = [row["sei"] / model.borrow(outcome, row["method"], row["design"]).sd for row in bounds]
    entries = [_entries(table, outcome) for table in tables]
    kept = list(entries[1])
    sd_variance = [
        on_correlation(
            [part[key].sd ** 2 if key in part else entries[1][key].sd ** 2 for part in entries],
            _route(tables[1], entries[1][key]) == CROSSOVER_ROUTE,
        )
        for key in kept
    ]
    return SdData(
        outcome=outcome,
        labels=tuple(str(row["label"]) for row in numbers),
        y=np.array([row["yi"] for row in numbers], dtype=float),
        variance=np.array(variance, dtype=float).reshape(len(numbers), 3),
        bound_labels=tuple(str(row["label"]) for row in bounds),
        low=np.array([_end(row["yi_low"], -np.inf) / row["sei"] for row in bounds], dtype=float),
        high=np.array([_end(row["yi_high"], np.inf) / row["sei"] for row in bounds], dtype=float),
        scale=np.array(scale, dtype=float),
        bound_kind=_kinds([(row["method"], row["design"]) for row in bounds]),
        sd_labels=tuple(entries[1][key].trial_id for key in kept),
        sd_variance=np.array(sd_variance, dtype=float).reshape(len(kept), 3),
        sd_df=np.array([entries[1][key].df for key in kept], dtype=float),
        sd_kind=_kinds([(_method_of(key[0]), key[1]) for key in kept]),
        external=model.external[outcome],
    )


def _end(value: float | None, open_end: float) -> float:
    return open_end if value is None else value


def _entries(table: Derived, outcome: str) -> dict[tuple[str, str, str], SdEntry]:
    """Return one SD a trial, by method group, design and trial.

    The SDs of one trial's clinic, home and ambulatory readings are of the same people: as several they would
    count as several draws of the spread between trials. Clinic goes first, as in the choice of rows.
    """
    found: dict[str, SdEntry] = {}
    for item in sorted(
        (item for item in table.sd_model.entries if item.outcome == outcome),
        key=lambda item: (GROUP_ORDER.index(item.group), item.design, item.trial_id),
    ):
        found.setdefault(item.trial_id, item)
    return {(item.group, item.design, item.trial_id): item for item in found.values()}


def _route(table: Derived, entry: SdEntry) -> str:
    return str(getattr(table.candidates[entry.report_id].statement, "route", ""))


def _method_of(group: str) -> str:
    return next(method for method, name in METHOD_GROUPS.items() if name == group)


def _kinds(pairs: Sequence[tuple[str, str]]) -> Array:
    return np.array([kind_of(*pair) for pair in pairs], dtype=float).reshape(len(pairs), 3)
