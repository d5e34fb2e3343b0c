"""Cluster-robust inference: closed forms and algebra."""

from __future__ import annotations

import numpy as np
import pytest

from mgmeta.errors import ConfigError, DataError, FitError
from mgmeta.pooling.robust import cluster_robust


def data(seed: int = 2) -> tuple[np.ndarray, np.ndarray, list[int]]:
    random = np.random.default_rng(seed)
    cluster = [j for j in range(9) for _ in range(1 + j % 3)]
    m = random.uniform(0.5, 2.0, len(cluster))
    return random.normal(size=len(cluster)) * np.sqrt(m), m, cluster


def test_equal_variances_and_no_clusters_give_the_t_test() -> None:
    """CR2 of k equal rows: the sample mean with s / sqrt(k) on k - 1 df, whatever the working variance."""
    y, _, _ = data()
    found = cluster_robust(y, np.full(y.size, 3.7), range(y.size), level=0.95)
    assert found.beta[0] == pytest.approx(y.mean())
    assert found.se[0] == pytest.approx(y.std(ddof=1) / np.sqrt(y.size))
    assert found.df[0] == pytest.approx(y.size - 1)


def test_cr0_is_the_sum_of_squared_cluster_scores() -> None:
    y, m, cluster = data()
    found = cluster_robust(y, m, cluster, kind="CR0", level=0.95)
    w = 1 / m
    mean = (w @ y) / w.sum()
    scores = [sum(w[i] * (y[i] - mean) for i in range(y.size) if cluster[i] == j) for j in range(9)]
    assert found.se[0] == pytest.approx(np.sqrt(np.square(scores).sum()) / w.sum())
    inflated = cluster_robust(y, m, cluster, kind="CR1", level=0.95)
    assert inflated.cov[0, 0] == pytest.approx(found.cov[0, 0] * 9 / 8)
    assert inflated.df[0] == 8


def test_cr2_is_unbiased_under_the_working_model() -> None:
    """E[V] is the true variance when M is right: its mean over errors whose covariance is exactly M."""
    _, m, cluster = data()
    k = m.size
    x = np.column_stack([np.ones(k), np.linspace(-1, 1, k) ** 3])
    random = np.random.default_rng(0)
    # Errors drawn exactly balanced: k orthogonal vectors of the right covariance average to M.
    q, _ = np.linalg.qr(random.normal(size=(k, k)))
    draws = np.sqrt(k) * q * np.sqrt(m)[:, None]
    covs = [cluster_robust(e, m, cluster, x=x, level=0.95).cov for e in draws.T]
    true = np.linalg.inv(x.T @ (x / m[:, None]))
    np.testing.assert_allclose(np.mean(covs, axis=0), true, rtol=1e-10)
    plain = [cluster_robust(e, m, cluster, x=x, kind="CR0", level=0.95).cov for e in draws.T]
    assert np.mean(plain, axis=0)[0, 0] < 0.95 * true[0, 0]


def test_order_and_units_do_not_matter() -> None:
    y, m, cluster = data()
    found = cluster_robust(y, m, cluster, level=0.95)
    order = np.random.default_rng(3).permutation(y.size)
    again = cluster_robust(-7 * y[order], 49 * m[order], [cluster[i] for i in order], level=0.95)
    assert again.se[0] == pytest.approx(7 * found.se[0])
    assert again.df[0] == pytest.approx(found.df[0])
    assert again.ci_high[0] == pytest.approx(-7 * found.ci_low[0])


def test_the_joint_test_of_one_coefficient_is_its_t_squared() -> None:
    y, m, cluster = data()
    x = np.column_stack([np.ones(y.size), np.arange(y.size)])
    found = cluster_robust(y, m, cluster, x=x, level=0.95)
    assert found.f == pytest.approx(found.statistic[1] ** 2)
    assert found.f_df_residual == pytest.approx(found.df[1])
    assert found.f_p == pytest.approx(found.p_value[1])


def test_few_clusters_are_said_and_too_few_refused() -> None:
    y, m, cluster = data()
    assert any("9 clusters" in note for note in cluster_robust(y, m, cluster, level=0.95).warnings)
    with pytest.raises(FitError, match="1 clusters"):
        cluster_robust(y, m, [0] * y.size, level=0.95)
    with pytest.raises(DataError, match="labels"):
        cluster_robust(y, m, cluster[1:], level=0.95)
    with pytest.raises(ConfigError, match="CR9"):
        cluster_robust(y, m, cluster, kind="CR9", level=0.95)
