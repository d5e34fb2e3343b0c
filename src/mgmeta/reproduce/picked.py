"""The rows of the evidence table that one reading of a review's criteria pools."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mgmeta.config import Analysis, Config, Select
from mgmeta.effects.derive import Derived
from mgmeta.effects.eligibility import judge
from mgmeta.effects.slices import SLICE_COLUMNS, build_slice
from mgmeta.evidence.records import Evidence
from mgmeta.pooling.slice_input import Row
from mgmeta.reproduce.plan import Reading


@dataclass(frozen=True)
class Picked:
    """What one reading pools.

    Attributes
    ----------
    rows : tuple of slice rows
        Every outcome; an empty cell is None.
    eligible : tuple of str
        Trials that meet the criteria, pooled or not.
    """

    rows: tuple[Row, ...]
    eligible: tuple[str, ...]

    def of(self, outcome: str) -> tuple[Row, ...]:
        """Return the rows of one outcome."""
        return tuple(row for row in self.rows if row["outcome"] == outcome)


def whole_rows(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Return slice rows with every column, None where a cell is empty."""
    empty = dict.fromkeys(SLICE_COLUMNS)
    return tuple({**empty, **row} for row in rows)


def eligible_trials(evidence: Evidence, reading: Reading) -> tuple[str, ...]:
    """Return the trials that meet the criteria and, if there are any, one of the alternatives."""
    found = []
    for trial in evidence.trials:
        if not judge(trial, reading.select).eligible:
            continue
        if not reading.any_of or any(judge(trial, select).eligible for select in reading.any_of):
            found.append(trial.trial_id)
    return tuple(sorted(found))


def pick(evidence: Evidence, derived: Derived, config: Config, reading: Reading) -> Picked:
    """Return the rows of a reading.

    The SD model is that of the whole table, whatever the reading selects: an SD of
    change does not depend on a review's criteria.
    """
    eligible = eligible_trials(evidence, reading)
    kept = set(eligible)
    part = replace(evidence, trials=tuple(t for t in evidence.trials if t.trial_id in kept))
    piece = build_slice(part, derived, _analysis(reading.select, config))
    return Picked(whole_rows(piece.rows), eligible)


def _analysis(select: Select, config: Config) -> Analysis:
    """Return a nameless analysis with these criteria and the configuration's assumptions."""
    return Analysis(
        name="reading",
        title="",
        select=select,
        assume=config.assume,
        bayes=None,
        moderators=(),
        outcomes=config.pressures,
        level=config.level,
        seed=config.seed,
    )
