"""Leave-one-out is the pool of the others."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mgmeta.errors import FitError
from mgmeta.pooling.bounded import fit_bounded
from mgmeta.pooling.leave_one_out import leave_one_out, leave_one_out_bounded
from mgmeta.pooling.pool import pool

Y = np.array([-4.2, -2.1, -6.5, -0.8, -1.9, -3.0])
SE = np.array([1.5, 1.1, 2.2, 0.9, 1.2, 1.0])


@pytest.mark.parametrize("test", ["z", "knha", "adhoc"])
@pytest.mark.parametrize("method", ["REML", "DL", "PM", "FE"])
def test_each_row_is_a_pool_without_one_trial(method: str, test: str) -> None:
    rows = leave_one_out(Y, SE**2, method=method, test=test, level=0.9)
    for i, row in enumerate(rows):
        keep = np.arange(6) != i
        usual = pool(Y[keep], SE[keep] ** 2, method=method, test=test, level=0.9)
        for field in ("estimate", "se", "ci_low", "ci_high", "p_value", "tau2", "i2", "q", "q_p"):
            want = getattr(usual, field)
            assert getattr(row, field) == pytest.approx(want, rel=1e-9, abs=1e-12), field
        assert row.k == 5


def test_two_trials_leave_single_trials() -> None:
    first, second = leave_one_out(Y[:2], SE[:2] ** 2, test="knha", level=0.95)
    assert (first.estimate, first.se) == pytest.approx((Y[1], SE[1]))
    assert (second.k, second.tau2, second.q, second.q_p, second.df) == (1, 0.0, 0.0, 1.0, math.inf)
    with pytest.raises(FitError, match="at least 2"):
        leave_one_out(Y[:1], SE[:1] ** 2, level=0.95)


def test_equal_effects_have_no_hartung_knapp_test() -> None:
    row = leave_one_out([1.0, 1.0, 1.0], [0.1, 0.2, 0.3], test="knha", level=0.95)[0]
    assert (row.estimate, row.se) == pytest.approx((1.0, 0.0), abs=1e-7)


def test_bounds_are_left_out_one_by_one_too() -> None:
    y = np.append(Y, [np.nan, np.nan])
    se = np.append(SE, [2.0, 1.5])
    low, high = np.full(8, np.nan), np.full(8, np.nan)
    low[6], high[6], low[7], high[7] = -3.9, 3.9, -np.inf, -2.9
    rows = leave_one_out_bounded(y, se, low, high, level=0.95)
    keep = np.arange(8) != 6
    usual = fit_bounded(y[keep], se[keep], low[keep], high[keep], level=0.95)
    assert rows[6].estimate == usual.beta[0] and rows[6].ci_low == usual.ci_low[0]
    assert len(rows) == 8 and math.isnan(rows[0].q)
    # Dropping a bound that says "nothing much" moves the pool away from zero; dropping a "lower" does not.
    everything = fit_bounded(y, se, low, high, level=0.95)
    assert rows[6].estimate < everything.beta[0]


def test_the_row_that_cannot_go_is_named() -> None:
    y = np.array([-1.0, np.nan])
    with pytest.raises(FitError, match="without row 1"):
        leave_one_out_bounded(y, [1.0, 1.0], [np.nan, -np.inf], [np.nan, -2.0], level=0.95)
