"""What each combination of reading choices makes of the table: arrays over all trials, eligible or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, product

import numpy as np
from numpy.typing import NDArray

from mgmeta.config import Analysis
from mgmeta.effects.derive import Derived, derive
from mgmeta.effects.eligibility import judge, judged_by
from mgmeta.effects.fates import fate_of
from mgmeta.effects.statements import Bound, Estimate
from mgmeta.evidence.records import Evidence, Report, Trial
from mgmeta.pooling.slice_input import Effects
from mgmeta.reproduce.choices import ELIGIBILITY, READING, assume_of, of_kind, select_of

Mask = NDArray[np.bool_]
Reading = tuple[int, ...]
AMBULATORY = ("ambulatory_24h", "ambulatory_day", "ambulatory_night")


@dataclass(frozen=True)
class World:
    """One outcome under one combination of reading choices.

    Attributes
    ----------
    index : tuple of int
        Level of each reading choice.
    effects : Effects
        One row a trial; SE is NaN where the trial says nothing.
    silent : array of bool
        Trials that print nothing on any pressure and are taken as not significant.
    """

    outcome: str
    index: tuple[int, ...]
    effects: Effects
    silent: Mask

    @property
    def speaks(self) -> Mask:
        """Which trials have a statement, silent ones included."""
        return ~np.isnan(self.effects.se)


def trials_of(evidence: Evidence) -> tuple[Trial, ...]:
    """Return the trials in the order of every array here."""
    return tuple(sorted(evidence.trials, key=lambda t: t.trial_id))


def all_readings() -> tuple[Reading, ...]:
    """Return every combination of reading choices, one level a choice, in order."""
    return tuple(product(*(range(len(choice.levels)) for choice in of_kind(READING))))


def build_worlds(
    evidence: Evidence, base: Analysis, outcomes: tuple[str, ...], readings: Sequence[Reading]
) -> Iterator[World]:
    """Yield the table under each of *readings*, for each outcome.

    Readings that follow each other and differ only in rows left out or preferred share what was derived.
    """
    *assumed, ambiguity, preference = of_kind(READING)
    ambulatory_first = _prefer_ambulatory(evidence)
    for head, group in groupby(readings, key=lambda reading: reading[: len(assumed)]):
        values = [c.levels[i][1] for c, i in zip(assumed, head, strict=True)]
        derived = derive(evidence, assume_of(base.assume, *values))
        for *_, a, p in group:
            tables = ambulatory_first if preference.levels[p][1] else evidence
            view = replace(
                base,
                select=replace(base.select, ambiguity_out=ambiguity.levels[a][1], silent="not_significant"),
            )
            for outcome in outcomes:
                yield _world(tables, derived, view, outcome, (*head, a, p))


def _prefer_ambulatory(evidence: Evidence) -> Evidence:
    """Return the tables without the office rows of trials that also print an ambulatory mean."""
    has = {
        (report.trial_id, report.outcome)
        for report in evidence.reports
        if report.method in AMBULATORY and report.contrast != "before_after"
    }

    def stays(report: Report) -> bool:
        return report.method in AMBULATORY or (report.trial_id, report.outcome) not in has

    return replace(evidence, reports=tuple(report for report in evidence.reports if stays(report)))


def _world(
    evidence: Evidence, derived: Derived, view: Analysis, outcome: str, index: tuple[int, ...]
) -> World:
    trials = trials_of(evidence)
    y, se = np.full(len(trials), np.nan), np.full(len(trials), np.nan)
    low, high = np.full(len(trials), -np.inf), np.full(len(trials), np.inf)
    silent = np.zeros(len(trials), dtype=bool)
    for i, trial in enumerate(trials):
        combined = fate_of(evidence, derived, trial, outcome, view.select).combined
        if combined is None:
            continue
        statement = combined.statement
        assert isinstance(statement, Estimate | Bound)
        se[i] = statement.se
        if isinstance(statement, Estimate):
            y[i] = statement.yi
        else:
            low[i], high[i] = statement.low, statement.high
            silent[i] = not combined.members
    return World(outcome, index, Effects(y, se, low, high), silent)


def eligibility_masks(evidence: Evidence, base: Analysis) -> Mask:
    """Return who is eligible under every combination of eligibility choices, shape (m, trials).

    Combinations are in the order of :func:`itertools.product` over the choices.
    """
    choices = of_kind(ELIGIBILITY)
    trials = trials_of(evidence)
    known_dose = np.array(
        [t.dose_mg_per_day is not None and t.dose_basis in ("stated_elemental", "from_mmol") for t in trials]
    )
    kinds: dict[tuple[object, ...], int] = {}
    kind = np.array([kinds.setdefault(judged_by(trial), len(kinds)) for trial in trials], dtype=np.intp)
    first = [trials[i] for i in np.unique(kind, return_index=True)[1]]
    masks = []
    for levels in product(*(choice.levels for choice in choices)):
        values = {choice.key: level[1] for choice, level in zip(choices, levels, strict=True)}
        select = select_of(base, values)
        mask = np.array([judge(trial, select).eligible for trial in first], dtype=bool)[kind]
        masks.append(mask & known_dose if values["dose"] else mask)
    return np.array(masks)


def without_twins(evidence: Evidence, masks: Mask) -> Mask:
    """Return selections in which nobody counts twice: of two trials in the same people one gives way."""
    trials = trials_of(evidence)
    place = {trial.trial_id: i for i, trial in enumerate(trials)}
    kept = masks.copy()
    for i, trial in enumerate(trials):
        if trial.overlaps_with not in place:
            continue
        other = evidence.trial(trial.overlaps_with)
        mutual = other.overlaps_with == trial.trial_id
        if not mutual or other.trial_id < trial.trial_id:
            kept[:, i] &= ~masks[:, place[other.trial_id]]
    return kept
