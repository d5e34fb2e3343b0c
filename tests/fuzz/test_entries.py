"""Spoilt forms and spreadsheets of new trials: taken as typed or refused with a place."""

from __future__ import annotations

import csv
import functools
import io
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from mgmeta.errors import MgmetaError
from mgmeta.evidence.load import TABLES
from mgmeta.extend.addition import Addition, plan_trials
from mgmeta.extend.draft import Draft
from mgmeta.extend.form import read_form
from mgmeta.extend.keys import COLUMNS, NUMERIC
from mgmeta.extend.mapping import load_mapping
from mgmeta.extend.spreadsheet import read_sheet

if TYPE_CHECKING:
    from conftest import Tools

ROOT = Path(__file__).parents[2]
FUZZ = settings.get_profile("fuzz")
FORM = b"""trial:
  first_author: Erewhon E
  year: 2019
  title: An invented trial
  doi: 10.1000/erewhon
  design: parallel
  randomised: yes
  blinding: double
  comparator: placebo
  cointervention: none
  population: "people: of an invented land"
  setting: general
  dose: 15 mmol
  duration: 3 months
  n_mg: 36
  n_control: 34
sources:
  - kind: abstract
    url: https://example.org/erewhon
results:
  - outcome: sbp
    difference: -4.10
    ci: -7.9 to -0.3
  - outcome: dbp
    significance: ns
    note: as printed
"""
SHEET = b"""first_author,year,design,randomised,blinding,comparator,cointervention,population,setting,dose,\
duration,n_mg,n_control,outcome,difference,ci,significance,kind,source.citation,note
Erewhon E,2019,parallel,yes,double,placebo,none,"people, invented",general,15 mmol,3 months,36,34,sbp,-4.10,\
-7.9 to -0.3,,abstract,Erewhon E. 2019,a note
Erewhon E,2019,parallel,yes,double,placebo,none,"people, invented",general,15 mmol,3 months,36,34,dbp,,,ns,\
abstract,Erewhon E. 2019,a note
Utopia U,2018,parallel,yes,double,placebo,none,people,general,,,20,20,sbp,,,lower,abstract,Utopia 2018,
"""
MAPPING = b"""columns:
  Who: study
  Fall: {to: result.difference, as: negated}
  SE2: {to: result.difference_se, as: variance}
  What: {to: result.outcome, values: {systolic: sbp}}
set:
  trial.population: people
  trial.setting: general
"""
EXPORT = b"Who,Fall,SE2,What\nErewhon 2019,4.10,3.61,systolic\nUtopia 2018,-0.5,1,systolic\n"


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("entries") / "raw"
    return Path(shutil.copytree(ROOT / "tests/workflow/toy/data/raw", folder))


def bytes_of(raw: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in raw.iterdir()}


def assert_told(error: MgmetaError, path: Path) -> None:
    """Every line is printable; the problems name the file."""
    lines = str(error).split("\n")
    assert all(line.isprintable() for line in lines), lines
    assert any(path.name in line or "nothing was written" in line for line in lines), lines


def planned(raw: Path, path: Path, drafts: list[Draft]) -> Addition | None:
    """Plan the drafts: every given cell of a column is in the new rows as typed, or all is refused."""
    try:
        addition = plan_trials(raw, drafts)
    except MgmetaError as error:
        assert_told(error, path)
        return None
    assert len(addition.entries) == len(drafts)
    for draft, entry in zip(drafts, addition.entries, strict=True):
        blocks = [("trial", draft.trial, entry.rows["trials.csv"][0])]
        blocks += [("source", *pair) for pair in zip(draft.sources, entry.rows["sources.csv"], strict=True)]
        blocks += [("result", *pair) for pair in zip(draft.results, entry.rows["reports.csv"], strict=True)]
        for section, block, row in blocks:
            for key, given_ in block.items():
                if given_ and key in COLUMNS[section] and key not in ("doi", "pmid") and "unit" not in block:
                    if key in NUMERIC[section]:
                        typed = given_.text.replace("\u2212", "-").replace("\u2013", "-")
                        assert float(row[key]) == float(typed), (key, given_, row[key])
                    else:
                        assert " ".join(given_.text.split()).lower() in row[key].lower(), (key, given_)
    for table in TABLES.values():
        if table.file in addition.changes:
            change = addition.changes[table.file]
            assert change.before == (raw / table.file).read_bytes()
    return addition


def form(data: st.DataObject, tools: Tools, raw: Path) -> None:
    path = raw.parent / "new.yaml"
    good = FORM
    if data.draw(st.booleans()):
        lines = good.decode().split("\n")
        i = data.draw(st.integers(0, len(lines) - 2))
        key, _, _ = lines[i].partition(": ")
        new = data.draw(st.one_of(st.sampled_from(tools.cells), st.text(max_size=8)))
        quoted = data.draw(st.booleans())
        lines[i] = f"{key}: {yaml.dump(new, default_style=chr(34), width=10**6).strip() if quoted else new}"
        path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    else:
        path.write_bytes(tools.spoil.data(data.draw, good))
    tables, before = bytes_of(raw), path.read_bytes()
    try:
        drafts = read_form(path)
    except MgmetaError as error:
        assert_told(error, path)
    else:
        # BaseLoader makes texts of all values; what it makes of a mapping or a list is not asked again.
        said = [one for one in yaml.load_all(before.decode("utf-8-sig"), Loader=yaml.BaseLoader) if one]
        assert len(said) == len(drafts)
        for draft, one in zip(drafts, said, strict=True):
            blocks = [one.get("trial") or {}, *(one.get("sources") or ()), *(one.get("results") or ())]
            texts = [
                {k: v.strip() for k, v in block.items() if v.strip() not in ("", "~")}
                for block in blocks
                if block not in ("", "~")
            ]
            found = [
                {k: cell.text for k, cell in block.items() if cell.text not in ("", "~")}
                for block in (draft.trial, *draft.sources, *draft.results)
            ]
            assert [block for block in found if block] == [block for block in texts if block]
        planned(raw, path, drafts)
    assert bytes_of(raw) == tables and path.read_bytes() == before


def every_text(drafts: list[Draft]) -> set[str]:
    return {
        cell.text for d in drafts for block in (d.trial, *d.sources, *d.results) for cell in block.values()
    }


def sheet(data: st.DataObject, tools: Tools, raw: Path) -> None:
    path = raw.parent / "new.csv"
    path.write_bytes(tools.spoil.table(data.draw, SHEET))
    tables, before = bytes_of(raw), path.read_bytes()
    try:
        drafts = read_sheet(path)
    except MgmetaError as error:
        assert_told(error, path)
    else:
        text = before.decode("utf-8-sig")
        first = text.split("\n", 1)[0]
        if first.count(",") >= max(first.count(";"), first.count("\t")):
            # What one trial says twice is kept once; a dose that differs between results is of those.
            said = {cell.strip() for row in tools.rows_of(text)[1:] for cell in row}
            header = {cell.strip() for row in tools.rows_of(text) if any(row) for cell in row}
            assert every_text(drafts) - {"1", "2", "3"} <= header
            assert said - every_text(drafts) <= {""} | {cell.strip() for cell in tools.rows_of(text)[0]}
        planned(raw, path, drafts)
    assert bytes_of(raw) == tables and path.read_bytes() == before


def book_of(rows: list[list[str]]) -> bytes:
    book = Workbook()
    for i, row in enumerate(rows, start=1):
        for j, text in enumerate(row, start=1):
            cell = book.active.cell(i, j)
            cell.value = text
            cell.data_type = "s"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@functools.cache
def good_book() -> bytes:
    """The sheet as a workbook, made once: its archive holds the time, and hypothesis needs the same bytes."""
    return book_of(list(csv.reader(io.StringIO(SHEET.decode(), newline=""))))


def blocks_of(drafts: list[Draft]) -> list[Any]:
    return [
        [{k: c.text for k, c in block.items()} for block in (d.trial, *d.sources, *d.results)] for d in drafts
    ]


def workbook(data: st.DataObject, tools: Tools, raw: Path) -> None:
    path = raw.parent / "new.xlsx"
    kind = data.draw(st.sampled_from(("cells", "archive", "member")))
    twin = None
    if kind == "cells":
        spoilt = tools.spoil.cells(data.draw, SHEET).decode("utf-8", "replace")
        rows = [
            [ILLEGAL_CHARACTERS_RE.sub("?", cell).replace("\r", "\n") for cell in row]
            for row in csv.reader(io.StringIO(spoilt, newline=""))
        ]
        twin = raw.parent / "twin.csv"
        with twin.open("w", encoding="utf-8", newline="") as handle:
            csv.writer(handle, quoting=csv.QUOTE_ALL).writerows(rows)
        good = book_of(rows)
    elif kind == "archive":
        good = tools.spoil.data(data.draw, good_book())
        twin = raw.parent / "twin.csv"
        twin.write_bytes(SHEET)
    else:
        good = good_book()
        buffer = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(good)) as old, zipfile.ZipFile(buffer, "w") as new:
            hit = data.draw(st.sampled_from(sorted(old.namelist())))
            for name in old.namelist():
                content = old.read(name)
                new.writestr(name, tools.spoil.data(data.draw, content) if name == hit else content)
        good = buffer.getvalue()
    path.write_bytes(good)
    tables = bytes_of(raw)
    try:
        drafts = read_sheet(path)
    except MgmetaError as error:
        assert_told(error, path)
    else:
        if twin is not None:
            first = twin.read_text(encoding="utf-8").split("\n", 1)[0]
            if kind == "archive" or first.count(",") >= max(first.count(";"), first.count("\t")):
                assert blocks_of(drafts) == blocks_of(read_sheet(twin))
        planned(raw, path, drafts)
    assert bytes_of(raw) == tables and path.read_bytes() == good


def mapped(data: st.DataObject, tools: Tools, raw: Path) -> None:
    """The mapping or the export is spoilt: refused, or every number is the one that was typed."""
    rules, path = raw.parent / "mine.yaml", raw.parent / "export.csv"
    which = data.draw(st.booleans())
    rules.write_bytes(tools.spoil.data(data.draw, MAPPING) if which else MAPPING)
    path.write_bytes(EXPORT if which else tools.spoil.table(data.draw, EXPORT))
    tables = bytes_of(raw)
    try:
        drafts = read_sheet(path, load_mapping(str(rules)))
    except MgmetaError as error:
        lines = str(error).split("\n")
        assert any(name in str(error) for name in ("mine.yaml", "export.csv")), lines
        assert all(line.isprintable() for line in lines), lines
    else:
        if not which:
            said = {
                cell.strip() for row in tools.rows_of(path.read_bytes().decode("utf-8-sig")) for cell in row
            }
            numbers = {abs(float(cell)) for cell in said if tools.plain.fullmatch(cell)}
            for draft in drafts:
                for block in draft.results:
                    if "difference" in block and block["difference"].text:
                        assert abs(float(block["difference"].text)) in numbers
        planned(raw, path, drafts)
    assert bytes_of(raw) == tables


@settings(FUZZ, max_examples=25)
@given(st.data())
def test_a_spoilt_form(tools: Tools, raw: Path, data: st.DataObject) -> None:
    form(data, tools, raw)


@settings(FUZZ, max_examples=25)
@given(st.data())
def test_a_spoilt_sheet(tools: Tools, raw: Path, data: st.DataObject) -> None:
    sheet(data, tools, raw)


@settings(FUZZ, max_examples=10)
@given(st.data())
def test_a_spoilt_workbook(tools: Tools, raw: Path, data: st.DataObject) -> None:
    workbook(data, tools, raw)


@settings(FUZZ, max_examples=25)
@given(st.data())
def test_a_spoilt_mapping(tools: Tools, raw: Path, data: st.DataObject) -> None:
    mapped(data, tools, raw)


@pytest.mark.long
@settings(FUZZ, max_examples=500)
@given(st.data())
def test_five_hundred_forms(tools: Tools, raw: Path, data: st.DataObject) -> None:
    form(data, tools, raw)


@pytest.mark.long
@settings(FUZZ, max_examples=500)
@given(st.data())
def test_five_hundred_sheets(tools: Tools, raw: Path, data: st.DataObject) -> None:
    sheet(data, tools, raw)


@pytest.mark.long
@settings(FUZZ, max_examples=300)
@given(st.data())
def test_three_hundred_workbooks(tools: Tools, raw: Path, data: st.DataObject) -> None:
    workbook(data, tools, raw)


@pytest.mark.long
@settings(FUZZ, max_examples=500)
@given(st.data())
def test_five_hundred_mappings(tools: Tools, raw: Path, data: st.DataObject) -> None:
    mapped(data, tools, raw)
