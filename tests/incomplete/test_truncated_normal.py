from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mgmeta.incomplete.truncated_normal import truncated_normal


@pytest.mark.parametrize(
    ("low", "high"), [(-1.0, 2.0), (3.0, 4.0), (-np.inf, -2.5), (6.0, np.inf), (-9.0, -7.0), (-0.001, 0.001)]
)
def test_quantiles_are_those_of_scipy(low, high):
    u = np.linspace(0.01, 0.99, 25)
    model = stats.truncnorm((low - 0.5) / 1.3, (high - 0.5) / 1.3, loc=0.5, scale=1.3)
    drawn = truncated_normal(np.array(0.5), np.array(1.3), np.array(low), np.array(high), u)
    expected = np.sort(model.ppf(u))
    assert np.sort(drawn) == pytest.approx(expected, rel=1e-6, abs=1e-9) or np.sort(drawn) == pytest.approx(
        np.sort(model.ppf(1 - u)), rel=1e-6, abs=1e-9
    )


@given(
    mean=st.floats(-50, 50),
    sd=st.floats(0.1, 20),
    low=st.floats(-60, 60),
    width=st.floats(1e-6, 100),
    u=st.floats(0.001, 0.999),
)
def test_draws_never_leave_the_interval(mean, sd, low, width, u):
    draw = truncated_normal(*(np.array(a) for a in (mean, sd, low, low + width, u)))
    slack = 1e-9 * (1 + abs(low) + width + abs(mean))
    assert low - slack <= draw <= low + width + slack


def test_thirty_standard_deviations_out():
    draw = truncated_normal(
        np.zeros(3), np.ones(3), np.full(3, 30.0), np.full(3, np.inf), np.array([0.1, 0.5, 0.9])
    )
    # Beyond a the excess over a is close to exponential with rate a.
    assert np.all(draw > 30) and np.all(draw < 30 + 5 / 30)
    assert np.sort(draw - 30) == pytest.approx(-np.log([0.9, 0.5, 0.1]) / 30, rel=0.01)
