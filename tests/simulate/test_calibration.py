"""Coverage stays in its band: the defaults' by their bars, every interval's by the committed table."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from mgmeta.simulate.calibration import COLUMNS, INTERVALS, calibrate, calibration_grid

TABLE = Path(__file__).parents[2] / "docs" / "simulation" / "calibration.csv"
CELLS = {cell.name: cell for cell in calibration_grid()}
SHORT = ("k5_tau2_unequal", "k10_tau1_unequal", "k20_tau0_similar")
REPLICATES = 300


def committed() -> dict[tuple[str, str], dict[str, str]]:
    """The rows of pools; those of dose-response curves have tests of their own."""
    with TABLE.open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if not row["cell"].startswith("dose_")]
    return {(row["cell"], row["interval"]): row for row in rows}


def test_the_grid_is_as_wide_as_asked() -> None:
    cells = calibration_grid()
    assert {cell.k for cell in cells} >= {3, 50} and {cell.tau for cell in cells} >= {0.0, 5.0}
    assert len(CELLS) == len(cells) == 40


def test_the_committed_table_holds_every_interval_of_every_truth_and_its_commit() -> None:
    rows = committed()
    assert set(rows) == {(cell, interval) for cell in CELLS for interval in INTERVALS}
    assert len({row["commit"] for row in rows.values()}) == 1
    assert all(set(COLUMNS) <= set(row) and int(row["replicates"]) >= 500 for row in rows.values())


def test_defaults_are_justified_by_the_committed_table() -> None:
    """REML with Hartung-Knapp and the t-calibrated profile with bounds keep 93 % where k is 5 or more."""
    for (cell, interval), row in committed().items():
        if interval in ("reml_hksj", "bounds_ml") and CELLS[cell].k >= 5:
            assert float(row["coverage"]) >= 0.93 - 3 * float(row["coverage_mcse"]), (cell, interval)


@pytest.mark.slow
@pytest.mark.parametrize("name", SHORT)
def test_a_short_run_agrees_with_the_committed_table(name: str) -> None:
    """Another seed; beyond four Monte Carlo errors of the difference the kernels have changed."""
    rows = committed()
    for row in calibrate(CELLS[name], REPLICATES, 7):
        long = rows[name, str(row["interval"])]
        before, error = float(long["coverage"]), float(row["coverage_mcse"])  # type: ignore[arg-type]
        # A coverage near 1 has no error of its own: that of one review outside stands in for it.
        error = max(error, math.sqrt(before * (1 - before) / REPLICATES), 1 / REPLICATES)
        error = math.hypot(error, float(long["coverage_mcse"]))
        assert abs(float(row["coverage"]) - before) < 4 * error, row  # type: ignore[arg-type]
        spread = math.hypot(float(row["bias_mcse"]), float(long["bias_mcse"]))  # type: ignore[arg-type]
        assert abs(float(row["bias"]) - float(long["bias"])) < 4 * spread, row  # type: ignore[arg-type]


def test_a_truth_is_the_same_whichever_job_runs_it() -> None:
    cell = CELLS["k3_tau5_unequal"]
    first, second = (calibrate(cell, 20, 3) for _ in range(2))
    assert first == second
    assert {row["interval"] for row in first} == set(INTERVALS)
    assert all(np.isfinite(float(row["bias"])) for row in first)  # type: ignore[arg-type]
