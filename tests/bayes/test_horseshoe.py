"""The horseshoe over all moderators: what is missing against plain integration, slopes against the truth."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from mgmeta.bayes import horseshoe, run_horseshoe
from mgmeta.bayes.family import compile_family, fit
from mgmeta.bayes.horseshoe_data import global_scale, horseshoe_data, scale, scaled_of
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.bayes.pymc_setup import load_pymc
from mgmeta.bayes.rows import make_rows
from mgmeta.bayes.spec import SamplerSettings

MU, TAU = parse_mu("normal:0,10"), parse_tau("halfnormal:5")
BINARY = {"age": False, "dose": False, "drug": True, "sick": True}
nan, inf = np.nan, np.inf
ROWS = make_rows(
    [-4.1, -0.8, -7.0, 1.2, nan, nan],
    [1.2, 1.9, 2.2, 2.0, 1.4, 1.5],
    [nan, nan, nan, nan, -2.9, nan],
    [nan, nan, nan, nan, 2.9, -3.1],
)
FOUND = {
    "drug": (1.0, None, 0.0, None, None, 0.0),
    "age": (40.0, None, 55.0, 61.0, None, 48.0),
    "sick": (0.0, None, 1.0, 0.0, 1.0, None),
    "dose": (3.0, 4.0, 2.0, None, 5.0, 3.5),
}


def test_moderators_are_standardised_over_the_trials_that_state_them():
    item = scale("age", FOUND["age"], binary=False)
    known = item.values[~np.isnan(item.values)]
    assert (item.stated, known.mean(), known.std()) == (4, pytest.approx(0.0), pytest.approx(1.0))
    assert not scale("few", (1.0, 2.0, None), binary=False).used
    assert not scale("same", (1.0, 1.0, 1.0), binary=True).used
    assert [one.key for one in scaled_of(FOUND, BINARY)] == ["age", "dose", "drug", "sick"]


def test_the_global_scale_follows_the_expected_number_of_slopes():
    se = np.full(40, 2.0)
    assert global_scale(se, 12) == pytest.approx(2 / 10 * math.sqrt((4.0 + 3.4**2) / 40))
    assert global_scale(se, 3) == pytest.approx(math.sqrt((4.0 + 3.4**2) / 40))


def integrated(i, mu, tau, slope, scaled):
    """Likelihood of trial i: level by level and by quadrature over each missing continuous value."""
    s = math.hypot(tau, ROWS.se[i])

    def given(centre):
        if ROWS.is_bound[i]:
            return norm.cdf((ROWS.high[i] - centre) / s) - norm.cdf((ROWS.low[i] - centre) / s)
        return norm.pdf(ROWS.y[i], centre, s)

    def over(j, centre):
        if j == len(scaled):
            return given(centre)
        item, value = scaled[j], scaled[j].values[i]
        if not math.isnan(value):
            return over(j + 1, centre + slope[j] * value)
        if item.binary:
            share = np.mean([v for v in FOUND[item.key] if v is not None])
            return sum(
                p * over(j + 1, centre + slope[j] * (level - share) / math.sqrt(share * (1 - share)))
                for level, p in ((0.0, 1 - share), (1.0, share))
            )
        return quad(lambda u: norm.pdf(u) * over(j + 1, centre + slope[j] * u), -10, 10, epsabs=1e-11)[0]

    return over(0, mu)


@pytest.mark.parametrize(
    ("mu", "tau", "slope"), [(-2.0, 1.5, (1.0, -3.0, 2.0, 0.5)), (1.0, 4.0, (0.0, 6.0, -1.0, -4.0))]
)
def test_what_is_missing_is_integrated_out_exactly(mu, tau, slope):
    scaled = scaled_of(FOUND, BINARY)
    data = horseshoe_data(ROWS, scaled)
    found = horseshoe.log_likelihood(data, np.array([mu]), np.array([tau]), np.array([slope]))[0]
    expected = [math.log(integrated(i, mu, tau, slope, scaled)) for i in range(ROWS.k)]
    np.testing.assert_allclose(found, expected, rtol=1e-7)


def fixed(tau0, p):
    """Slopes with known scales tau0 times 1, 2, 3, .., mmHg."""
    return load_pymc().Normal("slope", sigma=tau0 * np.arange(1.0, p + 1.0), shape=p)


@pytest.mark.long
def test_with_fixed_scales_it_is_conjugate_regression():
    rng = np.random.default_rng(11)
    k = 20
    found = {key: list(rng.normal(size=k)) for key in ("age", "dose")}
    found |= {key: list(map(float, rng.integers(0, 2, k))) for key in ("drug", "sick")}
    rows = make_rows(rng.normal(-3.0, 4.0, k), rng.uniform(1.0, 3.0, k))
    scaled = scaled_of(found, BINARY)
    sampled = fit(
        compile_family(lambda: horseshoe.build(MU, TAU, 2, 2, fixed)),
        horseshoe_data(rows, scaled),
        horseshoe.NAMES,
        SamplerSettings(1000, 1000, 4, 0.95, 7),
        model="fixed",
        unpack=lambda values: run_horseshoe.unpack(values, scaled),
    )
    assert sampled.checks.ok
    # Given tau all is Gaussian; tau is summed over a grid.
    x = np.column_stack([np.ones(k), *(item.values for item in scaled)])
    tau0 = float(horseshoe_data(rows, scaled)["tau0"][0])
    prior = np.diag([100.0, *(tau0 * np.arange(1.0, 5.0)) ** 2])
    log_p, means, squares = [], [], []
    for tau in np.linspace(0.005, 15.0, 1500):
        v = np.diag(tau**2 + rows.se**2)
        marginal = v + x @ prior @ x.T
        gain = prior @ x.T @ np.linalg.inv(marginal)
        mean = gain @ rows.y
        quad_form = rows.y @ np.linalg.solve(marginal, rows.y)
        log_p.append(-0.5 * (np.linalg.slogdet(marginal)[1] + quad_form + (tau / 5.0) ** 2))
        means.append(mean)
        squares.append(np.diag(prior - gain @ x @ prior) + mean**2)
    p = np.exp(np.array(log_p) - max(log_p))
    p /= p.sum()
    mean, sd = p @ np.array(means), np.sqrt(p @ np.array(squares) - (p @ np.array(means)) ** 2)
    for j, name in enumerate(["mu", *(f"slope_{item.key}" for item in scaled)]):
        assert abs(sampled.flat(name).mean() - mean[j]) < 4 * sampled.mcse[name]
        assert sampled.flat(name).std() == pytest.approx(sd[j], rel=0.06)


@pytest.mark.long
def test_a_few_true_slopes_are_found_and_the_others_shrink():
    """Two of ten slopes are real (-6 and 5); a quarter of the values is missing, ten results are bounds."""
    compiled = compile_family(lambda: horseshoe.build(MU, TAU, 6, 4))
    truth = np.array([-6.0, 0, 0, 0, 0, 0, 5.0, 0, 0, 0])
    keys = [f"m{j}" for j in range(10)]
    binary = {key: j >= 6 for j, key in enumerate(keys)}
    covered, null, ols_null = [], [], []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        k = 50
        z = np.where(np.arange(10) < 6, rng.normal(size=(k, 10)), 2.0 * rng.integers(0, 2, (k, 10)) - 1.0)
        se = rng.uniform(1.0, 2.5, k)
        y = -2.0 + z @ truth + rng.normal(size=k) * np.hypot(1.0, se)
        full = np.column_stack([np.ones(k), z])
        ols_null.append(np.abs(np.linalg.lstsq(full, y, rcond=None)[0][1:][truth == 0]))
        words = np.arange(k) < 10
        low = np.where(words, np.where(y < 0, -inf, 0.0), nan)
        high = np.where(words, np.where(y < 0, 0.0, inf), nan)
        rows = make_rows(np.where(words, nan, y), se, low, high)
        gone = rng.random((k, 10)) < 0.25
        raw = np.where(np.arange(10) < 6, z, 0.5 * (z + 1.0))
        found = {key: [None if gone[i, j] else raw[i, j] for i in range(k)] for j, key in enumerate(keys)}
        scaled = scaled_of(found, binary)
        sampled = fit(
            compiled,
            horseshoe_data(rows, scaled),
            horseshoe.NAMES,
            SamplerSettings(500, 700, 4, 0.95, seed),
            model="sparse",
            unpack=lambda values, scaled=scaled: run_horseshoe.unpack(values, scaled),
            careful=True,
        )
        assert sampled.draws.statistics["diverging"].mean() <= 0.001
        for j, item in enumerate(scaled):
            draws = sampled.flat(f"slope_{item.key}") / item.sd * (1.0 if j < 6 else 0.5)
            low_end, high_end = np.quantile(draws, [0.025, 0.975])
            covered.append(low_end <= truth[j] <= high_end)
            if truth[j] == 0.0:
                null.append(abs(np.median(draws)))
            else:
                assert low_end * high_end > 0.0
    assert np.mean(covered) >= 0.9
    # Shrinkage: the null slopes lie nearer zero than those of least squares on complete numbers.
    assert np.mean(null) < 0.8 * np.mean(ols_null)
