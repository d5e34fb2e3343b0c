import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from mgmeta.bayes.densities import NormalMixture, TauDensity
from mgmeta.bayes.intervals import central, mode, shortest
from mgmeta.bayes.line_density import compact, line_density
from mgmeta.bayes.panels import integrate
from mgmeta.bayes.priors import parse_tau
from mgmeta.bayes.tau_axis import Axis, choose_axis

TWO = NormalMixture(np.array([0.3, 0.7]), np.array([-1.0, 2.0]), np.array([0.5, 1.5]))


def prior_density(text):
    prior = parse_tau(text)
    axis = choose_axis(prior, np.array([1.0]))
    return TauDensity(axis, integrate(lambda u: prior.log_density(axis.tau(u)) + axis.log_slope(u)))


def test_moments_of_a_mixture():
    assert TWO.mean == pytest.approx(1.1)
    assert TWO.sd**2 == pytest.approx(0.3 * (0.25 + 2.1**2) + 0.7 * (2.25 + 0.9**2))


@given(st.lists(st.floats(1e-9, 1 - 1e-9), min_size=1, max_size=5))
def test_quantiles_invert_the_distribution(probabilities):
    p = np.array(probabilities)
    np.testing.assert_allclose(TWO.cdf(TWO.quantile(p)), p, rtol=1e-10, atol=1e-14)


def test_one_component_is_a_normal():
    one = NormalMixture(np.ones(1), np.array([3.0]), np.array([2.0]))
    p = np.array([1e-12, 0.025, 0.5, 0.975])
    np.testing.assert_allclose(one.quantile(p), 3.0 + 2.0 * ndtri(p), rtol=1e-13)
    assert shortest(one, 0.95).low == pytest.approx(central(one, 0.95).low, abs=1e-9)
    assert mode(one) == pytest.approx(3.0, abs=1e-7)


def test_a_point_is_a_step():
    point = NormalMixture(np.ones(1), np.array([1.0]), np.zeros(1))
    assert point.cdf([0.9, 1.0, 1.1]).tolist() == [0.0, 0.5, 1.0]
    assert point.quantile([0.1, 0.9]).tolist() == [1.0, 1.0]


def test_moments_that_do_not_exist_are_nan():
    assert np.isnan(NormalMixture(np.ones(1), np.zeros(1), np.ones(1), moments=0).mean)
    assert np.isnan(NormalMixture(np.ones(1), np.zeros(1), np.ones(1), moments=1).sd)


def test_many_points_are_done_in_blocks():
    n = 40_000
    many = NormalMixture(np.full(n, 1 / n), np.zeros(n), np.ones(n))
    x = np.linspace(-3, 3, 101)
    np.testing.assert_allclose(many.cdf(x), ndtr(x), rtol=1e-10)


def test_shortest_interval_of_a_skew_mixture():
    found = shortest(TWO, 0.8)
    ends = np.array([found.low, found.high])
    assert np.diff(TWO.cdf(ends))[0] == pytest.approx(0.8, abs=1e-12)
    density = TWO.pdf(ends)
    assert density[0] == pytest.approx(density[1], rel=1e-8)


@pytest.mark.parametrize(
    ("text", "mean", "sd"),
    [
        ("halfnormal:2", 2 * np.sqrt(2 / np.pi), 2 * np.sqrt(1 - 2 / np.pi)),
        ("uniform:6", 3.0, np.sqrt(3.0)),
        ("exponential:4", 4.0, 4.0),
        ("lognormal:-1,0.5", np.exp(-1 + 0.125), np.exp(-1 + 0.125) * np.sqrt(np.expm1(0.25))),
        ("invgamma:4,3", 1.0, np.sqrt(0.5)),
        ("lognormal_var:-2,1", np.exp(-1 + 0.125), np.exp(-1 + 0.125) * np.sqrt(np.expm1(0.25))),
    ],
)
def test_priors_on_their_axes_keep_their_moments(text, mean, sd):
    density = prior_density(text)
    assert density.mean == pytest.approx(mean, rel=1e-10)
    assert density.sd == pytest.approx(sd, rel=1e-10)


@pytest.mark.parametrize("text", ["halfcauchy:3", "halft:3,2", "logt_var:-2,1.5,5", "invgamma:1,0.15"])
def test_heavy_tails_are_integrated_to_one(text):
    prior = parse_tau(text)
    axis = choose_axis(prior, np.array([1.0]))
    panels = integrate(lambda u: prior.log_density(axis.tau(u)) + axis.log_slope(u))
    assert panels.log_integral() == pytest.approx(0.0, abs=1e-10)
    density = TauDensity(axis, panels)
    if text == "halfcauchy:3":
        assert density.quantile([0.5, 0.75]) == pytest.approx(3 * np.tan(np.pi / 2 * np.array([0.5, 0.75])))


def test_tau_density_and_its_shortest_interval_from_zero():
    density = prior_density("halfnormal:1")
    assert density.pdf([0.5])[0] == pytest.approx(np.sqrt(2 / np.pi) * np.exp(-0.125), rel=1e-10)
    found = shortest(density, 0.95, floor=0.0)
    assert found.low == 0.0
    assert found.high == pytest.approx(ndtri(0.975), rel=1e-10)
    assert mode(density, floor=0.0) == 0.0


@pytest.mark.parametrize("kind", ["algebraic", "bounded", "logarithmic"])
def test_axes_are_inverted_and_their_slope_is_their_slope(kind):
    axis = Axis(kind, 2.5)
    u = np.linspace(0.02, 0.98, 25)
    np.testing.assert_allclose(axis.u(axis.tau(u)), u, rtol=1e-12)
    numeric = (axis.tau(u + 1e-7) - axis.tau(u - 1e-7)) / 2e-7
    np.testing.assert_allclose(np.exp(axis.log_slope(u)), numeric, rtol=1e-5)
    assert axis.u(np.array([0.0]))[0] == pytest.approx(0.0, abs=1e-12)


def test_a_line_density_is_the_normal_it_is_told():
    found = line_density(lambda x: -0.5 * ((x - 3.0) / 0.2) ** 2, 0.0, 5.0)
    assert (found.mean, found.sd) == pytest.approx((3.0, 0.2), rel=1e-9)
    p = np.array([0.025, 0.5, 0.975])
    np.testing.assert_allclose(found.quantile(p), 3.0 + 0.2 * ndtri(p), rtol=1e-9)
    assert found.pdf([3.0])[0] == pytest.approx(1 / (0.2 * np.sqrt(2 * np.pi)), rel=1e-9)
    assert found.cdf([3.0])[0] == pytest.approx(0.5, abs=1e-10)
    assert found.log_integral == pytest.approx(np.log(0.2 * np.sqrt(2 * np.pi)), abs=1e-10)


def test_a_tabulated_mixture_is_the_mixture():
    rng = np.random.default_rng(5)
    n = 3000
    many = NormalMixture(np.full(n, 1 / n), rng.normal(-2, 1, n), rng.uniform(0.3, 6, n))
    table = compact(many)
    p = np.array([1e-4, 0.025, 0.5, 0.9, 0.975])
    assert table is not many
    np.testing.assert_allclose(table.quantile(p), many.quantile(p), rtol=1e-7)
    assert (table.mean, table.sd) == pytest.approx((many.mean, many.sd), rel=1e-9)
    assert compact(TWO) is TWO
