"""A slice is read cell by cell; what it gets wrong is told with its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mgmeta.effects.slices import SLICE_COLUMNS
from mgmeta.errors import DataError
from mgmeta.pooling.slice_input import NEEDED, effects_of, read_slice

ESTIMATE = {
    **dict.fromkeys(SLICE_COLUMNS, ""),
    "outcome": "sbp",
    "trial_id": "amber2001",
    "label": "Amber 2001",
    "kind": "estimate",
    "yi": "-4.5",
    "sei": "2",
    "year": "2001",
    "n_mg": "20",
    "hypertensive": "1",
    "design": "parallel",
}
BOUND = {**ESTIMATE, "trial_id": "birch2002", "kind": "bound", "yi": "", "yi_low": "-3.9", "yi_high": "3.9"}


def write(folder: Path, *rows: dict[str, str]) -> Path:
    path = folder / "slice.csv"
    quoted = [[f'"{row[c]}"' if set(',"\n') & set(row[c]) else row[c] for c in rows[0]] for row in rows]
    path.write_text("\n".join(",".join(cells) for cells in [list(rows[0]), *quoted]) + "\n", encoding="utf-8")
    return path


def test_needs_only_columns_that_slices_have() -> None:
    assert set(NEEDED) <= set(SLICE_COLUMNS)


def test_cells_get_their_types(tmp_path: Path) -> None:
    first, second = read_slice(write(tmp_path, ESTIMATE, BOUND))
    assert (first["yi"], first["sei"], first["yi_low"], first["df"]) == (-4.5, 2.0, None, None)
    assert (first["year"], first["n_mg"], first["hypertensive"]) == (2001, 20, 1)
    assert isinstance(first["year"], int)
    assert first["assumed"] == "" and list(first) == list(SLICE_COLUMNS)
    assert (second["yi"], second["yi_low"], second["yi_high"]) == (None, -3.9, 3.9)


def test_effects_are_open_where_a_bound_is(tmp_path: Path) -> None:
    lower = {**BOUND, "trial_id": "cedar2003", "yi_low": ""}
    e = effects_of(read_slice(write(tmp_path, ESTIMATE, BOUND, lower)))
    assert e.numeric.tolist() == [True, False, False]
    assert e.low.tolist() == [-np.inf, -3.9, -np.inf]
    assert e.high.tolist() == [np.inf, 3.9, 3.9]


def test_quoted_line_breaks_stay_in_their_cell(tmp_path: Path) -> None:
    rows = read_slice(write(tmp_path, {**ESTIMATE, "assumed": "one\ntwo"}, BOUND))
    assert rows[0]["assumed"] == "one\ntwo"
    assert len(rows) == 2


def test_further_moderator_is_a_number(tmp_path: Path) -> None:
    rows = read_slice(write(tmp_path, {**ESTIMATE, "age": "61.5"}, {**BOUND, "age": ""}), ["age"])
    assert [row["age"] for row in rows] == [61.5, None]


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        ({"yi": "low"}, "yi", "found 'low', expected a number"),
        ({"yi": "1_0"}, "yi", "found '1_0'"),
        ({"yi": "nan"}, "yi", "found 'nan'"),
        ({"sei": "inf"}, "sei", "found 'inf'"),
        ({"n_mg": "20.5"}, "n_mg", "expected a whole number"),
        ({"sei": "0"}, "sei", "found 0, expected a standard error above 0"),
        ({"sei": ""}, "sei", "found nothing"),
        ({"yi": ""}, "yi", "empty, expected the effect"),
        ({"kind": "guess"}, "kind", "'guess', expected estimate or bound"),
        ({"kind": "bound", "yi_low": "-1"}, "yi", "found -4.5 in a bound"),
        ({"kind": "bound", "yi": ""}, "yi_low", "at least one end"),
        ({"kind": "bound", "yi": "", "yi_low": "2", "yi_high": "2"}, "yi_low", "below yi_high"),
        ({"trial_id": "birch2002"}, "trial_id", "a row for sbp on line 2 already"),
    ],
)
def test_wrong_cell_is_named(tmp_path: Path, change: dict[str, str], place: str, words: str) -> None:
    path = write(tmp_path, BOUND, {**ESTIMATE, **change})
    with pytest.raises(DataError) as caught:
        read_slice(path)
    assert f"{path}:3:{place}: " in str(caught.value)
    assert words in str(caught.value)


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, {**BOUND, "sei": "x"}, {**ESTIMATE, "yi": ""})
    with pytest.raises(DataError) as caught:
        read_slice(path)
    assert [line.split(":")[1:3] for line in str(caught.value).splitlines()] == [["2", "sei"], ["3", "yi"]]


def test_missing_column_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, {key: text for key, text in ESTIMATE.items() if key != "sei"})
    with pytest.raises(DataError, match=r"slice\.csv:1: no column sei"):
        read_slice(path)
    with pytest.raises(DataError, match="no column sei, age"):
        read_slice(path, ["age"])


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.csv"):
        read_slice(tmp_path / "none.csv")
