"""What one cell of the raw tables may hold: words, shapes, ranges and units, as rules without pandas.

:mod:`mgmeta.evidence.schema` makes pandera's schemas of them, which find and word every failure.
:func:`cells_hold` only asks whether there is one, in some 20 ms instead of more than a second: adding and
previewing a trial ask it first.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from mgmeta.evidence.exposure import MAGNESIUM, Exposure
from mgmeta.evidence.load import TABLES, Table
from mgmeta.evidence.records import Evidence
from mgmeta.evidence.vocabulary import REQUIRED, SHAPES, WORDS
from mgmeta.io import runs_as_formula


class Range(NamedTuple):
    """Closed range of a numeric column in its unit; `above` excludes the lower end."""

    low: float
    high: float
    unit: str
    above: bool = False
    required: bool = False


_PEOPLE = Range(1, 100_000, "people")
_WEEKS = Range(0, 520, "weeks")
_DOSE = Range(0, MAGNESIUM.dose_max_mg_per_day, "mg/d of elemental magnesium", above=True)
_SPREAD = Range(0, 1000, "in the unit of the outcome (an SD or SE is positive)", above=True)
_SHARE = Range(0, 100, "percent")
_PROBABILITY = Range(0, 1, "(a probability)")
# A mean or difference in mmHg, mmol/L, percent or umol/L: wide, because the plausible range of an
# outcome is judged row by row.
_MEAN = Range(-1000, 1000, "in the unit of the outcome")
_COUNT = Range(1, 1000, "trials")

_REPORT_MEANS = [
    f"{arm}_{time}_mean" for arm in ("mg", "control") for time in ("baseline", "final", "change")
]

RANGES: dict[str, dict[str, Range]] = {
    "trials.csv": {
        "year": Range(1950, 2100, "(a year of publication)"),
        "age_mean": Range(0, 120, "years"),
        "female_percent": _SHARE,
        "dose_mg_per_day": _DOSE,
        "duration_weeks": _WEEKS,
        "washout_weeks": _WEEKS,
        "n_arms": Range(3, 20, "arms (empty = two or one)"),
        "n_randomised": _PEOPLE,
        "n_mg": _PEOPLE,
        "n_control": _PEOPLE,
        "serum_mg_baseline_mmol_l": Range(0.2, 3.0, "mmol/L"),
    },
    "reports.csv": {
        "timepoint_weeks": _WEEKS,
        "dose_mg_per_day": _DOSE,
        "n_mg": _PEOPLE,
        "n_control": _PEOPLE,
        **dict.fromkeys((*_REPORT_MEANS, "difference", "ci_low", "ci_high"), _MEAN),
        **{column.replace("_mean", "_sd"): _SPREAD for column in _REPORT_MEANS},
        "difference_se": _SPREAD,
        "ci_level": Range(0.5, 0.999, "(0.95 for a 95 % interval)"),
        "p_value": _PROBABILITY,
        "p_within_mg": _PROBABILITY,
    },
    "sources.csv": {},
    "reviews.csv": {
        "year": Range(1950, 2100, "(a year of publication)", required=True),
        "k_trials": _COUNT,
        "n_participants": Range(1, 10_000_000, "people"),
        "dose_mg_per_day_median": _DOSE,
        **dict.fromkeys(("estimate", "ci_low", "ci_high"), _MEAN),
        "k_subset": _COUNT,
        "i2_percent": _SHARE,
        "p_interaction": _PROBABILITY,
    },
    "reference_intakes.csv": {"value": Range(0, 10_000, "in the row's unit", above=True, required=True)},
    "reference_parameters.csv": {
        column: Range(-1, 10_000, "(an SD, a variance or a correlation)")
        for column in ("value", "low", "high")
    },
}

# Anything that is not printable, beside the line end a note may hold.
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def _plain(cell: str) -> bool:
    return cell == cell.strip() and _CONTROL.search(cell) is None


def _still(cell: str) -> bool:
    return not runs_as_formula(cell)


class Rule(NamedTuple):
    """What a cell must satisfy, and that in words; a numeric rule is never asked about an empty cell."""

    holds: Callable[[Any], bool]
    expected: str


def rules_of(table: Table, column: str, exposure: Exposure = MAGNESIUM) -> tuple[Rule, ...]:
    """Return the rules of one column: all of them must hold.

    Parameters
    ----------
    table : Table
    column : str
        One of the columns of `table`.
    exposure : Exposure
        What is supplemented: the largest dose a cell may hold.
    """
    if table.columns[column] == "text":
        return _text_rules(table.file, column)
    bounds = RANGES[table.file][column]
    if bounds is _DOSE:
        unit = f"mg/d of elemental {exposure.name}"
        bounds = bounds._replace(high=exposure.dose_max_mg_per_day, unit=unit)
    low, high, unit, above, _ = bounds
    expected = f"{'above ' if above else ''}{low:g} to {high:g} {unit}"
    if above:
        return (Rule(lambda cell: low < cell <= high, expected),)
    return (Rule(lambda cell: low <= cell <= high, expected),)


def may_be_empty(table: Table, column: str) -> bool:
    """Return whether a numeric column may have empty cells."""
    return not RANGES[table.file][column].required


def cells_hold(evidence: Evidence, exposure: Exposure = MAGNESIUM) -> bool:
    """Return whether every cell of the tables satisfies its rules.

    Parameters
    ----------
    evidence : Evidence
        Records as read.
    exposure : Exposure
        What is supplemented.
    """
    for name, table in TABLES.items():
        records = getattr(evidence, name)
        for column, kind in table.columns.items():
            rules = rules_of(table, column, exposure)
            cells = {getattr(record, column) for record in records}
            if None in cells:
                cells.discard(None)
                if kind == "text" or not may_be_empty(table, column):
                    return False
            if not all(rule.holds(cell) for rule in rules for cell in cells):
                return False
    return True


def _text_rules(file: str, column: str) -> tuple[Rule, ...]:
    words = WORDS[file].get(column)
    if words is not None:
        shown = ", ".join(word for word in words if word)
        return (Rule(words.__contains__, f"one of {shown}{' or nothing' if '' in words else ''}"),)
    rules = [
        Rule(_plain, "no surrounding spaces and no control characters"),
        Rule(_still, "a text that no spreadsheet runs as a formula"),
    ]
    if column in REQUIRED[file]:
        rules.append(Rule(bool, "some text"))
    if column in SHAPES[file]:
        pattern, says = SHAPES[file][column]
        rules.append(Rule(lambda cell: not cell or pattern.fullmatch(cell) is not None, says))
    return tuple(rules)
