"""Emax and sigmoid curves: exact derivatives, global maxima, profiles by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

from mgmeta.dose.emax import Emax
from mgmeta.dose.fit_shape import shaped
from mgmeta.dose.rows import DoseRows, arm_rows, independent
from mgmeta.dose.shape_climb import climb
from mgmeta.dose.shape_likelihood import ShapeLikelihood
from mgmeta.dose.shape_peak import profile_shape
from mgmeta.dose.shape_profile import profile_level

FAMILIES = [
    (Emax(400.0), [0.3]),
    (Emax(400.0, sigmoid=True), [0.3, 1.7]),
]


def loglik(rows: DoseRows, mean: np.ndarray, tau2: float) -> float:
    """Written out: densities of numbers, probabilities of intervals; one row a trial."""
    total = np.sqrt(np.array([trial.covariance[0, 0] for trial in rows.trials]) + tau2)
    numbers = norm.logpdf(rows.y, mean, total)
    bounds = np.log(np.maximum(norm.cdf(rows.upper, mean, total) - norm.cdf(rows.lower, mean, total), 1e-300))
    return float(np.where(rows.numeric, np.nan_to_num(numbers), bounds).sum())


@pytest.mark.parametrize(("family", "shape"), FAMILIES, ids=["emax", "sigmoid"])
def test_derivatives_of_the_likelihood(mixed_rows: DoseRows, family, shape: list[float]) -> None:
    model = ShapeLikelihood.of(independent(mixed_rows), mixed_rows.dose, mixed_rows.reference, family)
    at = np.array([-3.0, *shape, 1.3])
    point = model.at(at, 450.0)
    g = family.share(mixed_rows.dose, at[1:-1], 450.0)[0]
    assert point.loglik == pytest.approx(loglik(mixed_rows, -3.0 * g, 1.3), abs=1e-9)
    for j in range(at.size):
        step = 1e-5 * np.eye(at.size)[j]
        up, down = model.at(at + step, 450.0), model.at(at - step, 450.0)
        assert (up.loglik - down.loglik) / 2e-5 == pytest.approx(point.gradient[j], abs=1e-6)
        np.testing.assert_allclose((up.gradient - down.gradient) / 2e-5, point.hessian[j], atol=1e-5)


def test_derivatives_with_shared_controls_and_a_referent_above_zero() -> None:
    rng = np.random.default_rng(4)
    rows = arm_rows(
        ["a"] * 3 + ["b"] * 3, [0, 200, 400, 100, 300, 900], rng.normal(size=6), [4.0] * 6, [20] * 6
    )
    model = ShapeLikelihood.of(independent(rows), rows.dose, rows.reference, Emax(300.0, sigmoid=True))
    at = np.array([-2.0, 0.4, 1.4, 0.8])
    point = model.at(at, 300.0)
    for j in range(4):
        step = 1e-5 * np.eye(4)[j]
        up, down = model.at(at + step, 300.0), model.at(at - step, 300.0)
        assert (up.loglik - down.loglik) / 2e-5 == pytest.approx(point.gradient[j], abs=1e-7)
        np.testing.assert_allclose((up.gradient - down.gradient) / 2e-5, point.hessian[j], atol=1e-6)


def emax_grid(rows: DoseRows, anchor: float, level: float | None) -> float:
    """Highest log-likelihood over a grid of u, with the level free or fixed; tau and level by simplex."""
    best = -np.inf
    for u in np.linspace(0.0, 1.0, 81):
        g = Emax(400.0).share(rows.dose, np.array([u]), anchor)[0]

        def minus(theta: np.ndarray, g: np.ndarray = g) -> float:
            effect = theta[0] if level is None else level
            return -loglik(rows, effect * g, theta[-1] ** 2)

        start = [-3.0, 1.0] if level is None else [1.0]
        best = max(best, -minimize(minus, start, method="Nelder-Mead", options={"fatol": 1e-10}).fun)
    return best


def test_emax_maximum_and_band_by_brute_force(mixed_rows: DoseRows) -> None:
    rows = DoseRows(mixed_rows.trials[:15], mixed_rows.arm_doses)
    peak = shaped(rows, Emax(400.0), "t").peak
    top = emax_grid(rows, 300.0, None)
    assert top <= peak.point.loglik + 1e-7
    assert top == pytest.approx(peak.point.loglik, abs=1e-2)
    drop = 4.0
    for end in profile_level(peak, 300.0, (drop,))[0]:
        at_end = emax_grid(rows, 300.0, float(end))
        assert 2 * (peak.point.loglik - at_end) == pytest.approx(drop, abs=0.02)


def test_wider_drops_give_wider_intervals(mixed_rows: DoseRows) -> None:
    for family, _ in FAMILIES:
        peak = shaped(mixed_rows, family, "t").peak
        for anchor in (150.0, 900.0):
            ends = profile_level(peak, anchor, (6.0, 1.0, 4.0))
            value = peak.level(np.array([anchor]))[0]
            low, high = ends[[1, 2, 0]].T
            assert np.all(np.diff([value, *low]) < 0.0)
            assert np.all(np.diff([value, *high]) > 0.0)


def test_the_interval_of_the_shape(mixed_rows: DoseRows) -> None:
    rows = DoseRows(mixed_rows.trials[:25], mixed_rows.arm_doses)
    peak = shaped(rows, Emax(400.0), "t").peak
    low, high = profile_shape(peak, 0, 3.0)
    for end in (low, high):
        if 0.0 < end < 1.0:
            fixed = climb(peak.likelihood, np.array([-3.0, end, 1.0]), peak.anchor, {1: end})[0]
            assert 2 * (peak.point.loglik - fixed.loglik) == pytest.approx(3.0, abs=1e-6)
    assert low <= peak.point.shape[0] <= high
