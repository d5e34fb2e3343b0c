"""Files nobody should have: huge, in another encoding, with NUL, with columns twice; every reader."""

from __future__ import annotations

import shutil
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from mgmeta.config import load_config
from mgmeta.errors import MgmetaError
from mgmeta.evidence.exposure import COLUMNS as EXPOSURE_COLUMNS
from mgmeta.evidence.exposure import read_exposure
from mgmeta.evidence.load import TABLES, load_evidence
from mgmeta.extend.form import read_form
from mgmeta.extend.mapping import load_mapping
from mgmeta.extend.scaffold import exposure_named, plan_project
from mgmeta.extend.spreadsheet import read_sheet
from mgmeta.pooling.table_input import read_effects
from mgmeta.reproduce.plan import load_plan
from mgmeta.reproduce.rob import COLUMNS as ROB_COLUMNS
from mgmeta.reproduce.rob import load_rob

ROOT = Path(__file__).parents[2]
TOY = ROOT / "tests/workflow/toy"
RAW = TOY / "data/raw"
FORM = (
    "trial:\n  first_author: Erewhon E\n  year: 2019\n  population: people\nsources:\n  - kind: abstract\n"
    "results:\n  - outcome: sbp\n    difference: -4.10\n"
)
SHEET = "first_author,year,outcome,difference\nErewhon E,2019,sbp,-4.10\n"
EXPOSURE = ",".join(EXPOSURE_COLUMNS) + (
    "\nname,zinc,,,\nmg_per_mmol,65.38,,,\ndose_max_mg_per_day,100,,,\ncharge,2,,,\n"
)
ROB = (
    ",".join(ROB_COLUMNS) + "\n" + ",".join({"trial_id": "a"}.get(name, "low") for name in ROB_COLUMNS) + "\n"
)
EFFECTS = "study,yi,sei\nA,-2.5,1.1\nB,-4.25,2\nC,0.5,0.9\n"
MAPPING = "columns:\n  Who: study\n  Fall: result.difference\n"


def _raw(file: str) -> Callable[[Path], Any]:
    def read(path: Path) -> Any:
        for table in TABLES.values():
            if table.file != file:
                shutil.copy(RAW / table.file, path.parent)
        return load_evidence(path.parent)

    return read


@dataclass(frozen=True)
class Reader:
    """A reader of files: the name it looks for, a good content, and how it is called."""

    name: str
    good: str
    read: Callable[[Path], Any]

    @property
    def csv(self) -> bool:
        return self.name.endswith(".csv")


READERS = [
    *(Reader(t.file, (RAW / t.file).read_text(encoding="utf-8"), _raw(t.file)) for t in TABLES.values()),
    Reader("exposure.csv", EXPOSURE, lambda path: read_exposure(path.parent)),
    Reader("rob.csv", ROB, lambda path: load_rob(path.parent, ("a",))),
    Reader("config.yaml", (TOY / "config/config.yaml").read_text(encoding="utf-8"), load_config),
    Reader(
        "reviews.yaml",
        (ROOT / "config/reviews.yaml").read_text(encoding="utf-8"),
        lambda path: load_plan(path, load_config(ROOT / "config/config.yaml")),
    ),
    Reader("new.yaml", FORM, read_form),
    Reader("new.csv", SHEET, read_sheet),
    Reader("mine.yaml", MAPPING, lambda path: load_mapping(str(path))),
    Reader("effects.csv", EFFECTS, lambda path: str(read_effects(str(path)))),
    Reader(
        "sd.csv",
        (RAW / "reference_parameters.csv").read_text(encoding="utf-8"),
        lambda path: plan_project(exposure_named("zinc", None, 100, None), path.parent / "new", path).files,
    ),
]


@pytest.fixture(params=READERS, ids=lambda reader: reader.name)
def reader(request: pytest.FixtureRequest) -> Reader:
    return request.param


def refused(reader: Reader, path: Path) -> str:
    with pytest.raises(MgmetaError) as caught:
        reader.read(path)
    text = str(caught.value)
    assert reader.name in text and len(text) > len(reader.name) + 10
    return text


def test_line_ends_and_byte_order_mark_change_nothing(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / reader.name
    path.write_text(reader.good, encoding="utf-8", newline="")
    plain = reader.read(path)
    for text in ("\ufeff" + reader.good, reader.good.replace("\n", "\r\n")):
        path.write_text(text, encoding="utf-8", newline="")
        assert reader.read(path) == plain


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_other_encodings_are_refused(reader: Reader, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / reader.name
    path.write_bytes(reader.good.encode(encoding))
    refused(reader, path)


def test_a_nul_is_refused(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / reader.name
    middle = reader.good.index("\n") + 3
    path.write_text(reader.good[:middle] + "\0" + reader.good[middle:], encoding="utf-8", newline="")
    refused(reader, path)


def test_a_column_named_twice_is_refused(reader: Reader, tmp_path: Path) -> None:
    if not reader.csv:
        pytest.skip("no table; keys written twice have a test of their own")
    path = tmp_path / reader.name
    lines = [f"{line.partition(',')[0]},{line}" for line in reader.good.splitlines()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    refused(reader, path)


def test_a_file_of_a_hundred_megabytes_is_refused_at_once(reader: Reader, tmp_path: Path) -> None:
    """Refused by its size: within a second or so, and in a few megabytes of memory."""
    path = tmp_path / reader.name
    path.write_text(reader.good, encoding="utf-8")
    with path.open("r+b") as handle:
        handle.truncate(100 * 1024 * 1024)  # the rest is a hole: no disk is used
    tracemalloc.start()
    started = time.process_time()
    try:
        text = refused(reader, path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "bytes" in text
    assert time.process_time() - started < 5.0
    assert peak < 50_000_000


def test_a_workbook_of_a_hundred_megabytes_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "new.xlsx"
    book = Workbook()
    book.active.append(["first_author", "year"])
    book.save(path)
    with path.open("r+b") as handle:
        handle.truncate(100 * 1024 * 1024)
    with pytest.raises(MgmetaError, match=r"new\.xlsx: larger than"):
        read_sheet(path)


@pytest.mark.parametrize("number", ["1e308", "-1e308", "1e309", "5e-324", "1e-310", "9" * 400])
@pytest.mark.parametrize(
    ("file", "at"),
    [("trials.csv", "365"), ("reports.csv", ""), ("new.csv", "-4.10"), ("effects.csv", "1.1")],
)
def test_numbers_at_the_ends_of_a_double_are_refused(tmp_path: Path, number: str, file: str, at: str) -> None:
    from mgmeta.extend.addition import plan_trials

    reader = next(one for one in READERS if one.name == file)
    path = tmp_path / file
    if at:
        assert at in reader.good
        path.write_text(reader.good.replace(at, number, 1), encoding="utf-8")
    else:
        header, first, *rest = reader.good.splitlines()
        cells = first.split(",")
        cells[header.split(",").index("difference")] = number
        path.write_text("\n".join([header, ",".join(cells), *rest]) + "\n", encoding="utf-8")
    if file == "new.csv":
        with pytest.raises(MgmetaError, match=r"new\.csv:2"):
            plan_trials(RAW, read_sheet(path))
    else:
        lines = path.read_text(encoding="utf-8").split("\n")
        line = next(place for place, text in enumerate(lines, start=1) if number in text)
        assert f"{file}:{line}:" in refused(reader, path)


def test_a_formula_without_its_result_is_refused(tmp_path: Path) -> None:
    """A program that writes formulas and computes none leaves the cell empty for every reader."""
    path = tmp_path / "new.xlsx"
    book = Workbook()
    book.active.append(["first_author", "year", "outcome", "difference"])
    book.active.append(["Erewhon E", 2019, "sbp", "=-2-2.1"])
    book.save(path)
    with pytest.raises(MgmetaError, match=r"new\.xlsx:2:D: found a formula without its result"):
        read_sheet(path)


def test_an_error_in_a_cell_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "new.xlsx"
    book = Workbook()
    book.active.append(["first_author", "year", "outcome", "note"])
    book.active.append(["Erewhon E", 2019, "sbp", "#N/A"])
    book.save(path)
    with pytest.raises(MgmetaError, match=r"new\.xlsx:2:D: found the error #N/A"):
        read_sheet(path)


def test_a_sheet_that_understates_its_size_is_read_whole(tmp_path: Path) -> None:
    """Some programs write a size of one cell; rows beyond it were dropped without a word."""
    import io
    import zipfile

    buffer = io.BytesIO()
    book = Workbook()
    book.active.append(["first_author", "year", "outcome", "difference"])
    book.active.append(["Erewhon E", 2019, "sbp", -4.1])
    book.save(buffer)
    path = tmp_path / "new.xlsx"
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                assert b'<dimension ref="A1:D2"' in content
                content = content.replace(b'<dimension ref="A1:D2"', b'<dimension ref="A1"')
            new.writestr(name, content)
    assert read_sheet(path)[0].results[0]["difference"].text == "-4.1"
