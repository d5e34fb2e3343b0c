import numpy as np
import pytest

from mgmeta.bayes.psis import fit_pareto, smooth


@pytest.mark.parametrize("k", [-0.3, 0.2, 0.6, 1.0])
def test_the_shape_of_a_pareto_is_found(k):
    rng = np.random.default_rng(3)
    u = rng.random(20_000)
    x = np.sort(2.0 * np.expm1(-k * np.log1p(-u)) / k)
    shape, scale = fit_pareto(x)
    assert shape == pytest.approx(k, abs=0.04)
    assert scale == pytest.approx(2.0, rel=0.05)


def test_equal_weights_are_left_alone():
    found = smooth(np.zeros(1000))
    np.testing.assert_allclose(found.weights, 1e-3)
    assert found.ess == pytest.approx(1000.0)
    assert found.khat == -np.inf


@pytest.mark.parametrize(("sd", "good"), [(0.9, True), (0.35, False)])
def test_a_narrow_proposal_is_told_by_khat(sd, good):
    # Target N(0, 1), proposal N(0, sd): k = 1 - sd^2 in the limit.
    rng = np.random.default_rng(5)
    x = sd * rng.standard_normal(20_000)
    log_weights = -0.5 * x**2 + 0.5 * (x / sd) ** 2
    found = smooth(log_weights)
    assert (found.khat < 0.7) is good
    assert found.weights.sum() == pytest.approx(1.0)
    if good:
        assert found.weights @ x**2 == pytest.approx(1.0, abs=0.05)
