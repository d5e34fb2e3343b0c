"""p-uniform and p-uniform*: exact sums, symmetry, recovery."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from mgmeta.errors import ConfigError, FitError
from mgmeta.pooling.p_uniform import p_uniform, p_uniform_star, sum_quantile

SE = np.array([1.5, 1.1, 2.2, 0.9, 1.2, 1.0, 0.4, 0.7, 1.8, 2.4, 0.5])
Y = np.array([-4.2, -2.3, -6.5, -0.8, -1.9, -3.0, -0.5, -1.5, -3.3, -6.0, -0.7])


def test_the_sum_of_uniforms_is_exact_for_few() -> None:
    assert sum_quantile(0.025, 1) == pytest.approx(0.025)
    assert sum_quantile(0.02, 2) == pytest.approx(np.sqrt(0.04))  # P(U1 + U2 < x) = x^2 / 2
    assert sum_quantile(0.5, 7) == pytest.approx(3.5)
    assert sum_quantile(0.025, 20) == pytest.approx(sum_quantile(0.025, 21) * 20 / 21, abs=0.12)


def test_the_estimate_makes_conditional_p_values_uniform_on_average() -> None:
    found = p_uniform(Y, SE**2, side="left", level=0.95)
    z = 1.959963984540054
    use = z <= -Y / SE
    q = ndtr((-found.estimate + Y[use]) / SE[use]) / ndtr((-found.estimate - z * SE[use]) / SE[use])
    assert found.k_significant == use.sum()
    assert q.mean() == pytest.approx(0.5)
    assert found.ci_low < found.estimate < found.ci_high


def test_sides_and_units_mirror() -> None:
    left, right = (
        p_uniform(Y, SE**2, side="left", level=0.95),
        p_uniform(-3 * Y, 9 * SE**2, side="right", level=0.95),
    )
    assert (right.estimate, right.ci_low) == pytest.approx((-3 * left.estimate, -3 * left.ci_high))
    star = p_uniform_star(Y, SE**2, side="left", level=0.95)
    again = p_uniform_star(-3 * Y, 9 * SE**2, side="right", level=0.95)
    assert (again.estimate, again.ci_high) == pytest.approx((-3 * star.estimate, -3 * star.ci_low), rel=1e-6)
    assert again.tau2 == pytest.approx(9 * star.tau2, rel=1e-5, abs=1e-9)


def test_p_uniform_star_sees_through_selection() -> None:
    """Non-significant studies dropped with chance 0.8: the mean comes back near -1 and tau2 near 0.25."""
    random = np.random.default_rng(3)
    se = random.uniform(0.3, 1.0, 3000)
    y = random.normal(-1.0, np.sqrt(se**2 + 0.25))
    seen = (y / se < -1.959963984540054) | (random.uniform(size=3000) < 0.2)
    found = p_uniform_star(y[seen], se[seen] ** 2, side="left", level=0.95)
    assert found.ci_low < -1.0 < found.ci_high
    assert found.tau2_ci_low < 0.25 < found.tau2_ci_high
    assert found.p_zero < 1e-6


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(FitError, match="no study is significant on the right"):
        p_uniform(Y, SE**2, side="right", level=0.95)
    with pytest.raises(FitError, match="at least 3"):
        p_uniform_star(Y[:2], SE[:2], side="left", level=0.95)
    with pytest.raises(ConfigError, match="side"):
        p_uniform(Y, SE**2, side="up", level=0.95)
    with pytest.raises(ConfigError, match="alpha"):
        p_uniform(Y, SE**2, side="left", alpha=1.5, level=0.95)
