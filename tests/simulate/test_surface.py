"""The grid kernel against the exact fit, one review at a time."""

from __future__ import annotations

import numpy as np
import pytest

from mgmeta.pooling.bounded import fit_bounded
from mgmeta.simulate.cells import GRIDS, Cell
from mgmeta.simulate.generate import generate
from mgmeta.simulate.study import run_cell
from mgmeta.simulate.surface import credible_interval, draw, maximum, posterior, profile_interval, surface

CELL = Cell("made", 15, -2.0, 2.0, 0.6)


@pytest.fixture(scope="module")
def trials():
    return generate(CELL, 30, np.random.default_rng(1))


def test_profile_interval_is_that_of_the_exact_fit(trials):
    estimate, low, high = profile_interval(surface(trials), 0.95)
    tau = maximum(surface(trials))[1]
    for i in range(30):
        silent = trials.silent[i]
        y = np.where(silent, np.nan, trials.y[i])
        se = np.where(silent, trials.plug_in[i], trials.se[i])
        exact = fit_bounded(y, se, -trials.limit[i], trials.limit[i])
        unit = exact.se[0]
        assert estimate[i] == pytest.approx(exact.beta[0], abs=0.03 * unit)
        assert low[i] == pytest.approx(exact.ci_low[0], abs=0.05 * unit)
        assert high[i] == pytest.approx(exact.ci_high[0], abs=0.05 * unit)
        assert tau[i] == pytest.approx(exact.tau, abs=0.25)


def test_posterior_of_numbers_alone_is_the_closed_form():
    """With tau tied to 0 by its prior, mu is normal: precision-weighted mean."""
    trials = generate(Cell("made", 8, -2.0, 0.0, 0.0), 5, np.random.default_rng(2))
    s = surface(trials)
    mean, low, high = credible_interval(s, posterior(s, 10.0, 1e-3), 0.95)
    w = 1 / trials.se**2
    precision = w.sum(axis=1) + 0.01
    assert mean == pytest.approx((w * trials.y).sum(axis=1) / precision, abs=0.02)
    assert high - low == pytest.approx(2 * 1.959964 / np.sqrt(precision), rel=0.02)


def test_draws_follow_the_posterior(trials):
    s = surface(trials)
    weights = posterior(s, 10.0, 5.0)
    mu, tau = draw(s, weights, 4000, np.random.default_rng(3))
    mean = (weights.sum(axis=2) * s.mu).sum(axis=1)
    sd = np.sqrt((weights.sum(axis=2) * (s.mu - mean[:, None]) ** 2).sum(axis=1))
    assert np.all(np.abs(mu.mean(axis=1) - mean) < 5 * sd / np.sqrt(4000))
    assert tau.min() >= 0
    assert tau.mean(axis=1) == pytest.approx((weights.sum(axis=1) * s.tau).sum(axis=1), rel=0.05)


def test_a_cell_is_the_same_whichever_job_runs_it():
    first, second = (run_cell(CELL, "base", 40, 7) for _ in range(2))
    assert first == second and {row["usable"] for row in first} <= {39, 40}


def test_grids_have_unique_names_and_the_asked_for_size():
    base = GRIDS["base"]()
    assert len({cell.name for cell in base}) == len(base) == 108
    assert {cell.k for cell in base} == {5, 10, 20, 50}
    assert len({cell.name for cell in GRIDS["violations"]()}) == 20


@pytest.mark.slow
def test_short_coverage_study():
    """CI's short version: the bars of the protocol within Monte Carlo error."""
    rows = {row["method"]: row for row in run_cell(Cell("made", 20, -2.0, 2.0, 0.6), "base", 600, 20160324)}
    for method, bar in (("bounded_ml", 0.93), ("bayes", 0.92), ("mi_reml", 0.93), ("complete_reml", 0.93)):
        assert rows[method]["coverage"] >= bar - 2 * rows[method]["coverage_mcse"], method
    assert abs(rows["bounded_ml"]["bias"]) <= 0.15 + 2 * rows["bounded_ml"]["bias_mcse"]
    # Dropping words biases away from zero, zeros towards it.
    assert rows["numeric_reml"]["bias"] < -0.3 < 0.3 < rows["zero_reml"]["bias"]
