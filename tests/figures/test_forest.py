from __future__ import annotations

import copy
import itertools
from dataclasses import replace
from typing import Any

import pytest
from matplotlib.colors import same_color
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle
from matplotlib.text import Text

from mgmeta.errors import DataError
from mgmeta.figures import forest
from mgmeta.figures.palette import PALETTE
from mgmeta.figures.results import Results
from mgmeta.figures.rows import ESTIMATE


def with_rows(results: Results, rows: list[dict[str, Any]]) -> Results:
    fits = copy.deepcopy(dict(results.fits))
    fits["zhang2016"]["outcomes"]["sbp"]["rows"] = rows
    return replace(results, fits=fits)


def many(results: Results, count: int) -> Results:
    """Return results whose main analysis pools *count* trials, cycling through the invented shapes."""
    source = results.fits["zhang2016"]["outcomes"]["sbp"]["rows"]
    rows = []
    for index in range(count):
        row = dict(source[index % len(source)])
        rows.append(row | {"trial_id": f"t{index}", "label": f"Row{index:03d} 19{index % 100:02d}"})
    return with_rows(results, rows)


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text)]


@pytest.mark.parametrize("count", [5, 60, 200, 500])
def test_no_row_is_lost_or_clipped(results: Results, count: int) -> None:
    data = forest.prepare(many(results, count), "target", "sbp")
    figure = forest.draw(data)
    shown = texts(figure)
    for row in data.rows:
        assert sum(text.startswith(row.label) for text in shown) == 1
    axes = figure.axes[0]
    bottom, top = axes.get_ylim()
    heights = [text.get_position()[1] for text in axes.texts if text.get_text().startswith("Row")]
    assert len(heights) == count
    assert max(heights) < bottom
    assert min(heights) > top
    assert sorted(heights) == heights
    assert min(b - a for a, b in itertools.pairwise(heights)) >= 1.0
    assert len(forest.table(data)[1]) == count + len(data.pools)


def test_the_height_grows_with_the_rows(results: Results) -> None:
    small, large = (forest.draw(forest.prepare(many(results, n), "target", "sbp")) for n in (10, 100))
    grown = large.get_size_inches()[1] - small.get_size_inches()[1]
    assert grown == pytest.approx(90 * 0.215)
    assert large.get_size_inches()[0] == small.get_size_inches()[0]


def test_words_are_an_open_band_without_a_point(results: Results) -> None:
    data = forest.prepare(results, "target", "sbp")
    axes = forest.draw(data).axes[0]
    bands = [
        patch
        for patch in axes.patches
        if isinstance(patch, Rectangle) and same_color(patch.get_edgecolor(), PALETTE["bound"])
    ]
    squares = [
        patch
        for patch in axes.patches
        if isinstance(patch, Rectangle) and same_color(patch.get_facecolor(), PALETTE["estimate"])
    ]
    two_sided = [row for row in data.rows if row.shape == "two_sided"]
    numbers = [row for row in data.rows if row.shape == ESTIMATE]
    assert [(band.get_x(), band.get_x() + band.get_width()) for band in bands] == [
        (pytest.approx(row.low), pytest.approx(row.high)) for row in two_sided
    ]
    centres = sorted(square.get_x() + square.get_width() / 2 for square in squares)
    assert centres == pytest.approx(sorted(row.estimate for row in numbers if row.estimate is not None))
    markers = [line for line in axes.lines if line.get_marker() in ("s", "o", "D")]
    assert not markers


def test_a_one_sided_bound_is_an_arrow_at_the_edge(results: Results) -> None:
    data = forest.prepare(results, "target", "sbp")
    axes = forest.draw(data).axes[0]
    arrows = [line for line in axes.lines if line.get_marker() == "<"]
    assert [line.get_xdata()[0] for line in arrows] == [axes.get_xlim()[0]]


def test_squares_have_area_by_weight(results: Results) -> None:
    data = forest.prepare(results, "target", "sbp")
    axes = forest.draw(data).axes[0]
    sides = {
        round(patch.get_x() + patch.get_width() / 2, 6): patch.get_height()
        for patch in axes.patches
        if isinstance(patch, Rectangle) and same_color(patch.get_facecolor(), PALETTE["estimate"])
    }
    by_weight = {row.weight: sides[round(row.estimate, 6)] for row in data.rows if row.estimate is not None}
    assert (by_weight[20.0] / by_weight[30.0]) ** 2 == pytest.approx(20.0 / 30.0)


def test_pools_are_diamonds_as_wide_as_their_interval(results: Results) -> None:
    data = forest.prepare(results, "target", "sbp")
    axes = forest.draw(data).axes[0]
    diamonds = [patch for patch in axes.patches if isinstance(patch, Polygon)]
    spans = [(min(d.get_xy()[:, 0]), max(d.get_xy()[:, 0])) for d in diamonds]
    assert spans == [(pytest.approx(pool.low), pytest.approx(pool.high)) for pool in data.pools]
    assert [pool.role for pool in data.pools] == ["numeric", "headline", "bayes", "published"]
    assert data.prediction == (-6.75, 2.25)


def test_an_interval_beyond_belief_ends_in_arrowheads_not_in_a_crushed_axis(results: Results) -> None:
    rows = [dict(row) for row in results.fits["zhang2016"]["outcomes"]["sbp"]["rows"]]
    rows[0] |= {"sei": 500.0}
    data = forest.prepare(with_rows(results, rows), "target", "sbp")
    assert data.limits == pytest.approx((-44.8, 44.8))
    assert "(\u22121016" in next(row.text for row in data.rows if row.low is not None and row.low < -900)
    axes = forest.draw(data).axes[0]
    assert sum(line.get_marker() in ("<", ">") for line in axes.lines) == 3  # two here, one of the open bound


def test_hostile_and_long_names_are_only_text(results: Results) -> None:
    rows = [dict(row) for row in results.fits["zhang2016"]["outcomes"]["sbp"]["rows"]]
    rows[0]["label"] = "<script>alert(1)</script> $\\frac{1}{0}$ \n \U0001f9c2"
    rows[1]["label"] = "Very" + "long" * 49
    data = forest.prepare(with_rows(results, rows), "target", "sbp")
    shown = texts(forest.draw(data))
    assert any(text.startswith("<script>alert(1)</script>") for text in shown)
    cut = [text for text in shown if text.startswith("Verylong")]
    assert len(cut) == 1
    assert cut[0].endswith("\u2026")
    assert rows[1]["label"] in {row[0] for row in forest.table(data)[1]}


def test_a_failed_diagnostic_is_marked(results: Results) -> None:
    data = forest.prepare(results, "update", "sbp")
    assert any("FAILED DIAGNOSTICS" in text for text in texts(forest.draw(data)))


def test_nothing_pooled_is_said(results: Results) -> None:
    figure = forest.draw(forest.prepare(with_rows(results, []), "target", "sbp"))
    assert "No trial is pooled." in texts(figure)
    with pytest.raises(DataError, match="has no outcome 'map'"):
        forest.prepare(results, "target", "map")
    with pytest.raises(DataError, match="no fit of analysis 'nowhere'"):
        forest.prepare(results, "nowhere", "sbp")
