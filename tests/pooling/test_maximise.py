"""Newton's climb: to the top, over saddles, to the boundary of a square."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mgmeta.pooling.maximise import maximise

Array = np.ndarray


def test_a_quadratic_takes_one_step() -> None:
    a = np.array([[2.0, 0.5], [0.5, 1.0]])

    def objective(x: Array) -> tuple[float, Array, Array]:
        return float(-0.5 * (x - 3) @ a @ (x - 3)), -a @ (x - 3), -a

    top = maximise(objective, np.zeros(2))
    np.testing.assert_allclose(top.point, 3.0, rtol=1e-14)
    assert top.converged and top.iterations <= 3


def test_it_leaves_a_valley() -> None:
    """The start is a minimum in one direction: the Newton step alone would stay there."""

    def objective(x: Array) -> tuple[float, Array, Array]:
        t = x[0]
        return math.cos(t), np.array([-math.sin(t)]), np.array([[-math.cos(t)]])

    assert math.cos(maximise(objective, np.array([3.0])).point[0]) == pytest.approx(1.0)


def test_a_variance_of_zero_is_reached_exactly() -> None:
    """With variance = theta squared and a falling value the top is at theta = 0."""

    def objective(x: Array) -> tuple[float, Array, Array]:
        return -float(x[0] ** 2), -2 * x, np.array([[-2.0]])

    assert abs(maximise(objective, np.array([0.7])).point[0]) < 1e-12


def test_it_turns_back_where_the_value_is_infinite() -> None:
    def objective(x: Array) -> tuple[float, Array, Array]:
        if x[0] <= 0:
            return -math.inf, np.zeros(1), -np.eye(1)
        return math.log(x[0]) - x[0], np.array([1 / x[0] - 1]), np.array([[-1 / x[0] ** 2]])

    assert maximise(objective, np.array([40.0])).point[0] == pytest.approx(1.0, rel=1e-12)
