from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgmeta.errors import ConfigError
from mgmeta.pooling.model import fit_model
from mgmeta.stats import batch as module
from mgmeta.stats.batch import pool_batch
from mgmeta.stats.tau2 import TAU2_ESTIMATORS, tau2

METHODS = list(TAU2_ESTIMATORS)


@given(st.sampled_from(METHODS), st.sampled_from(["z", "knha", "adhoc"]), st.integers(0, 10_000))
def test_a_batch_of_one_is_the_single_pool(method: str, test: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    k = int(rng.integers(3, 15))
    y, v = rng.normal(0, 1, k), rng.uniform(0.1, 2, k)
    found = pool_batch(y, v, method=method, test=test)
    single = fit_model(y, v, method=method, test=test)
    assert found.tau2[0] == single.tau2
    assert found.estimate[0] == pytest.approx(single.fit.beta[0], rel=1e-13, abs=1e-14)
    assert found.se[0] == pytest.approx(np.sqrt(single.inference.cov[0, 0]), rel=1e-12)
    assert found.q[0] == pytest.approx(single.residual.q, rel=1e-12)
    assert (found.i2[0], found.h2[0]) == pytest.approx(single.i2_h2, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_masked_trials_are_as_if_absent(method: str) -> None:
    rng = np.random.default_rng(11)
    b, k = 40, 10
    y, v = rng.normal(0, 1, k), rng.uniform(0.1, 1, k)
    mask = rng.random((b, k)) < 0.6
    mask[:, :3] = True
    x = np.column_stack([np.ones(k), rng.normal(1960, 10, k)])
    plain, sloped = pool_batch(y, v, mask, method), pool_batch(y, v, mask, method, x=x, test="knha")
    for i in range(b):
        inside = mask[i]
        assert plain.k[i] == inside.sum()
        assert plain.tau2[i] == pytest.approx(tau2(method, y[inside], v[inside]), rel=1e-10, abs=1e-12)
        if inside.sum() > 3:
            one = fit_model(y[inside], v[inside], x[inside], method=method, test="knha")
            assert sloped.beta[i] == pytest.approx(one.fit.beta, rel=1e-7, abs=1e-9)
            assert sloped.cov[i] == pytest.approx(one.inference.cov, rel=1e-6)
            assert sloped.scale[i] == pytest.approx(one.inference.scale, rel=1e-9)


def test_stacked_designs_are_shared_designs() -> None:
    rng = np.random.default_rng(2)
    y, v = rng.normal(size=(6, 9)), rng.uniform(0.1, 1, (6, 9))
    x = np.column_stack([np.ones(9), np.arange(9.0)])
    shared, stacked = pool_batch(y, v, x=x), pool_batch(y, v, x=np.broadcast_to(x, (6, 9, 2)))
    assert stacked.beta == pytest.approx(shared.beta, rel=1e-10)
    assert stacked.tau2 == pytest.approx(shared.tau2, rel=1e-10)


def test_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    y, v = rng.normal(size=(50, 7)), rng.uniform(0.1, 1, (50, 7))
    whole = pool_batch(y, v)
    monkeypatch.setattr(module, "CHUNK", 21)
    parts = pool_batch(y, v)
    assert parts.tau2 == pytest.approx(whole.tau2, rel=1e-12, abs=1e-14)
    assert parts.estimate.shape == (50,)
    assert parts.cov.shape == (50, 1, 1)


def test_a_single_trial_has_no_heterogeneity() -> None:
    found = pool_batch([1.0, 2.0], [0.5, 0.5], [[1, 0], [1, 1]])
    assert (found.tau2[0], found.estimate[0]) == (0.0, 1.0)
    assert np.isnan(found.q[0])
    assert np.isnan(found.scale[0])


def test_kenward_roger_is_refused() -> None:
    with pytest.raises(ConfigError, match="'kr' is not available for batches"):
        pool_batch([1.0, 2.0], [1.0, 1.0], test="kr")
