from __future__ import annotations

import numpy as np
import pytest

from mgmeta.errors import FitError
from mgmeta.stats.root import falling_roots


def test_many_equations_at_once_and_ones_that_newton_alone_would_lose() -> None:
    targets = np.array([1e-6, 0.3, 2.0, 50.0])

    def cubic(rows: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        gap = t - targets[rows]
        return -np.sign(gap) * np.abs(gap) ** (1 / 3), np.full(t.shape, -1e-9)  # a useless slope

    found = falling_roots(cubic, np.zeros(4), np.full(4, 100.0), np.ones(4))
    assert found == pytest.approx(targets, abs=1e-12)


def test_newton_converges_to_rounding() -> None:
    roots = np.array([0.001, 0.5, 3.0])

    def f(rows: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return 1 / (1 + t) - 1 / (1 + roots[rows]), -1 / (1 + t) ** 2

    assert falling_roots(f, np.zeros(3), np.full(3, 10.0), np.ones(3)) == pytest.approx(roots, rel=1e-13)


def test_nothing_to_solve() -> None:
    empty = np.zeros(0)
    assert falling_roots(lambda rows, t: (t, t), empty, empty, empty).size == 0


def test_not_a_number_is_refused() -> None:
    with pytest.raises(FitError, match="not finite"):
        falling_roots(
            lambda rows, t: (np.full(t.shape, np.nan), -np.ones(t.shape)), np.zeros(1), np.ones(1), np.ones(1)
        )
