"""The Copas model: its special case, its likelihood, its path."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtr

from mgmeta.errors import ConfigError, FitError
from mgmeta.pooling.copas import _best, _loglik, copas, copas_fit
from mgmeta.pooling.pool import pool

SE = np.array([1.5, 1.1, 2.2, 0.9, 1.2, 1.0, 0.4, 0.7, 1.8, 2.4, 0.5])
Y = np.array([-4.2, -2.1, -6.5, -0.8, -1.9, -3.0, -0.5, -1.2, -3.3, -6.0, -0.7])


def test_no_selection_is_maximum_likelihood() -> None:
    found = copas_fit(Y, SE**2, p_small=1.0, p_large=1.0, level=0.95)
    usual = pool(Y, SE**2, method="ML")
    assert found.estimate == pytest.approx(usual.estimate, rel=1e-8)
    assert found.tau2 == pytest.approx(usual.tau2, rel=1e-7)
    assert (found.rho, found.unpublished) == (0.0, 0.0)


def test_the_likelihood_is_a_density_of_the_seen() -> None:
    """exp(l) of one study integrates to 1 over its result, whatever rho: it is conditional on selection."""
    grid = np.linspace(-40.0, 40.0, 20_001)[:, None]
    for rho in (-0.9, 0.0, 0.5):
        theta = np.array([[-0.5, 0.7, math.asin(rho / 0.9999)]])
        values = [_loglik(theta, y, np.array([1.1]), np.array([0.3]), False, False)[0].real for y in grid]
        assert np.exp(values).sum() * 0.004 == pytest.approx(1.0, rel=1e-6)


def test_the_chances_at_the_ends_are_those_asked_for() -> None:
    found = copas_fit(Y, SE**2, p_small=0.4, p_large=0.95, level=0.95)
    u = found.gamma0 + found.gamma1 / SE
    assert float(ndtr(u[SE.argmax()])) == pytest.approx(0.4)
    assert float(ndtr(u[SE.argmin()])) == pytest.approx(0.95)
    assert found.unpublished == pytest.approx(float(((1 - ndtr(u)) / ndtr(u)).sum()))


def test_units_and_sign_do_not_matter() -> None:
    found = copas_fit(Y, SE**2, p_small=0.5, p_large=0.99, level=0.95)
    again = copas_fit(-7 * Y, 49 * SE**2, p_small=0.5, p_large=0.99, level=0.95)
    assert again.estimate == pytest.approx(-7 * found.estimate, rel=1e-5)
    assert again.rho == pytest.approx(-found.rho, abs=1e-4)
    assert again.se == pytest.approx(7 * found.se, rel=1e-3)


def test_the_highest_hump_is_taken() -> None:
    """No start of a fine grid ends higher."""
    u = 0.2 + 0.5 / SE
    top = _best(Y, SE, u, trend=False, idle=False).value
    grid = np.array(
        [
            [mean, tau, angle]
            for mean in np.linspace(-4, 1, 41)
            for tau in (1e-3, 0.2, 0.5, 1.0, 2.0)
            for angle in np.linspace(-1.57, 1.57, 25)
        ]
    )
    assert top >= _loglik(grid, Y, SE, u, False, False).real.max() - 1e-9


def test_the_path_goes_from_none_to_strong() -> None:
    found = copas(Y, SE**2, p_small=(0.3, 1.0, 0.6), level=0.95)
    assert [fit.p_small for fit in found.path] == [1.0, 0.6, 0.3]
    # Small studies here claim more: allowing for selection moves the mean towards zero.
    means = [fit.estimate for fit in found.path]
    assert means[0] < means[1] < 0
    assert found.path[0].residual_p < 0.10
    assert found.adjusted is None or found.path[found.adjusted].residual_p > 0.10
    assert "assumed, not estimated" in found.warnings[0]


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(FitError, match="at least 4"):
        copas(Y[:3], SE[:3], level=0.95)
    with pytest.raises(FitError, match="different SE"):
        copas(Y, np.ones(11), level=0.95)
    with pytest.raises(ConfigError, match="chance"):
        copas_fit(Y, SE**2, p_small=0.0, p_large=0.9, level=0.95)
