from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgmeta.errors import ConfigError, DataError, MgmetaError
from mgmeta.pooling.table_input import read_effects, read_table


def write(folder: Path, text: str, encoding: str = "utf-8") -> str:
    path = folder / "t.csv"
    path.write_bytes(text.encode(encoding))
    return str(path)


def test_reads_quotes_blank_lines_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = write(tmp_path, '\ufeffstudy,yi,vi\r\n"A, B",1.5, 0.25\r\n\r\n"two\nlines",-2e0,1\r\n')
    found = read_effects(path)
    assert found.names == ("A, B", "two\nlines")
    assert found.y.tolist() == [1.5, -2.0]
    assert found.v.tolist() == [0.25, 1.0]
    assert found.table.lines == (2, 4)
    assert not found.bounds.any()


def test_columns_by_name_and_standard_errors(tmp_path: Path) -> None:
    path = write(tmp_path, "name,d,se\nx,1,0.5\ny,2,2\n")
    found = read_effects(path, yi="d", sei="se", study="name")
    assert found.v.tolist() == [0.25, 4.0]
    assert found.names == ("x", "y")
    path = write(tmp_path, "yi,sei\n1,0.5\n")
    assert read_effects(path).v.tolist() == [0.25]
    assert read_effects(path).names == ("row 2",)


def test_bounds_are_read_where_there_is_no_number(tmp_path: Path) -> None:
    text = "yi,yi_low,yi_high,sei\n1,,,1\n,-3,3,1\nNA,,-2,1\n,0.5,inf,1\n2,-9,9,1\n"
    found = read_effects(write(tmp_path, text))
    assert found.bounds.tolist() == [False, True, True, True, False]
    assert found.low[1:4].tolist() == [-3.0, -math.inf, 0.5]
    assert found.high[1:4].tolist() == [3.0, -2.0, math.inf]
    assert np.isnan(found.low[[0, 4]]).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "t.csv:1: no header"),
        ("yi,yi\n1,1\n", "t.csv:1: column 'yi' is named twice"),
        ("yi,,vi\n1,1,1\n", "t.csv:1: column 2 has no name"),
        ("yi,vi\n1\n", "t.csv:2: 1 cells where the header has 2"),
        ("yi;vi\n1;2,5\n", "t.csv:2: 2 cells where the header has 1; is the separator a comma"),
        ("y,vi\n1,1\n", "t.csv:1: no column 'yi'; the header has y, vi"),
        ("yi,v\n1,1\n", r"t.csv:1: no column 'vi' or 'sei' \(yi, v\)"),
        ("yi,vi\n", "no effects to pool \\(k = 0\\)"),
        ("yi,vi\n1,1\nx,1\n", "t.csv:3:yi: 'x' is not a number"),
        ('yi,vi\n"1,5",1\n', "t.csv:2:yi: '1,5' is not a number.*decimal point"),
        ("yi,vi\nnan,1\n", "t.csv:2:yi: effect is nan; a number is needed"),
        ("yi,vi\n,1\n", "t.csv:2:yi: effect is blank; a number is needed"),
        ("yi,yi_low,vi\n,,1\n", "a number or bounds in yi_low, yi_high is needed"),
        ("yi,vi\ninf,1\n", "t.csv:2:yi: 'inf' is not finite"),
        ("yi,vi\n1,\n", "t.csv:2:vi: is blank"),
        ("yi,vi\n1,-0.1\n", "t.csv:2:vi: variance is -0.1; a positive number"),
        ("yi,sei\n1,0\n", "t.csv:2:sei: standard error is 0; a positive number"),
        ("yi,yi_low,yi_high,vi\n,2,1,1\n", "t.csv:2:yi_low: bound 2.0 is not below yi_high 1.0"),
        ("yi,yi_low,yi_high,vi\n,low,1,1\n", "t.csv:2:yi_low: 'low' is not a number"),
    ],
)
def test_complaints_name_the_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_effects(write(tmp_path, text))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_table(str(tmp_path / "absent.csv"))
    with pytest.raises(DataError, match="not UTF-8"):
        read_table(write(tmp_path, "yi,vi\n\xe9,1\n", "latin-1"))
    with pytest.raises(ConfigError, match="both --vi and --sei"):
        read_effects(write(tmp_path, "yi,vi,sei\n1,1,1\n"), vi="vi", sei="sei")


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_in_words(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_text("yi,vi\n" + text, encoding="utf-8", errors="replace")
    try:
        found = read_effects(str(path))
    except MgmetaError as error:
        assert str(path) in str(error)
    else:
        assert np.isfinite(found.y).all()
        assert (found.v > 0).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('study,yi,vi,note\nA,1,2,"open\nB,3,4,lost\n', r":3: not readable as CSV \(unexpected end"),
        ("study,yi,vi\nA,1_000,2\n", ":2:yi: '1_000' is not a number"),
        ("study,yi,vi\nA,\u0661\u0662,2\n", ":2:yi: .* is not a number"),
        ("study,yi,vi\nA\0,1,2\n", ":2: found a NUL character"),
        ("study,yi,vi,yi_low,yi_high\nA,,2,inf,3\n", ":2:yi_low: 'inf' is not finite"),
        ("study,yi,vi,yi_low,yi_high\nA,,2,-3,-inf\n", ":2:yi_high: '-inf' is not finite"),
        ("study,yi,vi\nA,1e308,2\n", r":2:yi: '1e308' is beyond 1e\+30; use another unit"),
        ("study,yi,sei\nA,1,5e-324\n", ":2:sei: standard error is 5e-324; a positive number of at least"),
    ],
)
def test_nothing_is_half_read_or_guessed(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "effects.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_effects(str(path))
