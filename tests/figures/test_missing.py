"""What each paper would be worth."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from mgmeta.figures import missing
from mgmeta.figures.results import Results


@pytest.fixture(scope="module")
def data(results: Results) -> missing.Papers:
    return missing.prepare(results, "update", "")


def test_the_best_fifteen_are_shown_best_first(results: Results, data: missing.Papers) -> None:
    assert [paper.rank for paper in data.papers] == list(range(1, 16))
    assert data.ranked == 18
    for paper, row in zip(data.papers, results.missing["rows"], strict=False):
        worth = paper.worths[0]
        assert worth is not None
        assert worth.share == row["share_sbp"]
        assert worth.error == pytest.approx(row["fall_error_sbp"] / results.missing["sd_today"]["sbp"])


def test_bars_are_as_long_as_the_worth_and_whiskers_two_errors(data: missing.Papers) -> None:
    for index, axes in enumerate(missing.draw(data).axes):
        worths = [paper.worths[index] for paper in data.papers]
        known = [worth for worth in worths if worth]
        bars = [patch.get_width() for patch in axes.patches if isinstance(patch, Rectangle)]
        assert bars == pytest.approx([100 * worth.share for worth in known])
        lines = [line for line in axes.lines if len(set(line.get_ydata())) == 1 and line.get_ydata()[0] >= 0]
        whiskers = [line.get_xdata() for line in lines if len(set(line.get_xdata())) == 2]
        expected = [(100 * (w.share - 2 * w.error), 100 * (w.share + 2 * w.error)) for w in known]
        assert np.asarray(whiskers) == pytest.approx(np.asarray(expected))
        assert all(high < axes.get_xlim()[1] for _, high in expected)


def test_a_paper_without_worth_for_an_outcome_has_a_dash(data: missing.Papers) -> None:
    assert data.papers[1].worths[1] is None
    assert missing.table(data)[1][1][4] == "\u2013"
    assert "2 Fiction 1902: sbp 6.0% \u00b1 0.5%, dbp nothing" in missing.alt(data)


def test_the_joint_worth_is_the_last_row_and_in_the_caption(data: missing.Papers) -> None:
    assert missing.table(data)[1][-1] == ("1 to 5", "together", "", "22.5% \u00b1 0.8%", "16.0% \u00b1 0.8%")
    together = "The first 5 together: 22.5% \u00b1 0.8% for systolic blood pressure and 16.0% \u00b1 0.8%"
    assert together in missing.caption(data)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "numbers"),
        ({"printed_dbp": "words"}, "numbers / words"),
        ({"status_sbp": "row_left_out: a", "status_dbp": "row_left_out: b"}, "numbers, row left out"),
        ({"status_sbp": "row_left_out: a"}, "numbers"),
    ],
)
def test_what_our_source_prints(changes: dict[str, str], words: str) -> None:
    row = {"printed_sbp": "numbers", "printed_dbp": "numbers", "status_sbp": "silent", "status_dbp": "silent"}
    assert missing.printed_words({**row, **changes}, ("sbp", "dbp")) == words


def test_a_list_that_ranks_nothing_is_still_drawn(results: Results) -> None:
    empty: dict[str, Any] = {**results.missing, "best_trials": []}
    empty["rows"] = [row for row in results.missing["rows"] if row["rank"] is None]
    data = missing.prepare(replace(results, missing=empty), "update", "")
    assert not data.papers
    assert len(missing.draw(data).axes) == 2
