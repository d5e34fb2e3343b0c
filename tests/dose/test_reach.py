"""Doses that reach shares of the plateau: estimates, test inversion, open ends."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import t as t_distribution

from mgmeta.dose.cone import profile_cone
from mgmeta.dose.curves import LogLinear, Monotone, Polynomial
from mgmeta.dose.emax import Emax
from mgmeta.dose.fit import fit_dose
from mgmeta.dose.fit_cone import coned
from mgmeta.dose.fit_shape import shaped
from mgmeta.dose.fitted import Linear
from mgmeta.dose.reach import emax_interval, furthest, reach_coned, reach_linear
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


def test_a_profile_that_comes_back_in_lengthens_its_interval() -> None:
    def islands(z: float) -> float:  # in at 0.3 to 0.5 and again at 0.7 to 0.85
        return -1.0 if 0.3 <= z <= 0.5 or 0.7 <= z <= 0.85 else 1.0

    assert furthest(islands, 0.5, 1.0) == pytest.approx(0.85, abs=1e-9)
    assert furthest(islands, 0.3, 0.0) == 0.3
    assert furthest(lambda z: -1.0 if z >= 0.99 else 1.0, 0.5, 1.0) == 1.0
    assert furthest(lambda z: -1.0, 1.0, 1.0) == 1.0


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.5, 0.8])
def test_sigmoid_ends_are_not_too_short(share: float) -> None:
    """Against all curves on a grid of ED_q, h and tau, the level in closed form: numbers only."""
    h, grid = np.geomspace(0.5, 10.0, 50), np.linspace(0.01, 0.99, 99)
    for seed in range(8):
        rng = np.random.default_rng(seed)
        dose = rng.choice([100.0, 150, 200, 300, 365, 400, 500, 600, 800, 1000], 16)
        se = rng.uniform(0.4, 2.0, 16)
        y = -6.0 * dose**2 / (dose**2 + 300.0**2) + rng.normal(size=16) * np.hypot(se, 0.5)
        fit = shaped(contrast_rows(y, se, dose), Emax(365.0, sigmoid=True), "t")
        low, high = emax_interval(fit, share, 0.95)
        tau = np.append(0.0, np.geomspace(1e-2, 4.0, 20))
        w = 1.0 / (se**2 + tau[:, None] ** 2)
        constant = 0.5 * (np.log(w) - np.log(2.0 * np.pi)).sum(axis=1) - 0.5 * (w * y**2).sum(axis=1)
        kept = []
        for z in grid:
            power = (z / (1.0 - z) * 365.0) ** h * (1.0 - share) / share
            g = dose ** h[:, None] / (dose ** h[:, None] + power[:, None])
            found = constant + 0.5 * (g @ (w * y).T) ** 2 / (g**2 @ w.T)
            kept.append(
                2.0 * (fit.peak.point.loglik - found.max()) <= t_distribution.ppf(0.975, 13) ** 2 - 0.02
            )
        held = (grid / (1.0 - grid) * 365.0)[np.array(kept)]
        assert low <= held[0] * 1.02, seed
        assert high >= held[-1] * 0.98, seed
