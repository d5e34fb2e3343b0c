from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mgmeta.stats.student import t_p_value, t_quantile, t_two_sided


@given(p=st.floats(1e-6, 1 - 1e-6), df=st.floats(1, 500))
def test_against_scipy(p, df):
    assert t_quantile(p, df) == pytest.approx(stats.t.ppf(p, df), rel=1e-7, abs=1e-9)
    assert t_quantile(p, None) == pytest.approx(stats.norm.ppf(p), rel=1e-9, abs=1e-12)


@given(alpha=st.floats(1e-6, 0.9), df=st.one_of(st.none(), st.floats(1, 500)))
def test_critical_value_and_p_value_undo_each_other(alpha, df):
    assert t_p_value(t_two_sided(alpha, df), df) == pytest.approx(alpha, rel=1e-6)
