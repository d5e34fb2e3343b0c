import numpy as np
import pytest

from mgmeta.bayes.exact import fit_exact
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.bayes.rows import make_rows
from mgmeta.bayes.sensitivity import power_priors, prior_grid, prior_sensitivity, rescale
from mgmeta.errors import ConfigError

NUMBERS = make_rows([-4.1, -0.8, -6.5, 1.2, -2.9, -3.6], [1.2, 1.9, 2.2, 2.8, 1.1, 3.0])
MU, TAU = parse_mu("normal:0,10"), parse_tau("halfnormal:5")


def test_the_grid_is_large_and_without_repeats():
    grid = prior_grid()
    assert len(grid) == len(set(grid)) >= 200
    assert (MU, TAU) in grid


def test_the_whole_grid_is_answered():
    found = prior_sensitivity(NUMBERS, prior_grid(), level=0.95)
    assert all(row.reason == "" for row in found)
    means = np.array([row.mean for row in found])
    assert np.ptp(means) > 0.1
    here = next(row for row in found if (row.mu, row.tau) == ("normal:0,10", "halfnormal:5"))
    posterior = fit_exact(NUMBERS, mu=MU, tau=TAU)
    assert here.mean == posterior.mu.mean
    assert here.log_marginal == posterior.log_marginal
    assert all(row.ci_low < row.mean < row.ci_high for row in found)
    assert all(row.log_marginal is None for row in found if row.mu == "flat" or row.tau == "flat")


def test_strong_priors_of_mu_shrink():
    pairs = [(parse_mu(text), TAU) for text in ("normal:0,2", "normal:0,10", "flat")]
    means = [row.mean for row in prior_sensitivity(NUMBERS, pairs, level=0.95)]
    assert means[0] > means[1] > means[2]


def test_bounds_too(mixed_rows):
    pairs = [(MU, parse_tau(text)) for text in ("halfnormal:1", "halfcauchy:5", "i2")]
    found = prior_sensitivity(mixed_rows, pairs, level=0.95)
    assert all(row.log_bf10 is not None for row in found)


def test_an_improper_pair_gives_its_reason():
    one = make_rows([1.0], [1.0])
    found = prior_sensitivity(one, [(parse_mu("flat"), parse_tau("flat")), (MU, TAU)], level=0.95)
    assert "improper" in found[0].reason
    assert found[0].mean is None
    assert found[1].reason == ""


TEXTS = (
    "halfnormal:2",
    "halfcauchy:2",
    "halft:2,3",
    "uniform:4",
    "exponential:2",
    "lognormal:0.3,1",
    "invgamma:2,1.5",
    "lognormal_var:-1,1.2",
    "logt_var:-1,1.2,5",
)


@pytest.mark.parametrize("text", TEXTS)
def test_a_prior_in_another_unit_is_the_same_prior(text):
    prior = parse_tau(text)
    x = np.array([0.1, 0.7, 1.9, 3.3])
    np.testing.assert_allclose(
        rescale(prior, 10.0).log_density(10 * x), prior.log_density(x) - np.log(10.0), rtol=1e-12
    )


@pytest.mark.parametrize("text", ["normal:1,2", "t:-1,2,5", "cauchy:0,3"])
def test_a_prior_of_mu_in_another_unit_is_the_same_prior(text):
    prior = parse_mu(text)
    x = np.array([-4.0, 0.2, 3.0])
    np.testing.assert_allclose(
        rescale(prior, 0.1).log_density(0.1 * x), prior.log_density(x) + np.log(10.0), rtol=1e-12
    )


def test_a_scaled_grid_scales_the_answer():
    scaled = make_rows(NUMBERS.y / 10, NUMBERS.se / 10)
    pairs, small = prior_grid()[::37], prior_grid(0.1)[::37]
    a = prior_sensitivity(NUMBERS, pairs, level=0.95)
    b = prior_sensitivity(scaled, small, level=0.95)
    np.testing.assert_allclose([row.mean / 10 for row in a], [row.mean for row in b], rtol=1e-7)


def test_a_grid_of_no_size_is_refused():
    with pytest.raises(ConfigError, match="above 0"):
        prior_grid(0.0)


def test_power_priors_move_from_without_to_with():
    secondary = np.array([False, False, False, True, True, False])
    found = power_priors(NUMBERS, secondary, mu=MU, tau=TAU, level=0.95)
    assert [item.exponent for item in found] == [0.0, 0.5, 1.0]
    without = fit_exact(NUMBERS.take(~secondary), mu=MU, tau=TAU).mu.mean
    full = fit_exact(NUMBERS, mu=MU, tau=TAU).mu.mean
    means = [item.result.mean for item in found]
    assert means[0] == pytest.approx(without, rel=1e-9)
    assert means[2] == pytest.approx(full, rel=1e-9)
    assert min(without, full) < means[1] < max(without, full)
    with pytest.raises(ConfigError, match="expected 0 to 1"):
        power_priors(NUMBERS, secondary, mu=MU, tau=TAU, level=0.95, exponents=[2.0])
