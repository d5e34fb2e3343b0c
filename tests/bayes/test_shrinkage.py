import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from mgmeta.bayes.answer_pymc import truncated_normal
from mgmeta.bayes.exact import fit_exact
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.bayes.rows import make_rows
from mgmeta.bayes.shrinkage import trial_effect
from mgmeta.errors import FitError

MU, TAU = parse_mu("normal:0,10"), parse_tau("halfnormal:5")
nan = np.nan


def test_effects_of_numbers_lie_between_the_number_and_the_mean(mixed_rows):
    posterior = fit_exact(mixed_rows, mu=MU, tau=TAU)
    for i in range(4):
        low, high = sorted((mixed_rows.y[i], posterior.mu.mean))
        assert low < trial_effect(posterior, i).mean < high
        assert trial_effect(posterior, i).sd < mixed_rows.se[i]


@pytest.mark.parametrize("i", [4, 7])
def test_the_effect_behind_a_bound_is_what_drawing_says(mixed_rows, i):
    posterior = fit_exact(mixed_rows, mu=MU, tau=TAU)
    rng = np.random.default_rng(1)
    n = 400_000
    weights = np.maximum(posterior.weights, 0.0)
    c = rng.choice(len(weights), n, p=weights / weights.sum())
    mu = posterior.means[c] + posterior.sds[c] * rng.normal(size=n)
    tau, se = posterior.taus[c], mixed_rows.se[i]
    y = truncated_normal(mu, np.sqrt(tau**2 + se**2), mixed_rows.low[i], mixed_rows.high[i], rng)
    b = se**2 / (tau**2 + se**2)
    theta = b * mu + (1 - b) * y + np.sqrt(1 - b) * se * rng.normal(size=n)
    found = trial_effect(posterior, i)
    assert found.mean == pytest.approx(theta.mean(), abs=4 * theta.std() / np.sqrt(n))
    assert found.sd == pytest.approx(theta.std(), rel=0.01)
    for p in (0.025, 0.5, 0.975):
        assert np.mean(theta < found.quantile(p)[0]) == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / n))


def test_a_narrow_bound_is_its_number():
    y, se = [-2.0, -1.0, 1.0], [1.0, 1.2, 0.9]
    number = trial_effect(fit_exact(make_rows(y, se), mu=MU, tau=TAU), 0)
    rows = make_rows([nan, -1.0, 1.0], se, [-2.0005, nan, nan], [-1.9995, nan, nan])
    bound = trial_effect(fit_exact(rows, mu=MU, tau=TAU), 0)
    assert bound.mean == pytest.approx(number.mean, abs=1e-2)


def test_what_is_not_defined_is_refused(mixed_rows):
    alone = make_rows([nan], [1.0], [-2.0], [2.0])
    with pytest.raises(FitError, match="only row"):
        trial_effect(fit_exact(alone, mu=MU, tau=TAU), 0)
    power = fit_exact(mixed_rows, mu=MU, tau=TAU, power=np.full(8, 0.5))
    with pytest.raises(FitError, match="power posterior"):
        trial_effect(power, 0)


@pytest.mark.parametrize(("low", "high"), [(-1.0, 1.0), (-np.inf, -40.0), (38.0, 39.0), (50.0, np.inf)])
def test_truncated_normals_stay_inside_and_have_their_distribution(low, high):
    rng = np.random.default_rng(2)
    n = 20_000
    draws = truncated_normal(np.zeros(n), np.ones(n), low, high, rng)
    assert draws.min() >= low
    assert draws.max() <= high
    if low == -1.0:
        inside = ndtr(1.0) - ndtr(-1.0)
        median_of_upper = ndtri(0.5 + 0.25 * inside)
        assert np.mean(draws < median_of_upper) == pytest.approx(0.75, abs=0.012)
    elif np.isinf(high):
        assert draws.mean() == pytest.approx(50.02, abs=0.002)  # Mills ratio: 50 + 1/50
