"""Random slopes: one stage and two, a known Psi, the bivariate example, slopes with bounds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mgmeta.dose.curves import Polynomial
from mgmeta.dose.fit import fit_dose
from mgmeta.dose.psi import entries, psi_link, psi_matrix
from mgmeta.dose.rows import DoseRows, Trial, contrast_rows
from mgmeta.dose.slopes import one_stage, two_stage
from mgmeta.errors import ConfigError, FitError

REFERENCE = Path(__file__).parents[1] / "reference"


def simulated(trials: int, psi: np.ndarray, seed: int = 2) -> DoseRows:
    """Trials of four arms against placebo, quadratic coefficients that vary between trials."""
    rng = np.random.default_rng(seed)
    found = []
    for i in range(trials):
        dose = np.sort(rng.choice(np.arange(100.0, 1000.0, 50.0), 4, replace=False))
        x = np.column_stack([dose, dose**2])
        beta = rng.multivariate_normal([-0.012, 8e-6], psi)
        covariance = 0.3 + 0.4 * np.eye(4)
        y = rng.multivariate_normal(x @ beta, covariance)
        inf = np.full(4, np.inf)
        found.append(Trial(f"t{i}", y, -inf, inf, dose, np.zeros(4), covariance))
    return DoseRows(tuple(found), np.concatenate([trial.dose for trial in found]))


PSI = np.array([[1e-4, -6e-8], [-6e-8, 6.4e-11]])


@pytest.mark.parametrize("method", ["ML", "REML", "FE"])
@pytest.mark.parametrize("structure", ["unstructured", "diagonal"])
def test_one_stage_is_two_stages_where_every_trial_has_every_coefficient(method: str, structure: str) -> None:
    rows, curve = simulated(12, PSI), Polynomial(2)
    x = curve.columns(rows.dose)
    one = one_stage(rows, x, method=method, structure=structure)
    two = two_stage(rows, x, curve.terms, method=method, structure=structure)
    np.testing.assert_allclose(one.beta, two.beta, rtol=1e-8)
    np.testing.assert_allclose(one.cov, two.cov, rtol=1e-7)
    scale = np.sqrt(np.outer(np.diag(PSI), np.diag(PSI)))
    np.testing.assert_allclose(one.psi / scale, two.psi / scale, atol=1e-7)
    if method != "FE":
        assert two.psi[0, 0] > 0.1 * PSI[0, 0]  # heterogeneity is there to be found


def test_psi_is_recovered() -> None:
    rows, curve = simulated(400, PSI, seed=5), Polynomial(2)
    fit = two_stage(rows, curve.columns(rows.dose), curve.terms, method="REML", structure="unstructured")
    np.testing.assert_allclose(fit.psi / PSI, 1.0, atol=0.25)
    assert np.abs((fit.beta - [-0.012, 8e-6]) / np.sqrt(np.diag(fit.cov))).max() < 3.0


def test_the_bivariate_example_of_berkey() -> None:
    """Two outcomes of five trials are two coefficients with an identity design."""
    pins = json.loads((REFERENCE / "dep_berkey1998.json").read_text())
    v = np.array(pins["V"])
    # Berkey et al. 1998 (Stat Med 17:2537), table I: probing depth, attachment level; five trials
    y = np.array([0.47, -0.32, 0.20, -0.60, 0.40, -0.12, 0.26, -0.31, 0.56, -0.39])
    trials = []
    inf = np.full(2, np.inf)
    for i in range(5):
        part = slice(2 * i, 2 * i + 2)
        trials.append(Trial(str(i), y[part], -inf, inf, np.ones(2), np.zeros(2), v[part, part]))
    rows = DoseRows(tuple(trials), np.ones(10))
    fit = one_stage(rows, np.tile(np.eye(2), (5, 1)), method="REML", structure="unstructured")
    expected = pins["UN_REML_z"]
    np.testing.assert_allclose(fit.beta, expected["b"][::-1], rtol=1e-8)
    # metafor stops where the likelihood is 1e-13 from its top, which is 4e-7 of the variances
    np.testing.assert_allclose(fit.cov, np.array(expected["vb"])[::-1, ::-1], rtol=1e-6)
    np.testing.assert_allclose(np.diag(fit.psi), expected["tau2"][::-1], rtol=1e-6)
    rho = fit.psi[0, 1] / np.sqrt(fit.psi[0, 0] * fit.psi[1, 1])
    assert rho == pytest.approx(expected["rho"][0], rel=1e-6)
    assert fit.loglik_reml == pytest.approx(expected["logLik_REML"], abs=1e-8)
    assert fit.q == pytest.approx(expected["QE"], rel=1e-9)


@pytest.mark.parametrize("structure", ["unstructured", "diagonal"])
def test_the_link_is_a_cholesky_factor_with_exact_derivatives(structure: str) -> None:
    where, link = entries(structure, 3), psi_link(structure, 3)
    theta = np.array([0.7, -0.3, 0.5, 0.2, 0.4, 0.9])[: len(where)]
    factor = np.zeros((3, 3))
    for (j, m), value in zip(where, theta, strict=True):
        factor[j, m] = value
    g, jacobian, second = link(theta)
    np.testing.assert_allclose(psi_matrix(structure, g, 3), factor @ factor.T, rtol=1e-14)
    for a in range(theta.size):
        step = 1e-6 * np.eye(theta.size)[a]
        np.testing.assert_allclose(
            (link(theta + step)[0] - link(theta - step)[0]) / 2e-6, jacobian[:, a], atol=1e-8
        )
        np.testing.assert_allclose(
            (link(theta + step)[1] - link(theta - step)[1]) / 2e-6, second[:, :, a], atol=1e-8
        )


def test_two_stages_name_the_trials_that_fall_short() -> None:
    rows = simulated(4, PSI)
    alone = contrast_rows([-1.0], [1.0], [300.0], trial=["Small 1990"])
    both = DoseRows(rows.trials + alone.trials, rows.arm_doses)
    with pytest.raises(FitError, match="too few doses in Small 1990; use --stage one"):
        fit_dose(both, "quadratic", level=0.95, stage=2)


def test_refusals() -> None:
    rows = simulated(3, PSI)
    x = Polynomial(2).columns(rows.dose)
    with pytest.raises(ConfigError, match="choose one of unstructured"):
        one_stage(rows, x, method="ML", structure="full")
    with pytest.raises(ConfigError, match="use REML, ML or FE"):
        one_stage(rows, x, method="DL", structure="diagonal")
    with pytest.raises(FitError, match="one trial cannot show"):
        one_stage(DoseRows(rows.trials[:1], rows.arm_doses), x[:4], method="ML", structure="diagonal")


def test_slopes_with_bounds_are_the_additive_model_of_the_ratio() -> None:
    """Without bounds the same rows through the Gaussian route give the same answer."""
    rng = np.random.default_rng(6)
    dose = rng.uniform(100.0, 1000.0, 25)
    se = rng.uniform(0.5, 1.5, 25)
    y = dose * rng.normal(-0.006, 0.003, 25) + se * rng.normal(size=25)
    numbers = contrast_rows(y, se, dose)
    through = fit_dose(numbers, "linear", level=0.95, heterogeneity="slopes", method="ML")
    silent = np.abs(y) < 1.96 * se
    assert 2 < silent.sum() < 20
    bounded = contrast_rows(
        np.where(silent, np.nan, y), se, dose,
        lower=np.where(silent, -1.96 * se, np.nan), upper=np.where(silent, 1.96 * se, np.nan),
    )  # fmt: skip
    # One bound so wide that it says nothing turns the numbers over to the bounded likelihood.
    wide = contrast_rows(
        np.append(y, np.nan), np.append(se, 1.0), np.append(dose, 500.0),
        lower=np.append(y * np.nan, -1e6), upper=np.append(y * np.nan, 1e6),
    )  # fmt: skip
    same = fit_dose(wide, "linear", level=0.95, heterogeneity="slopes")
    assert same.method == "ML"
    assert same.coefficients.estimate[0] == pytest.approx(through.coefficients.estimate[0], rel=1e-8)
    assert same.psi is not None
    assert through.psi is not None
    assert same.psi[0, 0] == pytest.approx(through.psi[0, 0], rel=1e-6)
    assert same.loglik == pytest.approx(through.loglik, abs=1e-8)
    fit = fit_dose(bounded, "linear", level=0.95, heterogeneity="slopes", grid=[0.0, 500.0])
    assert fit.coefficients.ci_low[0] < -0.006 < fit.coefficients.ci_high[0]
    assert fit.predictions.pi_low[1] < fit.predictions.ci_low[1]
    with pytest.raises(FitError, match="curves of one coefficient"):
        fit_dose(bounded, "quadratic", level=0.95, heterogeneity="slopes")
