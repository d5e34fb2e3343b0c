"""What the tables print on one trial: the value of each moderator, or None where they are silent."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mgmeta.effects.candidates import is_resting
from mgmeta.effects.derive import is_subgroup
from mgmeta.effects.preference import preferred_groups
from mgmeta.evidence.records import Evidence, Report, Trial
from mgmeta.moderators.compounds import compound_class
from mgmeta.pooling.slice_counts import people_in
from mgmeta.pooling.slice_input import Row

Value = Callable[[Row, Trial, Evidence], float | None]


@dataclass(frozen=True)
class Arm:
    """One arm's pressure at entry.

    Attributes
    ----------
    control : bool
        Whether it is the control arm.
    mean : float
        mmHg.
    spread : float or None
        What is printed behind it, mmHg: see *dispersion*.
    dispersion : str
        Kind of the spread, as in ``reports.csv``.
    n : int or None
        People.
    """

    control: bool
    mean: float
    spread: float | None
    dispersion: str
    n: int | None


def coded(column: str, codes: Mapping[str, float]) -> Value:
    """Return a reader of a coded column of ``trials.csv``; a code that is not in *codes* is None."""

    def value(row: Row, trial: Trial, evidence: Evidence) -> float | None:
        return codes.get(getattr(trial, column))

    return value


def from_slice(column: str) -> Value:
    """Return a reader of a numeric column of the slice."""

    def value(row: Row, trial: Trial, evidence: Evidence) -> float | None:
        found = row[column]
        return None if found is None else float(found)

    return value


def design(row: Row, trial: Trial, evidence: Evidence) -> float | None:
    """Return 1 for a crossover, 0 for parallel groups, None where the design is not stated."""
    return {"crossover": 1.0, "parallel": 0.0, "factorial": 0.0}.get(trial.design)


def compound(row: Row, trial: Trial, evidence: Evidence) -> float | None:
    """Return 1 for an organic, 0 for an inorganic compound."""
    return compound_class(trial.compound)


def doublings(row: Row, trial: Trial, evidence: Evidence) -> float | None:
    """Return the binary logarithm of the people compared (of a crossover: once)."""
    n = people_in(row)
    return math.log2(n) if n else None


def baseline(outcome: str) -> Value:
    """Return a reader of the mean pressure at entry, mmHg, of both arms.

    It is taken from the rows at rest of the pressure *outcome* that come first in the order of
    docs/protocol.md section 4; arms are weighted by their people (alike where not printed), and one
    arm alone stands for both.
    """

    def value(row: Row, trial: Trial, evidence: Evidence) -> float | None:
        arms = arms_at_entry(outcome, trial, evidence)
        return mean_of(arms) if arms else None

    return value


def arms_at_entry(outcome: str, trial: Trial, evidence: Evidence) -> tuple[Arm, ...]:
    """Return the arms of a trial that print a pressure at entry, from the rows that :func:`baseline` reads.

    A control shared by several arms counts once.
    """
    printed = [
        report
        for report in evidence.reports_of(trial.trial_id, outcome)
        if is_resting(report) and not is_subgroup(report) and _has_baseline(report)
    ]
    groups = preferred_groups(printed)
    arms: dict[tuple[str, Arm], None] = {}
    for report in groups[0] if groups else ():
        mine, n = report.mg_baseline_mean, report.n_mg or trial.n_mg
        if mine is not None:
            arms[report.arm_label, Arm(False, mine, report.mg_baseline_sd, report.dispersion, n)] = None
        other, n = report.control_baseline_mean, report.n_control or trial.n_control
        if other is not None:
            arms["control", Arm(True, other, report.control_baseline_sd, report.dispersion, n)] = None
    return tuple(arm for _, arm in arms)


def mean_of(arms: Sequence[Arm]) -> float:
    """Return their mean, weighted by people; alike where one's are not printed."""
    weights = [float(arm.n) if arm.n else math.nan for arm in arms]
    if not all(math.isfinite(weight) for weight in weights):
        weights = [1.0] * len(arms)
    return sum(arm.mean * weight for arm, weight in zip(arms, weights, strict=True)) / sum(weights)


def serum_magnesium(row: Row, trial: Trial, evidence: Evidence) -> float | None:
    """Return the mean serum magnesium at entry, mmol/L, of the magnesium arm: trials.csv, else its report."""
    if trial.serum_mg_baseline_mmol_l is not None:
        return trial.serum_mg_baseline_mmol_l
    for report in evidence.reports_of(trial.trial_id, "serum_mg"):
        # `other` is ionised or intracellular magnesium: another quantity.
        if report.method != "other" and not is_subgroup(report) and report.mg_baseline_mean is not None:
            return report.mg_baseline_mean
    return None


def _has_baseline(report: Report) -> bool:
    return report.mg_baseline_mean is not None or report.control_baseline_mean is not None
