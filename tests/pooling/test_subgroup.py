from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgmeta.errors import ConfigError, DataError
from mgmeta.pooling.model import fit_model
from mgmeta.pooling.pool import pool
from mgmeta.pooling.regression import regress
from mgmeta.pooling.subgroup import subgroups


def drawn(seed: int, levels: int = 2) -> tuple[np.ndarray, np.ndarray, list[str]]:
    rng = np.random.default_rng(seed)
    k = 14
    groups = [("high", "low", "mid")[i % levels] for i in range(k)]
    return rng.normal(-2, 1.5, k), rng.uniform(0.3, 2, k), groups


@given(st.integers(0, 10_000), st.sampled_from(["z", "knha"]), st.integers(2, 3))
def test_common_tau2_is_the_regression_on_the_subgroup(seed: int, test: str, levels: int) -> None:
    y, v, groups = drawn(seed, levels)
    found = subgroups(y, v, groups, common_tau2=True, test=test)
    names = sorted(set(groups))
    x = np.column_stack([np.ones(14)] + [[g == name for g in groups] for name in names[1:]]).astype(float)
    same = regress(y, v, x, test=test)
    assert found.statistic == pytest.approx(same.qm, rel=1e-7)
    assert found.p_value == pytest.approx(same.qm_p, rel=1e-6)
    assert (found.df, found.df2) == (same.qm_df, same.qm_df2)
    assert found.levels[0].estimate == pytest.approx(same.coefficients[0].estimate)
    assert found.levels[0].tau2 == pytest.approx(same.tau2)
    if levels == 2:
        assert found.difference is not None
        assert found.difference.estimate == pytest.approx(same.coefficients[1].estimate)
        assert found.difference.ci_high == pytest.approx(same.coefficients[1].ci_high)
        assert found.difference.p_value == pytest.approx(found.p_value, rel=1e-6)
        assert (found.difference.minuend, found.difference.subtrahend) == ("low", "high")
    else:
        assert found.difference is None


@given(st.integers(0, 10_000), st.sampled_from(["z", "knha", "adhoc"]))
def test_separate_tau2_pools_each_subgroup_alone(seed: int, test: str) -> None:
    y, v, groups = drawn(seed)
    found = subgroups(y, v, groups, common_tau2=False, test=test, pi="hts")
    for row in found.levels:
        inside = np.array(groups) == row.level
        alone = pool(y[inside], v[inside], test=test, pi="hts")
        for name in ("k", "estimate", "se", "ci_low", "pi_high", "tau2", "i2", "q", "p_value"):
            assert getattr(row, name) == pytest.approx(getattr(alone, name), rel=1e-12)
    a, b = found.levels
    expected = (a.estimate - b.estimate) ** 2 / (a.se**2 + b.se**2)
    assert found.statistic == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_a_subgroup_of_one_trial() -> None:
    y, v, groups = drawn(1)
    groups[0] = "zeta"
    apart = subgroups(y, v, groups, common_tau2=False, test="knha")
    alone = apart.levels[-1]
    assert (alone.k, alone.tau2) == (1, 0.0)
    assert alone.estimate == pytest.approx(y[0])
    assert alone.se == pytest.approx(math.sqrt(v[0]))
    assert math.isnan(alone.i2)
    assert any("zeta: one trial" in note for note in apart.warnings)
    joint = subgroups(y, v, groups, common_tau2=True)
    assert joint.levels[-1].se == pytest.approx(math.sqrt(v[0] + joint.levels[0].tau2))


def test_equal_effects_subgroups() -> None:
    y, v, groups = drawn(2)
    found = subgroups(y, v, groups, common_tau2=True, method="EE")
    whole, within = fit_model(y, v, method="EE").residual.q, sum(row.q for row in found.levels)
    assert found.statistic == pytest.approx(whole - within)
    assert math.isnan(found.levels[0].pi_low)


def test_bad_subgroups() -> None:
    y, v, groups = drawn(3)
    with pytest.raises(DataError, match="only one subgroup"):
        subgroups(y, v, ["a"] * 14, common_tau2=True)
    with pytest.raises(DataError, match="13 subgroup labels for 14 effects"):
        subgroups(y, v, groups[1:], common_tau2=True)
    with pytest.raises(ConfigError, match="not kr"):
        subgroups(y, v, groups, common_tau2=True, test="kr")
