"""Traces of P without forming P, against P itself."""

from __future__ import annotations

import numpy as np
import pytest

from mgmeta.errors import FitError
from mgmeta.stats.moments import fit
from mgmeta.stats.sample import make_sample


def explicit(w: np.ndarray, x: np.ndarray) -> np.ndarray:
    weight = np.diag(w)
    return weight - weight @ x @ np.linalg.inv(x.T @ weight @ x) @ x.T @ weight


@pytest.mark.parametrize("columns", [1, 2, 3])
@pytest.mark.parametrize("stacked", [False, True])
def test_traces_and_quadratic_forms(columns: int, stacked: bool) -> None:
    rng = np.random.default_rng(columns)
    b, k = 4, 9
    y, v = rng.normal(size=(b, k)), rng.uniform(0.1, 2, (b, k))
    mask = rng.random((b, k)) < 0.8
    x = np.concatenate([np.ones((b, k, 1)), rng.normal(size=(b, k, columns - 1))], axis=2)
    if not stacked:
        x = np.broadcast_to(x[:1], x.shape)
    sample = make_sample(y, v, x if stacked else x[0], mask)
    u = rng.uniform(1, 3, (b, k))
    at = fit(sample, sample.mask / v)
    for i in range(b):
        inside = mask[i]
        p = explicit(1 / v[i, inside], x[i, inside])
        z = y[i, inside]
        d = np.diag(u[i, inside])
        assert at.q[i] == pytest.approx(z @ p @ z)
        assert at.qq[i] == pytest.approx(z @ p @ p @ z)
        assert at.qqq[i] == pytest.approx(z @ p @ p @ p @ z)
        assert at.trace()[i] == pytest.approx(np.trace(p))
        assert at.trace(u)[i] == pytest.approx(np.trace(p @ d))
        assert at.trace2()[i] == pytest.approx(np.trace(p @ p))
        assert at.trace2(u)[i] == pytest.approx(np.trace(p @ d @ p))
        assert at.trace2(u, u)[i] == pytest.approx(np.trace(p @ d @ p @ d))


def test_a_sample_with_too_few_rows_or_a_collinear_design_is_named() -> None:
    x = np.column_stack([np.ones(3), [1.0, 1.0, 2.0]])
    with pytest.raises(FitError, match="sample 1: 1 rows cannot determine 2"):
        make_sample(np.zeros(3), np.ones(3), x, [[1, 1, 1], [1, 0, 0]])
    with pytest.raises(FitError, match="sample 1: column 1"):
        make_sample(np.zeros(3), np.ones(3), x, [[1, 1, 1], [1, 1, 0]])
