import math

import numpy as np
import pytest
from scipy import integrate, stats

from mgmeta.bayes.priors import FAMILIES, parse_mu, parse_tau
from mgmeta.errors import ConfigError

V = np.array([0.4, 1.1, 2.5, 0.9])

TAU = {
    "halfnormal:5": stats.halfnorm(scale=5),
    "halfcauchy:25": stats.halfcauchy(scale=25),
    "uniform:10": stats.uniform(0, 10),
    "exponential:2": stats.expon(scale=2),
    "lognormal:-1,0.7": stats.lognorm(0.7, scale=math.exp(-1)),
    "invgamma:1.79,0.28": stats.invgamma(1.79, scale=0.28),
}
MU = {
    "normal:1,10": stats.norm(1, 10),
    "t:0,0.51,5": stats.t(5, 0, 0.51),
    "cauchy:0.35,0.102": stats.cauchy(0.35, 0.102),
}


@pytest.mark.parametrize("text", TAU)
def test_density_of_tau_is_scipys(text):
    x = np.array([0.0, 0.01, 0.3, 1.0, 4.0, 9.9, 30.0])
    with np.errstate(divide="ignore"):
        expected = TAU[text].logpdf(x)
    np.testing.assert_allclose(parse_tau(text).log_density(x), expected, rtol=1e-12)


@pytest.mark.parametrize("text", MU)
def test_density_of_mu_is_scipys(text):
    x = np.array([-20.0, -1.0, 0.0, 0.4, 7.0])
    np.testing.assert_allclose(parse_mu(text).log_density(x), MU[text].logpdf(x), rtol=1e-12)


def test_half_t_is_a_folded_t():
    x = np.array([0.1, 2.0, 40.0])
    expected = stats.t(4, 0, 3).logpdf(x) + math.log(2)
    np.testing.assert_allclose(parse_tau("halft:3,4").log_density(x), expected, rtol=1e-12)


@pytest.mark.parametrize("text", ["lognormal_var:-2.01,1.64", "logt_var:-2.01,1.64,5"])
def test_priors_of_tau2_are_changed_to_tau(text):
    # P(tau < 0.5) must be P(tau2 < 0.25).
    prior = parse_tau(text)
    found, _ = integrate.quad(
        lambda z: np.exp(prior.log_density(np.exp(z)) + z), -60, math.log(0.5), limit=200
    )
    m, s = prior.params[:2]
    z = (math.log(0.25) - m) / s
    expected = stats.norm.cdf(z) if "lognormal" in text else stats.t.cdf(z, 5)
    assert found == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("name", ["dumouchel", "shrinkage", "i2"])
def test_priors_from_the_variances_integrate_to_one(name):
    prior = parse_tau(name)
    total = integrate.quad(lambda z: np.exp(prior.log_density(np.exp(z), V) + z), -40, 40, limit=400)[0]
    assert total == pytest.approx(1.0, abs=1e-8)


def test_priors_from_the_variances_have_their_median_where_they_say():
    s2 = 1.0 / np.mean(1.0 / V)
    for name, middle in (("dumouchel", math.sqrt(s2)), ("shrinkage", math.sqrt(s2))):
        prior = parse_tau(name)
        below = integrate.quad(lambda x, prior=prior: np.exp(prior.log_density(x, V)), 0, middle)[0]
        assert below == pytest.approx(0.5, abs=1e-10)


def test_priors_from_the_variances_follow_the_unit():
    x = np.array([0.2, 1.0, 3.0])
    for name in ("jeffreys", "berger_deely", "conventional"):
        prior = parse_tau(name)
        ratio = prior.log_density(7 * x, 49 * V) - prior.log_density(x, V)
        np.testing.assert_allclose(ratio, ratio[0], atol=1e-12)


def test_a_prior_that_needs_the_variances_says_so():
    with pytest.raises(ConfigError, match="jeffreys"):
        parse_tau("jeffreys").log_density(1.0)


@pytest.mark.parametrize("kind", ["mu", "tau"])
def test_every_family_is_read_back_from_its_text(kind):
    parse = parse_mu if kind == "mu" else parse_tau
    for name, family in FAMILIES[kind].items():
        numbers = ",".join(str(0.5 + i) for i in range(len(family.params)))
        prior = parse(f"{name}:{numbers}" if numbers else name)
        assert parse(str(prior)) == prior
        assert np.isfinite(prior.log_density(0.3, V))


def test_tau_is_never_negative():
    for text in [*TAU, "flat", "sqrt", "jeffreys"]:
        assert parse_tau(text).log_density(-0.1, V) == -np.inf


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("halfnormal:-5", "scale is -5, expected a number above 0"),
        ("halfnormal:0", "above 0"),
        ("halfnormal", "0 parameters, expected 1: halfnormal:SCALE"),
        ("halfnormal:1,2", "2 parameters, expected 1"),
        ("halfnormal:five", "'five', expected a finite number"),
        ("halfnormal:inf", "expected a finite number"),
        ("normal:0,1", "unknown family 'normal'; expected one of halfnormal:SCALE, halfcauchy:SCALE"),
        ("", "unknown family ''"),
    ],
)
def test_bad_text_is_refused_with_the_reason(text, words):
    with pytest.raises(ConfigError) as error:
        parse_tau(text)
    assert words in str(error.value)


def test_tails_decide_propriety():
    assert parse_tau("halft:3,4").tail == 5
    assert parse_tau("invgamma:1,0.15").tail == 2
    assert parse_tau("flat").tail == 0
    assert not parse_tau("flat").proper
    assert parse_mu("normal:0,10").proper
