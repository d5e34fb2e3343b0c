"""Worked examples printed in papers, read from beside the checkout."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mgmeta.pooling.pool import pool
from mgmeta.stats.profile import profile_tau2
from mgmeta.stats.q_profile import q_profile
from mgmeta.stats.tau2 import TAU2_ESTIMATORS, tau2


@pytest.fixture(scope="module")
def oracles(shared: Path) -> dict[str, Any]:
    return {x["id"]: x for x in json.loads((shared / "published_examples.json").read_text())["oracles"]}


def columns(path: Path, *names: str) -> list[np.ndarray]:
    with path.open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    return [np.array([float(row[name]) for row in rows]) for name in names]


def test_potassium_and_diastolic_pressure(oracles: dict[str, Any], shared: Path) -> None:
    """Curtin, Altman & Elbourne 2002: crossover trials of another mineral, diastolic pressure in mmHg."""
    y, se = columns(shared / "data" / "curtin2002_potassium_dbp.csv", "mean", "SE")
    want = oracles["curtin2002_potassium_dbp"]["expected_computed"]
    for name in ("EE", "DL", "REML", "ML", "PM", "REML_knha"):
        method, _, test = name.partition("_")
        found = pool(y, se**2, method=method, test=test or "z")
        tolerance = 1e-5 if name == "PM" else 1e-7
        got = (found.tau2, found.estimate, found.se, found.ci_low, found.ci_high, found.q, found.i2)
        keys = ("tau2", "beta", "se", "ci_lb", "ci_ub", "QE", "I2")
        for key, value in zip(keys, got, strict=True):
            near = abs(value - want[name][key]) <= tolerance * max(abs(want[name][key]), found.se)
            assert near, (name, key, value, want[name][key])
    low, high = (want["REML_knha"][key] for key in ("pi_lb", "pi_ub"))
    found = pool(y, se**2, test="knha")
    assert (found.pi_low, found.pi_high) == pytest.approx((low, high), rel=1e-7)
    found = pool(y, se**2, method="DL", pi="t")
    assert (found.pi_low, found.pi_high) == pytest.approx(want["meta_DL"]["pi"], rel=1e-7)


def test_aspirin_and_preeclampsia(oracles: dict[str, Any]) -> None:
    """DerSimonian & Kacker 2007, Contemp Clin Trials 28:105: the likelihood is flat at 0."""
    want = oracles["dersimonian2007_clasp"]["expected_computed"]
    seen = 0
    for name, figures in want["fits"].items():
        if name in TAU2_ESTIMATORS:
            seen += 1
            found = pool(want["yi"], want["vi"], method=name)
            loose = 1e-4 if name in ("PM", "EB", "PMM") else 1e-8
            assert found.tau2 == pytest.approx(figures["tau2"], rel=loose, abs=1e-9)
            assert found.estimate == pytest.approx(figures["beta"], rel=max(loose, 1e-7))
            assert found.se == pytest.approx(figures["se"], rel=max(loose, 1e-7))
    assert seen >= 9


def test_diuretics_in_pregnancy(oracles: dict[str, Any], shared: Path) -> None:
    """Viechtbauer 2007, Stat Med 26:37, Table II: intervals of tau2, to the printed digits."""
    y, v = columns(shared / "data" / "collins1985b_pre.csv", "yi", "vi")
    want = oracles["collins1985b_tau2_ci"]["expected_printed"]
    for method, printed in want["tau2"].items():
        assert tau2(method, y, v) == pytest.approx(printed, abs=6e-5)
    assert q_profile(y, v, None, 0.95) == pytest.approx(want["QP"], abs=6e-5)
    assert profile_tau2(y, v, None, 0.95, "ML") == pytest.approx(want["PL_ML"], abs=6e-5)
    assert profile_tau2(y, v, None, 0.95, "REML") == pytest.approx(want["PL_REML"], abs=6e-5)
    for method in ("ML", "REML"):
        found = pool(y, v, method=method)
        high = found.tau2 + 1.959963984540054 * found.tau2_se
        assert math.isclose(high, want[f"Wald_{method}"][1], abs_tol=6e-5)
