"""The rank test against scipy's Kendall."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mgmeta.errors import FitError
from mgmeta.pooling.begg import begg


def kendall(y: np.ndarray, v: np.ndarray, method: str) -> tuple[float, float]:
    from scipy.stats import kendalltau

    w = 1 / v
    z = (y - w @ y / w.sum()) / np.sqrt(v - 1 / w.sum())
    found = kendalltau(z, v, method=method)
    return float(found.statistic), float(found.pvalue)


@settings(max_examples=25, deadline=None)
@given(st.integers(3, 20), st.integers(0, 10_000))
def test_without_ties_the_p_value_is_exact(k: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    y, v = random.normal(size=k), random.uniform(0.1, 2.0, k)
    tau, p = kendall(y, v, "exact")
    found = begg(y, v)
    assert found.exact
    assert (found.tau, found.p_value) == pytest.approx((tau, p), rel=1e-9)


def test_with_ties_and_for_many_studies_it_is_normal() -> None:
    random = np.random.default_rng(5)
    v = np.repeat([0.2, 0.5, 1.0, 1.5], 4)
    y = random.normal(size=16)
    tau, p = kendall(y, v, "asymptotic")
    found = begg(y, v)
    assert not found.exact and "ties" in found.warnings[0]
    assert (found.tau, found.p_value) == pytest.approx((tau, p), rel=1e-9)
    many = begg(random.normal(size=60), random.uniform(0.1, 2.0, 60))
    assert not many.exact


def test_a_perfect_order_has_the_smallest_p() -> None:
    v = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    found = begg(np.array([0.0, 1.0, 3.0, 6.0, 10.0, 15.0]), v)
    assert found.tau == 1.0
    assert found.p_value == pytest.approx(2 / 720)
    with pytest.raises(FitError, match="at least 3"):
        begg([1.0, 2.0], [0.1, 0.2])
    with pytest.raises(FitError, match="all are tied"):
        begg([1.0, 2.0, 3.0], [0.1, 0.1, 0.1])
