"""Every figure R prints for meta-regressions and subgroups; none left out."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mgmeta.pooling.design import build_design
from mgmeta.pooling.model import fit_model
from mgmeta.pooling.regression import likelihood_ratio, predict, regress
from mgmeta.pooling.subgroup import subgroups
from mgmeta.stats.heterogeneity import heterogeneity
from mgmeta.stats.tau2 import TAU2_ESTIMATORS


def test_meta_regressions(ledger: Any, case: Any) -> None:
    jobs = {f"mods_single.{name}": name for name in case.figures.get("mods_single", {})}
    if "mods_all" in case.figures:
        jobs["mods_all"] = " + ".join(case.figures["mods_single"])
    for path, formula in jobs.items():
        figures: Any = case.figures
        for key in path.split("."):
            figures = figures[key]
        design = build_design(case.columns, formula)
        ledger.check(f"{path}.k_used", len(design.kept))
        for i, row in enumerate(design.x):
            ledger.check_all(f"{path}.X.{i}", row)
        for method in figures:
            if method in TAU2_ESTIMATORS:
                for test in figures[method]:
                    model = fit_model(case.y, case.v, design.x, method=method, test=test)
                    null = fit_model(case.y, case.v, method=method)
                    ledger.check_model(f"{path}.{method}.{test}", model, null)
                    ledger.check_intervals(f"{path}.{method}.{test}", model)
        model = fit_model(case.y, case.v, design.x, test="knha")
        for pi, key in (("default", "pi"), ("hk-pr", "pi_riley")):
            rows = predict(model, design.x, level=0.95, pi=pi)
            width = max(row.se for row in rows)
            where = f"{path}.fitted_REML_knha"
            ledger.check_all(f"{where}.pred", [r.estimate for r in rows], scale=width)
            ledger.check_all(f"{where}.se", [r.se for r in rows])
            ledger.check_all(f"{where}.ci.lb", [r.ci_low for r in rows], scale=width)
            ledger.check_all(f"{where}.ci.ub", [r.ci_high for r in rows], scale=width)
            ledger.check_all(f"{where}.{key}.lb", [r.pi_low for r in rows], scale=width)
            ledger.check_all(f"{where}.{key}.ub", [r.pi_high for r in rows], scale=width)
        plain = regress(case.y, case.v, design.x)
        if "vif" in figures:
            ledger.check_all(f"{path}.vif.vif", [c.vif for c in plain.coefficients[1:]])
            ledger.seen |= {f"{path}.vif.names.{i}" for i in range(len(plain.coefficients) - 1)}
        ledger.check_all(f"{path}.residuals.resid", plain.model.fit.resid, scale=1e-2)
        ledger.check_all(f"{path}.residuals.hat", plain.model.fit.hat)
        statistic, df, p_value = likelihood_ratio(case.y, case.v, design.x)
        for key, value in (("LRT", statistic), ("df", df), ("p", p_value)):
            ledger.check(f"{path}.LRT_ML.{key}", value, scale=1e-4)
    left_out = {
        "*.ctl.*": "solver settings of R",
        "*.warn*": "messages of R",
        "*names*": "R's names of the columns",
        "*.method": "the key it was asked for under",
        "*.test": "the key it was asked for under",
        "*.confint_*.?b.sign": "marks of R for a truncated limit",
        "*.rows_used*": "the rows of the input",
        "*.residuals.r*": "studentised residuals: tests of the diagnostics",
        "*.residuals.cook*": "Cook's distances: tests of the diagnostics",
        "*.robust_CR1.*": "tests of cluster-robust errors",
    }
    ledger.settle(["mods_single", "mods_all"], left_out)


def test_subgroups(ledger: Any, case: Any) -> None:
    for column, methods in case.figures.get("subgroups", {}).items():
        for method, figures in methods.items():
            path = f"subgroups.{column}.{method}"
            groups = [str(g) for g in case.columns[column]]
            own = subgroups(case.y, case.v, groups, common_tau2=False, method=method)
            joint = subgroups(case.y, case.v, groups, common_tau2=True, method=method)
            assert [g.level for g in own.levels] == figures["levels"]
            ledger.seen |= {f"{path}.levels.{i}" for i in range(len(own.levels))}
            for key, name in (
                ("k", "k"),
                ("b", "estimate"),
                ("se", "se"),
                ("tau2", "tau2"),
                ("I2", "i2"),
                ("QE", "q"),
            ):
                ledger.check_all(f"{path}.{key}", [getattr(g, name) for g in own.levels], scale=1e-4)
            ledger.check(f"{path}.Qbetween_separate_tau2", own.statistic)
            ledger.check(f"{path}.Qbetween_separate_p", own.p_value)
            ledger.check(f"{path}.common_tau2", joint.levels[0].tau2, scale=1e-4)
            ledger.check_all(f"{path}.b_common", [g.estimate for g in joint.levels])
            ledger.check_all(f"{path}.se_common", [g.se for g in joint.levels])
            ledger.check(f"{path}.Qbetween_common", joint.statistic)
            ledger.check(f"{path}.Qbetween_common_df", joint.df)
            ledger.check(f"{path}.Qbetween_common_p", joint.p_value)
    ledger.settle(["subgroups"], {})


def test_residual_q_is_exact_where_the_reference_is_rounded(case: Any) -> None:
    """Intercept and year are nearly collinear; exact rational arithmetic tells whose digits are right."""
    if case.name != "li2007":
        return
    design = build_design(case.columns, "year")
    y, v, x = ([Fraction(float(a)) for a in column] for column in (case.y, case.v, design.x[:, 1]))
    w = [1 / a for a in v]
    x_mean = sum(a * b for a, b in zip(w, x, strict=True)) / sum(w)
    y_mean = sum(a * b for a, b in zip(w, y, strict=True)) / sum(w)
    slope = sum(a * (b - x_mean) * (c - y_mean) for a, b, c in zip(w, x, y, strict=True))
    slope /= sum(a * (b - x_mean) ** 2 for a, b in zip(w, x, strict=True))
    q = sum(a * (c - y_mean - slope * (b - x_mean)) ** 2 for a, b, c in zip(w, x, y, strict=True))
    found = heterogeneity(case.y, case.v, design.x).q
    assert abs(found / float(q) - 1.0) < 1e-13
    assert abs(case.figures["mods_single"]["year"]["EE"]["z"]["QE"] / float(q) - 1.0) > 1e-9
