"""Critical values against simulation, and what bands must hold."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import f as f_distribution
from scipy.stats import t as t_distribution

from mgmeta.dose.bands import predict, scheffe, simultaneous, tube
from mgmeta.dose.curves import LogLinear, Polynomial, RestrictedCubic
from mgmeta.dose.fitted import Linear

COV = np.array([[4e-6, -3e-9], [-3e-9, 4e-12]])


def linear(df: float, curve=None, cov: np.ndarray = COV) -> Linear:
    beta = np.array([-0.012, 8e-6]) if len(cov) == 2 else np.ones(len(cov))
    return Linear(curve or Polynomial(2), beta, cov, 0.5, df)


@pytest.mark.parametrize("df", [5.0, 40.0, np.inf])
def test_the_simultaneous_band_covers_the_whole_curve(df: float) -> None:
    rng = np.random.default_rng(1)
    fitted = linear(df)
    critical = simultaneous(fitted, 1000.0, 0.95)
    dose = np.linspace(1.0, 1000.0, 200)
    x = fitted.curve.columns(dose)
    z = rng.multivariate_normal([0, 0], COV, 40_000) @ x.T / np.sqrt(np.einsum("ij,jk,ik->i", x, COV, x))
    if np.isfinite(df):
        z /= np.sqrt(rng.chisquare(df, 40_000) / df)[:, None]
    covered = float(np.mean(np.abs(z).max(axis=1) <= critical))
    assert 0.9465 < covered < 0.962  # never too narrow, hardly too wide (error 0.001)


def test_one_coefficient_needs_no_more_than_t() -> None:
    fitted = Linear(LogLinear(300.0), np.ones(1), np.ones((1, 1)), 0.0, 10.0)
    assert simultaneous(fitted, 1000.0, 0.95) == pytest.approx(t_distribution.ppf(0.975, 10), rel=1e-12)


def test_scheffe_and_tube() -> None:
    assert scheffe(3, 12.0, 0.9) == pytest.approx(np.sqrt(3 * f_distribution.ppf(0.9, 3, 12)), rel=1e-12)
    assert scheffe(2, np.inf, 0.95) == pytest.approx(np.sqrt(-2 * np.log(0.05)), rel=1e-12)
    still = np.tile([1.0, 0.0], (5, 1))
    assert tube(still, 12.0, 0.95) == pytest.approx(t_distribution.ppf(0.975, 12), rel=1e-9)
    angle = np.linspace(0.0, np.pi, 2001)
    half_circle = np.column_stack([np.cos(angle), np.sin(angle)])
    # A half circle is every direction: the tube's formula is then Scheffe's, exactly, for two coefficients.
    assert tube(half_circle, np.inf, 0.999999) == pytest.approx(scheffe(2, np.inf, 0.999999), rel=0.01)


def test_intervals_lie_inside_one_another() -> None:
    found = predict(linear(20.0), np.linspace(0.0, 1000.0, 11), level=0.95, per=100.0)
    inside = slice(1, None)
    assert np.all(found.band_low[inside] < found.ci_low[inside])
    assert np.all(found.ci_high[inside] < found.band_high[inside])
    assert np.all(found.pi_low[inside] < found.ci_low[inside])
    for name in ("estimate", "ci_low", "ci_high", "band_low", "band_high", "pi_low", "pi_high"):
        assert getattr(found, name)[0] == 0.0
    np.testing.assert_allclose(found.slope, 100.0 * (-0.012 + 16e-6 * found.dose), rtol=1e-12)
    se = 100.0 * np.sqrt(COV[0, 0] + 4 * found.dose * COV[0, 1] + 4 * found.dose**2 * COV[1, 1])
    np.testing.assert_allclose(found.slope_high - found.slope, t_distribution.ppf(0.975, 20) * se, rtol=1e-9)


def test_prediction_interval_by_hand() -> None:
    found = predict(linear(20.0), np.array([400.0]), level=0.9, per=1.0)
    half = t_distribution.ppf(0.95, 19) * np.sqrt(0.5 + found.se[0] ** 2)
    assert found.pi_high[0] - found.estimate[0] == pytest.approx(half, rel=1e-12)


def test_random_slopes_spread_with_the_dose() -> None:
    curve = RestrictedCubic((100.0, 400.0, 900.0))
    psi = np.array([[1e-6, 0.0], [0.0, 4e-6]])
    fitted = Linear(curve, np.array([-0.01, 0.005]), COV, psi, np.inf)
    dose = np.array([0.0, 50.0, 600.0])
    x = curve.columns(dose)
    np.testing.assert_allclose(fitted.between(dose), np.einsum("ij,jk,ik->i", x, psi, x), rtol=1e-12)
