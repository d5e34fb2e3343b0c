"""Truths and trials of the model of pressure at entry: they are its own, and a mistake in them is found.

Posteriors are by importance sampling of the NumPy density here, 30 ms each and no compiler; that PyMC samples
the same density is tested in test_baseline_risk.py, and PyMC itself in the long run of test_calibration.py.
"""

import math
from dataclasses import replace

import numpy as np

from mgmeta.bayes import baseline_risk as model
from mgmeta.bayes.calibration import LOG_LIKELIHOOD, Case, Ranked, adjusted, judge, repeats
from mgmeta.bayes.calibration_baseline import simulate_baseline
from mgmeta.bayes.calibration_normal import MU, SLOPE, TAU
from mgmeta.bayes.calibration_table import ALPHA
from mgmeta.bayes.psis import smooth
from mgmeta.bayes.uniformity import THINNED, draw_rank

PRIOR = model.ENTRY["sbp"]
# Where the search for a proposal starts from, by its SDs: mu, slope, raw mean, log tau, log raw spread.
START = np.array([3.0, 5.0, 0.5, 1.0, 0.5])
DRAWS, DF = 3000, 5.0


def parameters(z):
    tau, spread = np.exp(np.clip(z[:, 3:], -12.0, 4.0)).T
    values = {"mu": z[:, 0], "slope": z[:, 1], "raw_mean": z[:, 2], "tau": tau, "raw_spread": spread}
    return model.unpack(values | {"level": np.zeros(len(z))}, "sbp")


def log_posterior(data, z):
    p = parameters(z)
    prior = MU.log_density(p["mu"]) + SLOPE.log_density(p["slope"]) + TAU.log_density(p["tau"])
    prior -= 0.5 * (z[:, 2] ** 2 + (p["sd_entry"] / PRIOR.width) ** 2)
    return model.row_terms(data, p)[0].sum(axis=1) + prior + z[:, 3] + z[:, 4]


def posterior(data, rng):
    """Draws by importance sampling from a t, moved and shaped by its own weights until they are even."""
    row = dict(zip(model.COLUMNS, data["rows"].T, strict=True))
    # Two values of each that are no data: a start where nobody prints a number or a pressure at entry.
    y = np.append(row["y"][row["words"] == 0.0], [-3.0, 3.0])
    x = np.append(row["x"][row["known"] > 0.0], PRIOR.middle + np.array([-10.0, 10.0]))
    spread = math.log(x.std() / PRIOR.width)
    middle = np.array([y.mean(), 0.0, (x.mean() - PRIOR.middle) / PRIOR.width, math.log(y.std()), spread])
    shape = np.diag(START**2)
    for _ in range(12):
        t = rng.normal(size=(DRAWS, 5)) / np.sqrt(rng.chisquare(DF, DRAWS) / DF)[:, None]
        z = middle + t @ np.linalg.cholesky(1.2 * shape + 1e-6 * np.eye(5)).T
        found = smooth(log_posterior(data, z) + 0.5 * (DF + 5.0) * np.log1p((t**2).sum(axis=1) / DF))
        if found.ess > 0.3 * DRAWS and found.khat < 0.7:
            break
        middle = found.weights @ z
        shape = (found.weights[:, None] * (z - middle)).T @ (z - middle)
        if found.ess < 0.1 * DRAWS:
            shape += np.diag((START / 5.0) ** 2)
    return parameters(z[rng.choice(DRAWS, THINNED, p=found.weights)]), found.ess


def ranked(simulate):
    def repeat(rng, _):
        drawn = simulate(rng)
        p, ess = posterior(drawn.data, rng)
        ranks = {name: draw_rank(p[name], value, rng) for name, value in drawn.truth.items()}
        at = drawn.log_likelihood({name: np.array([value]) for name, value in drawn.truth.items()})
        ranks[LOG_LIKELIHOOD] = draw_rank(drawn.log_likelihood(p), float(at[0]), rng)
        return Ranked(ranks, ess)

    return Case("baseline_risk", "importance", (), lambda: repeat)


def exact_entry(rng):
    """The mistake of a meta-regression: pressures at entry taken as free of error."""
    drawn = simulate_baseline(rng)
    rows = drawn.data["rows"].copy()
    rows[:, [model.COLUMNS.index(name) for name in ("variance", "covariance")]] = 0.0
    return replace(drawn, data={**drawn.data, "rows": rows})


def test_the_model_is_calibrated_and_entry_without_error_is_found():
    found = repeats(ranked(simulate_baseline), range(120), seed=6)
    assert sorted(item.ess for item in found)[3] > 400
    tests = judge(found)
    assert set(tests) == {"mu", "tau", "slope", "mean_entry", "sd_entry", LOG_LIKELIHOOD}
    assert adjusted(list(tests.values())).min() > ALPHA
    wrong = judge(repeats(ranked(exact_entry), range(120), seed=6))
    assert adjusted(list(wrong.values()))[list(wrong).index("sd_entry")] < ALPHA


def test_data_are_drawn_from_the_likelihood():
    # Whatever the parameters t and t': the mean of L(t') / L(t) over data drawn at t is 1.
    rng, ratios = np.random.default_rng(11), []
    step = {"mu": 0.2, "slope": 0.1, "mean_entry": 0.5, "sd_entry": 0.1}
    for _ in range(600):
        drawn = simulate_baseline(rng)
        pair = {name: np.array([v, v + step.get(name, 0.0)]) for name, v in drawn.truth.items()}
        there, moved = drawn.log_likelihood(pair)
        ratios.append(np.exp(moved - there))
    error = np.std(ratios) / math.sqrt(len(ratios))
    assert 0.001 < error < 0.1
    assert abs(np.mean(ratios) - 1.0) < 4.0 * error
