"""All curves of one outcome side by side: the parts are those of the single fits, and gaps have reasons."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mgmeta.dose.axes import AXES, axis_grid, axis_rows, used_rows
from mgmeta.dose.fit import fit_dose
from mgmeta.dose.registry import DOSE_CURVES
from mgmeta.dose.study import study_axis
from mgmeta.pooling.bounded import fit_bounded

DOSES = [150.0, 250.0, 300.0, 365.0, 400.0, 500.0, 600.0, 750.0]


def slice_row(i: int, dose: float | None, weeks: float, y: float | None = None) -> dict[str, Any]:
    return {
        "trial_id": f"t{i}",
        "label": f"Trial {i}",
        "yi": y,
        "sei": 1.0 + 0.1 * i,
        "yi_low": None if y is not None else -3.0,
        "yi_high": None if y is not None else 3.0,
        "dose_mg_per_day": dose,
        "dose_per_100mg": None if dose is None else (dose - 368.0) / 100.0,
        "timepoint_weeks": weeks,
    }


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    effects = [-1.0, -0.4, None, -2.5, -1.2, None, -3.5, -4.4]
    found = [slice_row(i, dose, 12.0, y) for i, (dose, y) in enumerate(zip(DOSES, effects, strict=True))]
    return [*found, slice_row(8, None, 12.0, -1.0)]


@pytest.fixture(scope="module")
def study(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return study_axis(rows, AXES["dose"], level=0.9)


def test_every_curve_is_fitted_or_refused_with_a_reason(study: dict[str, Any]) -> None:
    fitted = [item["curve"] for item in study["curves"]]
    refused = {item["curve"]: item["reason"] for item in study["refused"]}
    assert sorted([*fitted, *refused]) == sorted(DOSE_CURVES)
    assert all(refused.values())
    assert sum(item["weight"] for item in study["curves"]) == pytest.approx(1.0)
    assert [item["aic"] for item in study["curves"]] == sorted(item["aic"] for item in study["curves"])


def test_trials_without_a_dose_are_left_out_by_name(study: dict[str, Any]) -> None:
    assert (study["k"], study["k_numeric"], study["k_bounds"]) == (8, 6, 2)
    assert study["left_out"] == [{"trial_id": "t8", "label": "Trial 8"}]
    assert (study["lowest"], study["median"], study["highest"]) == (150.0, 382.5, 750.0)
    assert sum(piece["k"] for piece in study["bins"]) == 8


def test_a_curve_is_that_of_a_fit_by_itself(study: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    points = axis_rows(used_rows(rows, AXES["dose"]), AXES["dose"])
    alone = fit_dose(points, "linear", level=0.9, grid=axis_grid(AXES["dose"], points.dose))
    item = next(item for item in study["curves"] if item["curve"] == "linear")
    assert item["aic"] == alone.aic
    assert item["fit"]["coefficients"][0]["ci_low"] == alone.coefficients.ci_low[0]
    doses = [row["dose"] for row in item["fit"]["predictions"]]
    assert doses == sorted(doses)
    assert {0.0, 25.0, 382.5, 750.0} <= set(doses)


def test_flat_and_free_line_are_the_bounded_models(study: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    used = rows[:8]
    y, low, high = (
        [np.nan if row[key] is None else row[key] for row in used] for key in ("yi", "yi_low", "yi_high")
    )
    se, dose = [row["sei"] for row in used], np.array(DOSES)
    flat = fit_bounded(y, se, low, high, level=0.9)
    assert study["flat"]["estimate"] == pytest.approx(flat.beta[0])
    assert study["flat"]["aic"] == pytest.approx(4 - 2 * flat.loglik)
    assert study["flat"]["delta"] == pytest.approx(study["flat"]["aic"] - study["curves"][0]["aic"])
    line = fit_bounded(y, se, low, high, np.column_stack([np.ones(8), dose / 100.0]), level=0.9)
    assert study["line"]["estimate"] == pytest.approx(line.beta[1], rel=1e-6)
    assert study["line"]["ci_high"] == pytest.approx(line.ci_high[1], rel=1e-5)
    ends = line.beta[0] + line.beta[1] * np.array([1.5, 7.5])
    assert study["line"]["ends"] == pytest.approx(list(ends), rel=1e-5)


def test_random_slopes_are_told_per_unit(study: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    points = axis_rows(used_rows(rows, AXES["dose"]), AXES["dose"])
    alone = fit_dose(points, "linear", level=0.9, heterogeneity="slopes", method="ML", shares=())
    assert study["slopes"]["estimate"] == pytest.approx(100.0 * alone.coefficients.estimate[0])
    assert study["slopes"]["sd"] == pytest.approx(100.0 * np.sqrt(alone.psi[0, 0]))


def test_one_duration_is_no_comparison(rows: list[dict[str, Any]]) -> None:
    found = study_axis(rows, AXES["duration"], level=0.95)
    assert found["k"] == 9
    assert found["line"] == {"reason": "all trials have the same duration"}
    reasons = {item["curve"]: item["reason"] for item in found["refused"]}
    assert "knots coincide" in reasons["rcs"]
    assert "collinear" in reasons["quadratic"]
    assert "linear" not in reasons


def test_no_trial_has_a_reason() -> None:
    found = study_axis([slice_row(0, None, 12.0, -1.0)], AXES["dose"], level=0.95)
    assert found["reason"] == "no trial whose dose is known"
    assert found["curves"] == []
    assert [item["trial_id"] for item in found["left_out"]] == ["t0"]
