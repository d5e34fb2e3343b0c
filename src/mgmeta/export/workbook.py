"""Tables as one spreadsheet: a sheet each, text that stays text, the same bytes on every run."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from mgmeta.errors import DataError

# The oldest time a zip member can have: the file must not tell when it was made.
EPOCH = (1980, 1, 1, 0, 0, 0)
STAMP = b"1980-01-01T00:00:00Z"
NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
FORMULA = ("=", "+", "-", "@", "\t", "\r")
# What a spreadsheet holds: digits of a number, characters of a cell and of a sheet's name.
DIGITS, LONGEST, NAME = 15, 32_767, 31


def workbook(tables: Mapping[str, tuple[Sequence[str], Sequence[Mapping[str, str]]]]) -> bytes:
    """Return an XLSX file with one sheet a table: name -> (columns, rows of text).

    A cell that is a number of the CSV is a number (to 16 digits, which is what the file keeps); every
    other one is text, also where it starts with
    ``=``, ``+``, ``-``, ``@``, tab or CR, which a spreadsheet would else run as a formula. Whole numbers of
    more than 15 digits stay text, for a spreadsheet would change them. The header stays in view.

    Raises
    ------
    DataError
        If there is no table, a name is too long for a sheet, or a text too long for a cell.
    """
    from openpyxl import Workbook  # type: ignore[import-untyped]
    from openpyxl.styles import Font  # type: ignore[import-untyped]

    if not tables:
        raise DataError("no table to put in the spreadsheet; expected at least one")
    book = Workbook()
    book.remove(book.active)
    for name, (columns, rows) in tables.items():
        if len(name) > NAME:
            raise DataError(f"table {name!r}: found {len(name)} characters; a sheet's name takes {NAME}")
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "A2"
        for place, column in enumerate(columns, start=1):
            _fill(sheet.cell(1, place), column, name)
            sheet.cell(1, place).font = Font(bold=True)
            for line, row in enumerate(rows, start=2):
                _fill(sheet.cell(line, place), row.get(column, ""), name)
    buffer = BytesIO()
    book.save(buffer)
    return _timeless(buffer.getvalue())


def _fill(cell: Any, text: str, table: str) -> None:
    """Put the text of a CSV cell in a spreadsheet cell as number or as text, never as formula."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # type: ignore[import-untyped]

    if not text:
        return
    number = number_of(text)
    if number is not None:
        cell.value = number
        return
    if len(text) > LONGEST:
        place = f"table {table!r}, {cell.coordinate}"
        raise DataError(f"{place}: found {len(text)} characters; a cell takes {LONGEST}")
    cell.value = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", text)
    cell.data_type = "s"
    # Without this mark a spreadsheet turns such a text into a formula when the cell is edited.
    cell.quotePrefix = text.startswith(FORMULA)


def number_of(text: str) -> int | float | None:
    """Return the number a CSV cell holds, None if it is text."""
    if not NUMBER.fullmatch(text):
        return None
    if text.lstrip("-").isdigit():
        return int(text) if len(text.lstrip("-")) <= DIGITS else None
    value = float(text)
    return value if abs(value) < float("inf") else None


def _timeless(data: bytes) -> bytes:
    """Return the zip file with every time in it fixed."""
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", STAMP, content)
            member = zipfile.ZipInfo(name, EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(member, content)
    return buffer.getvalue()
