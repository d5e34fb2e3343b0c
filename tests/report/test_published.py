from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mgmeta.errors import DataError
from mgmeta.evidence.load import load_evidence
from mgmeta.evidence.records import Review
from mgmeta.report.published import published_target

REVIEW = Review(
    "r1", "Nemo", 1870, "J", "10.1/x", "", "", 34, 2028, 368.0, "", "sbp", "overall", -2.0, -3.0, -1.0,
    "mmHg", None, None, None, "m", "i", "primary", "", "", row=2,
)  # fmt: skip


def test_the_target_is_read_from_the_table() -> None:
    root = Path(__file__).resolve().parents[2]
    reviews = load_evidence(root / "data" / "raw").reviews
    rows = {row.outcome: row for row in reviews if row.review_id == "zhang2016" and row.subset == "overall"}
    for outcome in ("sbp", "dbp"):
        target = published_target(reviews, "zhang2016", "overall", outcome)
        row = rows[outcome]
        assert (target.estimate, target.ci_low, target.ci_high) == (row.estimate, row.ci_low, row.ci_high)
        assert target.k_trials == row.k_trials
        assert target.label == "Zhang 2016"


def test_a_subset_counts_its_own_trials() -> None:
    assert published_target([replace(REVIEW, k_subset=5)], "r1", "overall", "sbp").k_trials == 5
    assert published_target([REVIEW], "r1", "overall", "sbp").k_trials == 34
    assert published_target([replace(REVIEW, year=None)], "r1", "overall", "sbp").label == "Nemo"


def test_what_is_missing_or_double_is_refused() -> None:
    with pytest.raises(DataError, match=r"found 0 rows with review_id 'r2'.*expected 1"):
        published_target([REVIEW], "r2", "overall", "sbp")
    with pytest.raises(DataError, match="found 2 rows"):
        published_target([REVIEW, REVIEW], "r1", "overall", "sbp")
    with pytest.raises(DataError, match="found 0 rows"):
        published_target([replace(REVIEW, unit="smd")], "r1", "overall", "sbp")
    with pytest.raises(DataError, match=r"reviews.csv:2: no estimate"):
        published_target([replace(REVIEW, ci_low=None)], "r1", "overall", "sbp")
