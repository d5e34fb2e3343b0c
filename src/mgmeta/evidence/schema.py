"""Typed schemas of the raw tables: words, shapes, ranges and units, checked all at once.

A schema judges one cell at a time. What takes two cells or two tables is in
:mod:`mgmeta.evidence.rows` and :mod:`mgmeta.evidence.crosscheck`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from mgmeta.evidence.cells import may_be_empty, rules_of
from mgmeta.evidence.exposure import MAGNESIUM, Exposure
from mgmeta.evidence.findings import Finding, error, quoted
from mgmeta.evidence.load import TABLES, Table
from mgmeta.imports import hidden

with hidden("hypothesis"):  # pandera would load it to make up data, a tenth of a second
    import pandera.pandas as pa
    from pandera.errors import SchemaErrors

if TYPE_CHECKING:
    from mgmeta.evidence.records import Evidence


def table_schema(table: Table, exposure: Exposure = MAGNESIUM) -> Any:
    """Return the pandera schema of one raw table, made of the rules of its cells."""
    dtypes = {"text": str, "int": "Int64", "float": "float64"}
    columns = {}
    for name, kind in table.columns.items():
        checks = [
            pa.Check(rule.holds, element_wise=True, error=rule.expected)
            for rule in rules_of(table, name, exposure)
        ]
        nullable = kind != "text" and may_be_empty(table, name)
        columns[name] = pa.Column(dtypes[kind], checks, nullable=nullable)
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
