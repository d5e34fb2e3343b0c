import numpy as np
import pytest

from mgmeta.bayes.rows import make_rows, slice_rows
from mgmeta.errors import FitError

nan, inf = np.nan, np.inf


def test_numbers_and_bounds_are_told_apart():
    rows = make_rows([1.0, nan, nan], [1.0, 2.0, 2.0], [nan, -3.0, nan], [nan, 3.0, -1.0])
    assert (rows.k, rows.k_bounds, rows.k_two_sided) == (3, 2, 1)
    assert rows.is_bound.tolist() == [False, True, True]
    assert rows.low[2] == -inf
    assert np.isnan(rows.low[0])


def test_a_bound_beside_a_number_is_ignored():
    rows = make_rows([1.0], [1.0], [-9.0], [-8.0])
    assert rows.k_bounds == 0


def test_take_keeps_rows_together():
    rows = make_rows([1.0, 2.0, 3.0], [1, 2, 3], x=[[1.0], [2.0], [3.0]], moderators=["dose"], labels="abc")
    some = rows.take([True, False, True])
    assert some.labels == ("a", "c")
    assert some.x[:, 0].tolist() == [1.0, 3.0]
    assert some.se.tolist() == [1.0, 3.0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([], []), "no rows"),
        (([1.0, 2.0], [1.0]), "differ in length"),
        (([1.0], [0.0]), "se above 0"),
        (([1.0], [nan]), "se above 0"),
        (([inf], [1.0]), "finite effect"),
        (([nan], [1.0]), "neither an effect nor a bound"),
        (([nan], [1.0], [2.0], [2.0]), "low below high"),
    ],
)
def test_rows_that_say_nothing_are_refused(arguments, words):
    with pytest.raises(FitError, match=words):
        make_rows(*arguments)


def test_a_missing_moderator_is_refused():
    with pytest.raises(FitError, match="row 1 \\(1\\): a moderator is missing"):
        make_rows([1.0], [1.0], x=[[nan]], moderators=["dose"])


def record(**cells):
    base = {
        "outcome": "sbp",
        "trial_id": "a2000",
        "yi": None,
        "sei": 1.5,
        "yi_low": None,
        "yi_high": None,
        "d": 0.5,
    }
    return {**base, **cells}


def test_slice_rows_become_arrays():
    rows = slice_rows([record(yi=-2.0), record(yi_low=-3.0, yi_high=3.0)], {"dose": "d"})
    assert rows.y[0] == -2.0
    assert rows.high[1] == 3.0
    assert rows.x.tolist() == [[0.5], [0.5]]
    assert slice_rows([record(yi=1.0)], {}).x.shape == (1, 0)
    assert slice_rows([], {}) is None
