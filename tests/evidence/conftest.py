"""Fictional rows, written as a table prints them, and an editable copy of the real tables."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mgmeta.evidence.load import TABLES, load_evidence
from mgmeta.evidence.records import Evidence, Printed

RAW = Path(__file__).resolve().parents[2] / "data" / "raw"

DEFAULTS = {
    "trials": {
        "trial_id": "made2000",
        "first_author": "Made A",
        "year": "2000",
        "design": "parallel",
        "randomised": "yes",
        "blinding": "double",
        "comparator": "placebo",
        "cointervention": "none",
        "population": "adults",
        "setting": "general",
        "bp_status": "unclear",
        "bp_treatment": "unclear",
        "diabetes": "unclear",
        "mg_status": "unclear",
        "dose_mg_per_day": "365",
        "evidence_level": "none",
        "dose_basis": "stated_elemental",
        "duration_weeks": "12",
    },
    "reports": {
        "report_id": "made2000-sbp-1",
        "trial_id": "made2000",
        "outcome": "sbp",
        "method": "office",
        "position": "sitting",
        "contrast": "parallel",
        "source_id": "made2000-s1",
        "locator": "abstract",
        "certainty": "clear",
    },
    "reviews": {
        "review_id": "pool2000",
        "first_author": "Pool",
        "year": "2000",
        "outcome": "sbp",
        "subset": "overall",
        "unit": "mmHg",
        "source_kind": "primary",
    },
    "intakes": {
        "quantity": "rda",
        "population": "men",
        "value": "400",
        "unit": "mg/d",
        "authority": "someone",
    },
    "parameters": {"quantity": "sd_change_sbp_mmhg", "population": "adults", "value": "14"},
}


def make(table: str, **cells: str) -> Any:
    """Build a record from cells; `row` may be given as a number."""
    row = int(cells.pop("row", "2"))
    texts = {**DEFAULTS[table], **cells}
    kinds = TABLES[table].columns
    assert texts.keys() <= kinds.keys()
    convert: dict[str, Callable[[str], Any]] = {"text": str, "int": int, "float": float}
    values: dict[str, Any] = {
        name: convert[kind](texts[name]) if texts.get(name) else ("" if kind == "text" else None)
        for name, kind in kinds.items()
    }
    record = TABLES[table].record
    if issubclass(record, Printed):
        values["printed"] = {name: texts[name] for name in texts if kinds[name] != "text" and texts[name]}
    return record(row=row, **values)


@pytest.fixture
def make_report() -> Callable[..., Any]:
    return lambda **cells: make("reports", **cells)


@pytest.fixture
def make_trial() -> Callable[..., Any]:
    return lambda **cells: make("trials", **cells)


@pytest.fixture
def make_row() -> Callable[..., Any]:
    return make


@pytest.fixture(scope="session")
def evidence() -> Evidence:
    return load_evidence(RAW)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A copy of data/raw that a test may spoil."""
    return Path(shutil.copytree(RAW, tmp_path / "raw"))


@pytest.fixture
def edit() -> Callable[..., int]:
    """Change cells of the row whose first cell is *key* (or of a line, header = 1); return its line."""

    def change(path: Path, key: str | int, **cells: str) -> int:
        with path.open(encoding="utf-8", newline="") as handle:
            rows = list(csv.reader(handle))
        line = key if isinstance(key, int) else 1 + [row[0] for row in rows].index(key)
        for column, text in cells.items():
            rows[line - 1][rows[0].index(column)] = text
        with path.open("w", encoding="utf-8", newline="") as handle:
            csv.writer(handle, lineterminator="\n").writerows(rows)
        return line

    return change
