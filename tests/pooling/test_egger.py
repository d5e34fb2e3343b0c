"""Egger's test and the line under it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mgmeta.errors import ConfigError, DataError, FitError
from mgmeta.pooling.egger import egger, egger_bounded
from mgmeta.pooling.small_study import PREDICTORS, fit_line, fit_line_bounded

SE = np.array([1.5, 1.1, 2.2, 0.9, 1.2, 1.0, 0.4, 0.7, 1.8, 2.4, 0.5])
Y = np.array([-4.2, -2.1, -6.5, -0.8, -1.9, -3.0, -0.5, -1.2, -3.3, -6.0, -0.7])
N = np.array([40, 60, 25, 90, 70, 80, 300, 150, 35, 20, 250])


def test_the_classic_test_is_the_intercept_of_the_radial_plot() -> None:
    """Unweighted y/se on 1/se: Egger's own way of writing it."""
    found = egger(Y, SE**2, level=0.95)
    design = np.column_stack([np.ones(11), 1 / SE])
    beta, rss = np.linalg.lstsq(design, Y / SE, rcond=None)[:2]
    cov = np.linalg.inv(design.T @ design) * rss[0] / 9
    assert found.line.slope.estimate == pytest.approx(beta[0])
    assert found.line.slope.se == pytest.approx(math.sqrt(cov[0, 0]))
    assert found.limit is not None and found.limit.estimate == pytest.approx(beta[1])
    assert (found.df, found.line.test) == (9.0, "t")


@settings(max_examples=20, deadline=None)
@given(st.floats(0.01, 100), st.integers(0, 1000))
def test_units_sign_and_order_do_not_matter(c: float, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(11)
    found = egger(Y, SE**2, level=0.95)
    again = egger(-c * Y[order], (c * SE[order]) ** 2, level=0.95)
    assert again.statistic == pytest.approx(-found.statistic, rel=1e-9)
    assert again.p_value == pytest.approx(found.p_value, rel=1e-9)
    assert again.limit is not None and found.limit is not None
    assert again.limit.ci_low == pytest.approx(-c * found.limit.ci_high, rel=1e-9)


@pytest.mark.parametrize("predictor", PREDICTORS)
def test_only_predictors_that_vanish_have_a_limit(predictor: str) -> None:
    found = egger(Y, SE**2, predictor=predictor, n=N, level=0.95)
    assert (found.limit is None) == (predictor in {"ni", "sqrtni"})


def test_numbers_alone_through_the_bounded_fit_are_the_ml_line() -> None:
    none = np.full(11, np.nan)
    bounded = fit_line_bounded(Y, SE, none, none, predictor="sei", level=0.95)
    line = fit_line(Y, SE**2, predictor="sei", model="ML", test="z", level=0.95)
    assert bounded.slope.estimate == pytest.approx(line.slope.estimate, rel=1e-6)
    assert bounded.intercept.estimate == pytest.approx(line.intercept.estimate, rel=1e-6)
    assert bounded.tau2 == pytest.approx(line.tau2, rel=1e-6, abs=1e-9)
    assert bounded.test == "profile_t" and bounded.model == "ML"


def test_silent_small_studies_undo_the_asymmetry_they_made() -> None:
    """Small studies that printed only "not significant" pull the slope back towards zero."""
    y = np.append(Y, [np.nan] * 3)
    se = np.append(SE, [2.0, 2.2, 2.5])
    low, high = np.full(14, np.nan), np.full(14, np.nan)
    low[11:], high[11:] = -1.96 * se[11:], 1.96 * se[11:]
    with_bounds = egger_bounded(y, se, low, high, level=0.95)
    numbers = egger(Y, SE**2, model="ML", test="z", level=0.95)
    assert numbers.line.slope.estimate < with_bounds.line.slope.estimate < 0
    assert with_bounds.line.k_bounds == 3
    assert with_bounds.p_value > numbers.p_value


def test_small_k_is_a_number_and_a_warning() -> None:
    assert egger(Y, SE**2, level=0.95).line.warnings == ()
    found = egger(Y[:5], SE[:5] ** 2, level=0.95)
    assert math.isfinite(found.p_value) and "only 5 rows" in found.line.warnings[0]


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(FitError, match="at least 3"):
        egger(Y[:2], SE[:2] ** 2, level=0.95)
    with pytest.raises(FitError, match="exactly on a line"):
        egger(np.zeros(11), SE**2, level=0.95)
    with pytest.raises(FitError, match="same sei"):
        egger(Y, np.ones(11), level=0.95)
    with pytest.raises(DataError, match="name its column"):
        egger(Y, SE**2, predictor="ni", level=0.95)
    with pytest.raises(DataError, match="row 3 has -1"):
        egger(Y, SE**2, predictor="ni", n=[40, 60, -1, *N[3:]], level=0.95)
    with pytest.raises(ConfigError, match="unknown"):
        egger(Y, SE**2, predictor="year", level=0.95)
