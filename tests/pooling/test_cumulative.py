"""A cumulative pool ends where the pool of all ends."""

from __future__ import annotations

import numpy as np
import pytest

from mgmeta.errors import DataError
from mgmeta.pooling.bounded import fit_bounded
from mgmeta.pooling.cumulative import cumulative, cumulative_bounded
from mgmeta.pooling.pool import pool

Y = np.array([-4.2, -2.1, -6.5, -0.8, -1.9, -3.0])
SE = np.array([1.5, 1.1, 2.2, 0.9, 1.2, 1.0])


def test_steps_are_pools_of_the_first_trials() -> None:
    order = [3, 0, 5, 1, 4, 2]
    rows = cumulative(Y, SE**2, order=order, level=0.95)
    for step in (2, 4, 6):
        index = order[:step]
        usual = pool(Y[index], SE[index] ** 2)
        assert rows[step - 1].estimate == pytest.approx(usual.estimate, rel=1e-9)
        assert rows[step - 1].tau2 == pytest.approx(usual.tau2, rel=1e-9, abs=1e-12)
    assert [row.k for row in rows] == [1, 2, 3, 4, 5, 6]
    assert rows[0].estimate == Y[3]


def test_the_last_step_does_not_depend_on_the_order() -> None:
    ends = {
        round(
            cumulative(Y, SE**2, order=np.random.default_rng(i).permutation(6), level=0.95)[-1].estimate, 10
        )
        for i in range(5)
    }
    assert len(ends) == 1


def test_bounds_come_in_like_numbers() -> None:
    y = np.append(np.nan, Y)
    se = np.append(1.5, SE)
    low, high = np.full(7, np.nan), np.full(7, np.nan)
    low[0], high[0] = -np.inf, -2.9
    rows = cumulative_bounded(y, se, low, high, order=range(7), level=0.95)
    assert rows[0] is None  # a lone one-sided bound has no maximum
    assert rows[-1] is not None
    assert rows[-1].estimate == fit_bounded(y, se, low, high, level=0.95).beta[0]


def test_an_order_that_is_no_order_is_refused() -> None:
    with pytest.raises(DataError, match="each of the 6 rows once"):
        cumulative(Y, SE**2, order=[0, 1, 2, 3, 4, 4], level=0.95)
