from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgmeta.errors import ConfigError
from mgmeta.pooling.model import fit_model
from mgmeta.pooling.regression import omnibus
from mgmeta.stats.distributions import quantile
from mgmeta.stats.inference import infer
from mgmeta.stats.kenward_roger import kenward_roger, kenward_roger_f


@given(st.integers(0, 10_000), st.sampled_from(["REML", "DL", "PM"]))
def test_ad_hoc_is_never_narrower_than_z(seed: int, method: str) -> None:
    rng = np.random.default_rng(seed)
    k = int(rng.integers(2, 12))
    y, v = rng.normal(0, 0.7, k), rng.uniform(0.1, 1, k)
    widths = {}
    for test in ("z", "knha", "adhoc"):
        model = fit_model(y, v, method=method, test=test)
        se, df = model.inference.se_df(np.ones(1))
        widths[test] = quantile(0.95, df) * se
    assert widths["adhoc"] >= widths["z"]
    assert widths["adhoc"] >= widths["knha"] * (1 - 1e-12)


def test_hartung_knapp_by_hand() -> None:
    y, v = np.array([0.1, 0.5, -0.3, 0.9]), np.array([0.04, 0.09, 0.05, 0.2])
    model = fit_model(y, v, test="knha")
    w = 1 / (v + model.tau2)
    mu = w @ y / w.sum()
    expected = w @ (y - mu) ** 2 / (3 * w.sum())
    assert model.inference.cov[0, 0] == pytest.approx(expected)
    assert model.inference.df[0] == 3.0


def test_kenward_roger_of_a_balanced_design_is_exact() -> None:
    """Equal variances: REML's mean has the t distribution with k - 1 df times v + tau2 = s^2."""
    y, v = np.array([3.0, -1.0, 0.5, 2.0, 4.0, -2.5]), np.full(6, 0.4)
    model = fit_model(y, v, test="kr")
    assert model.inference.cov[0, 0] == pytest.approx(y.var(ddof=1) / 6)
    assert model.inference.df[0] == pytest.approx(5.0)


def test_kenward_roger_f_of_one_coefficient_is_its_t_squared() -> None:
    rng = np.random.default_rng(0)
    x = np.column_stack([np.ones(10), rng.normal(size=10), rng.normal(size=10)])
    y, v = rng.normal(size=10), rng.uniform(0.1, 1, 10)
    model = fit_model(y, v, x, test="kr")
    kr = kenward_roger(model.fit, v, x, model.tau2)
    for j in range(3):
        f, df = kenward_roger_f(kr, model.fit.beta, np.array([j]))
        assert f == pytest.approx(model.fit.beta[j] ** 2 / kr.cov[j, j])
        assert df == pytest.approx(kr.df[j])
        assert model.inference.se_df(np.eye(3)[j])[1] == pytest.approx(kr.df[j])
    f, df, p = omnibus(model, np.array([1, 2]))
    assert f > 0
    assert 1 < df < 20
    assert 0 < p < 1


def test_unknown_test_is_told() -> None:
    model = fit_model([1.0, 2.0, 4.0], [1.0, 1.0, 1.0])
    with pytest.raises(ConfigError, match="'hksj' is unknown; choose one of z, t, knha, adhoc, kr"):
        infer("hksj", model.fit, model.v, model.x, model.tau2)
