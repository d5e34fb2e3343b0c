"""Trim and fill on funnels whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mgmeta.errors import ConfigError, FitError
from mgmeta.pooling.pool import pool
from mgmeta.pooling.trim_fill import ESTIMATORS, trim_fill

# A symmetric funnel around 1, and the same with the three leftmost studies gone.
HALF = np.array([0.1, 0.3, 0.6, 1.0, 1.6])
SYMMETRIC = np.concatenate([1 - HALF, 1 + HALF, [1.0]])
V = np.concatenate([HALF, HALF, [0.05]]) * 0.5
LOPSIDED = SYMMETRIC[[0, 1, 5, 6, 7, 8, 9, 10]]
V_LOPSIDED = V[[0, 1, 5, 6, 7, 8, 9, 10]]


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("side", ["left", "right"])
def test_nothing_is_missing_from_a_symmetric_funnel(estimator: str, side: str) -> None:
    found = trim_fill(SYMMETRIC, V, estimator=estimator, side=side, level=0.95)
    assert found.missing == 0 and found.filled_y.size == 0
    assert found.pool.estimate == pytest.approx(pool(SYMMETRIC, V).estimate)


@pytest.mark.parametrize("estimator", ["L0", "R0"])
def test_the_missing_studies_are_put_back(estimator: str) -> None:
    """The run of extreme studies on the full side is 3 long; R0 = 3 - 1, and L0 agrees."""
    found = trim_fill(LOPSIDED, V_LOPSIDED, estimator=estimator, method="FE", level=0.95)
    assert (found.side, found.missing) == ("left", 2)
    np.testing.assert_allclose(np.sort(found.filled_y), np.sort(SYMMETRIC[3:5]), atol=0.05)
    assert found.pool.k == 10
    before = pool(LOPSIDED, V_LOPSIDED, method="FE").estimate
    assert abs(found.pool.estimate - 1.0) < 0.5 * abs(before - 1.0)


def test_the_mirror_image_is_filled_on_the_other_side() -> None:
    left = trim_fill(LOPSIDED, V_LOPSIDED, level=0.95)
    right = trim_fill(-10 * LOPSIDED, 100 * V_LOPSIDED, level=0.95)
    assert (left.side, right.side) == ("left", "right")
    assert left.missing == right.missing
    np.testing.assert_allclose(np.sort(right.filled_y), np.sort(-10 * left.filled_y), rtol=1e-8)


def test_r0_tests_for_a_missing_study() -> None:
    found = trim_fill(LOPSIDED, V_LOPSIDED, estimator="R0", method="FE", level=0.95)
    assert found.missing_p == pytest.approx(0.5**3)
    assert math.isnan(trim_fill(LOPSIDED, V_LOPSIDED, level=0.95).missing_p)


def test_it_says_that_studies_are_invented() -> None:
    assert "invented" in trim_fill(LOPSIDED, V_LOPSIDED, level=0.95).warnings[0]


def test_what_cannot_be_done_is_refused() -> None:
    with pytest.raises(ConfigError, match="estimator"):
        trim_fill(LOPSIDED, V_LOPSIDED, estimator="X", level=0.95)
    with pytest.raises(ConfigError, match="side"):
        trim_fill(LOPSIDED, V_LOPSIDED, side="up", level=0.95)
    with pytest.raises(FitError, match="at least 3"):
        trim_fill([1.0, 2.0], [0.1, 0.2], level=0.95)
    with pytest.raises(FitError, match="same SE"):
        trim_fill(LOPSIDED, np.ones(8), level=0.95)
