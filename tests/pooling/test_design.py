from __future__ import annotations

import numpy as np
import pytest

from mgmeta.errors import ConfigError, DataError
from mgmeta.pooling.design import build_design

TABLE = {
    "dose": ["100", "200", "", "300", "400"],
    "arm": ["b", "a", "c", "NA", "b"],
    "n 1": ["1", "2", "3", "4", "7"],
}


def test_numbers_are_continuous_and_text_is_categorical() -> None:
    design = build_design({"x": ["1", "2", "5"], "g": ["b", "a", "c"]}, "~ x + g")
    assert design.terms == ("Intercept", "x", "g[T.b]", "g[T.c]")
    assert np.array_equal(design.x, [[1, 1, 1, 0], [1, 2, 0, 0], [1, 5, 0, 1]])
    assert design.missing == ()


def test_rows_without_a_moderator_are_told() -> None:
    design = build_design(TABLE, "dose + arm")
    assert design.kept.tolist() == [0, 1, 4]
    assert [(gap.row, gap.columns) for gap in design.missing] == [(2, ("dose",)), (3, ("arm",))]
    assert build_design(TABLE, "`n 1`").missing == ()
    assert build_design(TABLE, "center(dose)").kept.tolist() == [0, 1, 3, 4]


def test_transformations_interactions_and_no_intercept() -> None:
    columns = {"x": [1.0, 2.0, 4.0, 8.0], "g": [0, 1, 0, 1]}
    assert build_design(columns, "np.log(x)").x[3, 1] == pytest.approx(np.log(8))
    assert build_design(columns, "x * g").terms == ("Intercept", "x", "g", "x:g")
    assert np.array_equal(build_design(columns, "0 + C(g)").x, [[1, 0], [0, 1], [1, 0], [0, 1]])


def test_new_rows_take_the_coding_of_the_data() -> None:
    design = build_design(TABLE, "dose + arm")
    rows = design.rows({"dose": ["150", "0"], "arm": ["a", "b"]})
    assert np.array_equal(rows, [[1, 150, 0], [1, 0, 1]])
    with pytest.raises(DataError, match="'c' is not one of a, b"):
        design.rows({"dose": ["1"], "arm": ["c"]})
    with pytest.raises(DataError, match="column 'arm' is missing"):
        design.rows({"dose": ["1"]})
    with pytest.raises(DataError, match="row 1, column 'dose': 'x' is not a number"):
        design.rows({"dose": ["x"], "arm": ["a"]})


@pytest.mark.parametrize(
    ("formula", "error", "message"),
    [
        ("doze", DataError, "no column 'doze'; the table has dose, arm, n 1"),
        ("dose +", ConfigError, "cannot be read"),
        ("dose ~ arm", ConfigError, "has a left-hand side"),
        ("(", ConfigError, "cannot be read"),
    ],
)
def test_bad_formulas(formula: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        build_design(TABLE, formula)


def test_nothing_left_and_uneven_columns() -> None:
    with pytest.raises(DataError, match=r"no row has all the moderators of 'a' \(a\)"):
        build_design({"a": ["", "NA"]}, "a")
    with pytest.raises(DataError, match="column 'b' has 1 cells where others have 2"):
        build_design({"a": ["1", "2"], "b": ["1"]}, "b")
