import math

import numpy as np
import pytest
from scipy.special import betainc, betaincinv

from mgmeta.bayes.panels import PanelDensity, integrate
from mgmeta.errors import FitError


def beta(a, b):
    return lambda u: (a - 1) * np.log(u) + (b - 1) * np.log1p(-u)


@pytest.mark.parametrize(("a", "b"), [(1.0, 1.0), (2.0, 5.0), (40.0, 3.0), (2e4, 5e4)])
def test_a_beta_density_is_integrated_exactly(a, b):
    panels = integrate(beta(a, b))
    expected = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    assert panels.log_integral() == pytest.approx(expected, rel=1e-12)
    density = PanelDensity(panels)
    p = np.array([1e-6, 0.025, 0.5, 0.9, 0.999999])
    q = density.quantile(p)
    np.testing.assert_allclose(q, betaincinv(a, b, p), rtol=1e-9)
    np.testing.assert_allclose(density.cdf(q), betainc(a, b, q), atol=1e-12)


def test_the_density_is_the_slope_of_the_distribution():
    density = PanelDensity(integrate(beta(3.0, 4.0)))
    u = np.linspace(0.05, 0.95, 7)
    numeric = (density.cdf(u + 1e-6) - density.cdf(u - 1e-6)) / 2e-6
    np.testing.assert_allclose(density.pdf(u), numeric, rtol=1e-7)


def test_ends_are_zero_and_one():
    density = PanelDensity(integrate(beta(2.0, 2.0)))
    assert density.cdf(np.array([0.0, 1.0])).tolist() == [0.0, 1.0]
    # A density that starts at 0 holds 1e-16 of its mass below 1e-8.
    assert density.quantile(np.array([0.0, 1.0])) == pytest.approx([0.0, 1.0], abs=2e-8)


def test_nothing_anywhere_is_refused():
    with pytest.raises(FitError, match="zero everywhere"):
        integrate(lambda u: np.full(u.shape, -np.inf))


def test_a_jump_is_refused():
    with pytest.raises(FitError, match="a pole or a jump"):
        integrate(lambda u: np.where(u < 1 / 3, 0.0, 1.0))
