"""Doses that reach shares of the plateau: estimates, test inversion, open ends."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import t as t_distribution

from mgmeta.dose.cone import profile_cone
from mgmeta.dose.curves import Emax, LogLinear, Monotone, Polynomial
from mgmeta.dose.fit import fit_dose
from mgmeta.dose.fit_cone import coned
from mgmeta.dose.fit_shape import shaped
from mgmeta.dose.fitted import Linear
from mgmeta.dose.reach import emax_interval, reach_coned, reach_linear
from mgmeta.dose.rows import DoseRows, contrast_rows

BETA = np.array([-0.02, 1e-5])  # turns at 1000


def fitted(scale: float) -> Linear:
    return Linear(Polynomial(2), BETA, scale * np.array([[4e-6, -3e-9], [-3e-9, 4e-12]]), 0.5, 30.0)


def test_estimate_solves_the_equation() -> None:
    found = reach_linear(fitted(0.1), 0.5, 1500.0, 0.95)
    assert found.plateau_dose == pytest.approx(1000.0, abs=0.75)
    assert found.plateau == pytest.approx(-10.0, rel=1e-6)
    assert found.dose == pytest.approx(1000.0 * (1 - math.sqrt(0.5)), abs=0.1)
    assert found.low < found.dose < found.high < 1000.0


def test_interval_ends_are_where_the_test_turns() -> None:
    found = reach_linear(fitted(0.1), 0.8, 1500.0, 0.95)
    for end in (found.low, found.high):
        c = np.array([end - 0.8 * 1000.0, end**2 - 0.8 * 1e6])
        ratio = abs(c @ BETA) / np.sqrt(c @ fitted(0.1).cov @ c)
        assert ratio == pytest.approx(t_distribution.ppf(0.975, 30), rel=0.02)


def test_an_effect_that_may_be_none_leaves_the_interval_open() -> None:
    found = reach_linear(fitted(400.0), 0.5, 1500.0, 0.95)
    assert found.low == 0.0
    assert math.isinf(found.high)
    assert "not told from none" in found.note


def test_a_fixed_shape_has_no_plateau_to_estimate() -> None:
    one = Linear(LogLinear(300.0), np.ones(1), np.ones((1, 1)), 0.0, 10.0)
    found = reach_linear(one, 0.5, 1000.0, 0.95)
    assert math.isnan(found.dose)
    assert "fixed by its formula" in found.note


@pytest.fixture(scope="module")
def plateau() -> DoseRows:
    """Precise trials of an Emax truth with ED50 150."""
    rng = np.random.default_rng(5)
    dose = np.array([50.0, 75, 100, 150, 200, 300, 400, 500, 600, 700, 800, 900, 1000] * 3)
    return contrast_rows(
        -6 * dose / (150 + dose) + 0.15 * rng.normal(size=dose.size), np.full(dose.size, 0.15), dose
    )


def test_emax(plateau: DoseRows) -> None:
    fit = fit_dose(plateau, "emax", level=0.95, grid=[200.0])
    half, most = fit.reaches
    assert half.low < 150.0 < half.high
    assert most.dose == pytest.approx(4 * half.dose, rel=1e-9)
    assert (half.dose, half.low, half.high) == (
        pytest.approx(fit.coefficients.estimate[1]),
        pytest.approx(fit.coefficients.ci_low[1]),
        pytest.approx(fit.coefficients.ci_high[1]),
    )
    assert half.plateau == pytest.approx(fit.coefficients.estimate[0])


def test_sigmoid_holds_emax_and_agrees_on_its_own_profile(plateau: DoseRows) -> None:
    sigmoid = shaped(plateau, Emax(300.0, sigmoid=True), "t")
    low, high = emax_interval(sigmoid, 0.5, 0.95)
    plain = emax_interval(shaped(plateau, Emax(300.0), "t"), 0.5, 0.95)
    assert low < plain[0] < plain[1] < high  # h is not known to be 1
    # The end by the other parameters: with ED50 held there, the deviance is the drop.
    best = -np.inf
    for h in np.linspace(0.5, 4.0, 701):
        share = Emax(300.0, sigmoid=True).share(
            plateau.dose, np.array([1 / (1 + (300 / high) ** h), h]), 300.0
        )[0]
        g = share / 0.15
        y = plateau.y / 0.15
        best = max(best, -0.5 * float(y @ y - (g @ y) ** 2 / (g @ g)))
    if sigmoid.peak.point.value[-1] < 1e-6:
        top = sigmoid.peak.point.loglik + plateau.y.size * (np.log(0.15) + 0.5 * np.log(2 * np.pi))
        assert 2 * (top - best) == pytest.approx(t_distribution.ppf(0.975, 36) ** 2, abs=0.01)


def test_monotone(plateau: DoseRows) -> None:
    curve = coned(plateau, Monotone((300.0,), 1000.0), "t")
    found = reach_coned(curve, 0.5, 1000.0, 0.95)
    assert curve.effect(np.array([found.dose]))[0] == pytest.approx(0.5 * found.plateau, rel=1e-3)
    assert 0.0 < found.low < found.dose < found.high < 1000.0
    drop = t_distribution.ppf(0.975, curve.df) ** 2

    def rejected(dose: float) -> bool:
        c = curve.curve.columns(np.array([dose, 1000.0]))
        low, high = profile_cone(curve.cone, c[0] - 0.5 * c[1], (drop,))[0]
        return not low <= 0.0 <= high

    assert rejected(found.low - 8.0)
    assert rejected(found.high + 8.0)
    assert not rejected(found.low)
    assert not rejected(found.high)


def test_monotone_without_a_sure_effect_is_open(number_rows: DoseRows) -> None:
    noise = contrast_rows(np.tile([0.3, -0.4, 0.2], 4), np.full(12, 1.0), number_rows.dose)
    found = reach_coned(coned(noise, Monotone((365.0,), 1000.0), "t"), 0.5, 1000.0, 0.95)
    assert found.low == 0.0
    assert math.isinf(found.high)
