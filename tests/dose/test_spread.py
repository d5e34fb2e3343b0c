"""How sure tau is: against REML by hand, brute force with bounds, exact Bayes, and simulated truth."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

from mgmeta.bayes.curve_grid import fit_curve, normal_quantiles
from mgmeta.bayes.curve_models import curve_models
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.dose.bands import predict
from mgmeta.dose.curves import Polynomial
from mgmeta.dose.fit_cone import coned
from mgmeta.dose.fit_linear import additive_ml, additive_reml, slope_ml
from mgmeta.dose.fit_shape import shaped
from mgmeta.dose.registry import CurveOptions, build_curves
from mgmeta.dose.rows import DoseRows, contrast_rows
from mgmeta.dose.spread import Spread, Tangent, spread
from mgmeta.simulate.dose_bands import calibrate_bands, dose_grid

Array = NDArray[np.float64]


def fitted_line(rows: DoseRows, degree: int = 1):
    return additive_ml(rows, Polynomial(degree), 0.95, "t")[1]


def below(found: Spread, tau: float) -> float:
    """Return C(tau) between nodes: each weight spread evenly from the middle before to the middle after."""
    edges = np.concatenate([[0.0], 0.5 * (found.tau[1:] + found.tau[:-1]), found.tau[-1:]])
    return float(np.interp(tau, edges, np.concatenate([[0.0], np.cumsum(found.weight)])))


def signed_root(tau: Array, value: Array) -> Array:
    best = int(np.argmax(value))
    return norm.cdf(np.sign(tau - tau[best]) * np.sqrt(2.0 * np.maximum(value[best] - value, 0.0)))


@pytest.mark.parametrize("degree", [1, 2])
def test_numbers_give_the_signed_root_of_restricted_likelihood(number_rows: DoseRows, degree: int) -> None:
    found = spread(fitted_line(number_rows, degree).tangent())
    x = np.column_stack([(number_rows.dose / 100.0) ** j for j in range(1, degree + 1)])
    v = np.array([trial.covariance[0, 0] for trial in number_rows.trials])
    tau, value = np.linspace(0.0, 12.0, 6001), []
    for t in tau:
        w = 1.0 / (v + t * t)
        information = (x.T * w) @ x
        residual = number_rows.y - x @ np.linalg.solve(information, (x.T * w) @ number_rows.y)
        value.append(0.5 * (np.log(w).sum() - w @ residual**2 - np.linalg.slogdet(information)[1]))
    expected = signed_root(tau, np.array(value))
    for t in (0.4, 0.8, 1.5, 3.0):
        assert below(found, t) == pytest.approx(float(np.interp(t, tau, expected)), abs=0.02)
    assert found.weight[0] == pytest.approx(expected[0], abs=1e-3)
    assert found.weight.sum() == pytest.approx(1.0)


def test_bounds_by_brute_force(mixed_rows: DoseRows) -> None:
    """One coefficient on a grid: profile, and curvature by differences of the profile's own points."""
    rows = DoseRows(mixed_rows.trials[:20], mixed_rows.arm_doses)
    found = spread(fitted_line(rows).tangent())
    v = np.array([trial.covariance[0, 0] for trial in rows.trials])
    slope = np.linspace(-2.5, 0.5, 1501)
    tau = np.linspace(0.0, 9.0, 121)
    value = []
    for t in tau:
        sd, mean = np.sqrt(v + t * t), slope[:, None] * rows.dose / 100.0
        numbers = norm.logpdf(np.nan_to_num(rows.y), mean, sd)
        words = np.log(
            np.maximum(norm.cdf((rows.upper - mean) / sd) - norm.cdf((rows.lower - mean) / sd), 1e-300)
        )
        total = np.where(rows.numeric, numbers, words).sum(axis=1)
        i = int(np.argmax(total))
        bend = (total[i - 10] - 2.0 * total[i] + total[i + 10]) / (10.0 * (slope[1] - slope[0])) ** 2
        value.append(total[i] - 0.5 * np.log(-bend))
    expected = signed_root(tau, np.array(value))
    for t in (0.5, 1.0, 2.0):
        assert below(found, t) == pytest.approx(float(np.interp(t, tau, expected)), abs=0.03)


def test_the_half_width_solves_its_equation() -> None:
    found = Spread(np.array([0.0, 1.0, 3.0]), np.array([0.3, 0.5, 0.2]))
    se = np.array([[0.4, 2.0], [np.inf, np.nan]])
    half = found.half_width(se, 0.9)
    for h, s in zip(half[0], se[0], strict=True):
        outside = 2.0 * found.weight @ norm.cdf(-h / np.sqrt(s**2 + found.tau**2))
        assert outside == pytest.approx(0.1, abs=1e-9)
    assert np.isinf(half[1, 0])
    assert np.isnan(half[1, 1])
    sure = Spread(np.array([2.0]), np.array([1.0]))
    assert sure.half_width(np.zeros(1), 0.95)[0] == pytest.approx(2.0 * norm.ppf(0.975), rel=1e-9)


def test_equal_effects_leave_half_a_chance_of_no_spread_and_many_trials_settle_it() -> None:
    dose = np.linspace(100.0, 900.0, 9)
    same = spread(fitted_line(contrast_rows(-dose / 100.0, np.full(9, 0.5), dose)).tangent())
    assert same.weight[0] == pytest.approx(0.5, abs=1e-6)
    rng, many = np.random.default_rng(5), np.linspace(100.0, 900.0, 3000)
    rows = contrast_rows(-many / 100.0 + rng.normal(0.0, 2.0, 3000), np.full(3000, 0.3), many)
    tau = spread(fitted_line(rows).tangent())
    mean = float(tau.weight @ tau.tau)
    assert mean == pytest.approx(2.0, abs=0.1)
    assert float(tau.weight @ (tau.tau - mean) ** 2) ** 0.5 < 0.15


def test_the_new_trial_is_that_of_exact_bayes(mixed_rows: DoseRows) -> None:
    """Wide priors: two ways to average over tau that share neither formula nor code."""
    found = predict(fitted_line(mixed_rows), np.array([400.0]), level=0.95, per=100.0)
    model = next(model for model in curve_models(mixed_rows.dose)[0] if model.name == "linear")
    wide = fit_curve(mixed_rows, model, mu=parse_mu("normal:0,100"), tau=parse_tau("uniform:50"))
    low, high = normal_quantiles(*wide.new_trial(400.0), np.array([0.025, 0.975]))
    assert found.pi_high[0] - found.pi_low[0] == pytest.approx(high - low, rel=0.1)
    assert found.pi_low[0] == pytest.approx(low, abs=0.3)


def test_every_curve_has_the_spread_of_its_rows(mixed_rows: DoseRows, number_rows: DoseRows) -> None:
    line = spread(fitted_line(mixed_rows).tangent())
    for name in ("emax", "sigmoid", "monotone"):
        curve = build_curves(name, mixed_rows.arm_doses, CurveOptions())[0]
        fit = (coned if name == "monotone" else shaped)(mixed_rows, curve, "t")
        tangent = fit.tangent()
        assert isinstance(tangent, Tangent)
        np.testing.assert_allclose(tangent.mean, fit.effect(mixed_rows.dose), atol=1e-8)
        again = spread(tangent)
        assert float(again.weight @ again.tau) == pytest.approx(float(line.weight @ line.tau), rel=0.5)
        bands = predict(fit, np.array([0.0, 400.0]), level=0.95, per=100.0)
        assert bands.pi_low[0] == bands.pi_high[0] == 0.0
        assert bands.pi_low[1] < bands.ci_low[1] < bands.ci_high[1] < bands.pi_high[1]
    assert slope_ml(mixed_rows, Polynomial(1), 0.95, "t")[1].tangent() is None
    assert additive_reml(number_rows, Polynomial(1), 0.95, "knha")[1].tangent() is None


def test_a_new_trial_is_held_short() -> None:
    """With tau plugged in it was 0.79 of 0.95; docs/simulation/calibration.csv holds the long version."""
    cell = next(cell for cell in dose_grid() if cell.name == "dose_linear_words0")
    row = next(row for row in calibrate_bands(cell, 30, 20160324) if row["interval"] == "dose_prediction")
    assert float(str(row["coverage"])) > 0.88


@pytest.mark.long
@pytest.mark.parametrize("cell", dose_grid(), ids=lambda cell: cell.name)
def test_a_new_trial_is_held_long(cell) -> None:
    row = next(row for row in calibrate_bands(cell, 250, 20160324) if row["interval"] == "dose_prediction")
    assert 0.9 < float(str(row["coverage"])) < 0.97
