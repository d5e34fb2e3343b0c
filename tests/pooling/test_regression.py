from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.regression.linear_model import WLS

from mgmeta.errors import ConfigError, FitError
from mgmeta.pooling.blup import blup
from mgmeta.pooling.design import build_design
from mgmeta.pooling.model import fit_model
from mgmeta.pooling.permutation import count_ways, permutation_interval, permutation_test
from mgmeta.pooling.regression import likelihood_ratio, predict, regress
from mgmeta.stats.tau2 import TAU2_ESTIMATORS


def drawn(seed: int, k: int = 15) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(k), rng.normal(300, 80, k), rng.integers(0, 2, k)])
    x[:2, 2] = 0, 1
    v = rng.uniform(0.3, 2, k)
    return -1 - 0.01 * x[:, 1] + rng.normal(0, np.sqrt(v + 0.5)), v, x


@given(st.integers(0, 10_000), st.sampled_from(list(TAU2_ESTIMATORS)))
def test_statsmodels_agrees_on_coefficients(seed: int, method: str) -> None:
    """Weighted least squares of statsmodels at our tau2 is the independent cross-check."""
    y, v, x = drawn(seed)
    found = regress(y, v, x, method=method, test="knha")
    theirs = WLS(y, x, weights=1 / (v + found.tau2)).fit()
    assert [c.estimate for c in found.coefficients] == pytest.approx(theirs.params, rel=1e-7, abs=1e-9)
    assert [c.se for c in found.coefficients] == pytest.approx(theirs.bse, rel=1e-7)
    assert [c.p_value for c in found.coefficients] == pytest.approx(theirs.pvalues, rel=1e-5)
    assert found.qm == pytest.approx(theirs.fvalue, rel=1e-6)
    assert found.qm_p == pytest.approx(theirs.f_pvalue, rel=1e-5, abs=1e-12)
    plain = regress(y, v, x, method=method)
    normal = WLS(y, x, weights=1 / (v + found.tau2)).fit(cov_type="fixed scale", cov_kwds={"scale": 1.0})
    assert [c.se for c in plain.coefficients] == pytest.approx(normal.bse, rel=1e-7)


@given(st.integers(0, 10_000))
def test_units_of_moderators_do_not_matter(seed: int) -> None:
    y, v, x = drawn(seed)
    moved = np.column_stack([x[:, 0], (x[:, 1] - 368) / 100, x[:, 2]])
    base, other = regress(y, v, x), regress(y, v, moved)
    assert other.coefficients[1].estimate == pytest.approx(100 * base.coefficients[1].estimate, rel=1e-7)
    assert other.coefficients[1].p_value == pytest.approx(base.coefficients[1].p_value, rel=1e-6)
    assert (other.tau2, other.qm, other.r2) == pytest.approx(
        (base.tau2, base.qm, base.r2), rel=1e-6, abs=1e-8
    )
    assert other.lrt == pytest.approx(base.lrt, rel=1e-6, abs=1e-9)


def test_collinear_moderators_are_named() -> None:
    y, v, x = drawn(1)
    with pytest.raises(FitError, match=r"column 2 of the design \(twice\)"):
        regress(y, v, np.column_stack([x[:, :2], 2 * x[:, 1]]), terms=["Intercept", "dose", "twice"])
    with pytest.raises(FitError, match="k = 2 where 3 are needed"):
        regress(y[:2], v[:2], x[:2, [0, 2]])


def test_predictions_at_the_intercept_are_the_intercept() -> None:
    y, v, x = drawn(2)
    found = regress(y, v, x, test="kr")
    (row,) = predict(found.model, [1.0, 0.0, 0.0], level=0.95)
    first = found.coefficients[0]
    assert (row.estimate, row.se) == pytest.approx((first.estimate, first.se))
    assert (row.ci_low, row.ci_high) == pytest.approx((first.ci_low, first.ci_high))
    assert row.pi_low < row.ci_low


def test_kenward_roger_is_wider_than_z() -> None:
    y, v, x = drawn(3)
    plain, careful = regress(y, v, x), regress(y, v, x, test="kr")
    for a, b in zip(plain.coefficients, careful.coefficients, strict=True):
        assert b.ci_high - b.ci_low > a.ci_high - a.ci_low
    assert careful.qm_df2 < 15
    assert careful.qm_p > plain.qm_p


def test_a_model_of_the_intercept_alone_tests_the_intercept() -> None:
    y, v, x = drawn(4)
    found = regress(y, v, x[:, :1])
    assert found.qm == pytest.approx(found.coefficients[0].statistic ** 2)
    assert (found.lrt, found.lrt_df, found.lrt_p) == (0.0, 0, 1.0)
    assert found.r2 == pytest.approx(0.0)


def test_likelihood_ratio_of_nested_designs() -> None:
    y, v, x = drawn(5)
    whole, df, p = likelihood_ratio(y, v, x)
    first, _, _ = likelihood_ratio(y, v, x[:, :2])
    second, one, _ = likelihood_ratio(y, v, x, x[:, :2])
    assert (df, one) == (2, 1)
    assert whole == pytest.approx(first + second)
    assert 0 <= p <= 1
    with pytest.raises(FitError, match="swap them"):
        likelihood_ratio(y, v, x[:, :1], x)


def test_the_permutation_test_of_a_strong_effect(bcg: Any) -> None:
    design = build_design({"ablat": bcg.columns["ablat"]}, "ablat")
    model = fit_model(bcg.y, bcg.v, design.x, method="DL")
    found = permutation_test(model, draws=2000, seed=3)
    assert not found.exact
    assert (found.permutations, found.seed) == (2001, 3)
    assert found == permutation_test(model, draws=2000, seed=3)
    assert found.p_values[1] < 0.02
    assert found.qm_p == pytest.approx(found.p_values[1])
    assert count_ways(model) == pytest.approx(math.factorial(13) / 16)


def test_exact_permutation_by_brute_force() -> None:
    """Four trials, two groups: all 4! orders, each arrangement as often as any other."""
    from itertools import permutations

    y, v = np.array([0.1, 0.9, 1.4, 2.0]), np.array([0.2, 0.3, 0.1, 0.4])
    x = np.column_stack([np.ones(4), [0.0, 0.0, 1.0, 1.0]])
    model = fit_model(y, v, x, method="DL")
    observed = abs(model.fit.beta / np.sqrt(np.diag(model.inference.cov)))
    hits = np.zeros(2)
    for order in permutations(range(4)):
        other = fit_model(y[list(order)], v[list(order)], x, method="DL")
        hits += abs(other.fit.beta / np.sqrt(np.diag(other.inference.cov))) >= observed * (1 - 1e-7)
    found = permutation_test(model)
    assert found.exact
    assert found.permutations == 6
    assert found.p_values == pytest.approx(hits / 24)


def test_permutation_interval_holds_the_values_not_rejected(bcg: Any) -> None:
    y, v = bcg.y[:8], bcg.v[:8]
    low, high = permutation_interval(fit_model(y, v, method="DL"), 0.9)
    for theta, inside in ((low - 1e-6, False), (low + 1e-6, True), (high - 1e-6, True), (high + 1e-6, False)):
        p = permutation_test(fit_model(y - theta, v, method="DL")).p_values[0]
        assert (p > 0.1) is inside
    assert permutation_interval(fit_model(y[:4], v[:4]), 0.95) == (-math.inf, math.inf)
    with pytest.raises(ConfigError, match="without moderators"):
        permutation_interval(fit_model(y, v, np.column_stack([np.ones(8), np.arange(8.0)])), 0.95)
    with pytest.raises(ConfigError, match="not kr"):
        permutation_test(fit_model(y, v, test="kr"))


def test_shrunken_effects_lie_between_trial_and_mean(bcg: Any) -> None:
    model = fit_model(bcg.y, bcg.v)
    found = blup(model, 0.95)
    mean = float(model.fit.beta[0])
    assert (np.abs(found.effect - mean) <= np.abs(bcg.y - mean)).all()
    assert (found.low < found.effect).all()
    nothing = blup(fit_model(bcg.y, bcg.v, method="EE"), 0.95)
    assert nothing.effect == pytest.approx(np.full(13, nothing.effect[0]))
