"""Three-level model: its special cases and its algebra."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mgmeta.errors import DataError, FitError
from mgmeta.pooling.cluster_influence import cluster_cooks_distance
from mgmeta.pooling.multilevel import fit_multilevel, impute_covariance, random_effects
from mgmeta.pooling.pool import pool


def data(seed: int, between: float = 0.6, within: float = 0.3) -> tuple[np.ndarray, np.ndarray, list[str]]:
    random = np.random.default_rng(seed)
    cluster = [f"c{j}" for j in range(8) for _ in range(1 + j % 4)]
    effects = dict.fromkeys(cluster)
    for name in effects:
        effects[name] = random.normal(scale=between)
    v = random.uniform(0.02, 0.1, len(cluster))
    y = np.array([effects[name] for name in cluster]) + random.normal(scale=within, size=len(cluster))
    return y + random.normal(scale=np.sqrt(v)), v, cluster


@pytest.mark.parametrize("method", ["ML", "REML"])
def test_one_row_a_cluster_is_the_usual_pool(method: str) -> None:
    y, v, _ = data(3)
    fit = fit_multilevel(y, v, range(y.size), method=method, level=0.95)
    usual = pool(y, v, method=method)
    assert fit.sigma2_between + fit.sigma2_within == pytest.approx(usual.tau2, rel=1e-8)
    assert fit.model.beta[0] == pytest.approx(usual.estimate, rel=1e-8)
    assert any("cannot be told apart" in note for note in fit.model.warnings)


def test_no_heterogeneity_gives_zeros_and_the_common_effect() -> None:
    y, v = np.array([1.0, 1.01, 0.99, 1.0]), np.full(4, 0.5)
    fit = fit_multilevel(y, v, ["a", "a", "b", "b"], level=0.95)
    assert (fit.sigma2_between, fit.sigma2_within, fit.icc) == (0.0, 0.0, None)
    assert fit.model.beta[0] == pytest.approx(pool(y, v, method="EE").estimate)
    assert fit.i2_total == 0.0


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 50), st.floats(0.01, 100))
def test_units_and_order_do_not_matter(seed: int, c: float) -> None:
    y, v, cluster = data(seed)
    fit = fit_multilevel(y, v, cluster, level=0.95)
    order = np.random.default_rng(seed).permutation(y.size)
    again = fit_multilevel(-c * y[order], c**2 * v[order], [cluster[i] for i in order], level=0.95)
    assert again.model.beta[0] == pytest.approx(-c * fit.model.beta[0], rel=1e-6, abs=1e-9 * c)
    assert again.sigma2_between == pytest.approx(c**2 * fit.sigma2_between, rel=1e-5, abs=1e-9 * c**2)
    assert again.sigma2_within == pytest.approx(c**2 * fit.sigma2_within, rel=1e-5, abs=1e-9 * c**2)


def test_predictions_add_up() -> None:
    """The cluster effects of a REML fit shrink towards the mean and sum to zero in the GLS sense."""
    y, v, cluster = data(5)
    fit = fit_multilevel(y, v, cluster, level=0.95)
    effects = random_effects(fit)
    assert effects.between.size == 8 and effects.within.size == y.size
    assert abs(effects.between.sum()) < 1e-10 * np.abs(effects.between).sum()
    assert (effects.between_se**2 <= fit.sigma2_between).all()


def test_cooks_distance_is_the_shift_at_deletion() -> None:
    y, v, cluster = data(7)
    fit = fit_multilevel(y, v, cluster, level=0.95)
    keep = np.array([name != "c3" for name in cluster])
    without = fit_multilevel(y[keep], v[keep], [c for c in cluster if c != "c3"], level=0.95)
    shift = fit.model.beta[0] - without.model.beta[0]
    assert cluster_cooks_distance(fit)[3] == pytest.approx(shift**2 / fit.model.cov[0, 0], rel=1e-6)


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(FitError, match="one cluster"):
        fit_multilevel([1.0, 2.0], [0.1, 0.1], ["a", "a"], level=0.95)
    with pytest.raises(DataError, match="3 cluster labels for 2 effects"):
        fit_multilevel([1.0, 2.0], [0.1, 0.1], ["a", "a", "b"], level=0.95)
    with pytest.raises(DataError, match="positive variance"):
        fit_multilevel([1.0, 2.0], [0.1, -0.1], ["a", "b"], level=0.95)
    with pytest.raises(DataError, match="not between -1 and 1"):
        impute_covariance([0.1, 0.1], ["a", "a"], 1.5)
    linked = np.array([[0.1, 0.05], [0.05, 0.1]])
    with pytest.raises(DataError, match="different clusters"):
        fit_multilevel([1.0, 2.0], linked, ["a", "b"], level=0.95)
