"""From trials found to trials pooled: every trial once, every number where it belongs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import FancyBboxPatch

from mgmeta.errors import DataError
from mgmeta.figures import flow
from mgmeta.figures.results import Results


@pytest.fixture(scope="module")
def data(results: Results) -> flow.FlowChart:
    return flow.prepare(results, "target", "")


def test_nobody_is_lost_between_two_boxes(data: flow.FlowChart) -> None:
    for index in range(len(data.outcomes)):
        found, eligible, pooled = (box.counts[index] for box in data.stem)
        first, second = (box.counts[index] for box in data.out)
        assert found - first == eligible
        assert eligible - second == pooled
        for box in (*data.out, data.stem[2]):
            assert sum(counts[index] for _, counts in box.lines) == box.counts[index]


def test_every_number_is_drawn_inside_its_box(data: flow.FlowChart) -> None:
    figure = flow.draw(data)
    axes = figure.axes[0]
    boxes = [patch for patch in axes.patches if isinstance(patch, FancyBboxPatch)]
    assert len(boxes) == 5
    renderer = FigureCanvasAgg(figure).get_renderer()
    frames = [box.get_window_extent(renderer) for box in boxes]
    inside = [text for text in axes.texts if text.get_text() and text.get_text() not in ("SBP", "DBP")]
    for text in inside:
        corners = text.get_window_extent(renderer).corners()
        assert any(frame.count_contains(corners) == len(corners) for frame in frames), text.get_text()
    for i, first in enumerate(frames):
        assert not any(first.overlaps(second) for second in frames[i + 1 :])


def test_the_caption_counts_each_outcome(data: flow.FlowChart) -> None:
    assert (
        "Systolic blood pressure: 12 trials found, 9 eligible, 6 pooled (3 with a number, 3 in words only); "
        "diastolic blood pressure: 12 trials found, 9 eligible, 5 pooled (2 with a number, 3 in words only)."
    ) in flow.caption(data)


def test_the_table_and_the_words_hold_all_the_figure_shows(data: flow.FlowChart) -> None:
    columns, rows = flow.table(data)
    assert columns == ("Trials", "Systolic blood pressure", "Diastolic blood pressure")
    assert ("Not eligible: duration", "0", "1") in rows
    assert ("Eligible, not pooled: say nothing on this pressure", "2", "4") in rows
    assert ("Pooled", "6", "5") in rows
    assert "Not eligible 3 and 3: blinding 2 and 2, year 1 and 0, duration 0 and 1" in flow.alt(data)


def test_without_the_reproduction_there_is_no_flow(results: Results) -> None:
    with pytest.raises(DataError):
        flow.prepare(replace(results, reproduction={}), "target", "")
