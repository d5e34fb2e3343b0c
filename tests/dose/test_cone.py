"""The monotone curve: constrained least squares, profiles by brute force, both directions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize, nnls
from scipy.stats import norm

from mgmeta.dose.cone import one_sign, profile_cone
from mgmeta.dose.curves import Monotone
from mgmeta.dose.fit_cone import coned
from mgmeta.dose.rows import DoseRows, contrast_rows
from mgmeta.dose.splines import integrated

CURVE = Monotone((300.0, 600.0), 1000.0)


def loglik(rows: DoseRows, mean: np.ndarray, tau2: float) -> float:
    """Written out: densities of numbers, probabilities of intervals; one row a trial."""
    total = np.sqrt(np.array([trial.covariance[0, 0] for trial in rows.trials]) + tau2)
    numbers = norm.logpdf(rows.y, mean, total)
    bounds = np.log(np.maximum(norm.cdf(rows.upper, mean, total) - norm.cdf(rows.lower, mean, total), 1e-300))
    return float(np.where(rows.numeric, np.nan_to_num(numbers), bounds).sum())


def constrained(rows: DoseRows, x: np.ndarray, c: np.ndarray, value: float | None) -> float:
    """Highest log-likelihood with coefficients of one sign and c'beta held, by a general optimiser."""
    best = -np.inf
    for sign in (-1.0, 1.0):
        limits = [(0.0, None)] * x.shape[1] + [(0.0, None)]
        hold = (
            [] if value is None else [{"type": "eq", "fun": lambda t, sign=sign: sign * (t[:-1] @ c) - value}]
        )
        for tau in (0.3, 1.5):
            run = minimize(
                lambda t, sign=sign: -loglik(rows, sign * (x @ t[:-1]), t[-1] ** 2),
                [*np.full(x.shape[1], 1.0), tau], method="SLSQP", bounds=limits, constraints=hold,
                options={"ftol": 1e-12, "maxiter": 500},
            )  # fmt: skip
            if run.success and (value is None or abs(sign * (run.x[:-1] @ c) - value) < 1e-6):
                best = max(best, -run.fun)
    return best


def test_constrained_least_squares(number_rows: DoseRows) -> None:
    """With tau2 = 0 the maximum is weighted least squares with coefficients of one sign."""
    se = np.sqrt([trial.covariance[0, 0] for trial in number_rows.trials])
    steady = contrast_rows(-6.0 * number_rows.dose / (200.0 + number_rows.dose), se, number_rows.dose)
    fit = coned(steady, CURVE, "t")
    assert fit.cone.best.peak.tau2 == 0.0
    x = integrated(steady.dose, CURVE.interior, CURVE.top)
    coefficients, _ = nnls(-x / se[:, None], steady.y / se)
    np.testing.assert_allclose(fit.cone.beta, -coefficients, atol=1e-9)


def test_maximum_and_profile_by_brute_force(mixed_rows: DoseRows) -> None:
    rows = DoseRows(mixed_rows.trials[:20], mixed_rows.arm_doses)
    fit = coned(rows, CURVE, "t")
    x = CURVE.columns(rows.dose)
    top = fit.cone.best.peak.loglik
    assert constrained(rows, x, x[0], None) == pytest.approx(top, abs=1e-5)
    for dose in (150.0, 800.0):
        c = CURVE.columns(np.array([dose]))[0]
        for end in profile_cone(fit.cone, c, (4.0,))[0]:
            if end != 0.0:
                assert 2.0 * (top - constrained(rows, x, c, float(end))) == pytest.approx(4.0, abs=1e-3)


def test_a_rising_truth_is_found_too(number_rows: DoseRows) -> None:
    se = np.sqrt([trial.covariance[0, 0] for trial in number_rows.trials])
    up, down = (
        coned(contrast_rows(sign * number_rows.y, se, number_rows.dose), CURVE, "t") for sign in (1.0, -1.0)
    )
    np.testing.assert_allclose(up.cone.beta, -down.cone.beta, atol=1e-10)
    dose = np.array([0.0, 200.0, 700.0])
    np.testing.assert_allclose(up.ends(dose, (4.0,)), -down.ends(dose, (4.0,))[:, :, ::-1], atol=1e-6)


def test_intervals_are_nested_and_hold_the_estimate(mixed_rows: DoseRows) -> None:
    fit = coned(mixed_rows, CURVE, "t")
    dose = np.linspace(0.0, 1000.0, 6)
    ends, effect = fit.ends(dose, (1.0, 4.0, 9.0)), fit.effect(dose)
    assert np.all(np.diff(ends[:, :, 0], axis=1) <= 1e-12)
    assert np.all(np.diff(ends[:, :, 1], axis=1) >= -1e-12)
    assert np.all((ends[:, 0, 0] <= effect) & (effect <= ends[:, 0, 1]))
    assert np.all(np.diff(effect) <= 0.0)


def test_one_sign() -> None:
    assert one_sign(np.array([1.0, 0.0, 2.0]))
    assert one_sign(np.array([-1.0, -1e-12]))
    assert one_sign(np.array([-1.0, 1e-12]))
    assert not one_sign(np.array([-1.0, 0.1]))
