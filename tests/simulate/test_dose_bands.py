"""Coverage of the bands of dose-response curves: the committed table and a short run of it."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from mgmeta.dose.simulation import simulate_rows
from mgmeta.simulate.calibration import COLUMNS
from mgmeta.simulate.dose_bands import BANDS, DOSES, calibrate_bands, dose_grid, quadratic_truth

FOLDER = Path(__file__).parents[2] / "docs" / "simulation"
CELLS = {cell.name: cell for cell in dose_grid()}
REPLICATES = 40


def rows_of(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def committed() -> dict[tuple[str, str], dict[str, str]]:
    rows = [row for row in rows_of("calibration.csv") if row["cell"].startswith("dose_")]
    found = {(row["cell"], row["interval"]): row for row in rows}
    assert len(found) == len(rows)
    return found


def test_the_parabola_is_what_it_says() -> None:
    np.testing.assert_allclose(quadratic_truth(-1.2, 0.06)(np.array(DOSES))[[0, -1]], [-1.14, -6.0])


def test_the_committed_table_holds_every_band_of_every_truth_and_its_commit() -> None:
    rows = committed()
    assert {(cell, band) for cell in CELLS for band in BANDS} <= set(rows)
    for row in rows.values():
        assert set(COLUMNS) <= set(row) and row["commit"] and row["seed"]


def test_the_study_of_curves_is_in_the_same_table() -> None:
    rows = committed()
    study = rows_of("dose.csv")
    assert len(study) == 18
    for row in study:
        cell = f"dose_{row['curve']}_words{100 * float(row['verbal_share']):g}"
        here = rows[cell, f"dose_pointwise_{float(row['dose_mg_per_day']):g}"]
        assert float(here["coverage"]) == float(row["covered"]) and here["replicates"] == row["runs"]


def test_bands_of_the_mean_curve_keep_93_percent() -> None:
    """Pointwise and simultaneous; a simultaneous band may hold more, never less than it says."""
    for (cell, interval), row in committed().items():
        if interval != "dose_prediction":
            assert float(row["coverage"]) >= 0.93 - 3 * float(row["coverage_mcse"]), (cell, interval)


def test_the_interval_of_a_new_trial_keeps_92_percent() -> None:
    """With the estimate of tau plugged in it kept 77 to 84."""
    found = [row for (_, interval), row in committed().items() if interval == "dose_prediction"]
    assert len(found) == 6
    assert all(0.92 < float(row["coverage"]) < 0.98 for row in found)


@pytest.mark.slow
def test_a_short_run_agrees_with_the_committed_table() -> None:
    """Another seed; beyond four Monte Carlo errors of the difference the curves have changed."""
    rows, name = committed(), "dose_linear_words30"
    for row in calibrate_bands(CELLS[name], REPLICATES, 7):
        long = rows[name, str(row["interval"])]
        before, error = float(long["coverage"]), float(row["coverage_mcse"])  # type: ignore[arg-type]
        error = max(error, math.sqrt(before * (1 - before) / REPLICATES), 1 / REPLICATES)
        assert abs(float(row["coverage"]) - before) < 4 * math.hypot(error, float(long["coverage_mcse"]))  # type: ignore[arg-type]
        spread = math.hypot(float(row["bias_mcse"]), float(long["bias_mcse"]))  # type: ignore[arg-type]
        assert abs(float(row["bias"]) - float(long["bias"])) < 4 * spread  # type: ignore[arg-type]


def test_a_line_is_judged_by_least_squares() -> None:
    """One data set without words: the estimate at 400 mg/d is near the weighted line through the origin."""
    cell = CELLS["dose_linear_words0"]
    bands = {str(row["interval"]): row for row in calibrate_bands(cell, 2, 3)}
    assert set(bands) == set(BANDS)
    from zlib import crc32

    from mgmeta.dose.simulation import Design

    rng = np.random.default_rng([3, crc32(cell.name.encode())])
    errors = []
    for _ in range(2):
        data = simulate_rows(cell.truth, Design(verbal=0.0), rng)
        v = np.array([trial.covariance[0, 0] for trial in data.trials])
        w = 1.0 / (v + 1.0)  # at the true tau of 1
        slope = np.sum(w * data.dose * data.y) / np.sum(w * data.dose**2)
        errors.append(400.0 * slope + 2.0)
    assert bands["dose_pointwise"]["bias"] == pytest.approx(np.mean(errors), abs=0.05)
    assert bands["dose_band"]["width"] > bands["dose_pointwise"]["width"]  # type: ignore[operator]
