"""Every verb on a CSV of effects reads it as it stands, or refuses it with a place and a reason."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from mgmeta.cli import cli
from mgmeta.errors import MgmetaError
from mgmeta.pooling.table_input import MISSING, read_effects
from mgmeta.reproduce.rob import COLUMNS, DOMAINS, load_rob

if TYPE_CHECKING:
    from conftest import Tools

FUZZ = settings.get_profile("fuzz")
GOOD = b"""study,yi,sei,yi_low,yi_high,dose,year,n_treated,n_control
"Alpha, A",-2.5,1.1,,,365,1990,20,21
Beta,-4.25,2.0,,,240,1995,31,30
Gamma,0.5,0.9,,,500,1999,44,40
Delta,,1.5,-3,3,100,2001,25,25
Epsilon,,1.0,,0.5,300,2004,33,34
Zeta,-1,0.75,,,450,2010,52,50
Eta,1.25,1.3,,,410,2015,28,30
"""
ARMS = b"""study,dose,mean,sd,n
Alpha,0,0,10,20
Alpha,365,-3,11,21
Beta,0,1,9.5,30
Beta,240,-2,10,33
Gamma,0,-1,12,44
Gamma,500,-4,10,40
"""
VERBS = [
    ["pool", "--mods", "dose"],
    ["pool", "--test", "knha"],
    ["pool", "--subgroup", "year"],
    ["bayes"],
    ["dose"],
    ["bias", "--what", "egger"],
    ["bias", "--what", "trimfill"],
    ["bias", "--what", "selection"],
    ["diagnose", "--what", "leave1out"],
    ["diagnose", "--what", "influence"],
    ["diagnose", "--what", "cumulative", "--order", "year"],
    ["diagnose", "--what", "multilevel", "--cluster", "year"],
]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("effects")


def assert_told(error: MgmetaError, path: Path, data: bytes) -> None:
    """The file or the option is named; a line that is named exists."""
    text = str(error)
    assert str(path) in text or text.startswith("--"), text
    for line in re.findall(re.escape(str(path)) + r":(\d+)", text):
        assert 1 <= int(line) <= 1 + len(data.splitlines()), text


def close(value: float, cell: str, tools: Tools, *, square: bool = False) -> bool:
    """Return whether a cell writes a number, and that number was read."""
    said = float(cell)
    return tools.plain.fullmatch(cell) is not None and value == (said * said if square else said)


def read(data: st.DataObject, tools: Tools, folder: Path) -> None:
    path = folder / "effects.csv"
    path.write_bytes(tools.spoil.table(data.draw, GOOD))
    before = path.read_bytes()
    try:
        found = read_effects(str(path))
    except MgmetaError as error:
        assert_told(error, path, before)
        return
    finally:
        assert path.read_bytes() == before
    header, *rows = tools.rows_of(before.decode("utf-8-sig"))
    header = [name.strip() for name in header]
    rows = [cells for row in rows if any(cells := [cell.strip() for cell in row])]
    assert len(rows) == found.y.size == len(found.names)
    column = {name: [row[i] for row in rows] for i, name in enumerate(header)}
    spread = "vi" if "vi" in column else "sei"
    for i in range(len(rows)):
        assert close(float(found.v[i]), column[spread][i], tools, square=spread == "sei")
        assert found.v[i] > 0
        if column["yi"][i].lower() in MISSING:
            assert math.isnan(found.y[i])
            for name, end, open_ in (
                ("yi_low", found.low[i], -math.inf),
                ("yi_high", found.high[i], math.inf),
            ):
                cell = column.get(name, [""] * len(rows))[i]
                if cell.lower() in MISSING:
                    assert end == open_
                elif cell.lower().lstrip("+-") == "inf":
                    assert end == open_ == float(cell)
                else:
                    assert close(float(end), cell, tools)
            assert found.low[i] < found.high[i]
        else:
            assert close(float(found.y[i]), column["yi"][i], tools)
        if "study" in column:
            assert found.names[i] == column["study"][i]


def run(data: st.DataObject, tools: Tools, folder: Path) -> None:
    verb, *options = data.draw(st.sampled_from(VERBS))
    arms = verb == "dose" and data.draw(st.booleans())
    path = folder / "verb.csv"
    path.write_bytes(tools.spoil.table(data.draw, ARMS if arms else GOOD))
    before = path.read_bytes()
    arguments = [verb, str(path), *options, *(["--mean", "mean"] if arms else []), "--format", "json"]
    done = CliRunner().invoke(cli, arguments)
    assert path.read_bytes() == before
    if isinstance(done.exception, MgmetaError):
        assert_told(done.exception, path, before)
    else:
        assert done.exit_code == 0, (arguments, done.exception)
        assert "NaN" not in done.output and "Infinity" not in done.output


ROB = "\n".join(
    [
        ",".join(COLUMNS),
        *(
            ",".join({"trial_id": trial, "note": "why"}.get(name, "low") for name in COLUMNS)
            for trial in ("alpha", "beta")
        ),
    ]
).encode()


def judgements(data: st.DataObject, tools: Tools, folder: Path) -> None:
    path = folder / "rob.csv"
    path.write_bytes(tools.spoil.table(data.draw, ROB))
    before = path.read_bytes()
    try:
        found = load_rob(folder, ("alpha", "beta"))
    except MgmetaError as error:
        assert_told(error, path, before)
    else:
        header, *rows = tools.rows_of(before.decode("utf-8-sig"))
        header = [name.strip() for name in header]
        rows = [cells for row in rows if any(cells := [cell.strip() for cell in row])]
        said = {row[header.index("trial_id")]: row for row in rows}
        assert found.keys() == said.keys() and len(said) == len(rows)
        for trial, judged in found.items():
            assert judged.domains == {domain: said[trial][header.index(domain)] for domain in DOMAINS}
    assert path.read_bytes() == before


@settings(FUZZ, max_examples=40)
@given(st.data())
def test_spoilt_judgements(tools: Tools, folder: Path, data: st.DataObject) -> None:
    judgements(data, tools, folder)


@pytest.mark.long
@settings(FUZZ, max_examples=500)
@given(st.data())
def test_five_hundred_judgements(tools: Tools, folder: Path, data: st.DataObject) -> None:
    judgements(data, tools, folder)


@settings(FUZZ, max_examples=90)
@given(st.data())
def test_a_spoilt_table_of_effects(tools: Tools, folder: Path, data: st.DataObject) -> None:
    read(data, tools, folder)


@settings(FUZZ, max_examples=60)
@given(st.data())
def test_a_spoilt_table_in_a_verb(tools: Tools, folder: Path, data: st.DataObject) -> None:
    with np.errstate(all="ignore"):
        run(data, tools, folder)


@pytest.mark.long
@settings(FUZZ, max_examples=1500)
@given(st.data())
def test_fifteen_hundred_tables_of_effects(tools: Tools, folder: Path, data: st.DataObject) -> None:
    read(data, tools, folder)


@pytest.mark.long
@settings(FUZZ, max_examples=1000)
@given(st.data())
def test_a_thousand_tables_in_verbs(tools: Tools, folder: Path, data: st.DataObject) -> None:
    run(data, tools, folder)
