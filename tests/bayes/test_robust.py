"""Robust random effects against plain quadrature, and on trials of which one is made to lie."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import gammaln, ndtr

from mgmeta.bayes import robust
from mgmeta.bayes.checks import loo, predictive_checks, replicate
from mgmeta.bayes.family import compile_family, fit
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.bayes.rows import make_rows
from mgmeta.bayes.spec import SamplerSettings

MU, TAU = parse_mu("normal:0,10"), parse_tau("halfnormal:5")
SETTINGS = SamplerSettings(1000, 1000, 4, 0.95, 7)
nan = np.nan
ROWS = make_rows(
    [-4.1, -0.8, -22.0, nan, nan, nan],
    [1.2, 1.9, 2.2, 2.0, 1.4, 1.5],
    [nan, nan, nan, -4.2, -2.9, nan],
    [nan, nan, nan, 4.2, 2.9, -3.1],
)
# Ten trials around -2 and one at -25.
OUTLYING = make_rows([-2.1, -1.4, -3.0, -2.6, -0.9, -2.2, -1.8, -2.9, -1.1, -2.4, -25.0], [1.0] * 11)


def t_density(x, nu):
    log = gammaln(0.5 * (nu + 1)) - gammaln(0.5 * nu) - 0.5 * math.log(nu * math.pi)
    return np.exp(log - 0.5 * (nu + 1) * np.log1p(x * x / nu))


def given(theta, i):
    """Likelihood of row i given the trial's own effect."""
    s = ROWS.se[i]
    if ROWS.is_bound[i]:
        return ndtr((ROWS.high[i] - theta) / s) - ndtr((ROWS.low[i] - theta) / s)
    return math.exp(-0.5 * ((ROWS.y[i] - theta) / s) ** 2) / (s * math.sqrt(2 * math.pi))


@pytest.mark.parametrize(("mu", "tau", "nu"), [(-2.0, 3.0, 2.1), (1.0, 1.5, 8.0), (-3.0, 2.0, 60.0)])
def test_the_student_t_is_the_integral_over_a_trials_effect(mu, tau, nu):
    variances, log_weights = robust.student_components(np.array([nu]), np.array([tau]))
    terms = robust.row_terms(ROWS, np.array([mu]), variances) + log_weights[:, None, :]
    found = np.exp(np.logaddexp.reduce(terms, axis=2))[0]
    for i in range(ROWS.k):
        points = [mu, ROWS.y[i] if not ROWS.is_bound[i] else 0.0]
        value, _ = quad(
            lambda theta, i=i: t_density((theta - mu) / tau, nu) / tau * given(theta, i),
            -400,
            400,
            points=points,
            limit=500,
            epsabs=1e-12,
        )
        assert found[i] == pytest.approx(value, rel=2e-4, abs=1e-9)


def test_the_mixture_is_two_normals():
    variances, log_weights = robust.mixture_components(np.array([1.5]), np.array([8.0]), np.array([0.2]))
    terms = robust.row_terms(ROWS, np.array([-2.0]), variances) + log_weights[:, None, :]
    v0, v1 = 1.5**2 + 2.2**2, 1.5**2 + 64 + 2.2**2
    density = [w * math.exp(-200.0 / v) / math.sqrt(2 * math.pi * v) for w, v in ((0.8, v0), (0.2, v1))]
    np.testing.assert_allclose(np.exp(terms[0, 2]), density, rtol=1e-12)


def test_leave_one_out_of_normal_data_is_the_exact_one():
    # y_i ~ N(mu, 1), mu ~ flat: left out, y_i ~ N(mean of the others, 1 + 1 / (k - 1)).
    y = np.array([-2.0, 0.5, 1.0, 3.0, -1.0, 0.2])
    rng = np.random.default_rng(3)
    mu = rng.normal(y.mean(), 1 / math.sqrt(6), 20_000)
    log_p = -0.5 * (y - mu[:, None]) ** 2 - 0.5 * math.log(2 * math.pi)
    found = loo(log_p, [str(i) for i in range(6)])
    for i, value in enumerate(found.pointwise.values()):
        v = 1.0 + 1.0 / 5.0
        gap = y[i] - np.delete(y, i).mean()
        assert value == pytest.approx(-0.5 * (gap**2 / v + math.log(2 * math.pi * v)), abs=0.02)
    assert found.warnings == ()
    assert found.elpd == pytest.approx(sum(found.pointwise.values()))


def test_a_trial_that_decides_everything_is_a_warning():
    rng = np.random.default_rng(4)
    log_p = np.column_stack([-0.5 * rng.standard_t(2, 4000) ** 2, np.full(4000, -1.0)])
    found = loo(log_p, ["far", "near"])
    assert [text.split(":")[0] for text in found.warnings] == ["far"]


def test_replicated_trials_follow_the_model_and_the_outlying_one_is_noticed():
    rng = np.random.default_rng(5)
    n = 4000
    se = np.tile(OUTLYING.se, (n, 1))
    draws = replicate(np.full(n, -2.0), np.full((n, 1), 0.25), np.zeros((n, 1)), se, rng)
    assert draws.std() == pytest.approx(math.sqrt(1.25), rel=0.02)
    found = predictive_checks(draws, se, OUTLYING, 0.95)
    assert found["farthest"]["p_above"] == 0.0
    assert found["farthest"]["observed"] == pytest.approx(25.0 - 45.4 / 11, abs=0.01)
    assert found["significant"]["observed"] == sum(abs(OUTLYING.y) > 1.96)


@pytest.mark.slow
def test_the_outlying_trial_is_named_and_pulls_less():
    student = compile_family(lambda: robust.build_student(MU, TAU))
    mixture = compile_family(lambda: robust.build_mixture(MU, TAU))
    by_t = fit(student, robust.data_of(OUTLYING), robust.STUDENT, SETTINGS, model="t", careful=True)
    by_mix = fit(mixture, robust.data_of(OUTLYING), robust.MIXTURE, SETTINGS, model="m", careful=True)
    assert by_t.checks.ok
    assert by_mix.checks.ok
    plain = OUTLYING.y.mean()
    assert plain < -4.0
    for found in (by_t, by_mix):
        assert abs(found.flat("mu").mean() + 2.1) < 0.6
    variances, log_weights = robust.components(by_mix, "mixture")
    terms = robust.row_terms(OUTLYING, by_mix.flat("mu"), variances) + log_weights[:, None, :]
    outlying = np.exp(terms[..., 1] - np.logaddexp.reduce(terms, axis=2)).mean(axis=0)
    assert outlying[-1] > 0.95
    assert outlying[:-1].max() < 0.2

    # The densities are NumPy's, at points of the sampler's scale (softplus, log, logit).
    rng = np.random.default_rng(6)
    for model, key in ((student, "student_t"), (mixture, "mixture")):
        logp = model.with_data(**robust.data_of(ROWS))
        shared = [logp.shared_data[variable.name] for variable in logp.logp_func.get_shared()]
        gaps = []
        for _ in range(5):
            z = rng.normal(size=3 if key == "student_t" else 4)
            value = float(logp.logp_func.vm.jit_fn(z, *shared)[0])
            gaps.append(value - ours(z, key))
        np.testing.assert_allclose(gaps, gaps[0], atol=1e-4)


def ours(z, key):
    """Log density in NumPy up to a constant."""
    mu, tau = np.array([z[0]]), np.logaddexp(0.0, z[1:2])
    total = float(MU.log_density(mu)[0]) + float(TAU.log_density(tau)[0]) - np.logaddexp(0.0, -z[1])
    if key == "student_t":
        above = math.exp(z[2])  # Gamma(2, 0.1) and the Jacobian of the log
        total += 2.0 * z[2] - 0.1 * above
        variances, log_weights = robust.student_components(np.array([2.0 + above]), tau)
    else:
        extra, share = 2.0 * np.logaddexp(0.0, z[2:3]), 1.0 / (1.0 + np.exp(-z[3:4]))
        total += float(-0.5 * (extra[0] / 10.0) ** 2 - np.logaddexp(0.0, -z[2]))
        total += float(np.log(share[0]) + 9.0 * np.log1p(-share[0]))  # Beta(1, 9) and its Jacobian
        variances, log_weights = robust.mixture_components(tau, extra, share)
    terms = robust.row_terms(ROWS, mu, variances) + log_weights[:, None, :]
    return total + float(np.logaddexp.reduce(terms, axis=2).sum())
