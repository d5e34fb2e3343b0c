from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgmeta.errors import ConfigError, DataError, FitError
from mgmeta.pooling.model import check_effects, fit_model
from mgmeta.pooling.pool import pool, predict_mean
from mgmeta.stats.inference import TESTS
from mgmeta.stats.tau2 import TAU2_ESTIMATORS


def drawn(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    k = int(rng.integers(3, 15))
    return rng.normal(-2, 2, k), rng.uniform(0.3, 4, k)


@given(st.integers(0, 10_000), st.sampled_from(list(TAU2_ESTIMATORS)), st.sampled_from(["z", "t", "knha"]))
def test_order_sign_and_units(seed: int, method: str, test: str) -> None:
    y, v = drawn(seed)
    base = pool(y, v, method=method, test=test)
    order = np.random.default_rng(seed).permutation(y.size)
    shuffled = pool(y[order], v[order], method=method, test=test)
    assert shuffled.estimate == pytest.approx(base.estimate, rel=1e-9, abs=1e-9)
    assert shuffled.p_value == pytest.approx(base.p_value, rel=1e-7)
    flipped = pool(-y, v, method=method, test=test)
    assert flipped.estimate == pytest.approx(-base.estimate, rel=1e-9, abs=1e-9)
    assert (flipped.ci_low, flipped.ci_high) == pytest.approx((-base.ci_high, -base.ci_low), abs=1e-8)
    kpa = 0.133322387415
    scaled = pool(kpa * y, kpa**2 * v, method=method, test=test)
    assert scaled.estimate == pytest.approx(kpa * base.estimate, rel=1e-9, abs=1e-9)
    assert scaled.tau2 == pytest.approx(kpa**2 * base.tau2, rel=1e-8, abs=1e-9)
    assert scaled.i2 == pytest.approx(base.i2, rel=1e-7, abs=1e-7)
    assert scaled.p_value == pytest.approx(base.p_value, rel=1e-6)


def test_without_heterogeneity_random_effects_are_the_common_effect() -> None:
    y, v = np.array([1.0, 1.1, 0.9, 1.05]), np.array([0.5, 0.6, 0.4, 0.7])
    common = pool(y, v, method="EE")
    for method in TAU2_ESTIMATORS:
        if method != "SJ":  # whose crude start is never 0
            found = pool(y, v, method=method)
            assert found.tau2 == 0.0
            assert (found.estimate, found.se) == pytest.approx((common.estimate, common.se), rel=1e-14)
            assert found.weights == pytest.approx(common.weights)


def test_statsmodels_agrees() -> None:
    """An independent implementation of DL and Paule-Mandel, z and Hartung-Knapp."""
    from statsmodels.stats import meta_analysis as meta

    y, v = drawn(5)
    for method, name in (("DL", "dl"), ("PM", "iterated")):
        theirs = meta.combine_effects(y, v, method_re=name, use_t=False, atol=1e-8)
        ours = pool(y, v, method=method)
        assert ours.tau2 == pytest.approx(theirs.tau2, rel=1e-6)
        assert ours.estimate == pytest.approx(theirs.mean_effect_re, rel=1e-6)
        assert ours.se == pytest.approx(theirs.sd_eff_w_re, rel=1e-6)
        assert ours.q == pytest.approx(theirs.q, rel=1e-10)
        knapp = pool(y, v, method=method, test="knha")
        assert knapp.se == pytest.approx(theirs.sd_eff_w_re_hksj, rel=1e-6)


def test_prediction_intervals_of_every_kind(bcg: Any) -> None:
    half = {}
    for kind in ("default", "z", "t", "hts", "hk", "hk-pr", "kr", "kr-pr"):
        found = pool(bcg.y, bcg.v, pi=kind)
        half[kind] = (found.pi_high - found.pi_low) / 2
        assert (found.pi_high + found.pi_low) / 2 == pytest.approx(found.estimate)
    assert half["default"] == half["z"] < half["t"] < half["hts"] < half["kr-pr"]
    assert half["hk"] < half["hk-pr"]
    knha = pool(bcg.y, bcg.v, test="knha")
    assert (knha.pi_high - knha.pi_low) / 2 == pytest.approx(half["hk"])


def test_prediction_interval_of_higgins_by_hand(bcg: Any) -> None:
    found = pool(bcg.y, bcg.v, test="knha", pi="hts")
    plain = pool(bcg.y, bcg.v)
    t11 = 2.200985160082949
    half = t11 * math.sqrt(plain.tau2 + plain.se**2)
    assert (found.pi_low, found.pi_high) == pytest.approx((found.estimate - half, found.estimate + half))


def test_bootstrap_interval_is_behind_its_flag(bcg: Any) -> None:
    found = pool(bcg.y, bcg.v, pi="bootstrap", draws=2000, seed=5)
    again = pool(bcg.y, bcg.v, pi="bootstrap", draws=2000, seed=5)
    assert found == again
    assert found.pi_low < pool(bcg.y, bcg.v).pi_low
    assert any("2000 draws, seed 5" in note for note in found.warnings)


def test_equal_effects_know_no_new_trials(bcg: Any) -> None:
    found = pool(bcg.y, bcg.v, method="EE")
    for value in (found.pi_low, found.pi_high, found.tau2_se, found.tau2_ci_low, found.tau2_ci_high):
        assert math.isnan(value)
    assert found.h2 == pytest.approx(found.q / found.q_df)


def test_profile_interval_of_tau2(bcg: Any) -> None:
    found = pool(bcg.y, bcg.v, tau2_interval="profile")
    assert found.tau2_ci_low == pytest.approx(0.115266105748054)
    with pytest.raises(ConfigError, match="'DL' has no likelihood"):
        pool(bcg.y, bcg.v, method="DL", tau2_interval="profile")
    with pytest.raises(ConfigError, match="'wald' is unknown"):
        pool(bcg.y, bcg.v, tau2_interval="wald")


def test_a_design_gives_its_first_coefficient(bcg: Any) -> None:
    x = np.column_stack([np.ones(13), np.array(bcg.columns["ablat"], dtype=float)])
    found = pool(bcg.y, bcg.v, x=x, method="DL")
    assert found.estimate == pytest.approx(bcg.figures["mods_single"]["ablat"]["DL"]["z"]["b"][0])
    assert found.q_df == 11


def test_small_k_warns() -> None:
    found = pool([1.0, 2.0], [0.1, 0.2], test="knha", pi="hts")
    assert math.isnan(found.pi_low)
    assert any("barely determined" in note for note in found.warnings)
    assert any("no degrees of freedom for the prediction interval" in note for note in found.warnings)
    equal = pool([1.0, 2.0], [1.0, 1.0], method="EE", test="knha")
    assert any("test knha is made for random effects" in note for note in equal.warnings)


@pytest.mark.parametrize("test", list(TESTS))
def test_one_trial_is_refused_where_two_are_needed(test: str) -> None:
    with pytest.raises(FitError, match="k = 1 where 2 are needed"):
        pool([1.0], [1.0], test=test)
    if test in ("t", "knha", "adhoc"):
        with pytest.raises(FitError, match=f"test {test} needs more rows"):
            pool([1.0], [1.0], method="EE", test=test)
    alone = pool([1.0], [0.25], method="EE")
    assert (alone.estimate, alone.se, alone.q_df) == (1.0, 0.5, 0)


@pytest.mark.parametrize(
    ("y", "v", "message"),
    [
        ([], [], "k = 0"),
        ([1.0, 2.0], [1.0], "2 effects but 1 variances"),
        ([1.0, math.nan], [1.0, 1.0], r"row 2 \(b\): effect is nan"),
        ([1.0, math.inf], [1.0, 1.0], r"row 2 \(b\): effect is inf"),
        ([1.0, 2.0], [-1.0, 1.0], r"row 1 \(a\): variance is -1.0"),
        ([1.0, 2.0], [1.0, 0.0], r"row 2 \(b\): variance is 0.0"),
        ([1.0, 2.0], [1.0, 1e-300], r"row 2 \(b\): effect 2, variance 1e-300 is beyond 1e\+60"),
        ([1e200, 2.0], [1.0, 1.0], r"row 1 \(a\): effect 1e\+200"),
    ],
)
def test_unusable_numbers_are_named(y: list[float], v: list[float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        pool(y, v, names=["a", "b"])
    with pytest.raises(DataError):
        check_effects(y, v)


def test_options_are_checked() -> None:
    y, v = [1.0, 2.0, 4.0], [1.0, 1.0, 1.0]
    for bad in ({"method": "X"}, {"test": "X"}, {"level": 95}, {"pi": "X"}):
        with pytest.raises(ConfigError):
            pool(y, v, **bad)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="test kr is defined for REML only"):
        pool(y, v, method="DL", test="kr")
    with pytest.raises(ConfigError, match="interval kr is defined for REML only"):
        predict_mean(fit_model(y, v, method="DL"), 0.95, "kr")


def test_a_hundred_thousand_effects() -> None:
    rng = np.random.default_rng(1)
    v = rng.uniform(0.1, 1, 100_000)
    found = pool(rng.normal(0.3, np.sqrt(v + 0.25)), v)
    assert found.tau2 == pytest.approx(0.25, abs=0.01)
    assert found.estimate == pytest.approx(0.3, abs=0.01)
