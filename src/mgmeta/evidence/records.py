"""Typed records of the raw tables: one attribute per column, named as the column.

An empty cell is ``""`` in a text column and ``None`` in a numeric one. ``row``
is the line of the file on which the record starts (the header is line 1), so
that a message or a trace can point at ``trials.csv:17``. What each column
means, and its unit, is said in ``data/raw/README.md``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from mgmeta.errors import DataError

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?")


def printed_step(text: str) -> float:
    """Return one unit in the last printed digit of a number.

    Parameters
    ----------
    text : str
        A number as printed: ``"0.04"`` gives 0.01, ``"-7.40"`` 0.01, ``"12"`` 1.0. Trailing zeros
        count; an integer is taken as rounded to the unit.

    Returns
    -------
    float
        The step, in the unit of the number.

    Raises
    ------
    ValueError
        If *text* is not a number.
    """
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a printed number")
    decimals, exponent = match.groups()
    return float(f"1e{int(exponent or 0) - len(decimals or '')}")


class Printed:
    """What a record knows of how its numbers were printed."""

    printed: Mapping[str, str]

    def step(self, column: str) -> float:
        """Return one unit in the last printed digit of a numeric column.

        Raises
        ------
        KeyError
            If the cell is empty or the column is not numeric.
        """
        return printed_step(self.printed[column])


@dataclass(frozen=True)
class Trial:
    """A row of ``trials.csv``: design, population, dose and size of one trial."""

    trial_id: str
    first_author: str
    year: int | None
    title: str
    journal: str
    volume: str
    pages: str
    doi: str
    pmid: str
    registry_id: str
    country: str
    design: str
    randomised: str
    blinding: str
    comparator: str
    cointervention: str
    population: str
    setting: str
    age_mean: float | None
    female_percent: float | None
    bp_status: str
    bp_treatment: str
    diabetes: str
    mg_status: str
    compound: str
    dose_mg_per_day: float | None
    dose_basis: str
    duration_weeks: float | None
    washout_weeks: float | None
    n_arms: int | None
    n_randomised: int | None
    n_mg: int | None
    n_control: int | None
    serum_mg_baseline_mmol_l: float | None
    evidence_level: str
    overlaps_with: str
    note: str
    row: int = field(compare=False)


@dataclass(frozen=True)
class Report(Printed):
    """A row of ``reports.csv``: one printed result of one trial.

    ``printed`` keeps the text of every numeric cell that is not empty, because
    the rounding of a number is known only from how it was printed.
    """

    report_id: str
    trial_id: str
    outcome: str
    method: str
    position: str
    timepoint_weeks: float | None
    dose_mg_per_day: float | None
    arm_label: str
    contrast: str
    n_mg: int | None
    n_control: int | None
    mg_baseline_mean: float | None
    mg_baseline_sd: float | None
    mg_final_mean: float | None
    mg_final_sd: float | None
    mg_change_mean: float | None
    mg_change_sd: float | None
    control_baseline_mean: float | None
    control_baseline_sd: float | None
    control_final_mean: float | None
    control_final_sd: float | None
    control_change_mean: float | None
    control_change_sd: float | None
    dispersion: str
    difference: float | None
    difference_se: float | None
    ci_low: float | None
    ci_high: float | None
    ci_level: float | None
    p_value: float | None
    p_relation: str
    p_within_mg: float | None
    p_within_mg_relation: str
    significance: str
    source_id: str
    locator: str
    certainty: str
    ambiguity: str
    note: str
    row: int = field(compare=False)
    printed: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True)
class Source:
    """A row of ``sources.csv``: where values of one trial were read."""

    source_id: str
    trial_id: str
    kind: str
    citation: str
    doi: str
    pmid: str
    url: str
    note: str
    row: int = field(compare=False)


@dataclass(frozen=True)
class Review(Printed):
    """A row of ``reviews.csv``: one published pooled result."""

    review_id: str
    first_author: str
    year: int | None
    journal: str
    doi: str
    pmid: str
    search_until: str
    k_trials: int | None
    n_participants: int | None
    dose_mg_per_day_median: float | None
    dose_range: str
    outcome: str
    subset: str
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    unit: str
    k_subset: int | None
    i2_percent: float | None
    p_interaction: float | None
    model: str
    inclusion: str
    source_kind: str
    source_url: str
    note: str
    row: int = field(compare=False)
    printed: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True)
class Intake:
    """A row of ``reference_intakes.csv``: one reference line of intake or serum magnesium."""

    quantity: str
    population: str
    value: float | None
    unit: str
    authority: str
    source_url: str
    note: str
    row: int = field(compare=False)


@dataclass(frozen=True)
class Parameter:
    """A row of ``reference_parameters.csv``: an SD or correlation seen in print."""

    quantity: str
    value: float | None
    low: float | None
    high: float | None
    population: str
    source_url: str
    note: str
    row: int = field(compare=False)


Record = Trial | Report | Source | Review | Intake | Parameter


@dataclass(frozen=True)
class Evidence:
    """The six raw tables, in file order."""

    trials: tuple[Trial, ...]
    reports: tuple[Report, ...]
    sources: tuple[Source, ...]
    reviews: tuple[Review, ...]
    intakes: tuple[Intake, ...]
    parameters: tuple[Parameter, ...]

    @cached_property
    def trial_by_id(self) -> dict[str, Trial]:
        """Trials by ``trial_id``."""
        return {trial.trial_id: trial for trial in self.trials}

    @cached_property
    def report_by_id(self) -> dict[str, Report]:
        """Reports by ``report_id``."""
        return {report.report_id: report for report in self.reports}

    @cached_property
    def source_by_id(self) -> dict[str, Source]:
        """Sources by ``source_id``."""
        return {source.source_id: source for source in self.sources}

    @cached_property
    def _reports_by_trial(self) -> dict[str, tuple[Report, ...]]:
        groups: dict[str, list[Report]] = {}
        for report in self.reports:
            groups.setdefault(report.trial_id, []).append(report)
        return {trial_id: tuple(rows) for trial_id, rows in groups.items()}

    def trial(self, trial_id: str) -> Trial:
        """Return one trial.

        Raises
        ------
        DataError
            If no row of ``trials.csv`` has this id.
        """
        try:
            return self.trial_by_id[trial_id]
        except KeyError:
            raise DataError(f"trials.csv: no trial {trial_id!r}; expected a trial_id of that table") from None

    def reports_of(self, trial_id: str, outcome: str | None = None) -> tuple[Report, ...]:
        """Return a trial's reports in file order, of one outcome or of all."""
        rows = self._reports_by_trial.get(trial_id, ())
        return rows if outcome is None else tuple(row for row in rows if row.outcome == outcome)
