"""The model's density and gradient against plain NumPy, and its draws against a grid."""

import math

import numpy as np
import pytest
from scipy.special import log_ndtr

from mgmeta.bayes import posterior_io, sampling
from mgmeta.bayes.calibration import LOG_LIKELIHOOD, Sampled, adjusted, judge, repeats
from mgmeta.bayes.calibration_cases import CASES, SLOPES
from mgmeta.bayes.calibration_normal import simulate_regression
from mgmeta.bayes.calibration_table import ALPHA
from mgmeta.bayes.exact import fit_exact
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.bayes.pymc_model import Priors, compile_model, model_data
from mgmeta.bayes.rows import make_rows
from mgmeta.bayes.spec import SamplerSettings, read_spec
from mgmeta.errors import ConfigError

pytestmark = pytest.mark.slow
nan = np.nan

SPEC = read_spec(
    {
        "analysis": "toy",
        "level": 0.95,
        "seed": 11,
        "outcomes": ["sbp"],
        "moderators": {"dose": {"column": "d"}, "hypertension": {"column": "h"}},
        "bayes": {
            "prior_mu": "normal:0,10",
            "prior_slope": "normal:0,10",
            "prior_tau": "halfnormal:5",
            "draws": 2000,
            "tune": 1000,
            "chains": 4,
            "target_accept": 0.95,
        },
    }
)
PRIORS = Priors(SPEC.prior_mu, SPEC.prior_slope, SPEC.prior_tau)
NUMBERS = make_rows([-4.1, -0.8, -6.5, 1.2, -2.9, -3.6], [1.2, 1.9, 2.2, 2.8, 1.1, 3.0])
MIXED = make_rows(
    [-4.1, -0.8, -6.5, -2.9, nan, nan, nan, nan],
    [1.2, 1.9, 2.2, 1.1, 2.0, 1.4, 3.1, 1.5],
    [nan, nan, nan, nan, -4.2, -2.9, -6.5, nan],
    [nan, nan, nan, nan, 4.2, 2.9, 6.5, -3.1],
)


@pytest.fixture(scope="module")
def compiled():
    return compile_model(PRIORS, ("dose", "hypertension"))


def log_rows(rows, centre, tau):
    """Log likelihood of every row at arrays of centres (..., k) and tau."""
    scale = np.sqrt(np.asarray(tau)[..., None] ** 2 + rows.se**2)
    number = -0.5 * ((rows.y - centre) / scale) ** 2 - np.log(scale) - 0.5 * math.log(2 * math.pi)
    low, high = (rows.low - centre) / scale, (rows.high - centre) / scale
    flip = low + high > 0
    far = log_ndtr(np.where(flip, -high, low))
    near = log_ndtr(np.where(flip, -low, high))
    return np.where(rows.is_bound, near + np.log1p(-np.exp(far - near)), number).sum(axis=-1)


def grid_posterior(rows):
    """Means and SDs of mu, tau and a new trial's effect on a plain grid."""
    mu, tau = np.linspace(-16, 12, 561), np.linspace(0, 25, 1001)
    m, t = np.meshgrid(mu, tau, indexing="ij")
    density = log_rows(rows, m[..., None], t) + PRIORS.mu.log_density(m) + PRIORS.tau.log_density(t)
    p = np.exp(density - density.max())
    p[:, 0] *= 0.5  # trapezoid at tau = 0
    p /= p.sum()
    mean_mu, mean_tau = (p * m).sum(), (p * t).sum()
    second = (p * (m - mean_mu) ** 2).sum()
    return (
        mean_mu,
        second**0.5,
        mean_tau,
        ((p * (t - mean_tau) ** 2).sum()) ** 0.5,
        (second + (p * t * t).sum()) ** 0.5,
    )


@pytest.mark.parametrize("rows", [NUMBERS, MIXED], ids=["numbers", "numbers and bounds"])
def test_draws_agree_with_a_grid(compiled, rows):
    draws = sampling.draw(compiled, rows, SPEC, name="sbp_overall")
    found = sampling.report(rows, draws, 0.95)
    mean_mu, sd_mu, mean_tau, sd_tau, sd_new = grid_posterior(rows)
    assert found["diagnostics"].ok
    assert abs(found["mu"].mean - mean_mu) < 3 * found["mu"].mcse_mean
    assert abs(found["tau"].mean - mean_tau) < 3 * found["tau"].mcse_mean
    # Monte Carlo error of an SD: sd / sqrt(2 ess), widened by the excess kurtosis of tau (below 6).
    ess = found["diagnostics"].ess_bulk_min
    assert found["mu"].sd == pytest.approx(sd_mu, rel=3 * math.sqrt(2 / ess))
    assert found["tau"].sd == pytest.approx(sd_tau, rel=3 * math.sqrt(2 / ess))
    assert found["predictive"].sd == pytest.approx(sd_new, rel=3 * math.sqrt(2 / ess))


@pytest.mark.parametrize("rows", [NUMBERS, MIXED], ids=["numbers", "numbers and bounds"])
def test_both_engines_agree_on_mean_spread_and_a_new_trial(compiled, rows):
    draws = sampling.draw(compiled, rows, SPEC, name="sbp_engines")
    exact = fit_exact(rows, mu=PRIORS.mu, tau=PRIORS.tau)
    rng = np.random.default_rng(4)
    mu, tau = draws.values["mu"], draws.values["tau"]
    sampled = {"mu": mu, "tau": tau, "predictive": mu + tau * rng.normal(size=mu.shape)}
    for name, values in sampled.items():
        posterior = getattr(exact, name)
        assert abs(values.mean() - posterior.mean) < 3 * posterior_io.convergence(values).mcse_mean, name
        # Probabilities below five exact quantiles: means of indicators, each with its own error; 30 of
        # them, so four errors.
        for p in (0.025, 0.25, 0.5, 0.75, 0.975):
            below = (values < float(posterior.quantile(np.array([p]))[0])).astype(float)
            assert abs(below.mean() - p) < 4 * posterior_io.convergence(below).mcse_mean, (name, p)


def test_density_and_gradient_are_numpys(compiled):
    rng = np.random.default_rng(2)
    k = MIXED.k
    rows = make_rows(
        MIXED.y,
        MIXED.se,
        MIXED.low,
        MIXED.high,
        x=rng.normal(size=(k, 2)),
        moderators=("dose", "hypertension"),
    )
    bound_data = model_data(rows, compiled.moderators)
    logp = compiled.compiled.with_data(**bound_data)

    def ours(point):
        mu, dose, hypertension, z = point
        tau = np.logaddexp(0.0, z)  # softplus with its knee at 1
        centre = mu + rows.x @ np.array([dose, hypertension])
        prior = PRIORS.tau.log_density(tau) - np.logaddexp(0.0, -z)
        prior += sum(PRIORS.slope.log_density(value) for value in (mu, dose, hypertension))
        return float(log_rows(rows, centre, tau) + prior)

    # PyMC rounds the constant of its half-normal (1.3e-7); a constant is no part of a posterior.
    constant = evaluate(logp, np.zeros(4))[0] - ours(np.zeros(4))
    assert abs(constant) < 1e-6
    for _ in range(20):
        point = rng.normal(size=4) * [5, 2, 2, 3]
        value, gradient = evaluate(logp, point)
        assert value - constant == pytest.approx(ours(point), rel=1e-12, abs=1e-11)
        steps = 1e-6 * np.eye(4)
        numeric = [(ours(point + step) - ours(point - step)) / 2e-6 for step in steps]
        np.testing.assert_allclose(gradient, numeric, rtol=1e-5, atol=1e-6)


def evaluate(model, point):
    """Log density and gradient of a nutpie model on the unconstrained scale."""
    shared = [model.shared_data[variable.name] for variable in model.logp_func.get_shared()]
    value, gradient = model.logp_func.vm.jit_fn(np.asarray(point, dtype=float), *shared)
    return float(value), np.asarray(gradient)


@pytest.mark.parametrize("far", [-300.0, -40.0, 40.0, 300.0])
def test_bounds_far_out_keep_a_finite_gradient(compiled, far):
    rows = make_rows([nan, nan, nan], [1.0, 1.0, 1.0], [-1.0, nan, 2.0], [1.0, -2.0, nan])
    logp = compiled.compiled.with_data(**model_data(rows, compiled.moderators))
    value, gradient = evaluate(logp, [far, 0.0, 0.0, -20.0])
    mu_part = log_rows(rows, np.full(3, far), np.log1p(math.exp(-20)))
    assert math.isfinite(value)
    assert np.isfinite(gradient).all()
    assert value == pytest.approx(mu_part + float(PRIORS.mu.log_density(far)), rel=1e-3, abs=60)


def test_a_moderator_that_is_absent_keeps_its_prior_and_is_dropped(compiled):
    rows = make_rows(
        NUMBERS.y, NUMBERS.se, x=np.array([[-1, 0, 2, 1, 0, -2.0]]).T, moderators=("dose",), labels="abcdef"
    )
    draws = sampling.draw(compiled, rows, SPEC, name="sbp_dose")
    assert list(draws.values) == ["mu", "slope_dose", "tau"]


def test_a_flat_slope_is_refused():
    with pytest.raises(ConfigError, match="improper"):
        compile_model(Priors(parse_mu("normal:0,1"), parse_mu("flat"), parse_tau("halfnormal:1")), ("dose",))


def test_the_model_is_calibrated(compiled):
    # Shorter chains than in the long run of test_calibration.py, and 100 repeats.
    names = ("mu", *SLOPES, "tau")
    quick = SamplerSettings(draws=300, tune=300, chains=2, target_accept=0.9, seed=0)
    repeat = Sampled(compiled.compiled, names, simulate_regression, sampler=quick)
    found = repeats(CASES["moderators"], range(100), seed=4, repeat=repeat)
    tests = judge(found)
    assert set(tests) == {*names, LOG_LIKELIHOOD}
    assert adjusted(list(tests.values())).min() > ALPHA
    assert min(item.ess for item in found) > 200
