"""Single trials: left out, added, in every subset."""

from __future__ import annotations

import numpy as np
import pytest

from mgmeta.pooling.bounded import fit_bounded
from mgmeta.robustness.trials import columns, trial_tables


def test_leave_one_out_and_cumulative_meet_the_whole_pool(make_pooled):
    data = make_pooled()
    tables = trial_tables(data, 0.95, 1)
    assert tables["cumulative"][-1]["estimate"] == pytest.approx(tables["full"]["estimate"], abs=1e-6)
    parts = [np.delete(column, 2) for column in columns(data)]
    without = fit_bounded(*parts, level=0.95).beta[0]
    assert tables["leave_one_out"][2]["estimate"] == pytest.approx(without, abs=1e-6)
    assert [row["bound"] for row in tables["leave_one_out"]] == [False] * 5 + [True] * 2


def test_the_cloud_counts_every_subset_of_two_or_more(make_pooled):
    cloud = trial_tables(make_pooled(), 0.95, 1)["gosh"]
    assert cloud["complete"]
    assert cloud["subsets"] == 2**5 - 1 - 5
    assert sum(n for *_, n in cloud["counts"]) == cloud["subsets"]
    assert len(cloud["trials"]) == 5
    moved = {row["label"]: abs(row["estimate_with"] - row["estimate_without"]) for row in cloud["trials"]}
    assert cloud["most"] == max(moved, key=moved.get)


def test_influence_is_of_numbers_only(make_pooled):
    rows = trial_tables(make_pooled(), 0.95, 1)["influence"]
    assert [row["year"] for row in rows] == list(range(1990, 1995))
    assert sum(row["weight_percent"] for row in rows) == pytest.approx(100.0)


def test_two_numbers_are_too_few(make_pooled):
    tables = trial_tables(make_pooled(2, 2), 0.95, 1)
    assert tables["influence"] is None
    assert tables["influence_reason"].startswith("2 numbers")
    assert tables["gosh"] is None
    assert tables["leave_one_out"] is not None
