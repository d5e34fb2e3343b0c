"""Step-function selection models: derivatives, special cases, bounds, recovery."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from mgmeta.errors import ConfigError, DataError, FitError
from mgmeta.pooling.bounded import fit_bounded
from mgmeta.pooling.pool import pool
from mgmeta.pooling.segments import masses, one_sided_p, segment_edges
from mgmeta.pooling.selection import _problem, step_selection
from mgmeta.pooling.step_likelihood import step_loglik

SE = np.array([1.5, 1.1, 2.2, 0.9, 1.2, 1.0, 0.4, 0.7, 1.8, 2.4, 0.5, 2.0, 1.4])
Y = np.array([-4.2, -2.1, -6.5, -0.8, -1.9, -3.0, -0.5, -1.2, -3.3, -6.0, -0.7, np.nan, np.nan])
LOW = np.array([np.nan] * 11 + [-3.9, -np.inf])
HIGH = np.array([np.nan] * 11 + [3.9, -2.5])
NUMBERS = slice(0, 11)


def test_segments_cover_the_line_once() -> None:
    for alternative in ("less", "greater", "two.sided"):
        edges, which = segment_edges(SE, np.array([0.025, 0.5, 1.0]), alternative)
        total = masses(edges[:, :-1], edges[:, 1:], -1.0, SE**2 + 0.5)
        np.testing.assert_allclose(total.value.sum(axis=1), 1.0, rtol=1e-14)
        np.testing.assert_allclose(total.mean.sum(axis=1), 0.0, atol=1e-15)
        # The middle of each finite segment has its P value in the interval the segment says.
        middles = 0.5 * (edges[:, 1:-2] + edges[:, 2:-1])
        p = one_sided_p(middles, np.repeat(SE[:, None], middles.shape[1], axis=1), alternative)
        inside = np.searchsorted([0.025, 0.5, 1.0], p)
        np.testing.assert_array_equal(inside, np.tile(which[1:-1], (SE.size, 1)))


def test_masses_have_exact_derivatives() -> None:
    low, high = np.array([[-np.inf, -1.0, 0.3]]), np.array([[-1.0, 0.3, np.inf]])
    at, h = masses(low, high, 0.2, np.array([1.3])), 1e-5
    up, down = (masses(low, high, 0.2 + s * h, np.array([1.3])) for s in (1, -1))
    np.testing.assert_allclose(at.mean, (up.value - down.value) / (2 * h), atol=1e-10)
    np.testing.assert_allclose(at.mean2, (up.mean - down.mean) / (2 * h), atol=1e-10)
    np.testing.assert_allclose(at.cross, (up.variance - down.variance) / (2 * h), atol=1e-10)
    up, down = (masses(low, high, 0.2, np.array([1.3 + s * h])) for s in (1, -1))
    np.testing.assert_allclose(at.variance, (up.value - down.value) / (2 * h), atol=1e-10)
    np.testing.assert_allclose(at.variance2, (up.variance - down.variance) / (2 * h), atol=1e-10)


def test_far_tails_keep_their_digits() -> None:
    far = masses(np.array([[20.0]]), np.array([[21.0]]), 0.0, np.array([1.0]))
    assert far.value[0, 0] == pytest.approx(float(ndtr(-20.0)), rel=1e-6)


def test_the_likelihood_has_exact_derivatives() -> None:
    cuts = np.array([0.025, 0.5, 1.0])
    problem, _ = _problem(Y, SE, LOW, HIGH, cuts, "less")
    point, h = np.array([-1.2, 0.8, 0.6, 0.3]), 1e-6

    def value(p: np.ndarray) -> float:
        return step_loglik(problem, p[0], p[1], np.array([1.0, *p[2:]])).value

    def gradient(p: np.ndarray) -> np.ndarray:
        return step_loglik(problem, p[0], p[1], np.array([1.0, *p[2:]])).gradient

    at = step_loglik(problem, point[0], point[1], np.array([1.0, *point[2:]]))
    for j, unit in enumerate(np.eye(4)):
        slope = (value(point + h * unit) - value(point - h * unit)) / (2 * h)
        assert at.gradient[j] == pytest.approx(slope, abs=1e-7)
        row = (gradient(point + h * unit) - gradient(point - h * unit)) / (2 * h)
        np.testing.assert_allclose(at.hessian[j], row, atol=1e-7)


def test_a_bound_counts_each_part_with_its_weight() -> None:
    """By hand: one bound across three weights, over the normaliser of its SE."""
    cuts, weights, mu, tau2, se = np.array([0.025, 0.5, 1.0]), np.array([1.0, 0.6, 0.3]), -0.7, 0.5, 1.4
    problem, _ = _problem([0.0, np.nan], [1.0, se], [np.nan, -3.0], [np.nan, 1.0], cuts, "less")
    sigma = math.sqrt(se**2 + tau2)
    edge = se * float(ndtri(0.025))

    def chance(low: float, high: float) -> float:
        return float(ndtr((high - mu) / sigma) - ndtr((low - mu) / sigma))

    inside = chance(-3.0, edge) + 0.6 * chance(edge, 0.0) + 0.3 * chance(0.0, 1.0)
    seen = chance(-np.inf, edge) + 0.6 * chance(edge, 0.0) + 0.3 * chance(0.0, np.inf)
    both = step_loglik(problem, mu, tau2, weights).value
    alone, _ = _problem([0.0], [1.0], None, None, cuts, "less")
    assert both - step_loglik(alone, mu, tau2, weights).value == pytest.approx(math.log(inside / seen))


def test_without_selection_it_is_the_bounded_fit() -> None:
    found = step_selection(Y, SE, lower=LOW, upper=HIGH, weights=(1.0, 1.0), level=0.95)
    usual = fit_bounded(Y, SE, LOW, HIGH, level=0.95)
    assert found.estimate == pytest.approx(usual.beta[0], rel=1e-7)
    assert found.tau2 == pytest.approx(usual.tau2, rel=1e-6)
    assert found.loglik == pytest.approx(usual.loglik, rel=1e-10)
    assert (found.k, found.k_bounds, found.lrt_df) == (13, 2, 0)
    numbers = step_selection(Y[NUMBERS], SE[NUMBERS], steps=(1.0,), level=0.95)
    ml = pool(Y[NUMBERS], SE[NUMBERS] ** 2, method="ML")
    assert (numbers.estimate, numbers.tau2) == pytest.approx((ml.estimate, ml.tau2), rel=1e-7)


@settings(max_examples=8, deadline=None)
@given(st.floats(0.05, 50), st.integers(0, 1000))
def test_units_sign_and_order_do_not_matter(c: float, seed: int) -> None:
    found = step_selection(Y, SE, lower=LOW, upper=HIGH, alternative="less", level=0.95)
    i = np.random.default_rng(seed).permutation(13)
    again = step_selection(
        -c * Y[i], c * SE[i], lower=-c * HIGH[i], upper=-c * LOW[i], alternative="greater", level=0.95
    )
    assert again.estimate == pytest.approx(-c * found.estimate, rel=1e-6)
    assert again.tau2 == pytest.approx(c**2 * found.tau2, rel=1e-5)
    np.testing.assert_allclose(again.weights, found.weights, rtol=1e-5)
    assert again.lrt == pytest.approx(found.lrt, abs=1e-8)


def test_selection_that_was_put_in_is_found() -> None:
    """Non-significant studies dropped with chance 0.8: the weight comes back near 0.2, the mean near -1."""
    random = np.random.default_rng(11)
    se = random.uniform(0.3, 1.5, 4000)
    y = random.normal(-1.0, np.sqrt(se**2 + 0.25))
    seen = (ndtr(y / se) < 0.025) | (random.uniform(size=4000) < 0.2)
    y, se = y[seen], se[seen]
    found = step_selection(y, se, alternative="less", level=0.95)
    naive = pool(y, se**2, method="ML").estimate
    assert abs(found.estimate + 1.0) < 0.08 < abs(naive + 1.0)
    assert found.weights[1] == pytest.approx(0.2, abs=0.04)
    assert found.lrt_p < 1e-6


def test_printing_a_verdict_instead_of_a_number_is_not_selection() -> None:
    """All studies are seen, but non-significant ones print only a bound: the weight stays near 1.

    Numbers alone would swear that they were selected.
    """
    random = np.random.default_rng(12)
    se = random.uniform(0.3, 1.5, 1500)
    y = random.normal(-1.0, np.sqrt(se**2 + 0.25))
    verbal = (np.abs(y / se) < 1.959963984540054) & (random.uniform(size=1500) < 0.8)
    low, high = np.where(verbal, -1.96 * se, np.nan), np.where(verbal, 1.96 * se, np.nan)
    shown = np.where(verbal, np.nan, y)
    found = step_selection(shown, se, lower=low, upper=high, alternative="less", level=0.95)
    assert found.weights[1] == pytest.approx(1.0, abs=0.25)
    assert found.estimate == pytest.approx(-1.0, abs=0.08)
    fooled = step_selection(y[~verbal], se[~verbal], alternative="less", level=0.95)
    assert fooled.weights[1] < 0.5


def test_what_is_not_identified_is_said() -> None:
    found = step_selection(Y[NUMBERS], SE[NUMBERS], steps=(0.025, 0.975), level=0.95)
    assert any("P interval 3" in note for note in found.warnings)
    capped = step_selection([0.1, -0.2, 0.3, 0.05, 0.15, -0.1], np.ones(6), level=0.95)
    assert any("P interval 1" in note for note in capped.warnings)
    assert any("only 6 rows" in note for note in capped.warnings)
    assert math.isnan(capped.tau2_se) and capped.tau2 == 0.0


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ConfigError, match="cut points"):
        step_selection(Y, SE, lower=LOW, upper=HIGH, steps=(0.5, 0.5), level=0.95)
    with pytest.raises(ConfigError, match="cut points"):
        step_selection(Y, SE, lower=LOW, upper=HIGH, steps=(0.0, 0.5), level=0.95)
    with pytest.raises(ConfigError, match="2 P intervals"):
        step_selection(Y, SE, lower=LOW, upper=HIGH, weights=(1.0, 0.5, 0.2), level=0.95)
    with pytest.raises(ConfigError, match="alternative"):
        step_selection(Y, SE, lower=LOW, upper=HIGH, alternative="up", level=0.95)
    with pytest.raises(DataError, match="row 12: neither a number nor a bound"):
        step_selection(Y, SE, level=0.95)
    with pytest.raises(DataError, match="row 1: SE is -1"):
        step_selection([1.0, 2.0], [-1.0, 1.0], level=0.95)
    with pytest.raises(FitError, match="cannot determine"):
        step_selection([1.0, 2.0], [1.0, 1.0], level=0.95)
