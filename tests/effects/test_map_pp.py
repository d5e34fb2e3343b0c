"""MAP and pulse pressure: the algebra against simulated pressures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgmeta.effects.map_pp import convert, map_pp_correlation


@given(s=st.floats(5, 25), d=st.floats(3, 15), r=st.floats(-0.5, 0.95))
def test_conversion_undoes_the_definition(s, d, r):
    """SEs of SBP and DBP come back exactly from those of MAP and PP."""
    c = r * s * d
    var_map, var_pp = (s**2 + 4 * d**2 + 4 * c) / 9, s**2 + d**2 - 2 * c
    correlation = map_pp_correlation(s, d, r)
    sbp, dbp = -4.0, -1.0
    map_effect = (dbp + (sbp - dbp) / 3, math.sqrt(var_map))
    pp_effect = (sbp - dbp, math.sqrt(var_pp))
    for outcome, value, se in (("sbp", sbp, s), ("dbp", dbp, d)):
        found = convert(outcome, map_effect, pp_effect, correlation)
        assert found == (pytest.approx(value), pytest.approx(se, rel=1e-9))


def test_correlation_of_simulated_pressures():
    rng = np.random.default_rng(2)
    s, d, r = 15.0, 8.0, 0.55
    people = rng.multivariate_normal([0, 0], [[s**2, r * s * d], [r * s * d, d**2]], 200_000)
    sbp, dbp = people.T
    seen = np.corrcoef(dbp + (sbp - dbp) / 3, sbp - dbp)[0, 1]
    assert map_pp_correlation(s, d, r) == pytest.approx(seen, abs=0.006)
