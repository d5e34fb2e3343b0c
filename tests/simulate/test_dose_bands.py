"""Coverage of the bands of dose-response curves, judged on known data."""

from __future__ import annotations

import numpy as np
import pytest

from mgmeta.dose.simulation import simulate_rows
from mgmeta.simulate.dose_bands import BANDS, DOSES, calibrate_bands, dose_grid, quadratic_truth

CELLS = {cell.name: cell for cell in dose_grid()}


def test_the_parabola_is_what_it_says() -> None:
    np.testing.assert_allclose(quadratic_truth(-1.2, 0.06)(np.array(DOSES))[[0, -1]], [-1.14, -6.0])


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
