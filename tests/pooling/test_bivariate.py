"""Bivariate model: its special cases and its algebra."""

from __future__ import annotations

import numpy as np
import pytest

from mgmeta.errors import ConfigError, DataError, FitError
from mgmeta.pooling.bivariate import (
    STRUCTURES,
    bivariate_sensitivity,
    correlation_interval,
    covariance_link,
    fit_bivariate,
)
from mgmeta.pooling.pool import pool


def data(seed: int = 4, n: int = 14) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    v = random.uniform(0.2, 2.0, (n, 2))
    true = random.multivariate_normal([-2.0, -1.5], [[2.0, 1.0], [1.0, 1.0]], n)
    return true + random.normal(size=(n, 2)) * np.sqrt(v), v


@pytest.mark.parametrize("method", ["ML", "REML"])
def test_uncorrelated_outcomes_are_two_pools(method: str) -> None:
    y, v = data()
    fit = fit_bivariate(y, v, correlation=0.0, structure="DIAG", method=method, level=0.95)
    for j in (0, 1):
        usual = pool(y[:, j], v[:, j], method=method)
        assert fit.model.beta[j] == pytest.approx(usual.estimate, rel=1e-8)
        assert fit.tau2[j] == pytest.approx(usual.tau2, rel=1e-7)
        assert fit.model.se[j] == pytest.approx(usual.se, rel=1e-7)


def test_a_trial_without_an_outcome_still_counts() -> None:
    y, v = data()
    y[3, 1] = v[3, 1] = np.nan
    y[5, 0] = v[5, 0] = np.nan
    fit = fit_bivariate(y, v, correlation=0.5, level=0.95)
    assert fit.model.k == 26
    alone = fit_bivariate(y, v, correlation=0.0, structure="DIAG", level=0.95)
    seen = ~np.isnan(y[:, 0])
    assert alone.model.beta[0] == pytest.approx(pool(y[seen, 0], v[seen, 0]).estimate, rel=1e-8)


def test_swapping_and_scaling_the_outcomes() -> None:
    y, v = data()
    fit = fit_bivariate(y, v, correlation=0.4, level=0.95)
    kpa = 0.133322
    scale = np.array([kpa, -1.0])
    again = fit_bivariate((y * scale)[::-1, ::-1], (v * scale**2)[::-1, ::-1], correlation=-0.4, level=0.95)
    np.testing.assert_allclose(again.model.beta[::-1], fit.model.beta * scale, rtol=1e-7)
    np.testing.assert_allclose(again.tau2[::-1], fit.tau2 * scale**2, rtol=1e-6)
    assert again.correlation_between == pytest.approx(-fit.correlation_between, rel=1e-6)


def test_the_within_correlation_matters_and_is_varied() -> None:
    y, v = data()
    fits = bivariate_sensitivity(y, v, correlations=(0.0, 0.5, 0.9), level=0.95)
    between = [fit.correlation_between for fit in fits]
    assert between == sorted(between, reverse=True)
    assert [float(fit.correlation_within[0]) for fit in fits] == [0.0, 0.5, 0.9]


def test_the_interval_of_the_correlation_holds_the_estimate() -> None:
    y, v = data(n=40)
    fit = fit_bivariate(y, v, correlation=0.3, level=0.95)
    low, high = correlation_interval(fit, level=0.95)
    assert -1.0 <= low < fit.correlation_between < high <= 1.0
    inner = correlation_interval(fit, level=0.5)
    assert low < inner[0] < inner[1] < high
    with pytest.raises(ConfigError, match="no free correlation"):
        correlation_interval(fit_bivariate(y, v, correlation=0.3, structure="ID", level=0.95), level=0.95)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_links_have_exact_derivatives(structure: str) -> None:
    link, starts = covariance_link(structure)
    for theta in starts:
        g, jacobian, second = link(theta)
        step = 1e-6
        for j, unit in enumerate(np.eye(theta.size)):
            up, down = link(theta + step * unit), link(theta - step * unit)
            np.testing.assert_allclose(jacobian[:, j], (up[0] - down[0]) / (2 * step), atol=1e-9)
            np.testing.assert_allclose(second[:, :, j], (up[1] - down[1]) / (2 * step), atol=1e-8)
        assert g[0] >= 0 and g[2] >= 0 and abs(g[1]) <= np.sqrt(g[0] * g[2]) + 1e-15


def test_what_cannot_be_fitted_is_refused() -> None:
    y, v = data()
    with pytest.raises(DataError, match="two columns"):
        fit_bivariate(y[:, 0], v[:, 0], correlation=0.5, level=0.95)
    with pytest.raises(DataError, match="between -1 and 1"):
        fit_bivariate(y, v, correlation=1.0, level=0.95)
    with pytest.raises(ConfigError, match="structure"):
        fit_bivariate(y, v, correlation=0.5, structure="AR", level=0.95)
    lone = y.copy()
    lone[1:, 1] = np.nan
    with pytest.raises(FitError, match="at least two trials"):
        fit_bivariate(lone, np.where(np.isnan(lone), np.nan, v), correlation=0.5, level=0.95)
    with pytest.raises(DataError, match="positive variance"):
        fit_bivariate(y, -v, correlation=0.5, level=0.95)
