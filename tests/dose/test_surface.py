"""Dose and duration at once: recovered where they are crossed, refused where they are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mgmeta.dose.surface import cross, study_surface, surrounded


def slice_row(i: int, dose: float, weeks: float, y: float | None) -> dict[str, Any]:
    return {
        "trial_id": f"t{i}",
        "label": f"Trial {i}",
        "yi": y,
        "sei": 0.05,
        "yi_low": None if y is not None else -20.0,
        "yi_high": None if y is not None else 20.0,
        "dose_mg_per_day": dose,
        "dose_per_100mg": (dose - 368.0) / 100.0,
        "timepoint_weeks": weeks,
    }


@pytest.fixture(scope="module")
def crossed() -> list[dict[str, Any]]:
    """Truth: -0.5 per 100 mg/d at the median of 11 weeks, 0.1 more of a fall for every 4 weeks."""
    found = []
    for i, (dose, weeks) in enumerate(
        (d, w) for d in (200.0, 300.0, 400.0, 600.0) for w in (4.0, 8.0, 14.0, 24.0)
    ):
        noise = 0.01 * (-1) ** i
        found.append(slice_row(i, dose, weeks, dose / 100.0 * (-0.5 - 0.1 * (weeks - 11.0) / 4.0) + noise))
    return [*found, slice_row(99, 350.0, 10.0, None)]


def test_truth_is_recovered(crossed: list[dict[str, Any]]) -> None:
    found = study_surface(crossed[:-1], level=0.95)
    assert found["slope"]["estimate"] == pytest.approx(-0.5, abs=0.01)
    assert found["change"]["estimate"] == pytest.approx(-0.1, abs=0.01)
    assert found["change"]["ci_low"] < -0.1 < found["change"]["ci_high"] < 0.0
    for cell in found["cells"]:
        truth = cell["dose"] / 100.0 * (-0.5 - 0.1 * (cell["weeks"] - 11.0) / 4.0)
        assert cell["estimate"] == pytest.approx(truth, abs=0.05)
        assert cell["ci_low"] < cell["estimate"] < cell["ci_high"]
    assert len(found["cells"]) == 9


def test_a_wide_bound_counts_as_a_trial_and_changes_nothing(crossed: list[dict[str, Any]]) -> None:
    found = study_surface(crossed, level=0.95)
    assert found["k"] == 17
    assert found["slope"]["estimate"] == pytest.approx(-0.5, abs=0.1)


def test_quarters_are_counted() -> None:
    found = cross(np.array([100.0, 200, 300, 400]), np.array([1.0, 9, 2, 8]))
    assert (found.dose, found.weeks) == (250.0, 5.0)
    assert (found.low_dose, found.high_dose) == ((1, 1), (1, 1))
    assert found.least == 1


def test_large_doses_given_only_long_are_refused() -> None:
    rows = [slice_row(i, 200.0 + 20 * i, 4.0 + i, -1.0) for i in range(12)]
    found = study_surface(rows, level=0.95)
    assert "cells" not in found
    assert "the emptiest has 0, and at least 3 are needed" in found["reason"]


def test_no_trial_with_both_has_a_reason() -> None:
    row = {**slice_row(0, 300.0, 4.0, -1.0), "timepoint_weeks": None}
    assert study_surface([row], level=0.95) == {
        "k": 0,
        "reason": "no trial whose dose and duration are known",
    }


@pytest.mark.parametrize(
    ("at", "when", "inside"),
    [
        (2.0, 2.0, True),
        (1.0, 1.0, True),
        (3.5, 2.0, False),
        (2.0, 0.5, False),
        (2.9, 2.9, False),
        (2.0, 1.5, True),
    ],
)
def test_a_point_among_trials(at: float, when: float, inside: bool) -> None:
    dose, weeks = np.array([1.0, 1.0, 3.0]), np.array([1.0, 3.0, 1.5])
    assert surrounded(dose, weeks, at, when) is inside
