"""Influence diagnostics against refits done by hand."""

from __future__ import annotations

import numpy as np
import pytest

from mgmeta.errors import FitError
from mgmeta.pooling.baujat import baujat
from mgmeta.pooling.influence import influence, normal_scores
from mgmeta.pooling.model import fit_model
from mgmeta.pooling.pool import pool

Y = np.array([-4.2, -2.1, -6.5, -0.8, -1.9, -3.0, 4.0])
V = np.array([1.5, 1.1, 2.2, 0.9, 1.2, 1.0, 0.8])
X = np.column_stack([np.ones(7), [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0]])


@pytest.mark.parametrize("method", ["REML", "DL", "FE"])
def test_with_a_moderator_every_figure_is_a_refit(method: str) -> None:
    at = influence(Y, V, x=X, method=method)
    full = fit_model(Y, V, X, method=method)
    assert at.hat.sum() == pytest.approx(2.0)
    for i in range(7):
        keep = np.arange(7) != i
        one = fit_model(Y[keep], V[keep], X[keep], method=method)
        shift = full.fit.beta - one.fit.beta
        gap = Y[i] - X[i] @ one.fit.beta
        spread = np.sqrt(V[i] + one.tau2 + X[i] @ one.fit.cov @ X[i])
        assert at.rstudent[i] == pytest.approx(gap / spread, rel=1e-8)
        assert at.cooks_d[i] == pytest.approx(shift @ np.linalg.inv(full.fit.cov) @ shift, rel=1e-7)
        ratio = np.linalg.det(one.fit.cov) / np.linalg.det(full.fit.cov)
        assert at.cov_ratio[i] == pytest.approx(ratio, rel=1e-8)
        assert at.tau2_deleted[i] == pytest.approx(one.tau2, rel=1e-8, abs=1e-12)
        assert at.q_deleted[i] == pytest.approx(one.residual.q, rel=1e-9)


def test_the_outlier_is_found() -> None:
    at = influence(Y, V)
    assert np.argmax(np.abs(at.rstudent)) == 6
    assert at.influential[6] and at.influential.sum() == 1


def test_units_and_order_do_not_matter() -> None:
    at, order = influence(Y, V), np.array([3, 1, 6, 0, 2, 5, 4])
    again = influence(-0.133322 * Y[order], 0.133322**2 * V[order])
    np.testing.assert_allclose(again.rstudent, -at.rstudent[order], rtol=1e-7)
    np.testing.assert_allclose(again.cooks_d, at.cooks_d[order], rtol=1e-6)
    np.testing.assert_allclose(again.weight, at.weight[order], rtol=1e-7)


def test_a_test_with_a_factor_scales_the_variances() -> None:
    plain, scaled = influence(Y, V), influence(Y, V, test="knha")
    factor = pool(Y, V, test="knha").se ** 2 / pool(Y, V).se ** 2
    np.testing.assert_allclose(scaled.cooks_d * factor, plain.cooks_d, rtol=1e-9)
    np.testing.assert_allclose(scaled.rstandard, plain.rstandard)
    never_narrower = influence(Y, V, test="adhoc").resid_deleted_se >= plain.resid_deleted_se * (1 - 1e-12)
    assert never_narrower.all()


def test_baujat_splits_q() -> None:
    """The coordinates of the common-effect plot add up to Q."""
    found = baujat(Y, V, method="FE")
    assert found.heterogeneity.sum() == pytest.approx(pool(Y, V, method="FE").q)
    keep = np.arange(7) != 6
    full, one = pool(Y, V, method="FE"), pool(Y[keep], V[keep], method="FE")
    assert found.shift[6] == pytest.approx((full.estimate - one.estimate) ** 2 / one.se**2)


def test_normal_scores_are_symmetric_and_follow_the_ranks() -> None:
    scores = normal_scores([3.0, 1.0, 2.0])
    assert scores[2] == pytest.approx(0.0, abs=1e-15)
    assert scores[0] == pytest.approx(-scores[1])
    assert np.argsort(normal_scores(Y)).tolist() == np.argsort(Y).tolist()


def test_too_few_trials_are_refused() -> None:
    with pytest.raises(FitError, match="at least 3 effects for 2 coefficients"):
        influence(Y[:2], V[:2], x=X[:2])
