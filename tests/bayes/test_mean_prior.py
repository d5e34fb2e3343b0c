import numpy as np
import pytest

from mgmeta.bayes.densities import NormalMixture
from mgmeta.bayes.mean_prior import mean_prior
from mgmeta.bayes.priors import parse_mu


@pytest.mark.parametrize("text", ["t:1,0.5,5", "t:0,3,2.5", "cauchy:0,0.7", "t:0,1,30", "normal:2,3"])
def test_the_components_add_up_to_the_prior(text):
    prior = parse_mu(text)
    found = mean_prior(prior)
    mixture = NormalMixture(np.exp(found.log_weights), found.means, found.precisions**-0.5)
    x = np.array([-40.0, -3.0, 0.0, 0.4, 1.0, 9.0, 500.0])
    expected = np.exp(prior.log_density(x))
    np.testing.assert_allclose(mixture.pdf(x), expected, rtol=1e-9, atol=1e-14 * expected.max())
    assert mixture.weights.sum() == pytest.approx(1.0, abs=1e-11)


def test_flat_is_flat():
    assert mean_prior(parse_mu("flat")).is_flat
    assert not mean_prior(parse_mu("normal:0,1")).is_flat
