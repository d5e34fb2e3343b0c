"""Contrasts of arms: algebra and refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgmeta.dose.contrasts import CONVENTIONS, arm_contrasts
from mgmeta.errors import ConfigError, DataError

arms = st.integers(2, 5).flatmap(
    lambda m: st.tuples(
        st.lists(st.floats(-20, 20), min_size=m, max_size=m),
        st.lists(st.floats(1, 30), min_size=m, max_size=m),
        st.lists(st.integers(5, 200), min_size=m, max_size=m),
    )
)


@given(arms, st.sampled_from(["pooled", "arms", "smd", "hedges"]))
def test_covariances_are_positive_definite(data: tuple, convention: str) -> None:
    covariance = arm_contrasts(*data, 0, convention=convention).covariance
    assert np.all(np.linalg.eigvalsh(covariance) > 0.0)
    np.testing.assert_array_equal(covariance, covariance.T)


@given(arms, st.floats(0.1, 10.0), st.floats(-50.0, 50.0), st.sampled_from(CONVENTIONS))
def test_units_and_a_common_shift(data: tuple, factor: float, shift: float, convention: str) -> None:
    mean, sd, n = (np.array(values, dtype=float) for values in data)
    before = arm_contrasts(mean, sd, n, 0, convention=convention)
    after = arm_contrasts(factor * mean + shift, factor * sd, n, 0, convention=convention)
    unit = 1.0 if convention in ("smd", "hedges") else factor
    np.testing.assert_allclose(after.y, unit * before.y, rtol=1e-9, atol=1e-9 * unit * 50)
    np.testing.assert_allclose(after.covariance, unit**2 * before.covariance, rtol=1e-6, atol=1e-9)


def test_two_arms_by_hand() -> None:
    found = arm_contrasts([10.0, 7.0], [4.0, 6.0], [20, 30], 0)
    pooled = (19 * 16 + 29 * 36) / 48
    assert found.y == pytest.approx([-3.0])
    assert found.covariance == pytest.approx(np.array([[pooled * (1 / 20 + 1 / 30)]]))
    own = arm_contrasts([10.0, 7.0], [4.0, 6.0], [20, 30], 1, convention="arms")
    assert own.y == pytest.approx([3.0])
    assert own.covariance == pytest.approx(np.array([[16 / 20 + 36 / 30]]))


def test_refusals() -> None:
    with pytest.raises(ConfigError, match="choose one of pooled"):
        arm_contrasts([1.0, 2.0], [1.0, 1.0], [9, 9], 0, convention="md")
    with pytest.raises(DataError, match="one arm alone"):
        arm_contrasts([1.0], [1.0], [9], 0)
    with pytest.raises(DataError, match="SD above 0"):
        arm_contrasts([1.0, 2.0], [1.0, 0.0], [9, 9], 0)
    with pytest.raises(DataError, match="at least 2 people"):
        arm_contrasts([1.0, 2.0], [1.0, 1.0], [9, 1], 0)
