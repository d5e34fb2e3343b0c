"""Many trials in one forest plot: taken together above a number, none lost, none clipped."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from typing import Any

import pytest
from matplotlib.text import Text

from mgmeta.figures import forest
from mgmeta.figures.forest_rows import LARGEST, drawn_rows
from mgmeta.figures.results import Results
from mgmeta.figures.rows import ESTIMATE, TWO_SIDED, TrialRow


def number(i: int, estimate: float, half: float) -> TrialRow:
    return TrialRow(
        f"t{i}",
        f"T {i}",
        1900 + i,
        ESTIMATE,
        estimate,
        estimate - half,
        estimate + half,
        10,
        300.0,
        1,
        2.0,
        False,
    )


def words(i: int, half: float) -> TrialRow:
    return TrialRow(f"w{i}", f"W {i}", 1950 + i, TWO_SIDED, None, -half, half, 20, None, None, 1.0, False)


def test_as_many_as_fit_have_a_row_each() -> None:
    rows = [number(i, -1.0, 2.0) for i in range(4)]
    assert [item.row for item in drawn_rows(rows, largest=4)] == rows
    assert {item.trials for item in drawn_rows(rows, largest=4)} == {1}


def test_numbers_are_taken_together_by_their_common_effect() -> None:
    rows = [number(0, -4.0, 1.0), number(1, 2.0, 2.0), number(2, 0.0, 1.0), number(3, 0.0, 1.0)]
    first, second = drawn_rows(rows, largest=3, together=2)
    assert (first.trials, second.trials) == (2, 2)
    assert first.row.estimate == pytest.approx((-4.0 + 2.0 / 4.0) / 1.25)
    assert first.row.high is not None and first.row.estimate is not None
    assert first.row.high - first.row.estimate == pytest.approx(1.25**-0.5)
    assert (first.row.label, first.row.n, first.row.weight) == ("2 trials, 1900\u20131901", 20, 4.0)


def test_words_keep_their_kind_and_show_their_median_limits() -> None:
    rows = [number(0, -1.0, 1.0), words(0, 2.0), words(1, 4.0), words(2, 30.0)]
    found = drawn_rows(rows, largest=3, together=1)
    assert [(item.row.shape, item.trials) for item in found] == [(ESTIMATE, 1), (TWO_SIDED, 3)]
    assert (found[1].row.low, found[1].row.high) == (-4.0, 4.0)


@pytest.mark.parametrize("count", [LARGEST + 1, 2000])
def test_above_that_no_trial_is_lost_and_no_row_clipped(results: Results, count: int) -> None:
    fits: dict[str, Any] = copy.deepcopy(dict(results.fits))
    out = fits["zhang2016"]["outcomes"]["sbp"]
    source = out["rows"]
    out["rows"] = [
        source[i % len(source)] | {"trial_id": f"t{i}", "label": f"Row{i}", "year": 1900 + i % 120}
        for i in range(count)
    ]
    data = forest.prepare(replace(results, fits=fits), "target", "sbp")
    drawn_rows_of_all = [item for part in data.drawn for item in part]
    assert sum(item.trials for item in drawn_rows_of_all) == count
    assert data.drawn_count == len(drawn_rows_of_all) < 100
    weights = [row.weight for row in data.rows if row.weight is not None]
    drawn = [item.row.weight for item in drawn_rows_of_all if item.row.weight is not None]
    assert math.fsum(drawn) == pytest.approx(math.fsum(weights))
    figure = forest.draw(data)
    axes = figure.axes[0]
    bottom, top = axes.get_ylim()
    labels = {item.row.label for item in drawn_rows_of_all}
    heights = [text.get_position()[1] for text in axes.texts if text.get_text().rstrip(" \u2020") in labels]
    assert len(heights) == data.drawn_count
    assert top < min(heights) <= max(heights) < bottom
    headings = [text.get_text() for text in figure.findobj(Text) if text.get_text().startswith("Printed")]
    numbers = sum(row.shape == ESTIMATE for row in data.rows)
    assert headings[0].endswith(f"({numbers})") and headings[1].endswith(f"({count - numbers})")
    assert "too many trials for a row each" in forest.caption(data)
    assert len(forest.table(data)[1]) == data.drawn_count + len(data.pools)
