"""Two pressures: the density against SciPy's bivariate normal, and the limit of no trial with both."""

import math

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import multivariate_normal

from mgmeta.bayes import bivariate
from mgmeta.bayes.checks import Loo
from mgmeta.bayes.exact import fit_exact
from mgmeta.bayes.family import compile_family, fit
from mgmeta.bayes.model_priors import WITHIN_TRIAL
from mgmeta.bayes.pair_terms import apart, pair_loo, pair_terms
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.bayes.rows import make_rows
from mgmeta.bayes.spec import SamplerSettings

MU, TAU = parse_mu("normal:0,10"), parse_tau("halfnormal:5")
SETTINGS = SamplerSettings(1000, 1000, 4, 0.95, 7)
nan, inf = math.nan, math.inf

NUMBER, OTHER = (-4.1, 1.2, nan, nan), (-2.0, 0.9, nan, nan)
BAND, LOWER = (nan, 2.0, -4.2, 4.2), (nan, 1.5, -inf, -3.1)
PAIRS = [
    bivariate.Pair("both", NUMBER, OTHER),
    bivariate.Pair("number and band", NUMBER, BAND),
    bivariate.Pair("lower and number", LOWER, OTHER),
    bivariate.Pair("bands", BAND, (nan, 1.1, -2.3, 2.3)),
    bivariate.Pair("lower and band", LOWER, BAND),
    bivariate.Pair("sbp only", NUMBER, None),
    bivariate.Pair("dbp words only", None, BAND),
]


def test_trials_are_sorted_by_what_they_print():
    data = bivariate.model_data(PAIRS)
    assert {key: len(table) for key, table in data.items()} == {"one": 5, "two": 2}
    # Which pressure stands first, and whether it says a number; the other: number or words.
    assert data["one"][:, [0, 1, 4, 5]].tolist() == [
        [1.0, 1.0, 1.0, 0.0],
        [1.0, 1.0, 0.0, 1.0],
        [0.0, 1.0, 0.0, 1.0],
        [1.0, 1.0, 0.0, 0.0],
        [1.0, 0.0, 0.0, 1.0],
    ]
    assert bivariate.both_numbers(data["one"]).shape == (1, 4)
    rows = {
        "sbp": make_rows([-1.0, nan], [1.0, 2.0], [nan, -3], [nan, 3], labels=("a", "b")),
        "dbp": make_rows([-2.0], [1.0], labels=("b",)),
    }
    assert [(p.label, p.sbp is None, p.dbp is None) for p in bivariate.pairs_of(rows)] == [
        ("a", False, True),
        ("b", False, False),
    ]


def log_pair(pair, mu, tau, between, within):
    """Log likelihood of one trial by SciPy."""
    cells = [cell for cell in (pair.sbp, pair.dbp) if cell is not None]
    index = [i for i, cell in enumerate((pair.sbp, pair.dbp)) if cell is not None]
    se = np.array([cell[1] for cell in cells])
    mean = np.array([mu[i] for i in index])
    sd = np.array([tau[i] for i in index])
    cov = np.diag(sd**2 + se**2)
    if len(cells) == 2:
        cov[0, 1] = cov[1, 0] = between * sd[0] * sd[1] + within * se[0] * se[1]
    numbers = [i for i, cell in enumerate(cells) if not math.isnan(cell[0])]
    words = [i for i, cell in enumerate(cells) if math.isnan(cell[0])]
    total = 0.0
    if numbers:
        y = [cells[i][0] for i in numbers]
        total += multivariate_normal.logpdf(y, mean[numbers], cov[np.ix_(numbers, numbers)])
    if len(words) == 2:
        low, high = ([np.clip(cell[j], -200, 200) for cell in cells] for j in (2, 3))
        return total + math.log(multivariate_normal(mean, cov).cdf(high, lower_limit=low))
    if words:
        (w,) = words
        m, v = mean[w], cov[w, w]
        if numbers:
            (n,) = numbers
            m = m + cov[w, n] / cov[n, n] * (cells[n][0] - mean[n])
            v = v - cov[w, n] ** 2 / cov[n, n]
        total += math.log(ndtr((cells[w][3] - m) / v**0.5) - ndtr((cells[w][2] - m) / v**0.5))
    return total


def draws_at(rng, n):
    """Parameters by name, shape (n,)."""
    p = {"mu_sbp": rng.normal(-2, 2, n), "mu_dbp": rng.normal(-1, 2, n), "tau_sbp": rng.uniform(0.3, 3, n)}
    p |= {"tau_dbp": rng.uniform(0.3, 3, n), "r_between": rng.uniform(-0.9, 0.9, n)}
    return p | {"r_within": rng.uniform(0.2, 0.8, n)}


def test_the_likelihood_of_each_trial_is_scipys():
    p = draws_at(np.random.default_rng(3), 6)
    found = pair_terms(PAIRS, p)
    for i in range(6):
        at = {name: values[i] for name, values in p.items()}
        mu, tau = (at["mu_sbp"], at["mu_dbp"]), (at["tau_sbp"], at["tau_dbp"])
        expected = [log_pair(pair, mu, tau, at["r_between"], at["r_within"]) for pair in PAIRS]
        np.testing.assert_allclose(found[i], expected, atol=2e-5)


def test_leaving_out_a_trial_is_the_posterior_without_it():
    # Draws of a prior weighted by the likelihood are the posterior; without one trial's part, of the rest.
    rng = np.random.default_rng(4)
    p = draws_at(rng, 200_000)
    terms = pair_terms(PAIRS, p)
    weights = np.exp(terms.sum(axis=1) - terms.sum(axis=1).max())
    taken = rng.choice(len(weights), 8000, p=weights / weights.sum())
    found = pair_loo(PAIRS, {name: values[taken] for name, values in p.items()})
    for i, pair in enumerate(PAIRS):
        others = terms.sum(axis=1) - terms[:, i]
        w = np.exp(others - others.max())
        expected = math.log(np.sum(w * np.exp(terms[:, i])) / w.sum())
        assert found.pointwise[pair.label] == pytest.approx(expected, abs=0.1)
    assert found.elpd == pytest.approx(sum(found.pointwise.values()))


def test_pressures_apart_are_summed_by_trial():
    one = Loo(-3.0, 1.0, 0.5, {"a": -1.0, "b": -2.0}, ("b: k-hat 0.80",))
    other = Loo(-1.5, 1.0, 0.4, {"b": -1.5}, ())
    both = apart([one, other])
    assert both.pointwise == {"a": -1.0, "b": -3.5}
    assert (both.elpd, both.warnings) == (-4.5, ("b: k-hat 0.80",))


def ours(z):
    mu, tau = z[:2], np.logaddexp(0.0, z[2:4])
    between, within = 2.0 / (1.0 + math.exp(-z[4])) - 1.0, math.tanh(z[5])
    total = sum(log_pair(pair, mu, tau, between, within) for pair in PAIRS)
    total += float(MU.log_density(mu).sum() + TAU.log_density(tau).sum() - np.logaddexp(0.0, -z[2:4]).sum())
    total += -np.logaddexp(0.0, z[4]) - np.logaddexp(0.0, -z[4])
    return total - 0.5 * ((z[5] - WITHIN_TRIAL.mean) / WITHIN_TRIAL.sd) ** 2


@pytest.mark.slow
def test_the_density_is_scipys_and_without_overlap_each_pressure_stands_alone():
    compiled = compile_family(lambda: bivariate.build(MU, TAU))
    logp = compiled.with_data(**bivariate.model_data(PAIRS))
    shared = [logp.shared_data[variable.name] for variable in logp.logp_func.get_shared()]
    rng = np.random.default_rng(8)
    points = rng.normal(size=(8, 6)) * [2, 2, 1, 1, 1, 0.3] + [-2, -1, 1, 1, 0, 0.6]
    gaps = [float(logp.logp_func.vm.jit_fn(z, *shared)[0]) - ours(z) for z in points]
    np.testing.assert_allclose(gaps, gaps[0], atol=2e-4)

    sbp = make_rows(
        [-4.1, -0.8, -6.5, nan], [1.2, 1.9, 2.2, 2.0], [nan] * 3 + [-4.2], [nan] * 3 + [4.2], labels="abcd"
    )
    dbp = make_rows([-2.1, 0.8, -1.5], [1.0, 1.1, 0.7], labels="xyz")
    pairs = bivariate.pairs_of({"sbp": sbp, "dbp": dbp})
    found = fit(compiled, bivariate.model_data(pairs), bivariate.NAMES, SETTINGS, model="toy")
    assert found.checks.ok
    for key, rows in (("sbp", sbp), ("dbp", dbp)):
        exact = fit_exact(rows, mu=MU, tau=TAU)
        assert abs(found.flat(f"mu_{key}").mean() - exact.mu.mean) < 3 * found.mcse[f"mu_{key}"]
        assert abs(found.flat(f"tau_{key}").mean() - exact.tau.mean) < 3 * found.mcse[f"tau_{key}"]
    # Nothing speaks of the correlations: they keep their priors.
    assert abs(found.flat("r_between").mean()) < 0.05
    assert np.arctanh(found.flat("r_within")).mean() == pytest.approx(WITHIN_TRIAL.mean, abs=0.02)
