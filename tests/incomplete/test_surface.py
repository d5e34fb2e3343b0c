"""The grid kernel against the exact fit, one review at a time."""

from __future__ import annotations

import numpy as np
import pytest

from mgmeta.incomplete.surface import (
    Reviews,
    credible_interval,
    draw,
    maximum,
    posterior,
    profile_interval,
    surface,
)
from mgmeta.pooling.bounded import fit_bounded
from mgmeta.simulate.cells import Cell
from mgmeta.simulate.generate import generate

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
        exact = fit_bounded(y, se, trials.low[i], trials.high[i])
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


def test_a_one_sided_bound_is_read_as_one():
    """One number and one 'significantly lower': against the exact fit."""
    y, se = np.array([[-3.0, -1.0, -6.0, np.nan]]), np.full((1, 4), 1.5)
    low, high = np.full((1, 4), -np.inf), np.array([[np.inf, np.inf, np.inf, -3.0]])
    silent = np.array([[False, False, False, True]])
    reviews = Reviews(np.nan_to_num(y), se, low, high, se, silent, np.ones((1, 4), bool))
    estimate, lower, upper = profile_interval(surface(reviews), 0.95)
    exact = fit_bounded(y[0], se[0], low[0], high[0])
    assert estimate[0] == pytest.approx(exact.beta[0], abs=0.03)
    assert (lower[0], upper[0]) == (
        pytest.approx(exact.ci_low[0], abs=0.06),
        pytest.approx(exact.ci_high[0], abs=0.06),
    )
