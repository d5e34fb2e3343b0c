"""The grid against the fits it stands for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mgmeta.bayes.exact import fit_exact
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.bayes.rows import make_rows
from mgmeta.pooling.bounded import fit_bounded
from mgmeta.pooling.slice_input import Effects, effects_of
from mgmeta.reproduce.grid_kernel import (
    BLOCK,
    MU,
    TAU,
    Prior,
    alike,
    pool_selections,
    row_loglik,
    summed_loglik,
)
from mgmeta.reproduce.picked import pick
from mgmeta.reproduce.plan import Reading

PRIOR = Prior(0.0, 10.0, 5.0)


@pytest.fixture(scope="module", params=["sbp", "dbp"])
def effects(request, evidence, derived, config):
    select = config.analyses["update"].select
    return effects_of(pick(evidence, derived, config, Reading("", select)).of(request.param))


def take(e, mask):
    return Effects(e.y[mask], e.se[mask], e.low[mask], e.high[mask])


def test_selections_of_the_table_agree_with_the_fits(effects):
    rng = np.random.default_rng(1)
    masks = rng.random((12, effects.y.size)) < 0.7
    masks[0] = True
    found = pool_selections(effects, masks, 0.95, PRIOR)
    for i, mask in enumerate(masks):
        part = take(effects, mask)
        fit = fit_bounded(part.y, part.se, part.low, part.high, level=0.95)
        ml, bayes = found["ML"], found["Bayes"]
        assert ml.k[i] == mask.sum()
        assert ml.estimate[i] == pytest.approx(fit.beta[0], abs=0.06)
        assert ml.ci_low[i] == pytest.approx(fit.ci_low[0], abs=0.05)
        assert ml.ci_high[i] == pytest.approx(fit.ci_high[0], abs=0.05)
        exact = fit_exact(
            make_rows(part.y, part.se, part.low, part.high),
            mu=parse_mu("normal:0,10"),
            tau=parse_tau("halfnormal:5"),
        )
        low, high = exact.mu.quantile(np.array([0.025, 0.975]))
        assert bayes.estimate[i] == pytest.approx(exact.mu.mean, abs=0.02)
        assert bayes.ci_low[i] == pytest.approx(low, abs=0.05)
        assert bayes.ci_high[i] == pytest.approx(high, abs=0.05)
        assert bayes.tau[i] == pytest.approx(exact.tau.mean, abs=0.05)


@given(st.floats(-8, 4), st.floats(0.6, 6.0))
def test_likelihoods_are_densities_and_probabilities(y, se):
    e = Effects(
        np.array([y, np.nan, np.nan]),
        np.array([se] * 3),
        np.array([-np.inf, -np.inf, y]),
        np.array([np.inf, y, np.inf]),
    )
    table = np.exp(row_loglik(e, MU))
    assert np.allclose(table[1] + table[2], 1.0, atol=1e-12)  # below or above
    # The density is the slope of the probability below: integrate it over y is 1 (over mu here, by symmetry).
    inside = np.abs(MU - y) < 3 * se
    if inside.sum() > 8 and MU[0] < y - 6 * se and MU[-1] > y + 6 * se:
        assert np.trapezoid(table[0][:, 0], MU) == pytest.approx(1.0, abs=1e-3)


def test_an_estimate_at_the_edge_of_the_grid_is_none():
    e = Effects(
        np.array([-40.0, -41.0, -39.5]), np.array([1.0, 1.0, 1.0]), np.full(3, -np.inf), np.full(3, np.inf)
    )
    found = pool_selections(e, np.ones((1, 3), dtype=bool), 0.95, PRIOR)["ML"]
    assert np.isnan(found.estimate[0])


def test_an_interval_that_leaves_the_grid_has_no_end():
    e = Effects(np.array([-2.0, 3.0]), np.array([2.0, 2.0]), np.full(2, -np.inf), np.full(2, np.inf))
    found = pool_selections(e, np.ones((1, 2), dtype=bool), 0.95, PRIOR)["ML"]
    assert found.estimate[0] == pytest.approx(0.5, abs=0.02)
    assert np.isnan(found.ci_low[0])
    assert np.isnan(found.ci_high[0])


def test_the_grid_of_tau_reaches_from_zero():
    assert TAU[0] == 0.0
    assert np.all(np.diff(TAU) > 0)


@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.sampled_from([1, 5, BLOCK - 1, BLOCK + 1, 2 * BLOCK]))
@settings(max_examples=15)
def test_summing_alike_rows_first_changes_no_likelihood(seed, criteria, k):
    """The product of selections with rows, the slow way, whatever block a kind ends in."""
    rng = np.random.default_rng(seed)
    y, se = rng.normal(-2.0, 5.0, k), rng.uniform(0.5, 6.0, k)
    words = rng.random(k) < 0.4
    e = Effects(
        np.where(words, np.nan, y), se, np.where(words, -2 * se, -np.inf), np.where(words, 2 * se, np.inf)
    )
    passes = rng.random((criteria, k)) < 0.6
    masks = np.array([np.all(passes[list(used)], axis=0) for used in ([], [0], range(criteria))])
    kinds, mu = alike(masks), MU[::40]
    assert kinds.size <= 2**criteria
    found = np.tensordot(kinds.taken, summed_loglik(e, kinds, mu), 1)
    np.testing.assert_allclose(
        found, np.tensordot(masks.astype(float), row_loglik(e, mu), 1), rtol=1e-12, atol=1e-9
    )
