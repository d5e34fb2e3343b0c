"""What leaves as CSV never runs in a spreadsheet; what is evidence comes back as it stands."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mgmeta.evidence.crosscheck import check_folder
from mgmeta.io import csv_text, runs_as_formula

ROOT = Path(__file__).parents[2]
RUNS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+1",
    "-2+3+cmd|' /C calc'!A0",
    "-2 +HYPERLINK(A1)",
    "-4 (see cmd|' /C calc'!A0)",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    " =1+1",
    "\uff1d1+1",
    "-A1",
]
STILL = ["", "=", "<", "-", "-4.1", "+3", "-4.1 (-7.9 to -0.3)", "-4.1 mmHg", "-1e-05", "a=b", "2-1", "-12%"]


@pytest.mark.parametrize("text", RUNS)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert runs_as_formula(text)
    rows = list(csv.reader(io.StringIO(csv_text((text,), [{text: text}]), newline="")))
    assert rows == [[f"'{text}"], [f"'{text}"]]


@pytest.mark.parametrize("text", STILL)
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert not runs_as_formula(text)
    assert csv_text(("a", "b"), [{"a": text, "b": "x"}]).split("\n")[1].replace('"', "") == f"{text},x"


@given(st.text(max_size=12), st.floats(allow_nan=False, allow_infinity=False))
@example("=-", 0.0)
@example("'=1", -1e-300)
def test_no_cell_that_is_written_can_run_and_none_is_lost(text: str, number: float) -> None:
    buffer = io.StringIO(csv_text(("t", "n"), [{"t": text, "n": number}]), newline="")
    written, digits = list(csv.reader(buffer))[1]
    assert not runs_as_formula(written)
    assert written == (f"'{text}" if runs_as_formula(text) else text)
    assert float(digits) == number


def test_no_committed_table_and_no_raw_cell_runs() -> None:
    paths = [*ROOT.glob("data/raw/*.csv"), *ROOT.glob("release/*.csv"), *ROOT.glob("docs/**/*.csv")]
    assert len(paths) >= 6
    for path in paths:
        with path.open(encoding="utf-8", newline="") as handle:
            assert not [c for row in csv.reader(handle) for c in row if runs_as_formula(c)], path


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1+1", "@SUM(A1)", "-2+3"])
@pytest.mark.parametrize(
    ("file", "column"),
    [
        ("trials.csv", "title"),
        ("reports.csv", "note"),
        ("sources.csv", "citation"),
        ("reviews.csv", "note"),
        ("reference_intakes.csv", "note"),
        ("reference_parameters.csv", "note"),
    ],
)
def test_the_check_refuses_formulas_in_the_raw_tables(
    tmp_path: Path, file: str, column: str, text: str, edit_table: Callable[[Path, str, str], None]
) -> None:
    import shutil

    raw = Path(shutil.copytree(ROOT / "tests/workflow/toy/data/raw", tmp_path / "raw"))
    edit_table(raw / file, column, text)
    _, findings = check_folder(raw)
    told = [f for f in findings if f.level == "error" and (f.file, f.row, f.column) == (file, 2, column)]
    assert [f.message.partition("expected ")[2] for f in told] == [
        "a text that no spreadsheet runs as a formula"
    ]


@pytest.fixture
def edit_table() -> Callable[[Path, str, str], None]:
    def edit(path: Path, column: str, text: str) -> None:
        with path.open(encoding="utf-8", newline="") as handle:
            header, first, *rest = csv.reader(handle)
        assert column in header, header
        first[header.index(column)] = text
        with path.open("w", encoding="utf-8", newline="") as handle:
            csv.writer(handle, lineterminator="\n").writerows([header, first, *rest])

    return edit
