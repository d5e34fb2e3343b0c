"""Typed schemas of the raw tables: words, shapes, ranges and units, checked all at once.

A schema judges one cell at a time. What takes two cells or two tables is in
:mod:`mgmeta.evidence.rows` and :mod:`mgmeta.evidence.crosscheck`.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from mgmeta.evidence.exposure import MAGNESIUM, Exposure
from mgmeta.evidence.findings import Finding, error, quoted
from mgmeta.evidence.load import TABLES, Table
from mgmeta.evidence.vocabulary import REQUIRED, SHAPES, WORDS
from mgmeta.imports import hidden

with hidden("hypothesis"):  # pandera would load it to make up data, a tenth of a second
    import pandera.pandas as pa
    from pandera.errors import SchemaErrors

if TYPE_CHECKING:
    from mgmeta.evidence.records import Evidence


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


def _text_column(file: str, name: str) -> Any:
    words = WORDS[file].get(name)
    if words is not None:
        shown = [word for word in words if word]
        expected = "one of " + ", ".join(shown) + (" or nothing" if "" in words else "")
        return pa.Column(str, pa.Check.isin(words, error=expected))
    checks = [pa.Check(_plain, element_wise=True, error="no surrounding spaces and no control characters")]
    if name in REQUIRED[file]:
        checks.append(pa.Check(bool, element_wise=True, error="some text"))
    if name in SHAPES[file]:
        pattern, says = SHAPES[file][name]

        def matches(cell: str, pattern: re.Pattern[str] = pattern) -> bool:
            return not cell or pattern.fullmatch(cell) is not None

        checks.append(pa.Check(matches, element_wise=True, error=says))
    return pa.Column(str, checks)


def _number_column(file: str, name: str, kind: str, exposure: Exposure) -> Any:
    bounds = RANGES[file][name]
    if bounds is _DOSE:
        unit = f"mg/d of elemental {exposure.name}"
        bounds = bounds._replace(high=exposure.dose_max_mg_per_day, unit=unit)
    low = "above " if bounds.above else ""
    expected = f"{low}{bounds.low:g} to {bounds.high:g} {bounds.unit}"
    check = pa.Check.in_range(bounds.low, bounds.high, include_min=not bounds.above, error=expected)
    return pa.Column("Int64" if kind == "int" else "float64", check, nullable=not bounds.required)


def table_schema(table: Table, exposure: Exposure = MAGNESIUM) -> Any:
    """Return the pandera schema of one raw table."""
    columns = {
        name: _text_column(table.file, name)
        if kind == "text"
        else _number_column(table.file, name, kind, exposure)
        for name, kind in table.columns.items()
    }
    return pa.DataFrameSchema(columns, strict=True, ordered=True)


def table_frame(table: Table, records: tuple[Any, ...]) -> pd.DataFrame:
    """Return records as a typed frame whose index is the line in the file."""
    dtypes = {"text": "str", "int": "Int64", "float": "float64"}
    index = pd.Index([record.row for record in records], dtype="int64")
    return pd.DataFrame(
        {
            name: pd.Series([getattr(record, name) for record in records], index=index, dtype=dtypes[kind])
            for name, kind in table.columns.items()
        },
        index=index,
    )


def schema_findings(evidence: Evidence, exposure: Exposure = MAGNESIUM) -> list[Finding]:
    """Check every cell of the six tables against its schema.

    Parameters
    ----------
    evidence : Evidence
        Records as read; a numeric cell that could not be typed is ``None`` and passes here.
    exposure : Exposure
        What is supplemented: the largest dose a cell may hold.

    Returns
    -------
    list of Finding
        One error a failing cell: what was found and what was expected.
    """
    findings = []
    for name, table in TABLES.items():
        records = getattr(evidence, name)
        if not records:  # nothing to check, and pandera takes as long over no rows as over hundreds
            continue
        frame = table_frame(table, records)
        try:
            table_schema(table, exposure).validate(frame, lazy=True)
        except SchemaErrors as failure:
            for case in failure.failure_cases.to_dict("records"):
                findings.append(_finding(table, case))
    return findings


def _finding(table: Table, case: dict[Any, Any]) -> Finding:
    value = case["failure_case"]
    expected = "a number" if case["check"] == "not_nullable" else case["check"]
    if isinstance(value, str):
        found = quoted(value) if value else "an empty cell"
    elif value is None or pd.isna(value) or math.isnan(value):
        found = "an empty cell"
    else:
        found = f"{value:.15g}"
    return error(table.file, int(case["index"]), str(case["column"]), f"found {found}, expected {expected}")
