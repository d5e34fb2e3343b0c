from __future__ import annotations

import numpy as np
import pytest

from mgmeta.errors import FitError
from mgmeta.stats.wls import scaled_qr, wls


@pytest.fixture
def data() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    x = np.column_stack([np.ones(12), rng.normal(1975, 10, 12), rng.normal(0, 1e-3, 12)])
    return rng.normal(size=12), rng.uniform(0.5, 20, 12), x


def test_wls_is_the_least_squares_solution(data: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    y, w, x = data
    fit = wls(y, w, x)
    root = np.sqrt(w)
    expected = np.linalg.lstsq(x * root[:, None], y * root)[0]
    assert fit.beta == pytest.approx(expected, rel=1e-9)
    assert x.T @ (w * fit.resid) == pytest.approx(np.zeros(3), abs=1e-7)
    assert fit.fitted + fit.resid == pytest.approx(y)
    assert fit.q == pytest.approx(w @ fit.resid**2)


def test_leverages_and_covariance(data: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    y, w, x = data
    fit = wls(y, w, x)
    centred = np.column_stack([x[:, 0], x[:, 1] - 1975, x[:, 2] * 1e3])
    gram = np.linalg.inv(centred.T @ (centred * w[:, None]))
    assert fit.cov[1, 1] == pytest.approx(gram[1, 1], rel=1e-9)
    hat = np.einsum("ij,jk,ik->i", centred, gram, centred) * w
    assert fit.hat == pytest.approx(hat, rel=1e-9)
    assert fit.hat.sum() == pytest.approx(3.0)


def test_a_dependent_column_is_named() -> None:
    a = np.arange(6.0)
    x = np.column_stack([np.ones(6), a, 3.0 - 2.0 * a])
    with pytest.raises(FitError, match="column 2 of the design is a linear combination"):
        wls(a, np.ones(6), x)
    with pytest.raises(FitError, match=r"column 2 of the design \(dose\)"):
        scaled_qr(x, ["one", "a", "dose"])


def test_a_zero_column_and_too_few_rows_are_named() -> None:
    with pytest.raises(FitError, match="column 1 of the design is zero"):
        wls([1.0, 2.0, 3.0], np.ones(3), np.column_stack([np.ones(3), np.zeros(3)]))
    with pytest.raises(FitError, match="1 rows cannot determine 2"):
        wls([1.0], [1.0], [[1.0, 2.0]])


def test_units_of_a_column_do_not_make_it_dependent() -> None:
    x = np.column_stack([np.ones(5), 1e-9 * np.array([1.0, 2.0, 3.0, 5.0, 8.0])])
    assert wls(np.arange(5.0), np.ones(5), x).hat.sum() == pytest.approx(2.0)
