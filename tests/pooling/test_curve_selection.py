"""Smooth weight functions: derivatives, quadrature, special cases, recovery."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import ndtr

from mgmeta.errors import ConfigError, FitError
from mgmeta.pooling.curve_likelihood import CurveProblem, curve_loglik, log_p_values
from mgmeta.pooling.curve_selection import curve_selection
from mgmeta.pooling.pool import pool
from mgmeta.pooling.segments import ALTERNATIVES
from mgmeta.pooling.weight_curves import CURVES

SE = np.array([1.5, 1.1, 2.2, 0.9, 1.2, 1.0, 0.4, 0.7, 1.8, 2.4, 0.5])
Y = np.array([-4.2, -2.1, -6.5, -0.8, -1.9, -3.0, -0.5, -1.2, -3.3, -6.0, -0.7])
SHAPES = {
    "halfnorm": (3.0,),
    "negexp": (1.2,),
    "logistic": (0.7,),
    "power": (0.6,),
    "beta": (0.3, 0.8),
}


def problem(curve: str, alternative: str, c: float = 1.0) -> CurveProblem:
    return CurveProblem(Y, SE**2, np.full(11, c), alternative, CURVES[curve])


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize("curve", CURVES)
def test_the_normaliser_is_the_integral(curve: str, alternative: str) -> None:
    """Against adaptive quadrature, cut where the weight has corners."""
    one = CurveProblem(Y[:1], SE[:1] ** 2, np.ones(1), alternative, CURVES[curve])
    mu, tau2, delta = -0.9, 0.5, np.array(SHAPES[curve])
    sigma, se = math.sqrt(SE[0] ** 2 + tau2), float(SE[0])

    def weight(y: float) -> float:
        found = CURVES[curve].log_weight(*log_p_values(np.array([y / se]), one), np.ones(1), delta)
        return float(np.exp(found.value[0]))

    def seen(y: float) -> float:
        return weight(y) * math.exp(-0.5 * ((y - mu) / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi))

    low, high = mu - 12 * sigma, mu + 12 * sigma
    corners = [z * se for z in (-4.417173413, -4.264890794, -1e-3, -1.2533e-5, 0, 1.2533e-5, 1e-3)]
    corners += [z * se for z in (4.264890794, 4.417173413)]
    cuts = [low, *(c for c in corners if low < c < high), high]
    pairs = pairwise(cuts)
    integral = sum(quad(seen, a, b, epsabs=1e-13, epsrel=1e-11, limit=200)[0] for a, b in pairs)
    want = math.log(seen(Y[0]) / integral)
    assert curve_loglik(one, mu, tau2, delta).value == pytest.approx(want, abs=1e-9)


@pytest.mark.parametrize("alternative", ["less", "two.sided"])
@pytest.mark.parametrize("curve", CURVES)
def test_the_likelihood_has_exact_derivatives(curve: str, alternative: str) -> None:
    at, step = problem(curve, alternative, 0.8), 1e-6
    point = np.array([-1.1, 0.6, *SHAPES[curve]])
    here = curve_loglik(at, point[0], point[1], point[2:])
    for j, unit in enumerate(np.eye(point.size)):
        up, down = (
            curve_loglik(at, *(point + s * step * unit)[:2], (point + s * step * unit)[2:]) for s in (1, -1)
        )
        assert here.gradient[j] == pytest.approx((up.value - down.value) / (2 * step), abs=2e-7)
        np.testing.assert_allclose(here.hessian[j], (up.gradient - down.gradient) / (2 * step), atol=2e-6)


@pytest.mark.parametrize("curve", CURVES)
def test_a_flat_curve_is_maximum_likelihood(curve: str) -> None:
    ml = pool(Y, SE**2, method="ML")
    flat = np.array(CURVES[curve].none)
    at = curve_loglik(problem(curve, "less"), ml.estimate, ml.tau2, flat)
    plain = -0.5 * (np.log(2 * np.pi * (SE**2 + ml.tau2)) + (Y - ml.estimate) ** 2 / (SE**2 + ml.tau2)).sum()
    assert at.value == pytest.approx(plain, rel=1e-10)
    np.testing.assert_allclose(at.gradient[:2], 0.0, atol=1e-6)


def test_sides_and_units_mirror() -> None:
    left = curve_selection(Y, SE**2, curve="negexp", alternative="less", level=0.95)
    right = curve_selection(-3 * Y, 9 * SE**2, curve="negexp", alternative="greater", level=0.95)
    assert right.estimate == pytest.approx(-3 * left.estimate, rel=1e-6)
    assert right.tau2 == pytest.approx(9 * left.tau2, rel=1e-5, abs=1e-9)
    np.testing.assert_allclose(right.parameters, left.parameters, rtol=1e-5)


def test_selection_that_was_put_in_is_found() -> None:
    """Studies kept with chance exp(-3 p): the parameter comes back near 3, the mean near -1."""
    random = np.random.default_rng(4)
    se = random.uniform(0.3, 1.5, 1500)
    y = random.normal(-1.0, np.sqrt(se**2 + 0.25))
    seen = random.uniform(size=1500) < np.exp(-3 * ndtr(y / se))
    found = curve_selection(y[seen], se[seen] ** 2, curve="negexp", alternative="less", level=0.95)
    assert found.ci_low < -1.0 < found.ci_high
    assert abs(found.parameters[0] - 3.0) < 2 * found.parameters_se[0]
    assert pool(y[seen], se[seen] ** 2, method="ML").ci_high < -1.0


def test_the_precision_multiplier_counts_the_largest_se_as_one() -> None:
    plain = curve_selection(Y, np.full(11, 1.3), curve="halfnorm", level=0.95)
    scaled = curve_selection(Y, np.full(11, 1.3), curve="halfnorm", precision=True, level=0.95)
    assert scaled.loglik == pytest.approx(plain.loglik, rel=1e-12)
    uneven = curve_selection(Y, SE**2, curve="halfnorm", precision=True, level=0.95)
    assert uneven.loglik != pytest.approx(curve_selection(Y, SE**2, curve="halfnorm", level=0.95).loglik)


def test_boundaries_and_small_k_are_said() -> None:
    found = curve_selection(-Y[:8], SE[:8] ** 2, curve="negexp", alternative="less", level=0.95)
    assert any("only 8 rows" in note for note in found.warnings)
    assert found.parameters[0] == 0.0 and any("lower bound" in note for note in found.warnings)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ConfigError, match="curve"):
        curve_selection(Y, SE**2, curve="step", level=0.95)
    with pytest.raises(ConfigError, match="alternative"):
        curve_selection(Y, SE**2, alternative="up", level=0.95)
    with pytest.raises(FitError, match="cannot determine"):
        curve_selection(Y[:4], SE[:4], curve="beta", level=0.95)
