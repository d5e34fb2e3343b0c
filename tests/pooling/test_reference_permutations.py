"""Every figure R prints for permutation tests; none left out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from mgmeta.pooling.design import build_design
from mgmeta.pooling.model import fit_model
from mgmeta.pooling.permutation import (
    _all_orders,
    _all_signs,
    _statistics,
    permutation_interval,
    permutation_test,
)
from mgmeta.pooling.pool import pool


def test_permutation_tests(ledger: Any, case: Any) -> None:
    """Exact P must agree to the last permutation; statistics carry R's looser tolerance of tau2."""
    figures = case.figures["permutest"]
    jobs = [
        (f"permutest.intercept.{method}.{test}", fit_model(case.y, case.v, method=method, test=test))
        for method in figures["intercept"]
        for test in figures["intercept"][method]
    ]
    for name in figures.get("mods_first7_exact", {}):
        if "pval" in figures["mods_first7_exact"][name]:
            design = build_design({name: case.columns[name][:7]}, name)
            model = fit_model(case.y[:7], case.v[:7], design.x, method="DL")
            jobs.append((f"permutest.mods_first7_exact.{name}", model))
    for path, model in jobs:
        found = permutation_test(model, draws=20_000, seed=1)
        simulated = not ledger.reference[f"{path}.exact"]
        if simulated:
            error = 4.0 * math.sqrt(
                found.p_values[0] * (1 - found.p_values[0]) / ledger.reference[f"{path}.n_perm"]
            )
            assert abs(found.p_values[0] - ledger.reference[f"{path}.pval.0"]) <= max(error, 0.005)
            ledger.seen |= {p for p in ledger.reference if p.startswith(f"{path}.")}
            continue
        ledger.check(f"{path}.n_perm", found.permutations)
        ledger.check_all(f"{path}.pval", found.p_values)
        ledger.check(f"{path}.QMp", found.qm_p)
        ledger.check_all(
            f"{path}.zval_obs", model.fit.beta / np.sqrt(np.diag(model.inference.cov)), 1e-5, 1e-2
        )
        orders = _all_signs(model.k) if model.p == 1 else _all_orders(model)
        z = np.concatenate([_statistics(model, block)[0] for block in orders])
        probabilities = [0, 0.025, 0.25, 0.5, 0.75, 0.975, 1]
        for j, key in enumerate(
            dict.fromkeys(
                p.split(".zval_perm_quantiles.")[1].rsplit(".", 1)[0]
                for p in ledger.reference
                if p.startswith(f"{path}.zval_perm_quantiles.")
            )
        ):
            ledger.check_all(
                f"{path}.zval_perm_quantiles.{key}", np.quantile(z[:, j], probabilities), 1e-4, 0.1
            )
    if "intercept_permci_DL" in figures:
        path = "permutest.intercept_permci_DL"
        ledger.seen |= {p for p in ledger.reference if p.startswith(path)}
        se = pool(case.y, case.v, method="DL").se
        low, high = permutation_interval(fit_model(case.y, case.v, method="DL"), 0.95)
        want = (ledger.reference[f"{path}.ci.lb.0"], ledger.reference[f"{path}.ci.ub.0"])
        assert (low, high) == pytest.approx(want, abs=5e-3 * se)  # R's root finder stops there
    left_out = {
        "permutest.note": "a remark",
        "permutest.mods.*": "Monte Carlo with R's generator, intercepts tested by shuffling",
        "*.ci.?b*": "interval of the model, compared under fits",
        "*.QM_obs": "omnibus statistic of the model, compared under fits",
        "*.exact": "whether R enumerated",
        "permutest.mods_first7_exact.*": "left out only where R could not fit the first seven rows",
    }
    ledger.settle(["permutest"], left_out)
