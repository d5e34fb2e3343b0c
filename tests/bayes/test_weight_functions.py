"""Pieces of P: their probabilities and shares, precise far from the mean."""

import numpy as np
import pytest
from scipy.special import log_ndtr

from mgmeta.bayes.weight_functions import Segments, log_sum

ONE = Segments((0.025, 0.5), 1)
TWO = Segments((0.05,), 2)
SE = np.array([1.0, 2.0])


def test_pieces_add_up():
    for segments in (ONE, TWO):
        found = segments.probabilities(np.array([-3.0, 0.0, 8.0]), np.array([0.0, 1.0, 2.0]), SE)
        assert found.shape == (3, 2, segments.count)
        np.testing.assert_allclose(found.sum(axis=-1), 1.0, atol=1e-14)
    null = TWO.probabilities(np.zeros(1), np.zeros(1), SE)
    np.testing.assert_allclose(null[0, :, 0], 0.05, atol=1e-14)  # two-sided P < 0.05


def test_a_piece_in_the_far_tail_keeps_its_digits():
    found = ONE.probabilities(np.array([-20.0]), np.zeros(1), SE[:1])[0, 0, 0]
    z = 1.959963984540054 + 20.0
    assert np.log(found) == pytest.approx(float(log_ndtr(-z)), rel=1e-12)


def test_shares_of_a_bound_are_its_parts():
    low, high = np.array([-1.0, 1.0]), np.array([3.0, np.inf])
    shares = ONE.shares(np.array([0.5]), np.array([0.3]), SE, low, high)
    np.testing.assert_allclose(shares.sum(axis=-1), 1.0)
    sigma = np.hypot(SE, 0.3)
    whole = log_ndtr((high - 0.5) / sigma)
    inside = np.exp(whole) - np.exp(log_ndtr((low - 0.5) / sigma))
    cut = 1.959963984540054 * SE
    seen = np.exp(whole) - np.exp(log_ndtr((np.maximum(cut, low) - 0.5) / sigma))
    np.testing.assert_allclose(shares[0, :, 0], seen / inside, rtol=1e-9)


@pytest.mark.parametrize(("mu", "piece"), [(-400.0, 2), (400.0, 0)])
def test_a_bound_without_probability_lies_at_the_end_next_to_the_mean(mu, piece):
    shares = ONE.shares(np.array([mu]), np.zeros(1), SE[:1], np.array([-5.0]), np.array([5.0]))
    assert shares[0, 0].tolist() == [float(i == piece) for i in range(3)]


def test_the_smallest_p_a_bound_allows():
    low, high = np.array([-1.0, -1.0, -5.0]), np.array([1.0, 5.0, -0.5])
    assert ONE.least(np.ones(3), low, high).tolist() == [1, 0, 2]
    assert TWO.least(np.ones(3), low, high).tolist() == [1, 0, 0]


def test_the_sum_of_logs_is_taken_in_products():
    rng = np.random.default_rng(4)
    parts = rng.dirichlet(np.ones(3), size=(5, 90))
    weights = rng.uniform(0.1, 1.0, (7, 3))
    expected = np.log(np.einsum("ckj,nj->ckn", parts, weights)).sum(axis=1)
    np.testing.assert_allclose(log_sum(parts, weights), expected, rtol=1e-12)
