import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from mgmeta.bayes.summaries import mixture_quantile, predict, probabilities_below, summarise


def test_summary_of_known_draws():
    draws = np.arange(1001.0)
    found = summarise(draws, 0.9, 0.25)
    assert (found.mean, found.median, found.ci_low, found.ci_high) == pytest.approx((500, 500, 50, 950))
    assert found.mcse_mean == 0.25
    assert found.sd == pytest.approx(draws.std(ddof=1))


def test_one_normal_is_its_own_mixture():
    for p in (0.001, 0.025, 0.5, 0.999):
        assert mixture_quantile(np.array([2.0]), np.array([3.0]), p) == pytest.approx(
            2 + 3 * ndtri(p), abs=1e-10
        )


def test_mixture_quantile_inverts_the_mixture():
    rng = np.random.default_rng(3)
    mu, tau = rng.normal(-2, 1, 200), np.abs(rng.normal(0, 2, 200))
    q = mixture_quantile(mu, tau, 0.1)
    assert ndtr((q - mu) / tau).mean() == pytest.approx(0.1, abs=1e-11)


def test_no_heterogeneity_predicts_the_mean():
    mu = np.linspace(-3, 1, 4001)
    found = predict(mu, np.zeros(4001), 0.95, 0.0)
    assert found.ci_low == pytest.approx(np.quantile(mu, 0.025), abs=1e-3)
    assert found.sd == pytest.approx(mu.std(ddof=1))


def test_probabilities_are_of_falls():
    assert probabilities_below(np.array([0.5, -0.5, -1.5, -2.5])) == {"0": 0.75, "-1": 0.5, "-2": 0.25}
