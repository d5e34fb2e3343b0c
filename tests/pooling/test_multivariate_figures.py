"""Every figure R prints for the bivariate and the three-level example, and none left out."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mgmeta.pooling.aggregate import aggregate
from mgmeta.pooling.bivariate import Bivariate, correlation_interval, fit_bivariate, predicted_deviations
from mgmeta.pooling.cluster_influence import cluster_cooks_distance
from mgmeta.pooling.mixed import MixedFit, fit_blocks, marginal_covariances, squares
from mgmeta.pooling.model import fit_model
from mgmeta.pooling.multilevel import cluster_blocks, fit_multilevel, impute_covariance, random_effects
from mgmeta.pooling.pool import pool
from mgmeta.pooling.profile_component import profile_interval
from mgmeta.pooling.robust import robust_mixed

if TYPE_CHECKING:
    from conftest import Ledger

REFERENCE = Path(__file__).resolve().parents[1] / "reference"

# Berkey CS et al. Stat Med 1998;17:2537-2550, table I: surgical against non-surgical treatment of
# periodontal disease; attachment level (AL), probing depth (PD), their variances and covariance.
AL = np.array([-0.32, -0.60, -0.12, -0.31, -0.39])
PD = np.array([0.47, 0.20, 0.40, 0.26, 0.56])
V_AL = np.array([0.0077, 0.0008, 0.0014, 0.0015, 0.0304])
V_PD = np.array([0.0075, 0.0057, 0.0021, 0.0029, 0.0148])
COV = np.array([0.0030, 0.0009, 0.0007, 0.0009, 0.0072])
YEAR = np.array([0.0, -1.0, -4.0, 4.0, 5.0])  # year - 1983
Y = np.column_stack([AL, PD])
V = np.column_stack([V_AL, V_PD])
RHO = COV / np.sqrt(V_AL * V_PD)

# rma.mv climbs with nlminb and stops where the likelihood is flat to about 1e-14: 1e-6 of the
# variances. Ours stops at a zero gradient, and no likelihood below may be lower than R's.
SOLVED = 2e-6

LEFT_OUT = {
    "made_with": "where the file comes from",
    "V.*": "the input",
    "*.method": "the key it was asked for under",
    "*.test": "the key it was asked for under",
    "*.coef_names*": "R's names of the columns",
    "*.rows*": "R's names of the rows",
    "*.sigma2*": "compared as components, or 0 where the model has none",
    "*.tau2.*": "as above",
    "*.rho.*": "as above",
    "*.gamma2*": "0: no such component",
    "*.phi*": "0: no such component",
    "*.note": "a remark",
    "*profile_ci.*": "compared in the tests of intervals below",
    "HCS_REML.*": "the same model as UN_REML_z with two outcomes, where R's climb stops earlier (1e-6)",
    "mixmeta_crosscheck.mm.*": "multivariate moment estimator is not offered",
    "robumeta_*": "robumeta's moment estimators are not offered; CHE (Pustejovsky and Tipton 2022) is",
    "*.zval*": "compared as b / se",
}


def check_model(ledger: Ledger, path: str, fit: MixedFit, order: np.ndarray | None = None) -> None:
    """Compare what all rma.mv fits print; *order* are rows of R's table in the order of ours."""
    reml = fit.method == "REML"
    best = "loglik_reml" if reml else "loglik_ml"
    reference = ledger.reference[f"{path}.logLik_{'REML' if reml else 'ML'}"]
    assert getattr(fit, best) >= reference - 1e-12 * abs(reference), f"{path}: R's likelihood is higher"
    ledger.check_values(f"{path}.k", fit.k)
    ledger.check_values(f"{path}.p", fit.p)
    for key, values in {"b": fit.beta, "se": fit.se, "ci.lb": fit.ci_low, "ci.ub": fit.ci_high}.items():
        ledger.check_values(f"{path}.{key}", values, SOLVED, float(fit.se.max()))
    df = math.nan if fit.df is None else fit.df
    ddf = len([p for p in ledger.reference if p.startswith(f"{path}.ddf.")])
    ledger.check_values(f"{path}.ddf", [df] * ddf)
    ledger.check_values(f"{path}.pval", fit.p_value, 1e-4)
    for i, row in enumerate(fit.cov):
        ledger.check_values(f"{path}.vb.{i}", row, SOLVED, 1e-1 * float(np.diag(fit.cov).max()))
    ledger.check_values(f"{path}.QE", fit.q, 1e-10)
    ledger.check_values(f"{path}.QEp", fit.q_p, 1e-8)
    ledger.check_values(f"{path}.QM", fit.qm, SOLVED)
    ledger.check_values(f"{path}.QM_df", [fit.qm_df, df])
    ledger.check_values(f"{path}.QMp", fit.qm_p, 1e-4)
    ledger.check_values(f"{path}.logLik_ML", fit.loglik_ml, 1e-6)
    ledger.check_values(f"{path}.logLik_REML", fit.loglik_reml, 1e-6)
    criteria = fit.information_criteria
    names = {"AIC": "aic", "AICc": "aicc", "BIC": "bic"}
    for key, name in names.items():
        for suffix, ours in (("REML", reml), ("ML", not reml)):
            figure = f"{path}.{key}_{suffix}"
            if figure not in ledger.reference:
                continue
            if ours:
                ledger.check_values(figure, criteria[name], 1e-7)
            else:  # R evaluates the other likelihood at this fit's components
                count = fit.p + fit.parameters
                loglik = fit.loglik_reml if suffix == "REML" else fit.loglik_ml
                n = fit.k - fit.p if suffix == "REML" else fit.k
                corrected = max(n, count + 2)
                penalty = {
                    "aic": 2.0 * count,
                    "aicc": 2.0 * count * corrected / (corrected - count - 1.0),
                    "bic": count * math.log(n),
                }[name]
                ledger.check_values(figure, penalty - 2.0 * loglik, 1e-5)
    diagonal = np.empty(fit.k)
    for block, m in zip(fit.blocks, marginal_covariances(fit), strict=True):
        diagonal[block.rows] = np.diag(m)
    ledger.check_values(f"{path}.M_diag", diagonal if order is None else diagonal[order], SOLVED)


def berkey(**options: Any) -> Bivariate:
    return fit_bivariate(Y, V, correlation=RHO, level=0.95, **options)


def test_bivariate_example(make_ledger: type[Ledger]) -> None:
    figures = json.loads((REFERENCE / "dep_berkey1998.json").read_text())
    ledger = make_ledger(figures, LEFT_OUT)
    year = YEAR[:, None]
    models: dict[str, dict[str, Any]] = {
        "UN_REML_z": {},
        "UN_REML_t": {"test": "t"},
        "UN_ML_z": {"method": "ML"},
        "UN_year_REML_z": {"x": year},
        "UN_year_REML_t": {"x": year, "test": "t"},
        "UN_year_ML_z": {"x": year, "method": "ML"},
        "CS_REML": {"structure": "CS"},
        "DIAG_REML": {"structure": "DIAG"},
        "ID_REML": {"structure": "ID"},
        "FE": {"method": "FE"},
    }
    pd_first = np.array([1, 0, 3, 2, 5, 4, 7, 6, 9, 8])  # R's table has PD before AL
    for path, options in models.items():
        fit = berkey(**options)
        check_model(ledger, path, fit.model, pd_first)
        kept = figures[path]["tau2"]
        ledger.check_values(f"{path}.tau2", fit.tau2[: len(kept)], SOLVED, 1e-3)
        ledger.check_values(f"{path}.rho", fit.correlation_between or 0.0, 1e-5)
    check_model_parts(ledger, figures)
    ledger.finish()


def check_model_parts(ledger: Ledger, figures: dict[str, Any]) -> None:
    fit = berkey()
    names = {"est": -fit.contrast, "se": fit.contrast_se, "z": -fit.contrast / fit.contrast_se}
    for key, value in names.items():
        ledger.check_values(f"contrast_AL_minus_PD.{key}", value)
    ledger.check_values("contrast_AL_minus_PD.p", fit.contrast_p, 1e-4)
    for kind in ("CR1", "CR2"):
        found = robust_mixed(fit.model, kind=kind, level=0.95)
        path = f"robust_{kind}"
        for key, values in {"se": found.se, "t": found.statistic, "p": found.p_value}.items():
            ledger.check_values(f"{path}.{key}", values, 1e-5)
        df = figures[path]["df"]
        ledger.check_values(f"{path}.df", found.df[: len(df)], 1e-5)
    values, se = predicted_deviations(fit)
    ledger.check_values("blup.intrcpt", values, 1e-5, 1e-2)
    ledger.check_values("blup.se", se, 1e-5)
    model = fit.model
    ledger.check_values("predict.pred", model.beta)
    for key, bound in {"ci.lb": model.ci_low, "ci.ub": model.ci_high}.items():
        ledger.check_values(f"predict.{key}", bound)
    ledger.check_values("predict.pi.lb", fit.pi_low, SOLVED, 0.1)
    ledger.check_values("predict.pi.ub", fit.pi_high, SOLVED, 0.1)
    for key, method in {"reml": "REML", "ml": "ML", "fixed": "FE"}.items():
        for part, x in {"": None, ".meta_reg": YEAR[:, None]}.items():
            check_mixmeta(ledger, f"mixmeta_crosscheck.{key}{part}", berkey(method=method, x=x))


def check_mixmeta(ledger: Ledger, path: str, fit: Bivariate) -> None:
    """R package mixmeta puts PD first; its own optimiser stops at about 1e-6."""
    swap = [1, 0] if fit.model.p == 2 else [1, 0, 3, 2]
    ledger.check_values(f"{path}.coef", fit.model.beta[swap], 2e-5, 1e-2)
    for i, row in enumerate(fit.model.cov[np.ix_(swap, swap)]):
        ledger.check_values(f"{path}.vcov.{i}", row, 2e-5, 1e-3)
    if fit.model.method == "FE":
        ledger.check_values(f"{path}.Psi", math.nan)
    else:
        g11, g12, g22 = fit.model.components
        for i, row in enumerate([[g22, g12], [g12, g11]]):
            ledger.check_values(f"{path}.Psi.{i}", row, 2e-5)
    best = fit.model.loglik_reml if fit.model.method == "REML" else fit.model.loglik_ml
    ledger.check_values(f"{path}.logLik", best, 1e-8)


def test_interval_of_the_correlation_between_trials() -> None:
    """R's upper limit (0.961 with REML, 0.910 with ML) is no limit: its profile does not reach 3.84 there."""
    for method, theirs in (("REML", 0.960879857535046), ("ML", 0.90976914359909)):
        fit = berkey(method=method)
        low, high = correlation_interval(fit, level=0.95)
        assert (low, high) == (
            (pytest.approx(-0.59961818, abs=1e-7), 1.0) if method == "REML" else (-1.0, 1.0)
        )
        at_theirs = profile_at(fit, theirs)
        assert 2 * (getattr(fit.model, f"loglik_{method.lower()}") - at_theirs) < 1.3


def profile_at(fit: Bivariate, rho: float) -> float:
    """A lower bound of the profile likelihood at a correlation of *rho*: brute force over the two SDs."""
    best = -math.inf
    for a in np.linspace(0.03, 0.3, 28):
        for b in np.linspace(0.03, 0.3, 28):
            total = 0.0
            mu = np.zeros(2)
            precision = np.zeros((2, 2))
            inverses = []
            for i in range(5):
                m = np.diag(V[i]) + np.array([[a * a, a * b * rho], [a * b * rho, b * b]])
                m[0, 1] += COV[i]
                m[1, 0] += COV[i]
                inverse = np.linalg.inv(m)
                inverses.append(inverse)
                precision += inverse
                mu = mu + inverse @ Y[i]
                total -= 0.5 * math.log(np.linalg.det(2 * math.pi * m))
            beta = np.linalg.solve(precision, mu)
            total -= 0.5 * sum(float((Y[i] - beta) @ inverses[i] @ (Y[i] - beta)) for i in range(5))
            if fit.model.method == "REML":
                total += 0.5 * (
                    2 * math.log(2 * math.pi) + math.log(25.0) - math.log(np.linalg.det(precision))
                )
            best = max(best, total)
    return best


@pytest.fixture(scope="module")
def schools(shared: Path) -> dict[str, Any]:
    """56 schools in 11 districts (Konstantopoulos 2011): read from beside the checkout."""
    with (shared / "r" / "konstantopoulos2011" / "input.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    columns = {key: np.array([float(row[key]) for row in rows]) for key in ("yi", "vi", "yc")}
    return {**columns, "district": [row["district"] for row in rows]}


def test_three_level_example(schools: dict[str, Any], make_ledger: type[Ledger]) -> None:
    figures = json.loads((REFERENCE / "dep_konstantopoulos2011.json").read_text())
    ledger = make_ledger(figures, LEFT_OUT)
    y, v, district = schools["yi"], schools["vi"], schools["district"]
    year = np.column_stack([np.ones(56), schools["yc"]])
    for method in ("REML", "ML"):
        for part, x in {"": None, "_year": year}.items():
            for test in ("z", "t"):
                path = f"three_level{part}_{method}_{test}"
                if path in figures:
                    fit = fit_multilevel(y, v, district, x=x, method=method, test=test, level=0.95)
                    check_model(ledger, path, fit.model)
                    ledger.check_values(f"{path}.sigma2", fit.model.components, SOLVED)
    fit = fit_multilevel(y, v, district, level=0.95)
    check_model(ledger, "CS_param_REML", fit.model)
    ledger.check_values("CS_param_REML.tau2", sum(fit.model.components), SOLVED)
    ledger.check_values("CS_param_REML.rho", fit.icc, SOLVED)
    ledger.check_values("I2_multilevel.total", fit.i2_total)
    ledger.check_values("I2_multilevel.by_level", [fit.i2_between, fit.i2_within])
    ledger.check_values("predict.ci", [fit.model.ci_low[0], fit.model.ci_high[0]])
    ledger.check_values("predict.pi_default", [fit.pi_low, fit.pi_high])
    # R's "Riley" interval: t with k - 1 coefficient - 2 variances = 53 df.
    margin = 2.0057459953178696 * math.sqrt(fit.model.cov[0, 0] + sum(fit.model.components))
    ledger.check_values("predict.pi_riley", [fit.model.beta[0] - margin, fit.model.beta[0] + margin])
    for kind in ("CR1", "CR2"):
        found = robust_mixed(fit.model, kind=kind, level=0.95)
        values = {"se": found.se, "t": found.statistic, "p": found.p_value, "df": found.df}
        values["ci"] = np.array([found.ci_low[0], found.ci_high[0]])
        for key, value in values.items():
            ledger.check_values(f"robust_{kind}.{key}", value, SOLVED)
    predicted = random_effects(fit)
    ledger.check_values("ranef.district.intrcpt", predicted.between, SOLVED, 1e-2)
    ledger.check_values("ranef.district.se", predicted.between_se)
    ledger.check_values("ranef.district/school.intrcpt", predicted.within, SOLVED, 1e-2)
    ledger.check_values("ranef.district/school.se", predicted.within_se)
    check_cooks(ledger, figures, fit)
    check_simpler_models(ledger, y, v, district)
    check_correlated_errors(ledger, y, v, district)
    ledger.finish()


def check_cooks(ledger: Ledger, figures: dict[str, Any], fit: Any) -> None:
    distances = cluster_cooks_distance(fit)
    assert np.isfinite(distances).all()
    for i, want in enumerate(figures["cooks_by_district"]["cooks"]):
        if want is None:  # R's optimiser fails without this district
            distances[i] = math.nan
    ledger.check_values("cooks_by_district.cooks", distances, 1e-4)


def check_simpler_models(ledger: Ledger, y: np.ndarray, v: np.ndarray, district: list[str]) -> None:
    design = np.ones((56, 1))
    starts = [np.array([0.3])]
    for path, between in (("two_level_REML", False), ("district_only_REML", True)):
        blocks, _ = cluster_blocks(y, v, design, district, between=between, within=not between)
        fit = fit_blocks(blocks, squares(1), starts, method="REML", test="z", level=0.95)
        check_model(ledger, path, fit)
        ledger.check_values(f"{path}.sigma2", fit.components)
    plain = pool(y, v)
    assert plain.tau2 == pytest.approx(ledger.reference["two_level_REML.sigma2.0"], rel=SOLVED)


def check_correlated_errors(ledger: Ledger, y: np.ndarray, v: np.ndarray, district: list[str]) -> None:
    for rho in ("0", "0.4", "0.6", "0.8"):
        path = f"CHE_rho{rho}"
        fit = fit_multilevel(y, impute_covariance(v, district, float(rho)), district, level=0.95)
        check_model(ledger, path, fit.model)
        ledger.check_values(f"{path}.sigma2", fit.model.components, SOLVED)
        found = robust_mixed(fit.model, level=0.95)
        for key, value in {"CR2_se": found.se, "CR2_df": found.df, "CR2_p": found.p_value}.items():
            ledger.check_values(f"{path}.{key}", value, SOLVED)
    means, variances = aggregate(y, impute_covariance(v, district, 0.6), district)
    ledger.check_values("aggregate_rho0.6.yi", means, 1e-8, 1e-3)
    ledger.check_values("aggregate_rho0.6.vi", variances, 1e-8)
    one = fit_model(means, variances)
    path = "aggregate_rho0.6.REML"
    ledger.check_values(f"{path}.b", one.fit.beta, 1e-8)
    ledger.check_values(f"{path}.tau2", one.tau2, 1e-8)
    # The rest of this block is an ordinary pool of 11 rows: test_reference_figures.py compares such fits.
    ledger.seen |= {p for p in ledger.reference if p.startswith(f"{path}.")}


def test_profile_intervals_of_the_variances(schools: dict[str, Any]) -> None:
    figures = json.loads((REFERENCE / "dep_konstantopoulos2011.json").read_text())
    for method in ("REML", "ML"):
        fit = fit_multilevel(schools["yi"], schools["vi"], schools["district"], method=method, level=0.95)
        for i in (0, 1):
            want = figures[f"three_level_{method}_z"]["profile_ci"][str(i + 1)][f"sigma^2.{i + 1}"][1:]
            roots = profile_interval(fit.model, i, level=0.95, lower=0.0, upper=math.inf)
            for root, figure in zip(roots, want, strict=True):
                if figure is not None:  # R found no end
                    assert root**2 == pytest.approx(figure, rel=1e-5)
    # Printed: Konstantopoulos 2011 and metafor's own test give the limit R left open here as 0.0628.
    fit = fit_multilevel(schools["yi"], schools["vi"], schools["district"], level=0.95)
    assert profile_interval(fit.model, 1, level=0.95, lower=0.0, upper=math.inf)[1] ** 2 == pytest.approx(
        0.0628, abs=5e-5
    )
