"""Draws of priors follow the density that both engines use."""

import numpy as np
import pytest
from scipy.stats import kstest

from mgmeta.bayes.prior_draws import SAMPLERS, prior_draws
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.errors import ConfigError

PRIORS = [
    *map(parse_mu, ("normal:-1,3", "t:1,2,4", "cauchy:0,1")),
    *map(
        parse_tau,
        (
            "halfnormal:5",
            "halfcauchy:2",
            "halft:2,3",
            "uniform:10",
            "exponential:3",
            "lognormal:0,0.5",
            "lognormal_var:-1,1.2",
            "invgamma:2,3",
        ),
    ),
]


def test_every_family_is_drawn():
    assert {prior.family for prior in PRIORS} == set(SAMPLERS)


@pytest.mark.parametrize("prior", PRIORS, ids=str)
def test_draws_follow_the_density(prior):
    draws = prior_draws(prior, 4000, np.random.default_rng(2))
    # The part between two quantiles of the draws, whose share of the mass is known but for its error.
    low, high = np.quantile(draws, [0.02, 0.98])
    x = np.linspace(low, high, 20_001)
    density = np.exp(prior.log_density(x))
    steps = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(x))])
    assert steps[-1] == pytest.approx(0.96, abs=0.012)
    inside = draws[(draws > low) & (draws < high)]
    assert kstest(np.interp(inside, x, steps / steps[-1]), "uniform").pvalue > 1e-3


def test_nothing_is_drawn_from_an_improper_prior():
    with pytest.raises(ConfigError, match="nothing can be drawn"):
        prior_draws(parse_mu("flat"), 10, np.random.default_rng(1))
