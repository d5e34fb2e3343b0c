"""The rules of one cell, asked without pandas: they find a wrong cell exactly where pandera does."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from mgmeta.evidence.cells import cells_hold
from mgmeta.evidence.load import TABLES
from mgmeta.evidence.records import Evidence
from mgmeta.evidence.schema import schema_findings

TEXTS = (
    "",
    " x",
    "two words",
    "a\nb",
    "a\x1bb",
    "yes",
    "ns",
    "=",
    "sbp",
    "mmHg",
    "2019",
    "https://example.org/a",
)
NUMBERS = (None, -2000, -1, 0, 0.3, 1, 2, 95, 500.5, 2000, 1e6, 1e9)


def test_the_real_tables_hold(evidence: Evidence) -> None:
    assert cells_hold(evidence)


@pytest.mark.parametrize("name", TABLES)
def test_a_wrong_cell_is_found_where_pandera_finds_it(evidence: Evidence, name: str) -> None:
    """Every column gets every odd cell, one row a cell: both must point at the same columns and rows."""
    table = TABLES[name]
    first = getattr(evidence, name)[0]
    empty = Evidence((), (), (), (), (), ())
    rows, places = [], []
    for column, kind in table.columns.items():
        odd: tuple[Any, ...] = TEXTS if kind == "text" else NUMBERS
        for cell in odd:
            if kind == "int" and cell is not None:
                cell = int(cell)
            rows.append(replace(first, row=len(rows) + 2, **{column: cell}))
            places.append(column)
    found = {
        (finding.row, finding.column) for finding in schema_findings(replace(empty, **{name: tuple(rows)}))
    }
    alone = {
        (row.row, column)
        for row, column in zip(rows, places, strict=True)
        if not cells_hold(replace(empty, **{name: (row,)}))
    }
    assert found == alone
    assert 0 < len(found) < len(rows)


def test_the_rules_need_neither_pandas_nor_pandera() -> None:
    script = (
        "import sys\nfrom pathlib import Path\nfrom mgmeta.evidence.crosscheck import check_folder\n"
        "check_folder(Path('data/raw'), screen=True)\n"
        "print([name for name in ('pandas', 'pandera') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
