"""The slope integrated out: against plain sums, in the tails, and between points of tau."""

import math

import numpy as np
import pytest
from scipy.special import log_ndtr

from mgmeta.bayes.averaging import average_models
from mgmeta.bayes.bias_likelihood import Likelihood
from mgmeta.bayes.bias_models import BiasModel, default_models
from mgmeta.bayes.bias_slopes import SlopeLikelihood
from mgmeta.bayes.bounds import log_interval
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.bayes.rows import make_rows

nan = np.nan
MIXED = make_rows(
    [4.1, 0.8, 6.5, nan, nan, nan, nan, nan],
    [1.2, 1.9, 2.2, 2.0, 1.4, 3.1, 1.5, 0.8],
    [nan, nan, nan, -4.2, -2.9, -6.5, 3.1, -1.6],
    [nan, nan, nan, 4.2, 2.9, 6.5, nan, 1.6],
)
PRIOR = parse_tau("halfcauchy:1")
PROBE = (np.array([0.0, 2.0]), np.array([0.0, 1.0, 3.0]))


def directly(rows, mu, tau, power):
    """The integral over the slope as a dense sum, every term by logarithms."""
    b = np.linspace(0.0, 60.0, 400_001)
    total = PRIOR.log_density(b)
    for y, low, high, se in zip(rows.y, rows.low, rows.high, rows.se, strict=True):
        s, centre = math.hypot(tau, se), mu + b * se**power
        if math.isnan(y):
            total = total + log_interval((low - centre) / s, (high - centre) / s)
        else:
            total = total - 0.5 * ((y - centre) / s) ** 2 - math.log(s * math.sqrt(2 * math.pi))
    weights = np.full(len(b), b[1])
    weights[[0, -1]] *= 0.5
    peak = total.max()
    return peak + math.log(weights @ np.exp(total - peak))


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize(("mu", "tau"), [(0.0, 0.0), (1.5, 1.0), (-4.0, 0.5), (-45.0, 0.0)])
def test_the_slope_is_integrated_out_of_numbers_and_bounds(power, mu, tau):
    probe = (np.append(PROBE[0], mu), np.append(PROBE[1], tau))
    slope = SlopeLikelihood(MIXED, power, PRIOR, probe)
    found = slope.log_joint(np.array([mu]), np.array([tau]))[0, 0]
    # At mu = -45 products of probabilities vanish: the answer then comes from logarithms.
    assert found == pytest.approx(directly(MIXED, mu, tau, power), abs=1e-5)


def test_nothing_exceeds_the_upper_limit():
    slope = SlopeLikelihood(MIXED, 1, PRIOR, PROBE)
    mu, tau = np.linspace(-20.0, 20.0, 41), np.array([0.0, 0.5, 2.0, 8.0])
    assert (slope.log_joint(mu, tau) <= slope.at_most(mu, tau) + 1e-12).all()


def test_between_points_of_tau_it_is_interpolated():
    model = BiasModel("PET", "pet", 1.0, slope=PRIOR)
    likelihood = Likelihood(MIXED, PROBE)
    tau, mu = np.linspace(0.0, 30.0, 80), np.array([-3.0, 0.5, 4.0])
    together = likelihood.log_joint(model, mu, tau)
    alone = np.hstack([likelihood.log_joint(model, mu, tau[i : i + 1]) for i in range(80)])
    np.testing.assert_allclose(together, alone, atol=2e-5)


def test_bounds_alone_have_a_slope_too():
    rows = MIXED.take(MIXED.is_bound)
    slope = SlopeLikelihood(rows, 1, PRIOR, PROBE)
    found = slope.log_joint(np.array([0.5]), np.array([1.0]))[0, 0]
    assert found == pytest.approx(directly(rows, 0.5, 1.0, 1), abs=1e-5)


@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_averaging_with_bounds_warns_of_nothing_and_knows_no_unit(scale):
    found = average_models(
        make_rows(scale * MIXED.y, scale * MIXED.se, scale * MIXED.low, scale * MIXED.high),
        effect=parse_mu(f"normal:0,{10.0 * scale}"),
        tau=parse_tau(f"halfnormal:{5.0 * scale}"),
        bias=default_models(9.0 * scale),
        direction="positive",
    )
    assert sum(model.posterior for model in found.models) == pytest.approx(1.0)
    assert found.bias.bf == pytest.approx(2.0, rel=0.9)
    assert all(math.isfinite(model.log_marginal) for model in found.models)
    assert found.mean / scale == pytest.approx(average_once().mean, rel=1e-5)


def average_once(memory=[]):  # noqa: B006  (computed once for both scales)
    if not memory:
        memory.append(
            average_models(
                MIXED,
                effect=parse_mu("normal:0,10"),
                tau=parse_tau("halfnormal:5"),
                bias=default_models(9.0),
                direction="positive",
            )
        )
    return memory[0]


def test_one_sided_bounds_are_stable_far_out():
    rows = make_rows([nan, 1.0], [1.0, 1.0], [3.1, nan], [nan, nan])
    slope = SlopeLikelihood(rows, 1, PRIOR, PROBE)
    value = slope.log_joint(np.array([-60.0]), np.array([0.0]))[0, 0]
    assert np.isfinite(value)
    assert value < float(log_ndtr(-1.0))
