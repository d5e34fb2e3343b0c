"""Bases: zero at zero, derivatives, linear tails, and what makes an I-spline monotone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgmeta.dose.splines import integrated, integrated_slopes, restricted_cubic, restricted_cubic_slopes

KNOTS = (150.0, 365.0, 500.0, 800.0)
DOSE = np.array([0.0, 20, 149, 200, 364, 366, 499, 650, 799, 900, 1200])


def test_restricted_cubic_is_linear_outside_its_knots() -> None:
    below, above = np.array([0.0, 50.0, 100.0]), np.array([900.0, 1000.0, 1100.0])
    assert np.all(restricted_cubic(below, KNOTS)[:, 1:] == 0.0)
    np.testing.assert_allclose(np.diff(restricted_cubic(above, KNOTS), 2, axis=0), 0.0, atol=1e-9)


def test_slopes_are_derivatives() -> None:
    for basis, slopes in (
        (lambda x: restricted_cubic(x, KNOTS), restricted_cubic_slopes(DOSE[1:], KNOTS)),
        (lambda x: integrated(x, KNOTS, 1000.0), integrated_slopes(DOSE[1:], KNOTS, 1000.0)),
    ):
        step = 1e-4
        numeric = (basis(DOSE[1:] + step) - basis(DOSE[1:] - step)) / (2 * step)
        np.testing.assert_allclose(numeric, slopes, atol=1e-7)


@given(st.floats(0.0, 1000.0), st.floats(0.0, 1000.0))
def test_i_splines_rise_from_0_to_1(a: float, b: float) -> None:
    low, high = sorted((a, b))
    first, second = integrated(np.array([low, high]), KNOTS, 1000.0)
    assert np.all(second >= first)
    assert np.all((first >= 0.0) & (second <= 1.0))


def test_i_splines_reach_1_and_stay() -> None:
    np.testing.assert_allclose(integrated(np.array([1000.0, 1500.0]), KNOTS, 1000.0), 1.0)
    assert np.all(integrated(np.zeros(1), KNOTS, 1000.0) == 0.0)


def test_i_splines_hold_the_straight_line() -> None:
    """A straight line is a sum with positive coefficients, so the linear curve is nested."""
    dose = np.linspace(0.0, 1000.0, 101)
    coefficients, residual, *_ = np.linalg.lstsq(integrated(dose, KNOTS, 1000.0), dose, rcond=None)
    assert coefficients.min() > 0.0
    assert residual == pytest.approx(0.0, abs=1e-15 * 1e12)
