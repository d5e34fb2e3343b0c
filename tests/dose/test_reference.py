"""The aripiprazole example of dosresmeta: covariances, bases, fits, predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mgmeta.dose.contrasts import arm_contrasts
from mgmeta.dose.fit import fit_dose
from mgmeta.dose.registry import CurveOptions
from mgmeta.dose.rows import DoseRows, arm_rows
from mgmeta.dose.splines import restricted_cubic

METHODS = {"reml": "REML", "ml": "ML", "fixed": "FE"}


def rows(ari: dict[str, Any], convention: str) -> DoseRows:
    arms = ari["arms"]
    return arm_rows(arms["trial"], arms["dose"], arms["mean"], arms["sd"], arms["n"], convention=convention)


@pytest.mark.parametrize("convention", ["mixed", "smd", "hedges"])
def test_contrasts_of_every_trial(ari: dict[str, Any], convention: str) -> None:
    for trial, expected in zip(rows(ari, convention).trials, ari["covariance"][convention], strict=True):
        np.testing.assert_allclose(trial.y, expected["y"], rtol=1e-12)
        np.testing.assert_allclose(trial.covariance, expected["S"], rtol=1e-12)


def test_spline_bases(ari: dict[str, Any]) -> None:
    dose = np.array(ari["arms"]["dose"], dtype=float)
    np.testing.assert_allclose(restricted_cubic(dose, ari["knots"]), ari["basis"], rtol=1e-12)
    other = ari["knots_0_15_30"]["basis"]
    found = restricted_cubic(np.array(other["x"], dtype=float), other["knots"])
    np.testing.assert_allclose(found.T.ravel(), other["basis"], rtol=1e-12)


@pytest.mark.parametrize("method", ["reml", "ml", "fixed"])
@pytest.mark.parametrize("curve", ["linear", "quadratic", "rcs"])
@pytest.mark.parametrize("convention", ["mixed", "smd"])
@pytest.mark.parametrize("stage", [1, 2])
def test_fits(ari: dict[str, Any], stage: int, convention: str, curve: str, method: str) -> None:
    expected = ari["fits"][f"{convention}/{curve}/{stage}stage_{method}"]
    fit = fit_dose(
        rows(ari, convention), curve, level=0.95, stage=stage, heterogeneity="slopes",
        method=METHODS[method], test="z", grid=ari["grid"], per=10.0,
    )  # fmt: skip
    np.testing.assert_allclose(fit.coefficients.estimate, expected["coef"], rtol=1e-10)
    np.testing.assert_allclose(fit.coefficients.cov, expected["vcov"], rtol=1e-9)
    assert fit.psi is not None
    assert np.abs(fit.psi).max() < 1e-12  # the reference stops at 1e-13 or less
    loglik = expected["logLik"]
    if stage == 1 and method == "reml":  # the reference leaves this constant out
        given = rows(ari, convention)
        knots = CurveOptions(knots=tuple(ari["knots"])) if curve == "rcs" else CurveOptions()
        from mgmeta.dose.fit_linear import design
        from mgmeta.dose.registry import build_curves

        x = design(given, build_curves(curve, given.arm_doses, knots)[0])
        loglik += 0.5 * np.linalg.slogdet(x.T @ x)[1]
    assert fit.loglik == pytest.approx(loglik, abs=1e-9)
    if stage == 2:
        assert fit.aic == pytest.approx(expected["AIC"], abs=1e-9)
        assert (fit.q, fit.q_df) == (pytest.approx(expected["Q"], rel=1e-10), expected["Q_df"])
        assert fit.q_p == pytest.approx(expected["Q_p"], rel=1e-9)
    if "pred" in expected:
        np.testing.assert_allclose(fit.predictions.estimate, expected["pred"], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(fit.predictions.ci_low, expected["ci_low"], rtol=1e-8, atol=1e-12)
        np.testing.assert_allclose(fit.predictions.ci_high, expected["ci_high"], rtol=1e-8, atol=1e-12)


def test_first_stage(ari: dict[str, Any]) -> None:
    from mgmeta.dose.curves import Polynomial
    from mgmeta.dose.slopes import two_stage

    given, curve = rows(ari, "mixed"), Polynomial(2)
    x = curve.columns(given.dose) - curve.columns(given.reference)
    fit = two_stage(given, x, curve.terms, method="REML", structure="unstructured")
    assert fit.first_stage is not None
    expected = ari["fits"]["mixed/quadratic/2stage_reml"]
    np.testing.assert_allclose(fit.first_stage[0], expected["stage1_b"], rtol=1e-10)
    np.testing.assert_allclose(fit.first_stage[1], expected["stage1_S"], rtol=1e-10)


@pytest.mark.parametrize("key", ["mixed/quadratic", "mixed/rcs", "smd/quadratic", "smd/rcs"])
@pytest.mark.parametrize("method", ["REML", "ML"])
def test_metafor_agrees(ari: dict[str, Any], key: str, method: str) -> None:
    convention, curve = key.split("/")
    expected = ari["metafor"][f"{key}/{method}"]
    fit = fit_dose(rows(ari, convention), curve, level=0.95, stage=2, method=method)
    # metafor stops its climb at a Psi of up to 1e-13, which moves the smd quadratic by 1e-8
    np.testing.assert_allclose(fit.coefficients.estimate, expected["b"], rtol=1e-7)
    np.testing.assert_allclose(fit.coefficients.cov, expected["vb"], rtol=1e-7)
    assert fit.loglik == pytest.approx(expected["logLik"], abs=1e-6)


def test_other_knots(ari: dict[str, Any]) -> None:
    expected = ari["knots_0_15_30"]
    fit = fit_dose(
        rows(ari, "mixed"), "rcs", level=0.95, stage=2, options=CurveOptions(knots=(0.0, 15.0, 30.0))
    )
    np.testing.assert_allclose(fit.coefficients.estimate, expected["two_stage_reml"]["coef"], rtol=1e-9)
    np.testing.assert_allclose(fit.coefficients.cov.ravel(), expected["two_stage_reml"]["vcov"], rtol=1e-9)
    assert fit.loglik == pytest.approx(expected["two_stage_reml"]["ll"], abs=1e-9)
    assert fit.q == pytest.approx(expected["Q"], rel=1e-9)


def test_printed_figures(ari: dict[str, Any]) -> None:
    printed = ari["printed"]
    fit = fit_dose(rows(ari, "smd"), "quadratic", level=0.95, stage=2, test="z")
    np.testing.assert_allclose(fit.coefficients.estimate, printed["coef"], atol=5e-5)
    np.testing.assert_allclose(fit.coefficients.se, printed["se"], atol=5e-5)
    assert fit.q == pytest.approx(printed["Q"], abs=5e-5)
    assert fit.loglik == pytest.approx(printed["logLik"], abs=5e-5)


def test_the_pooled_convention_is_one_convention(ari: dict[str, Any]) -> None:
    """With equal SDs all conventions of mean differences agree."""
    arms = ([5.0, 8.0, 9.0], [20.0, 20.0, 20.0], [50, 60, 40])
    found = [arm_contrasts(*arms, 0, convention=c).covariance for c in ("pooled", "arms", "mixed")]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-14)
    np.testing.assert_allclose(found[0], found[2], rtol=1e-14)
