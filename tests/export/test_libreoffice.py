"""The spreadsheet opened by a spreadsheet program: LibreOffice, the nearest to Excel that runs everywhere."""

from __future__ import annotations

import csv
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mgmeta.export.workbook import number_of, workbook

ROOT = Path(__file__).resolve().parents[2]
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
# Text that a spreadsheet is fond of changing: formulas, dates, times, shares, ids, long numbers, truths.
WORDS = [
    "=1+1",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    '=HYPERLINK("http://example.org";"x")',
    "2016-05-01",
    "1/2",
    "3-4",
    "12:30",
    "50%",
    "007",
    "MARCH1",
    "1234567890123456",
    "TRUE",
    "#N/A",
    "−2.04",
    'Rodríguez-Morán & "others" <b>',
]
NUMBERS = ["0", "-2.5", "12", "1e-05", "0.1", "-4.400000000000006", "123456789012345", "2016"]

pytestmark = pytest.mark.long


@dataclass(frozen=True)
class Seen:
    """A cell as the program read it: its type, its text or number, its formula."""

    kind: str | None
    value: str
    formula: str | None


def opened(data: bytes, folder: Path) -> dict[str, list[list[Seen]]]:
    """Return every sheet as LibreOffice reads it; skips where it is not installed."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("no soffice here; on Debian and Ubuntu: apt-get install libreoffice-calc")
    (folder / "book.xlsx").write_bytes(data)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    orders = ["--headless", "--norestore", "--convert-to", "fods", "--outdir", str(folder)]
    subprocess.run(
        [program, profile, *orders, str(folder / "book.xlsx")], check=True, capture_output=True, timeout=180
    )
    tree = ElementTree.parse(folder / "book.fods")
    return {
        sheet.get(f"{TABLE}name", ""): [list(_cells(row)) for row in sheet.iter(f"{TABLE}table-row")]
        for sheet in tree.iter(f"{TABLE}table")
    }


def _cells(row: ElementTree.Element) -> Iterator[Seen]:
    for cell in row.iter(f"{TABLE}table-cell"):
        kind = cell.get(f"{OFFICE}value-type")
        text = "\n".join("".join(part.itertext()) for part in cell.iter(f"{TEXT}p"))
        seen = Seen(kind, cell.get(f"{OFFICE}value", text), cell.get(f"{TABLE}formula"))
        yield from [seen] * min(int(cell.get(f"{TABLE}number-columns-repeated", "1")), 99)


def same(seen: Seen, text: str) -> bool:
    """Return whether a cell is what the CSV says, of the kind the CSV says, and no formula."""
    number = number_of(text)
    if seen.formula is not None:
        return False
    if not text:
        return seen.kind is None
    if number is None:
        return (seen.kind, seen.value) == ("string", text)
    return seen.kind == "float" and float(seen.value) == pytest.approx(number, rel=1e-14, abs=0.0)


def test_numbers_stay_numbers_and_all_else_stays_the_text_it_was(tmp_path: Path) -> None:
    cells = [*WORDS, *NUMBERS, ""]
    rows = [{"place": str(i), "=held": cell} for i, cell in enumerate(cells)]
    sheets = opened(workbook({"held": (["place", "=held"], rows), "other": (["a"], [{"a": "1"}])}), tmp_path)
    assert list(sheets) == ["held", "other"]
    found = [row[1] for row in sheets["held"][: len(cells) + 1]]
    assert found[0] == Seen("string", "=held", None)
    assert [cell for cell, seen in zip(cells, found[1:], strict=True) if not same(seen, cell)] == []


def test_the_check_sees_a_formula_and_a_number_made_text() -> None:
    assert not same(Seen("float", "2", "of:=1+1"), "=1+1")
    assert not same(Seen("string", "2", None), "2")
    assert not same(Seen("float", "7", None), "007")
    assert not same(Seen("date", "2016-05-01", None), "2016-05-01")


def test_every_table_of_a_full_run_comes_back_cell_by_cell(tmp_path: Path) -> None:
    paths = [
        *sorted((ROOT / "results" / "tables").glob("*.csv")),
        ROOT / "data" / "processed" / "effects.csv",
    ]
    if not all(path.is_file() for path in paths) or len(paths) < 2:
        pytest.skip("no tables of a full run; `snakemake results/export/tables.xlsx` makes them")
    tables: dict[str, tuple[list[str], list[dict[str, str]]]] = {}
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            tables[path.stem] = (list(reader.fieldnames or ()), list(reader))
    sheets = opened(workbook(tables), tmp_path)
    assert list(sheets) == list(tables)
    count = 0
    for name, (columns, rows) in tables.items():
        wanted = [columns, *([row[column] for column in columns] for row in rows)]
        for line, (cells, texts) in enumerate(zip(sheets[name], wanted, strict=False), start=1):
            padded = [*cells, *[Seen(None, "", None)] * len(texts)]
            wrong = [text for text, seen in zip(texts, padded, strict=False) if not same(seen, text)]
            assert wrong == [], f"{name}, line {line}"
            count += len(texts)
    assert count > 1_000
