"""Every moderator, every group of trials, every slope: what is drawn is what was found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.patches import Polygon

from mgmeta.errors import DataError
from mgmeta.figures import bubbles, dose_slopes, mediator, moderators, subgroups
from mgmeta.figures.results import Results
from mgmeta.moderators.catalogue import MODERATORS


def test_every_moderator_is_a_row_refused_ones_too(results: Results) -> None:
    data = moderators.prepare(results, "target", "")
    assert [row.key for row in data.rows] == list(MODERATORS)
    found = results.moderated("target")["outcomes"]["sbp"]["singles"]
    for row, single in zip(data.rows, found, strict=True):
        cell = row.cells[0]
        assert (cell.estimate is None) == (single["difference"] is None)
        assert bool(cell.reason) == (cell.estimate is None)
    texts = [text.get_text() for text in moderators.draw(data).axes[0].texts]
    refused = [row for row in data.rows if row.cells[0].estimate is None]
    assert refused and sum(text.startswith("refused: ") for text in texts) == len(refused)
    assert "blood pressure at entry" in moderators.alt(data).lower()


def test_points_stand_at_the_estimates_and_thin_ones_are_hollow(results: Results) -> None:
    data = moderators.prepare(results, "target", "")
    axes = moderators.draw(data).axes[0]
    points = {line.get_ydata()[0]: line for line in axes.lines if line.get_marker() == "o"}
    for y, row in enumerate(data.rows):
        cell = row.cells[0]
        if cell.estimate is None or not axes.get_xlim()[0] <= cell.estimate <= axes.get_xlim()[1]:
            assert y not in points
            continue
        assert points[y].get_xdata()[0] == pytest.approx(cell.estimate)
        assert (points[y].get_markerfacecolor() == "#ffffff") == cell.thin


def test_published_subgroups_stand_below_their_level(results: Results) -> None:
    data = subgroups.prepare(results, "target", "")
    labels = [(line.role, line.label) for line in data.lines]
    at = labels.index((subgroups.LEVEL, "Hypertensive"))
    assert labels[at + 1] == (subgroups.PUBLISHED, "Atlantis 1999")
    assert data.lines[at + 1].effects[0].estimate == -2.9
    normo = data.lines[labels.index((subgroups.LEVEL, "Normotensive or high normal")) + 1]
    assert normo.effects[0].note == "not in the tables"
    assert "smd" not in subgroups.alt(data)  # another unit is not on this axis
    assert not any(line.role == subgroups.PUBLISHED and "-0.5" in str(line.effects) for line in data.lines)
    hollow = [
        patch
        for patch in subgroups.draw(data).axes[0].patches
        if isinstance(patch, Polygon) and np.allclose(patch.get_facecolor(), 1.0)
    ]
    assert len(hollow) == 1


def test_bubbles_leave_dose_to_its_own_figure_and_say_where_no_line_is(results: Results) -> None:
    data = bubbles.prepare(results, "target", "sbp")
    keys = [panel.key for panel in data.panels]
    assert "dose" not in keys and "serum_mg" in keys
    serum = data.panels[keys.index("serum_mg")]
    assert serum.line is None and bubbles.slope_words(serum) == "2 trials: no line fitted"
    figure = bubbles.draw(data)
    for axes, panel in zip(figure.axes, data.panels, strict=True):
        drawn = [c for c in axes.collections if isinstance(c, PathCollection)]
        numbers = [at for row, at in zip(panel.rows, panel.at, strict=True) if row.estimate is not None]
        assert [c.get_offsets()[0][0] for c in drawn] == pytest.approx(numbers)
    size = figure.axes[keys.index("size")]
    assert {"32", "64", "128"} <= {label.get_text() for label in size.get_xticklabels()}


def test_the_table_of_bubbles_prints_people_not_logarithms(results: Results) -> None:
    data = bubbles.prepare(results, "target", "sbp")
    heads, rows = bubbles.table(data)
    column = heads.index("People compared")
    assert rows[0][column] == f"{2 ** data.panels[-1].at[0]:.2f}".rstrip("0").rstrip(".")


def test_slopes_of_dose_published_first_then_both_of_ours(results: Results) -> None:
    data = dose_slopes.prepare(results, "target", "")
    outcome, slopes = data.blocks[0]
    assert outcome == "sbp"
    assert [slope.printed for slope in slopes] == [True, False, False]
    assert slopes[0].label == "Atlantis 1999, free intercept"
    assert "through no dose = no effect" in slopes[2].label


@pytest.mark.parametrize("module", [moderators, subgroups, dose_slopes, bubbles, mediator])
def test_without_results_the_verb_to_run_is_named(results: Results, module: object) -> None:
    with pytest.raises(DataError, match="run `mgmeta moderators --analysis zhang2016`"):
        module.prepare(replace(results, moderators={}), "target", "sbp")  # type: ignore[attr-defined]


def test_the_mediator_draws_a_line_only_where_one_is_identified(results: Results) -> None:
    identified = mediator.prepare(results, "target", "")
    assert [panel.line is not None for panel in identified.panels[1:]] == [True, True]
    other = mediator.prepare(results, "update", "")
    assert [panel.line is None for panel in other.panels[1:]] == [True, True]
    assert other.panels[1].said == "slope not identified"
    first = identified.panels[0].points[0]
    assert first.x.estimate == 400.0 and first.x.low is None  # a dose is exact
