r"""What the baseline-risk model sees of one outcome: pressures at entry with their error, and the effects.

The mean of a sample at entry, ``x = sum_a w_a B_a`` over arms, misses that of all such people. With SDs s0
at entry and s1 at the end, correlation r within people, and an effect ``y = sum_a c_a (F_a - B_a)`` of final
minus entry (c sums to 1 over the magnesium arms, -1 in the control)::

    var(x)    = s0^2 sum_a w_a^2 / n_a
    cov(x, y) = (r s0 s1 - s0^2) sum_a w_a c_a / n_a

Weighted by people (w_a = n_a / N) these are s0^2 / N and ``(..)/N sum_a c_a = (..)/N (1 - 1) = 0``: for two
arms ``n1/N (r s0 s1 - s0^2)/n1 - n0/N (r s0 s1 - s0^2)/n0 = 0``. The magnesium arm's entry alone has
``(r s0 s1 - s0^2)/n1``: chance puts the same people's entry into both sides of the plot. For effects that
are differences of finals, s0^2 falls away from the bracket. In a crossover everybody is in both arms and
nothing is coupled. The SD at the end is taken to be that at entry.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mgmeta.bayes.analysis_rows import Row, analysis_rows
from mgmeta.bayes.rows import Array, Rows
from mgmeta.config import Analysis
from mgmeta.evidence.records import Evidence, Trial
from mgmeta.moderators.catalogue import MODERATORS
from mgmeta.moderators.values import Arm, arms_at_entry, mean_of

# Levels of a trial that are compared in the same family, by their keys in the catalogue of moderators.
LEVELS = ("hypertension", "mg_status")
FINALS = "6_finals"


@dataclass(frozen=True)
class Entry:
    """Mean pressure at entry of one trial.

    Attributes
    ----------
    x, variance, covariance : float
        Mean, its sampling variance and its covariance with the error of the effect; mmHg, mmHg^2.
    one_arm : bool
        Whether only one arm of parallel groups prints it.
    """

    x: float
    variance: float
    covariance: float
    one_arm: bool


@dataclass(frozen=True)
class BaselineData:
    """Effects, numbers first, with what is known of each trial at entry.

    Attributes
    ----------
    outcome : str
        Its key.
    rows : Rows
        Numbers and bounds, k of them.
    x, variance, covariance : array, shape (k,)
        As in :class:`Entry`; *x* is NaN where nothing is printed, the others 0.
    one_arm : int
        Trials of parallel groups of which one arm prints it.
    spread : float
        SD between people at entry where a trial prints none: pooled over those that do, mmHg.
    levels : mapping of str to array, shape (k,)
        0, 1 or NaN, by key of :data:`LEVELS`.
    """

    outcome: str
    rows: Rows
    x: Array
    variance: Array
    covariance: Array
    one_arm: int
    spread: float
    levels: Mapping[str, Array]

    @property
    def known(self) -> Array:
        """Return 1 for a trial that prints its pressure at entry, else 0, shape (k,)."""
        return np.isfinite(self.x).astype(float)


def spread_of(arms: Sequence[Arm]) -> tuple[float, float]:
    """Return the sum of squares between people at entry and its degrees of freedom; 0, 0 without any.

    A spread whose kind is not stated is read as an SD: as an SE the least of them, 4 mmHg of DBP (Ferrara
    1992, 7 people) aside, would be an SD of 22 mmHg or more.
    """
    squares, df = 0.0, 0.0
    for arm in arms:
        if arm.spread and arm.n and arm.n > 1:
            sd = arm.spread * math.sqrt(arm.n) if arm.dispersion == "se" else arm.spread
            squares += (arm.n - 1) * sd * sd
            df += arm.n - 1
    return squares, df


def entry_of(arms: Sequence[Arm], *, sd: float, correlation: float, crossover: bool, finals: bool) -> Entry:
    """Return the mean at entry with its error, by the formulas above.

    Parameters
    ----------
    arms
        Arms that print a mean, each with its people.
    sd
        SD between people at entry, mmHg.
    correlation
        Between entry and end, within people.
    crossover
        Whether everybody is in both arms.
    finals
        Whether the effect is a difference of finals, not of changes.
    """
    n = np.array([arm.n for arm in arms], dtype=float)
    control = np.array([arm.control for arm in arms])
    x = mean_of(arms)
    if crossover:
        return Entry(x, sd * sd / float(n.max()), 0.0, False)
    mine = np.where(control, 0.0, n)
    contrast = np.where(control, -1.0, mine / max(float(mine.sum()), 1.0))
    weight = n / n.sum()
    per_person = correlation * sd * sd - (0.0 if finals else sd * sd)
    return Entry(
        x,
        sd * sd * float(np.sum(weight**2 / n)),
        per_person * float(np.sum(weight * contrast / n)),
        bool(control.all() or not control.any()),
    )


def baseline_data(evidence: Evidence, analysis: Analysis) -> dict[str, BaselineData]:
    """Return the data of every outcome of one analysis that has rows."""
    trials = {trial.trial_id: trial for trial in evidence.trials}
    found = {}
    for outcome, (rows, records) in analysis_rows(evidence, analysis).items():
        arms = [_sized(arms_at_entry(outcome, trials[r["trial_id"]], evidence), r) for r in records]
        totals = np.array([spread_of(item) for item in arms])
        pooled = math.sqrt(totals[:, 0].sum() / totals[:, 1].sum()) if totals[:, 1].any() else math.nan
        entries = [
            _entry(item, record, pooled, analysis.assume.correlation)
            for item, record in zip(arms, records, strict=True)
        ]
        found[outcome] = BaselineData(
            outcome=outcome,
            rows=rows,
            x=np.array([item.x if item else math.nan for item in entries]),
            variance=np.array([item.variance if item else 0.0 for item in entries]),
            covariance=np.array([item.covariance if item else 0.0 for item in entries]),
            one_arm=sum(item.one_arm for item in entries if item),
            spread=pooled,
            levels={key: _levels(key, records, trials, evidence) for key in LEVELS},
        )
    return found


def _sized(arms: Sequence[Arm], record: Row) -> list[Arm]:
    """Return the arms whose people are known, from the row of the analysis if not beside the mean."""
    lone = sum(not arm.control for arm in arms) == 1
    found = []
    for arm in arms:
        spare = record["n_control"] if arm.control else record["n_mg"] if lone else None
        n = arm.n or spare
        if n:
            found.append(Arm(arm.control, arm.mean, arm.spread, arm.dispersion, int(n)))
    return found


def _entry(arms: Sequence[Arm], record: Row, pooled: float, correlation: float) -> Entry | None:
    """Return the entry of one trial; None where no mean, no people, or no SD of any trial is printed."""
    squares, df = spread_of(arms)
    sd = math.sqrt(squares / df) if df else pooled
    if not arms or math.isnan(sd):
        return None
    found = entry_of(
        arms,
        sd=sd,
        correlation=correlation,
        crossover=record["design"] == "crossover",
        finals=str(record["route"]).startswith(FINALS),
    )
    # The two errors of one trial cannot be correlated beyond 1; an SE printed too small would make it so.
    limit = 0.95 * math.sqrt(found.variance) * float(record["sei"])
    return Entry(found.x, found.variance, float(np.clip(found.covariance, -limit, limit)), found.one_arm)


def _levels(key: str, records: Sequence[Row], trials: Mapping[str, Trial], evidence: Evidence) -> Array:
    value: Any = MODERATORS[key].value
    found = [value(record, trials[record["trial_id"]], evidence) for record in records]
    return np.array([math.nan if item is None else item for item in found], dtype=float)
