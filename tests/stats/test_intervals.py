"""Intervals of tau2, H2 and of new effects."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import chdtr

from mgmeta.errors import ConfigError
from mgmeta.stats.heterogeneity import h2_interval
from mgmeta.stats.likelihood import loglik
from mgmeta.stats.moments import fit_tau2
from mgmeta.stats.prediction import bootstrap_prediction, prediction_interval, prediction_kind
from mgmeta.stats.profile import profile_tau2
from mgmeta.stats.q_profile import q_profile
from mgmeta.stats.sample import make_sample
from mgmeta.stats.tau2 import tau2


@given(st.integers(0, 10_000), st.sampled_from([0.8, 0.95, 0.99]))
def test_q_profile_limits_are_quantiles_of_q(seed: int, level: float) -> None:
    rng = np.random.default_rng(seed)
    k = int(rng.integers(3, 20))
    y, v = rng.normal(0, 1.5, k), rng.uniform(0.1, 1, k)
    low, high = q_profile(y, v, None, level)
    sample = make_sample(y, v)
    for limit, tail in ((low, 1 - (1 - level) / 2), (high, (1 - level) / 2)):
        share = chdtr(k - 1, fit_tau2(sample, np.array([limit])).q[0])
        assert share <= tail + 1e-12 if limit == 0 else share == pytest.approx(tail, rel=1e-10)
    assert low <= high


@given(st.integers(0, 10_000), st.sampled_from(["ML", "REML"]))
def test_profile_limits_lie_on_the_cut(seed: int, method: str) -> None:
    rng = np.random.default_rng(seed)
    k = int(rng.integers(3, 20))
    y, v = rng.normal(0, 1.0, k), rng.uniform(0.1, 1, k) ** 2
    low, high = profile_tau2(y, v, None, 0.95, method)
    best = tau2(method, y, v)
    sample, restricted = make_sample(y, v), method == "REML"
    top = loglik(sample, np.array([best]), restricted)[0]
    assert low <= best <= high
    for limit in (low, high):
        drop = top - loglik(sample, np.array([limit]), restricted)[0]
        if limit > 0:
            assert drop == pytest.approx(0.5 * 3.841458820694124, abs=1e-9)
        else:
            assert drop <= 0.5 * 3.841458820694124 + 1e-12


def test_a_profile_needs_a_likelihood_and_degrees_of_freedom() -> None:
    with pytest.raises(ConfigError, match="'DL' has no likelihood"):
        profile_tau2([1.0, 2.0], [1.0, 1.0], None, 0.95, "DL")
    assert all(math.isnan(x) for x in profile_tau2([1.0], [1.0], None, 0.95, "ML"))
    assert all(math.isnan(x) for x in q_profile([1.0], [1.0], None, 0.95))


def test_effects_that_agree_too_well_leave_an_empty_q_profile() -> None:
    assert q_profile([1.0, 1.0, 1.0, 1.0], [1.0, 2.0, 1.0, 3.0], None, 0.95) == (0.0, 0.0)


def test_h2_needs_three_trials() -> None:
    assert all(math.isnan(x) for x in h2_interval(2.0, 2.0, 2, 0.95))
    low, high = h2_interval(3.0, 30.0, 11, 0.95)
    assert 1.0 <= low < 3.0 < high


def test_prediction_interval_without_degrees_of_freedom_is_undefined() -> None:
    assert all(math.isnan(x) for x in prediction_interval(1.0, 0.5, 0.2, 0.0, 0.95))
    low, high = prediction_interval(1.0, 0.3, 0.16, None, 0.95)
    assert (low + high) / 2 == pytest.approx(1.0)
    assert (high - low) / 2 == pytest.approx(1.959963984540054 * 0.5)


def test_an_unknown_prediction_interval_is_told() -> None:
    with pytest.raises(ConfigError, match="'riley' is unknown; choose one of default, z, t, hts"):
        prediction_kind("riley")


def test_bootstrap_is_reproducible_and_covers() -> None:
    rng = np.random.default_rng(8)
    v = rng.uniform(0.1, 0.5, 8)
    y = rng.normal(0, np.sqrt(v + 0.3))
    first, again = (bootstrap_prediction(y, v, 0.95, 2_000, 1) for _ in range(2))
    assert first == again
    assert bootstrap_prediction(y, v, 0.95, 2_000, 2) != first
    covered = 0
    for seed in range(300):
        truth = rng.normal(0, math.sqrt(0.3), 8)
        found = bootstrap_prediction(rng.normal(truth, np.sqrt(v)), v, 0.9, 500, seed)
        covered += found.pi_low <= rng.normal(0, math.sqrt(0.3)) <= found.pi_high
    assert 0.85 <= covered / 300 <= 0.96  # 0.90 with a Monte Carlo error of 0.017


def test_bootstrap_refuses_too_little() -> None:
    with pytest.raises(ConfigError, match="needs 3 trials and 100 draws; got 2 and 500"):
        bootstrap_prediction([1.0, 2.0], [1.0, 1.0], 0.95, 500, 1)
