import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from mgmeta.bayes.bounds import log_interval
from mgmeta.bayes.exact import fit_exact, log_evidence_at, log_likelihood_fixed
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.bayes.rows import make_rows
from mgmeta.errors import FitError

nan = np.nan
MU, TAU = parse_mu("normal:0,10"), parse_tau("halfnormal:5")


def brute(rows, mu, tau):
    """Joint posterior on a plain grid of tau (Gauss panels) and mu (even): moments, evidence, predictive."""
    x, w = np.polynomial.legendre.leggauss(24)
    edges = np.concatenate([np.linspace(0, 8, 30), np.geomspace(8, 60, 20)[1:]])
    t = (edges[:-1, None] + np.diff(edges)[:, None] * (x + 1) / 2).ravel()
    tw = (np.diff(edges)[:, None] * w / 2).ravel()
    m = np.linspace(-120, 120, 8001)
    total = mu.log_density(m) + tau.log_density(t, rows.se**2)[:, None]
    for i in range(rows.k):
        s = np.sqrt(t**2 + rows.se[i] ** 2)[:, None]
        if rows.is_bound[i]:
            total += log_interval((rows.low[i] - m) / s, (rows.high[i] - m) / s)
        else:
            total += -0.5 * ((rows.y[i] - m) / s) ** 2 - np.log(s) - 0.5 * math.log(2 * math.pi)
    peak = total.max()
    p = np.exp(total - peak) * tw[:, None] * (m[1] - m[0])
    evidence = peak + math.log(p.sum())
    p /= p.sum()
    pm, pt = p.sum(axis=0), p.sum(axis=1)
    mean, mean_tau = pm @ m, pt @ t
    return {
        "evidence": evidence,
        "mu": (mean, np.sqrt(pm @ (m - mean) ** 2)),
        "tau": (mean_tau, np.sqrt(pt @ (t - mean_tau) ** 2)),
        "predictive sd": np.sqrt(pm @ (m - mean) ** 2 + pt @ t**2),
        "mu_pdf": pm / (m[1] - m[0]),
        "m": m,
    }


CASES = {
    "numbers and bounds": make_rows(
        [-4.1, -0.8, -6.5, -2.9, nan, nan, nan, nan],
        [1.2, 1.9, 2.2, 1.1, 2.0, 1.4, 3.1, 1.5],
        [nan] * 4 + [-4.2, -2.9, -6.5, nan],
        [nan] * 4 + [4.2, 2.9, 6.5, -3.1],
    ),
    "bounds only": make_rows([nan] * 4, [2.0, 1.4, 3.1, 1.5], [-4.2, -2.9, -6.5, nan], [4.2, 2.9, 6.5, -3.1]),
    "wide bounds, sharp edges": make_rows([nan] * 2, [0.1, 0.2], [-5, -4], [5, 6]),
    "a bound against a number": make_rows([-9.0, nan, nan], [0.5, 0.6, 0.7], [nan, 1.0, -1], [nan, 5.0, 1]),
    "numbers given by their rounding": make_rows(
        [nan] * 3, [1, 1.2, 0.9], [-2.05, -1.05, 0.95], [-1.95, -0.95, 1.05]
    ),
}


@pytest.mark.parametrize("prior", ["normal:0,10", "flat"])
@pytest.mark.parametrize("name", CASES)
def test_bounds_agree_with_a_plain_grid(name, prior):
    rows, mu = CASES[name], parse_mu(prior)
    found, expected = fit_exact(rows, mu=mu, tau=TAU), brute(rows, mu, TAU)
    assert found.log_evidence == pytest.approx(expected["evidence"], abs=1e-10)
    assert (found.mu.mean, found.mu.sd) == pytest.approx(expected["mu"], rel=1e-9)
    assert (found.tau.mean, found.tau.sd) == pytest.approx(expected["tau"], rel=1e-9)
    assert found.predictive.sd == pytest.approx(expected["predictive sd"], rel=1e-9)
    at = slice(3800, 4200, 25)
    np.testing.assert_allclose(found.mu.pdf(expected["m"][at]), expected["mu_pdf"][at], atol=1e-10)


def test_a_t_prior_with_bounds_agrees_with_a_plain_grid():
    rows, mu = CASES["numbers and bounds"], parse_mu("t:0,5,5")
    found, expected = fit_exact(rows, mu=mu, tau=TAU), brute(rows, mu, TAU)
    assert found.log_evidence == pytest.approx(expected["evidence"], abs=1e-9)
    assert (found.mu.mean, found.mu.sd) == pytest.approx(expected["mu"], rel=1e-8)


def test_rounded_numbers_tend_to_numbers():
    y, se = np.array([-2.0, -1.0, 1.0]), np.array([1.0, 1.2, 0.9])
    exact = fit_exact(make_rows(y, se), mu=MU, tau=TAU)
    half = 1e-3
    bounds = fit_exact(make_rows([nan] * 3, se, y - half, y + half), mu=MU, tau=TAU)
    assert bounds.mu.mean == pytest.approx(exact.mu.mean, abs=1e-6)
    assert bounds.log_evidence == pytest.approx(exact.log_evidence + 3 * math.log(2 * half), abs=1e-6)


def test_a_bound_that_says_nothing_changes_nothing():
    numbers = make_rows([-2.0, -1.0, 1.0], [1.0, 1.2, 0.9])
    more = make_rows([-2.0, -1.0, 1.0, nan], [1.0, 1.2, 0.9, 1.0], [nan] * 4, [nan] * 3 + [500.0])
    a, b = fit_exact(numbers, mu=MU, tau=TAU), fit_exact(more, mu=MU, tau=TAU)
    assert b.mu.mean == pytest.approx(a.mu.mean, rel=1e-10)
    assert b.log_evidence == pytest.approx(a.log_evidence, abs=1e-10)


effects = st.lists(st.tuples(st.floats(-10, 10), st.floats(0.2, 5)), min_size=3, max_size=12).map(
    lambda rows: (np.array([row[0] for row in rows]), np.array([row[1] for row in rows]))
)


@given(effects, st.floats(-50, 50))
@settings(max_examples=25)
def test_a_shift_shifts_the_mean(data, shift):
    y, se = data
    a = fit_exact(make_rows(y, se), mu=parse_mu("normal:0,10"), tau=TAU)
    b = fit_exact(make_rows(y + shift, se), mu=parse_mu(f"normal:{shift!r},10"), tau=TAU)
    assert b.mu.mean - shift == pytest.approx(a.mu.mean, abs=1e-9)
    assert b.tau.mean == pytest.approx(a.tau.mean, rel=1e-9)
    assert b.log_evidence == pytest.approx(a.log_evidence, abs=1e-9)


@given(effects, st.sampled_from([0.01, 0.133, 7.5, 1e4]))
@settings(max_examples=25)
def test_a_change_of_unit_changes_only_the_unit(data, c):
    y, se = data
    a = fit_exact(make_rows(y, se), mu=MU, tau=TAU)
    b = fit_exact(
        make_rows(c * y, c * se), mu=parse_mu(f"normal:0,{10 * c!r}"), tau=parse_tau(f"halfnormal:{5 * c!r}")
    )
    assert b.mu.mean == pytest.approx(c * a.mu.mean, rel=1e-8, abs=1e-9 * c)
    assert b.tau.sd == pytest.approx(c * a.tau.sd, rel=1e-8)
    assert b.log_evidence == pytest.approx(a.log_evidence - len(y) * math.log(c), abs=1e-8)
    assert b.mu.quantile(0.9)[0] == pytest.approx(c * a.mu.quantile(0.9)[0], rel=1e-8, abs=1e-9 * c)


@given(effects)
@settings(max_examples=25)
def test_order_and_sign_do_not_matter(data):
    y, se = data
    a = fit_exact(make_rows(y, se), mu=MU, tau=TAU)
    b = fit_exact(make_rows(-y[::-1], se[::-1]), mu=MU, tau=TAU)
    assert b.mu.mean == pytest.approx(-a.mu.mean, abs=1e-10)
    assert b.log_evidence == pytest.approx(a.log_evidence, abs=1e-10)
    assert b.mu.cdf(-1.0)[0] == pytest.approx(1 - a.mu.cdf(1.0)[0], abs=1e-11)


def test_predictive_of_an_estimate_scores_the_next_trial():
    # Bayes' theorem: the predictive density of a trial is the ratio of the evidences with and without it.
    y, se = np.array([-4.0, -1.0, 0.5, -6.0]), np.array([1.0, 2.0, 1.5, 1.2])
    without = fit_exact(make_rows(y[:3], se[:3]), mu=MU, tau=TAU)
    full = fit_exact(make_rows(y, se), mu=MU, tau=TAU)
    density = without.predict_estimate(se[3]).pdf(y[3])[0]
    assert math.log(density) == pytest.approx(full.log_evidence - without.log_evidence, abs=1e-10)


def test_predictive_of_a_bound_scores_it_too():
    numbers = make_rows([-4.0, -1.0, 0.5], [1.0, 2.0, 1.5])
    full = make_rows([-4.0, -1.0, 0.5, nan], [1.0, 2.0, 1.5, 1.2], [nan] * 3 + [-2.0], [nan] * 3 + [2.0])
    without = fit_exact(numbers, mu=MU, tau=TAU)
    p = np.diff(without.predict_estimate(1.2).cdf([-2.0, 2.0]))[0]
    gain = fit_exact(full, mu=MU, tau=TAU).log_evidence - without.log_evidence
    assert gain == pytest.approx(math.log(p), abs=1e-9)


def test_power_zero_is_left_out_and_one_is_in():
    y, se = np.array([-4.0, -1.0, 0.5, -6.0]), np.array([1.0, 2.0, 1.5, 1.2])
    rows = make_rows(y, se)
    whole = fit_exact(rows, mu=MU, tau=TAU, power=np.ones(4))
    assert whole.mu.mean == pytest.approx(fit_exact(rows, mu=MU, tau=TAU).mu.mean, rel=1e-12)
    part = fit_exact(rows, mu=MU, tau=TAU, power=np.array([1.0, 1.0, 1.0, 0.0]))
    assert part.mu.mean == pytest.approx(
        fit_exact(make_rows(y[:3], se[:3]), mu=MU, tau=TAU).mu.mean, rel=1e-9
    )
    half = fit_exact(rows, mu=MU, tau=TAU, power=np.array([1.0, 1.0, 1.0, 0.5]))
    assert whole.mu.mean < half.mu.mean < part.mu.mean


def test_power_of_a_bound_is_the_power_of_its_probability():
    rows = CASES["numbers and bounds"]
    doubled = rows.take([0, 1, 2, 3, 4, 5, 6, 7, 4])
    power = np.array([1.0, 1, 1, 1, 0.5, 1, 1, 1, 0.5])
    a, b = fit_exact(rows, mu=MU, tau=TAU), fit_exact(doubled, mu=MU, tau=TAU, power=power)
    assert b.mu.mean == pytest.approx(a.mu.mean, rel=1e-9)
    assert b.log_evidence == pytest.approx(a.log_evidence, abs=1e-9)


def test_the_evidence_with_the_mean_fixed_is_the_savage_dickey_ratio():
    for rows in (CASES["numbers and bounds"], make_rows([-4.0, -1.0, 0.5], [1.0, 2.0, 1.5])):
        posterior = fit_exact(rows, mu=MU, tau=TAU)
        ratio = log_evidence_at(rows, 0.0, TAU) - posterior.log_evidence
        dickey = math.log(posterior.mu.pdf(0.0)[0]) - float(MU.log_density(0.0))
        assert ratio == pytest.approx(dickey, abs=1e-8)


def test_the_evidence_with_tau_fixed_is_the_savage_dickey_ratio():
    rows = make_rows([-4.0, -1.0, 0.5], [1.0, 2.0, 1.5])
    posterior = fit_exact(rows, mu=MU, tau=TAU)
    ratio = log_likelihood_fixed(rows, MU) - posterior.log_evidence
    dickey = math.log(posterior.tau.pdf(1e-9)[0]) - float(TAU.log_density(0.0))
    assert ratio == pytest.approx(dickey, abs=1e-6)


def test_the_null_of_an_improper_prior_has_its_rule_too():
    rows = make_rows([-4.0], [1.0])
    with pytest.raises(FitError, match="improper"):
        log_evidence_at(rows, 0.0, parse_tau("flat"))


def test_many_trials_are_no_trouble():
    rng = np.random.default_rng(0)
    k = 20_000
    se = rng.uniform(0.5, 3, k)
    y = rng.normal(-2, np.sqrt(1.5**2 + se**2))
    found = fit_exact(make_rows(y, se), mu=MU, tau=TAU)
    assert found.mu.mean == pytest.approx(-2.0, abs=4 * found.mu.sd)
    assert found.tau.mean == pytest.approx(1.5, abs=4 * found.tau.sd)
    assert found.tau.sd < 0.05


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_numbers_far_from_zero_keep_their_digits(scale):
    y, se = np.array([1.0, 2.0, 4.0]), np.array([1.0, 1.0, 1.0])
    a = fit_exact(make_rows(y, se), mu=parse_mu("flat"), tau=TAU)
    b = fit_exact(make_rows(y + scale, se), mu=parse_mu("flat"), tau=TAU)
    assert b.mu.mean - scale == pytest.approx(a.mu.mean, abs=1e-8)
    assert b.tau.mean == pytest.approx(a.tau.mean, rel=1e-8)


def test_log_interval_is_stable_in_both_tails():
    for a, b in ((-40.0, -39.0), (39.0, 40.0), (-np.inf, -50.0), (50.0, np.inf), (-1.0, 1.0)):
        value = float(log_interval(np.array(a), np.array(b)))
        assert math.isfinite(value)
        assert value == pytest.approx(float(log_interval(np.array(-b), np.array(-a))), rel=1e-14)
    assert float(log_interval(np.array(-1.0), np.array(1.0))) == pytest.approx(math.log(ndtr(1) - ndtr(-1)))
