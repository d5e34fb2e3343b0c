"""Unknown SDs: the data against the tables' formulas, the density against plain quadrature, a known limit."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import ndtr

from mgmeta.bayes import sd_unknown
from mgmeta.bayes.exact import fit_exact
from mgmeta.bayes.family import compile_family, fit
from mgmeta.bayes.model_priors import CORRELATION, WITHIN_TRIAL
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.bayes.rows import make_rows
from mgmeta.bayes.sd_data import SdData, on_correlation
from mgmeta.bayes.spec import SamplerSettings

MU, TAU = parse_mu("normal:0,10"), parse_tau("halfnormal:5")
SETTINGS = SamplerSettings(2000, 1000, 4, 0.95, 7)


def toy(sds=(9.0, 12.0, 15.0, 8.0), df=40.0) -> SdData:
    s = len(sds)
    return SdData(
        outcome="sbp",
        labels=("a", "b", "c"),
        y=np.array([-4.1, -0.8, -6.5]),
        variance=np.array([[1.44, 0.0, 0.0], [7.2, 6.9, 0.0], [4.84, 0.0, 2.0]]),
        bound_labels=("d", "e", "f"),
        low=np.array([-2.0, -2.05, -np.inf]),
        high=np.array([2.0, 2.05, -2.0]),
        scale=np.array([0.2, 0.3, 0.15]),
        bound_kind=np.array([[0.0, 0, 0], [0, 0, 1], [0, 1, 0]]),
        sd_labels=tuple("wxyz"[:s]),
        sd_variance=np.column_stack([np.square(sds), np.zeros(s), np.zeros(s)]),
        sd_df=np.full(s, df),
        sd_kind=np.array([[0.0, 0, 0]] * (s - 1) + [[0, 1, 0]]),
        external=15.2,
    )


POINT = {
    "mu": np.array([-2.0, 1.0, -30.0]),
    "tau": np.array([1.5, 0.2, 4.0]),
    "log_sd": np.array([2.4, 2.0, 3.0]),
    "home": np.array([0.0, 0.3, -0.3]),
    "ambulatory": np.array([-0.5, 0.2, 0.0]),
    "crossover": np.array([0.1, -0.4, 0.0]),
    "spread": np.array([0.5, 0.05, 0.9]),
    "r_prepost": np.array([0.5, 0.1, 0.7]),
    "r_crossover": np.array([0.4, 0.6, -0.1]),
}


def words_by_quadrature(data, j, p):
    """Probability of one result in words, the SD integrated out by adaptive quadrature."""
    middle = p["log_sd"] + data.bound_kind[j] @ [p["home"], p["ambulatory"], p["crossover"]]

    def integrand(z):
        se = data.scale[j] * math.exp(middle + p["spread"] * z)
        w = math.hypot(p["tau"], se)
        inside = ndtr((data.high[j] * se - p["mu"]) / w) - ndtr((data.low[j] * se - p["mu"]) / w)
        return inside * math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)

    return quad(integrand, -9, 9, epsabs=1e-13, limit=200)[0]


def test_a_trial_told_in_words_is_averaged_over_its_sd():
    data = toy()
    found = sd_unknown.log_likelihood(data, POINT)
    assert found.shape == (3, 6)
    for i in range(2):
        p = {name: values[i] for name, values in POINT.items()}
        for j in range(3):
            assert math.exp(found[i, 3 + j]) == pytest.approx(words_by_quadrature(data, j, p), abs=1e-7)


def test_a_number_that_hangs_on_a_correlation_uses_the_drawn_one():
    found = sd_unknown.log_likelihood(toy(), POINT)[0]
    for j, se2 in enumerate((1.44, 7.2 - 6.9 * 0.5, 4.84 - 2.0 * 0.4)):
        v = 1.5**2 + se2
        y = toy().y[j]
        assert found[j] == pytest.approx(-0.5 * (math.log(2 * math.pi * v) + (y + 2.0) ** 2 / v))


def test_the_correlation_is_read_off_three_squared_errors():
    squares = [50.0 - 40.0 * r for r in (0.3, 0.5, 0.7)]
    assert on_correlation(squares, False) == pytest.approx((50.0, 40.0, 0.0))
    assert on_correlation(squares, True) == pytest.approx((50.0, 0.0, 40.0))
    assert on_correlation([4.0, 4.0, 4.0], False) == (4.0, 0.0, 0.0)
    assert on_correlation([4.0, 4.0, 3.0], False) == (
        4.0,
        0.0,
        0.0,
    )  # a rule switched: as the analysis has it


def test_priors_of_correlations_follow_their_sources():
    assert math.tanh(CORRELATION.mean) == pytest.approx(0.5)
    assert math.tanh(CORRELATION.mean + 1.889 * CORRELATION.sd) > 0.78
    assert 0.5 < math.tanh(WITHIN_TRIAL.mean) < 0.65
    z = np.arctanh([0.45, 0.45, 0.49, 0.50, 0.51, 0.59, 0.61, 0.66, 0.77, 0.78])
    assert pytest.approx((z.mean(), z.std(ddof=1))) == (WITHIN_TRIAL.mean, WITHIN_TRIAL.sd)


def test_a_sample_sd_has_the_bias_and_error_of_its_degrees_of_freedom():
    rng = np.random.default_rng(1)
    logs = 0.5 * np.log(rng.chisquare(20.0, 200_000) / 20.0)
    data = toy(df=20.0)
    assert data.sd_bias[0] == pytest.approx(logs.mean(), abs=3 * logs.std() / 440)
    assert data.sd_error[0] == pytest.approx(logs.var(), rel=0.02)


@pytest.mark.slow
def test_the_model_is_the_density_and_its_known_limit_is_the_exact_engine():
    compiled = compile_family(lambda: sd_unknown.build(MU, TAU))
    data = toy()
    logp = compiled.with_data(**sd_unknown.model_data(data))
    names = ["mu", "tau", "spread", *[f"raw_{i}" for i in range(6)]]
    rng = np.random.default_rng(3)
    points = rng.normal(size=(6, len(names))) * [4, 1, 1, *[1] * 6]
    gaps = [evaluate(logp, point) - ours(data, point) for point in points]
    np.testing.assert_allclose(gaps, gaps[0], atol=1e-5)  # 32 nodes at a spread of up to 1

    # Forty precise printed SDs of 10 leave nothing unknown: the exact engine with SD 10.
    known = replace(toy((10.0,) * 40, 1e6), variance=data.variance * [1, 0, 0], bound_kind=np.zeros((3, 3)))
    known = replace(known, sd_kind=np.zeros((40, 3)))
    found = fit(
        compiled,
        sd_unknown.model_data(known),
        sd_unknown.SAMPLED,
        SETTINGS,
        model="toy",
        unpack=lambda values: sd_unknown.unpack(values, known.external),
    )
    assert found.checks.ok
    se = np.concatenate([np.sqrt(known.variance[:, 0]), 10.0 * known.scale])
    rows = make_rows(
        [*known.y, *[np.nan] * 3],
        se,
        [*[np.nan] * 3, *known.low * se[3:]],
        [*[np.nan] * 3, *known.high * se[3:]],
    )
    exact = fit_exact(rows, mu=MU, tau=TAU)
    for name, posterior in (("mu", exact.mu), ("tau", exact.tau)):
        assert abs(found.flat(name).mean() - posterior.mean) < 3 * found.mcse[name] + 0.01
    assert np.exp(found.flat("log_sd")).mean() == pytest.approx(10.0, rel=0.01)


def ours(data, point):
    """Log density on the sampler's scale, in NumPy: likelihood, printed SDs, priors with their Jacobians."""
    mu, tau_z, spread_z, raw = point[0], point[1], point[2], point[3:]
    tau, spread = np.logaddexp(0.0, tau_z), 0.1 * np.logaddexp(0.0, spread_z)
    values = {"mu": mu, "tau": tau, "spread": spread, "raw": raw}
    p = {name: np.atleast_1d(value) for name, value in sd_unknown.unpack(values, data.external).items()}
    total = sd_unknown.log_likelihood(data, p).sum()
    s2 = (
        data.sd_variance[:, 0]
        - data.sd_variance[:, 1] * p["r_prepost"]
        - data.sd_variance[:, 2] * p["r_crossover"]
    )
    expected = (
        p["log_sd"] + data.sd_kind @ [p["home"][0], p["ambulatory"][0], p["crossover"][0]] + data.sd_bias
    )
    error = spread**2 + data.sd_error
    total += -0.5 * np.sum(np.log(error) + (0.5 * np.log(s2) - expected) ** 2 / error)
    total += float(MU.log_density(mu)) + float(TAU.log_density(tau)) - np.logaddexp(0.0, -tau_z)
    total += -0.5 * (spread / 0.5) ** 2 - np.logaddexp(0.0, -spread_z) - 0.5 * float(raw @ raw)
    return float(total)


def evaluate(model, point):
    """Log density of a nutpie model on the unconstrained scale."""
    shared = [model.shared_data[variable.name] for variable in model.logp_func.get_shared()]
    return float(model.logp_func.vm.jit_fn(np.asarray(point, dtype=float), *shared)[0])
