"""The additive model of linear curves: the same maximum as the pool's, profiles by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

from mgmeta.dose.peak import find_peak, profile_combinations
from mgmeta.dose.rows import DoseRows, independent
from mgmeta.pooling.bounded import fit_bounded
from mgmeta.stats.distributions import quantile


def loglik(rows: DoseRows, mean: np.ndarray, tau2: float) -> float:
    """Written out: densities of numbers, probabilities of intervals; one row a trial."""
    se = np.sqrt([trial.covariance[0, 0] for trial in rows.trials])
    total = np.sqrt(se**2 + tau2)
    numbers = norm.logpdf(rows.y, mean, total)
    bounds = np.log(norm.cdf(rows.upper, mean, total) - norm.cdf(rows.lower, mean, total))
    return float(np.where(rows.numeric, np.nan_to_num(numbers), bounds).sum())


@pytest.fixture
def quadratic(mixed_rows: DoseRows) -> np.ndarray:
    return np.column_stack([mixed_rows.dose, mixed_rows.dose**2])


def test_the_same_as_the_pool_of_numbers_and_bounds(mixed_rows: DoseRows, quadratic: np.ndarray) -> None:
    assert 3 < (~mixed_rows.numeric).sum() < 30
    rows = independent(mixed_rows)
    fit = fit_bounded(rows.y, rows.se, rows.lower, rows.upper, quadratic, level=0.95)
    peak = find_peak(rows, quadratic, ("a", "b"))
    np.testing.assert_allclose(peak.beta, fit.beta, rtol=1e-9)
    np.testing.assert_allclose(np.sqrt(np.diag(peak.cov)), fit.se, rtol=1e-9)
    assert peak.tau2 == pytest.approx(fit.tau2, rel=1e-9)
    assert peak.loglik == pytest.approx(fit.loglik, abs=1e-10)
    found = profile_combinations(peak, np.eye(2), (quantile(0.95, 38.0) ** 2,)).ends[:, 0]
    np.testing.assert_allclose(found, np.column_stack([fit.ci_low, fit.ci_high]), rtol=1e-9)


def test_a_profile_of_the_curve_by_brute_force(mixed_rows: DoseRows, quadratic: np.ndarray) -> None:
    rows = independent(mixed_rows)
    peak = find_peak(rows, quadratic, ("a", "b"))
    assert loglik(mixed_rows, quadratic @ peak.beta, peak.tau2) == pytest.approx(peak.loglik, abs=1e-10)
    c = np.array([400.0, 400.0**2])
    drop = quantile(0.95, 38.0) ** 2
    profile = profile_combinations(peak, np.vstack([c, 0.0 * c]), (drop, 2 * drop))
    assert np.all(profile.ends[1] == 0.0)

    def highest(value: float) -> float:
        def minus(theta: np.ndarray) -> float:
            slope = np.array([(value - theta[0] * 1e-6 * c[1]) / c[0], theta[0] * 1e-6])
            return -loglik(mixed_rows, quadratic @ slope, theta[1] ** 2)

        runs = [
            minimize(
                minus,
                [peak.beta[1] * 1e6, tau],
                method="Nelder-Mead",
                options={"xatol": 1e-9, "fatol": 1e-12},
            )
            for tau in (0.3, 1.5)
        ]
        return -min(run.fun for run in runs)

    for j, expected in ((0, drop), (1, 2 * drop)):
        for end in profile.ends[0, j]:
            assert 2 * (peak.loglik - highest(float(end))) == pytest.approx(expected, abs=1e-6)
    assert profile.ratio[0] == pytest.approx(2 * (peak.loglik - highest(0.0)), abs=1e-6)


def test_one_coefficient_is_profiled_once_and_scaled(number_rows: DoseRows) -> None:
    rows = independent(number_rows)
    peak = find_peak(rows, number_rows.dose[:, None], ("dose",))
    combos = np.array([[0.0], [100.0], [-100.0]])
    found = profile_combinations(peak, combos, (4.0,))
    np.testing.assert_allclose(found.ends[1, 0], -found.ends[2, 0, ::-1], rtol=1e-12)
    assert np.all(found.ends[0] == 0.0)
    assert found.ends[1, 0, 0] < 100.0 * peak.beta[0] < found.ends[1, 0, 1]
