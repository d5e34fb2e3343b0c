"""One moderator: what is fitted equals the regression it stands for; what is refused and why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mgmeta.moderators.catalogue import Moderator
from mgmeta.moderators.single import fit_single
from mgmeta.pooling.bounded import fit_bounded

LEVELS = Moderator("m", "M", lambda row, trial, evidence: None, ("low", "high"))
SLOPE = Moderator("m", "M", lambda row, trial, evidence: None, step=10.0, step_label="per 10")


def rows(k: int = 12, bounds: int = 4) -> list[dict[str, Any]]:
    random = np.random.default_rng(5)
    made = []
    for i in range(k):
        row: dict[str, Any] = dict.fromkeys(("yi", "yi_low", "yi_high", "n_mg", "n_control"))
        row |= {"dose_mg_per_day": None, "timepoint_weeks": None, "design": "parallel"}
        row |= {"trial_id": f"t{i}", "label": f"T {i}", "sei": float(random.uniform(1.0, 3.0))}
        if i < bounds:
            row |= {"kind": "bound", "yi_low": -2.0 * row["sei"], "yi_high": 2.0 * row["sei"]}
        else:
            row |= {"kind": "estimate", "yi": float(random.normal(-2.0, 2.5))}
        made.append(row)
    return made


def test_levels_equal_the_bounded_regression() -> None:
    data = rows()
    found = [float(i % 2) for i in range(12)]
    single = fit_single(LEVELS, data, found, 0.9)
    y = [np.nan if row["yi"] is None else row["yi"] for row in data]
    low = [-np.inf if row["yi_low"] is None else row["yi_low"] for row in data]
    high = [np.inf if row["yi_high"] is None else row["yi_high"] for row in data]
    design = np.column_stack([np.ones(12), found])
    fit = fit_bounded(y, [row["sei"] for row in data], low, high, design, level=0.9)
    assert single.difference is not None
    assert single.difference["estimate"] == pytest.approx(fit.beta[1])
    assert single.difference["ci_low"] == pytest.approx(fit.ci_low[1])
    assert single.difference["p_value"] == pytest.approx(fit.p_value[1])
    assert [(level.k_numeric, level.k_bounds) for level in single.levels] == [(4, 2), (4, 2)]
    assert single.thin == ()


def test_a_slope_is_for_its_step_and_says_the_effect_at_the_mean() -> None:
    data = rows()
    values = [float(v) for v in np.linspace(100, 160, 12)]
    single = fit_single(SLOPE, data, values, 0.95)
    other = fit_single(SLOPE, data, [v / 10.0 for v in values], 0.95)
    assert single.difference is not None and other.difference is not None
    assert other.difference["estimate"] == pytest.approx(10.0 * single.difference["estimate"])
    assert single.intercept == pytest.approx(other.intercept)
    assert (single.low, single.high, single.centre) == pytest.approx((100.0, 160.0, 130.0))


def test_unstated_trials_are_named_not_dropped_silently() -> None:
    found: list[float | None] = [None, *(float(i % 2) for i in range(11))]
    single = fit_single(LEVELS, rows(), found, 0.95)
    assert single.unknown == ("t0",)
    assert single.k_numeric + single.k_bounds == 11


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ([0.0] * 12, "no trial is high"),
        ([0.0] * 11 + [1.0], "only one trial is high; a level needs at least 2"),
        ([None] * 12, "no trial is low"),
    ],
)
def test_a_level_of_less_than_two_trials_is_refused(found: list[float | None], reason: str) -> None:
    single = fit_single(LEVELS, rows(), found, 0.95)
    assert single.difference is None
    assert reason in single.reason


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ([None] * 12, "no trial states it; a slope needs at least 4"),
        ([1.0] + [None] * 11, "only one trial states it"),
        ([1.0, 2.0, 3.0] + [None] * 9, "only 3 trials state it"),
        ([7.0] * 12, "the same in all 12 trials"),
    ],
)
def test_a_slope_needs_trials_that_differ(found: list[float | None], reason: str) -> None:
    single = fit_single(SLOPE, rows(), found, 0.95)
    assert single.difference is None
    assert reason in single.reason


def test_thin_results_say_so() -> None:
    found: list[float | None] = [1.0, 1.0, *[0.0] * 6, *[None] * 4]
    single = fit_single(LEVELS, rows(), found, 0.95)
    assert single.difference is not None
    assert single.thin == ("2 trials high", "8 trials in all")
