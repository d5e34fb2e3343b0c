from __future__ import annotations

import time
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from mgmeta.errors import DataError
from mgmeta.export.workbook import number_of, workbook

BAD = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "=1", "#N/A"]


def back(data: bytes) -> Any:
    return load_workbook(BytesIO(data))


@pytest.mark.parametrize("text", BAD)
def test_text_that_looks_like_a_formula_stays_text(text: str) -> None:
    sheet = back(workbook({"t": (["a"], [{"a": text}])}))["t"]
    assert (sheet["A2"].value, sheet["A2"].data_type) == (text, "s")
    assert sheet["A2"].quotePrefix == (text[0] in "=+-@")


def test_a_formula_in_the_header_stays_text() -> None:
    sheet = back(workbook({"t": (["=1+1"], [])}))["t"]
    assert (sheet["A1"].value, sheet["A1"].data_type) == ("=1+1", "s")


def test_numbers_are_numbers_and_gaps_are_gaps() -> None:
    rows = [{"a": "-2.5", "b": "12"}, {"a": "", "b": "no"}]
    sheet = back(workbook({"t": (["a", "b"], rows)}))["t"]
    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)] == [[-2.5, 12], [None, "no"]]
    assert sheet["A2"].data_type == "n"
    assert sheet.freeze_panes == "A2"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("-0.5", -0.5),
        ("1e-05", 1e-05),
        ("007", None),
        ("1" * 16, None),
        ("1e999", None),
        ("1١", None),
    ],
)
def test_number_of(text: str, number: float | None) -> None:
    assert number_of(text) == number


def test_control_characters_do_not_break_the_file() -> None:
    assert back(workbook({"t": (["a"], [{"a": "x\x00y"}])}))["t"]["A2"].value == "x\N{REPLACEMENT CHARACTER}y"


def test_two_runs_give_the_same_bytes() -> None:
    table = {"t": (["a"], [{"a": "1"}]), "u": (["b"], [{"b": "x"}])}
    first = workbook(table)
    time.sleep(1.1)  # the file's own times have a resolution of a second
    assert workbook(table) == first
    assert back(first).sheetnames == ["t", "u"]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(DataError, match="no table"):
        workbook({})
    with pytest.raises(DataError, match="32 characters"):
        workbook({"t" * 32: (["a"], [])})
    with pytest.raises(DataError, match="A2"):
        workbook({"t": (["a"], [{"a": "x" * 40_000}])})
