"""Tests of no effect and of the straight line; ranks by AIC."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2
from scipy.stats import f as f_distribution

from mgmeta.cli.dose import CURVES
from mgmeta.dose.compare import rank_curves
from mgmeta.dose.comparisons import calibrated, null_loglik, straight_line, wald
from mgmeta.dose.curves import Fractional, LogLinear, Polynomial
from mgmeta.dose.fit import fit_dose
from mgmeta.dose.registry import CurveOptions
from mgmeta.dose.rows import DoseRows, independent
from mgmeta.errors import ConfigError


@pytest.fixture(scope="module")
def fits(mixed_rows: DoseRows) -> dict:
    return {
        name: fit_dose(mixed_rows, name, level=0.95, grid=[300.0], shares=(), unbounded="keep")
        for name in CURVES
    }


def test_reference_distributions() -> None:
    assert calibrated("LR", 7.0, 2, np.inf).p_value == pytest.approx(chi2.sf(7.0, 2), rel=1e-12)
    assert calibrated("LR", 7.0, 2, 11.0).p_value == pytest.approx(f_distribution.sf(3.5, 2, 11), rel=1e-12)
    assert calibrated("LR", -1e-12, 2, 11.0).p_value == 1.0
    cov = np.array([[2.0, 0.5], [0.5, 1.0]])
    beta = np.array([1.0, -1.0])
    assert wald(beta, cov, np.inf).statistic == pytest.approx(beta @ np.linalg.inv(cov) @ beta)


def test_one_restriction_is_the_t_calibrated_profile(mixed_rows: DoseRows) -> None:
    """The straight line within the quadratic is the quadratic coefficient at 0."""
    fit = fit_dose(mixed_rows, "quadratic", level=0.95, grid=[300.0])
    assert fit.nonlinearity.p_value == pytest.approx(fit.coefficients.p_value[1], rel=1e-6)
    linear = fit_dose(mixed_rows, "linear", level=0.95, grid=[300.0])
    assert linear.effect.p_value == pytest.approx(linear.coefficients.p_value[0], rel=1e-6)
    assert np.isnan(linear.nonlinearity.p_value)


def test_nested_curves_climb(mixed_rows: DoseRows, fits: dict) -> None:
    for curve in ("quadratic", "rcs", "fp", "fp2", "emax", "sigmoid", "monotone"):
        assert fits[curve].loglik >= fits["linear"].loglik - 1e-9
    assert fits["fp2"].loglik >= fits["fp"].loglik
    assert fits["sigmoid"].loglik >= fits["emax"].loglik - 1e-9
    null = null_loglik(independent(mixed_rows))
    for fit in fits.values():
        assert fit.effect.statistic == pytest.approx(2 * (fit.loglik - null), abs=1e-9)


def test_no_effect_is_maximised_over_tau2(number_rows: DoseRows) -> None:
    rows = independent(number_rows)
    grid = np.linspace(0.0, 60.0, 200_001)
    v = rows.se[:, None] ** 2 + grid
    direct = -0.5 * (np.log(2 * np.pi * v) + rows.y[:, None] ** 2 / v).sum(axis=0)
    assert null_loglik(rows) == pytest.approx(direct.max(), abs=1e-6)


def test_which_curves_hold_the_straight_line() -> None:
    chosen = Fractional((1.0, 2.0), 100.0, 100.0, selected=2)
    assert straight_line(chosen)[0] == 3
    assert straight_line(Fractional((1.0, 2.0), 100.0, 100.0))[0] == 1
    assert straight_line(Fractional((0.5,), 100.0, 100.0))[0] == 0
    assert straight_line(Polynomial(1))[0] == 0
    assert straight_line(LogLinear(100.0))[0] == 0
    assert straight_line(Polynomial(3))[0] == 2


def test_halved_p_of_emax(fits: dict) -> None:
    test = fits["emax"].nonlinearity
    full = f_distribution.sf(test.statistic, 1, test.df_residual)
    assert test.p_value == pytest.approx(0.5 * full, rel=1e-9)
    assert "halved" in test.note


def test_ranks(fits: dict) -> None:
    ranks = rank_curves(list(fits.values()))
    assert [r.aic for r in ranks] == sorted(fit.aic for fit in fits.values())
    assert sum(r.weight for r in ranks) == pytest.approx(1.0)
    assert ranks[0].delta == 0.0
    assert {r.curve: r.parameters for r in ranks} == {
        "linear": 2, "quadratic": 3, "rcs": 3, "fp": 3, "fp2": 5, "loglinear": 2, "emax": 3, "sigmoid": 4,
        "monotone": 4,
    }  # fmt: skip
    for r in ranks:
        assert r.aic == pytest.approx(2 * r.parameters - 2 * r.loglik)


def test_unlike_fits_are_not_ranked(fits: dict) -> None:
    with pytest.raises(ConfigError, match="no fits"):
        rank_curves([])
    with pytest.raises(ConfigError, match="same rows"):
        rank_curves([fits["linear"], replace(fits["rcs"], method="REML")])
    with pytest.raises(ConfigError, match="same rows"):
        rank_curves([fits["linear"], replace(fits["rcs"], k=3)])


def test_fixed_powers_cost_nothing(mixed_rows: DoseRows, fits: dict) -> None:
    powers = fits["fp"].settings["powers"]
    fixed = fit_dose(mixed_rows, "fp", level=0.95, options=CurveOptions(powers=powers), grid=[300.0])
    assert fixed.loglik == pytest.approx(fits["fp"].loglik, abs=1e-10)
    assert fixed.parameters == fits["fp"].parameters - 1
    assert fixed.df == fits["fp"].df + 1
