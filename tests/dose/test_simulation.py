"""Simulated truth is recovered, and the intervals of the curve hold it as often as they say."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from mgmeta.dose.fit import fit_dose
from mgmeta.dose.rows import contrast_rows
from mgmeta.dose.simulation import (
    Coverage,
    Design,
    coverage,
    emax_truth,
    linear_truth,
    monte_carlo_error,
    simulate_rows,
)

DOSES = [200.0, 400.0, 800.0]
TRUTHS = {"linear": linear_truth(-0.5), "emax": emax_truth(-6.0, 250.0)}


def test_trials_are_drawn_as_designed() -> None:
    design = Design(k=4000, verbal=0.5)
    rows = simulate_rows(linear_truth(0.0), design, np.random.default_rng(1))
    assert rows.dose.min() >= 100.0
    assert rows.dose.max() <= 1000.0
    se = np.sqrt([trial.covariance[0, 0] for trial in rows.trials])
    assert se.min() >= 10.0 * np.sqrt(2 / 100) * 0.999
    assert se.max() <= 10.0 * np.sqrt(2 / 20) * 1.001
    z = rows.y[rows.numeric] / np.sqrt(se[rows.numeric] ** 2 + 1.0)
    assert abs(z.mean()) < 0.1
    assert 0.4 < np.mean(~rows.numeric) < 0.5  # half of those that are not significant
    np.testing.assert_allclose(rows.upper[~rows.numeric], 1.959964 * se[~rows.numeric], rtol=1e-6)


@pytest.mark.parametrize("curve", ["linear", "quadratic", "emax", "monotone"])
def test_precise_trials_give_the_truth_back(curve: str) -> None:
    dose = np.linspace(50.0, 1000.0, 30)
    truth = TRUTHS["linear"] if curve in ("linear", "quadratic") else TRUTHS["emax"]
    rows = contrast_rows(truth(dose), np.full(30, 1e-3), dose)
    fit = fit_dose(rows, curve, level=0.95, grid=DOSES, shares=())
    atol = 0.2 if curve == "monotone" else 1e-4  # three I-splines are near an Emax curve, not one
    np.testing.assert_allclose(fit.predictions.estimate, truth(np.array(DOSES)), atol=atol)


def check(found: Coverage, least: float) -> None:
    """Coverage is at least *least*, less three Monte Carlo errors."""
    assert found.failed == 0
    assert np.all(found.covered >= least - 3.0 * monte_carlo_error(least, found.runs)), found


@pytest.mark.slow
@pytest.mark.parametrize("curve", ["linear", "emax"])
def test_coverage_at_three_doses_short(curve: str) -> None:
    """A short version; benchmarks/bench_dose.py runs the long one."""
    found = coverage(curve, TRUTHS[curve], DOSES, runs=60, seed=20160324, level=0.95, design=Design())
    check(found, 0.93)
    assert np.all(np.abs(found.bias) < 0.5)


@pytest.mark.long
@pytest.mark.parametrize("curve", ["linear", "emax"])
@pytest.mark.parametrize("verbal", [0.0, 0.3, 0.8])
def test_coverage_at_three_doses_long(curve: str, verbal: float) -> None:
    design = Design(verbal=verbal)
    found = coverage(curve, TRUTHS[curve], DOSES, runs=1000, seed=20160324, level=0.95, design=design)
    assert found.failed == 0
    assert np.all(found.covered >= 0.93), found


def test_the_committed_study_holds_its_promise() -> None:
    """docs/simulation/dose.csv, which the report quotes, is the long version with the default seed."""
    table = Path(__file__).parents[2] / "docs" / "simulation" / "dose.csv"
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    cells = {(row["curve"], float(row["verbal_share"]), float(row["dose_mg_per_day"])) for row in rows}
    assert cells == {
        (curve, verbal, dose) for curve in TRUTHS for verbal in (0.0, 0.3, 0.8) for dose in DOSES
    }
    assert len(cells) == len(rows)
    for row in rows:
        assert (row["runs"], row["failed"], row["k"], row["seed"]) == ("1000", "0", "40", "20160324")
        assert float(row["covered"]) >= 0.93
        assert abs(float(row["bias"])) < 0.5
