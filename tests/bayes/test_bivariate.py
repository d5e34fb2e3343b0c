"""Two pressures: the density against SciPy's bivariate normal, and the limit of no trial with both."""

import math

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import multivariate_normal

from mgmeta.bayes import bivariate
from mgmeta.bayes.exact import fit_exact
from mgmeta.bayes.family import compile_family, fit
from mgmeta.bayes.model_priors import WITHIN_TRIAL
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
    assert {key: len(table) for key, table in data.items()} == {"nn": 1, "nb": 2, "bb": 2, "n": 1, "b": 1}
    assert data["nb"][:, 0].tolist() == [1.0, 0.0]
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
