"""Tests of uniform ranks against SciPy, on ranks that are uniform and on others."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr
from scipy.stats import chisquare, kstest

from mgmeta.bayes.uniformity import THINNED, draw_rank, thin, uniformity
from mgmeta.errors import FitError

# A false alarm in one of ten thousand runs.
ALARM = 1e-4


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.5, 1.0, 2.0]))
def test_both_tests_are_scipys(seed, shape):
    values = np.random.default_rng(seed).beta(shape, 1.0, 137)
    found = uniformity(values)
    assert sum(found.counts) == 137
    reference = chisquare(np.histogram(values, 20, (0.0, 1.0))[0])
    assert (found.chi2, found.p_chi2) == pytest.approx((reference.statistic, reference.pvalue))
    exact = kstest(values, "uniform", method="exact")
    assert (found.distance, found.p_distance) == pytest.approx((exact.statistic, exact.pvalue))


def test_uniform_ranks_pass_and_others_do_not():
    rng = np.random.default_rng(1)
    fine = uniformity(rng.random(2000))
    assert min(fine.p_chi2, fine.p_distance) > ALARM
    assert uniformity(rng.beta(1.5, 1.5, 2000)).p_chi2 < ALARM  # intervals too wide
    assert uniformity(rng.beta(0.7, 0.7, 2000)).p_chi2 < ALARM  # too narrow
    assert uniformity(rng.beta(1.5, 1.0, 1000)).p_distance < ALARM  # shifted


@pytest.mark.parametrize(("shift", "width"), [(0.4, 1.0), (0.0, 1.4)])
def test_two_hundred_ranks_tell_what_the_page_says(shift, width):
    # P below 0.01 among 70 tests, in 7 of 10 runs at least: a posterior off by 0.4 SD, or too narrow by 1.4.
    rng = np.random.default_rng(4)
    tests = [uniformity(ndtr(shift + width * rng.normal(size=200))) for _ in range(100)]
    assert np.mean([min(test.p_chi2, test.p_distance) < 0.01 / 70 for test in tests]) >= 0.7


def test_ranks_of_draws_are_uniform_when_the_value_is_one_of_them():
    rng = np.random.default_rng(2)
    values = np.array([draw_rank(thin(rng.normal(size=500)), rng.normal(), rng) for _ in range(2000)])
    found = uniformity(values)
    assert min(found.p_chi2, found.p_distance) > ALARM
    assert 0.0 < values.min() < values.max() < 1.0


def test_a_value_equal_to_all_draws_has_any_rank():
    rng = np.random.default_rng(3)
    values = np.array([draw_rank(np.zeros(99), 0.0, rng) for _ in range(1000)])
    assert uniformity(values).p_distance > ALARM


def test_thinned_draws_are_spread_over_the_chains():
    found = thin(np.arange(1200.0))
    assert (found[0], found[-1], len(found)) == (0.0, 1199.0, THINNED)
    assert set(np.diff(found)) == {12.0, 13.0}


def test_too_few_ranks_are_refused():
    with pytest.raises(FitError, match="99 ranks; expected at least 100"):
        uniformity(np.linspace(0.01, 0.99, 99))
