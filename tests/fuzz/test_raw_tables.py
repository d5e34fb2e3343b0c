"""No spoilt raw table is read as something else, half read, or met with a traceback."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mgmeta.config import load_config
from mgmeta.effects import tables
from mgmeta.errors import MgmetaError
from mgmeta.evidence.crosscheck import check_folder
from mgmeta.evidence.findings import Finding
from mgmeta.evidence.load import TABLES, load_evidence, read_evidence

if TYPE_CHECKING:
    from conftest import Tools

TOY = Path(__file__).parents[1] / "workflow" / "toy"
GOOD = {table.file: (TOY / "data/raw" / table.file).read_bytes() for table in TABLES.values()}
FUZZ = settings.get_profile("fuzz")


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(TOY / "data/raw", tmp_path_factory.mktemp("fuzz") / "raw"))


def spoil(draw: Any, tools: Tools, raw: Path) -> dict[str, bytes]:
    """Spoil one table or two, and return what every file then holds."""
    held = dict(GOOD)
    for file in draw(st.lists(st.sampled_from(sorted(GOOD)), min_size=1, max_size=2, unique=True)):
        held[file] = tools.spoil.table(draw, GOOD[file])
    for file, data in held.items():
        (raw / file).write_bytes(data)
    return held


def assert_told(findings: list[Finding], held: dict[str, bytes]) -> None:
    """Every refusal says file, line, column (of those that are) and a reason, on one printable line."""
    for finding in findings:
        lines = 1 + len(held[finding.file].splitlines())
        assert 0 <= finding.row <= lines, finding
        assert finding.message and str(finding).isprintable(), finding
        # The header is not always line 1: an empty line may stand before it.
        unknown = f"unknown column {finding.column!r}" in finding.message
        if finding.row > 1 and finding.column and not unknown:
            assert finding.column in next(t.columns for t in TABLES.values() if t.file == finding.file), (
                finding
            )


def assert_same(raw: Path, held: dict[str, bytes], tools: Tools) -> None:
    """Every cell of every row is in the records, as text or as the number it writes."""
    evidence = load_evidence(raw)
    for name, table in TABLES.items():
        header, *rows = tools.rows_of(held[table.file].decode("utf-8-sig"))
        records = getattr(evidence, name)
        assert len(records) == len(rows), table.file
        assert sorted(header) == sorted(table.columns)
        for record, row in zip(records, rows, strict=True):
            assert len(row) == len(header)
            for column, cell in zip(header, row, strict=True):
                value = getattr(record, column)
                if table.columns[column] == "text":
                    assert value == cell
                elif not cell:
                    assert value is None
                else:
                    assert cell.isascii() and tools.plain.fullmatch(cell), cell
                    assert value == float(cell) and math.isfinite(value)


def read(data: st.DataObject, tools: Tools, raw: Path) -> None:
    held = spoil(data.draw, tools, raw)
    loaded = read_evidence(raw)
    assert_told(list(loaded.problems), held)
    if not loaded.problems:
        assert_same(raw, held, tools)
    assert {file: (raw / file).read_bytes() for file in held} == held


def check_and_derive(data: st.DataObject, tools: Tools, raw: Path) -> None:
    """What `mgmeta check` lets pass, `mgmeta slices` must be able to use."""
    held = spoil(data.draw, tools, raw)
    _, findings = check_folder(raw)
    assert_told(findings, held)
    if any(finding.level == "error" for finding in findings):
        return
    config = load_config(TOY / "config/config.yaml")
    evidence = load_evidence(raw)
    try:
        derived = tables.derive_all(evidence, config)
        built = tables.build_slices(evidence, config, derived)
    except MgmetaError as error:
        assert str(error)
        return
    for piece in built:
        for row in piece.rows:
            numbers = [
                row[key] for key in ("yi", "sei", "yi_low", "yi_high") if isinstance(row.get(key), float)
            ]
            assert all(map(math.isfinite, numbers)), row
            assert row["sei"] > 0, row
    assert {file: (raw / file).read_bytes() for file in held} == held


@settings(FUZZ, max_examples=160)
@given(st.data())
def test_a_spoilt_table_is_read_as_it_stands_or_refused(tools: Tools, raw: Path, data: st.DataObject) -> None:
    read(data, tools, raw)


@settings(FUZZ, max_examples=50)
@given(st.data())
def test_what_the_check_lets_pass_can_be_derived(tools: Tools, raw: Path, data: st.DataObject) -> None:
    check_and_derive(data, tools, raw)


@pytest.mark.long
@settings(FUZZ, max_examples=4000)
@given(st.data())
def test_four_thousand_spoilt_tables(tools: Tools, raw: Path, data: st.DataObject) -> None:
    read(data, tools, raw)


@pytest.mark.long
@settings(FUZZ, max_examples=1500)
@given(st.data())
def test_fifteen_hundred_checks(tools: Tools, raw: Path, data: st.DataObject) -> None:
    check_and_derive(data, tools, raw)
