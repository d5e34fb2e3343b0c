"""The forest plot by group: every trial once, each level with its pool, open ends told."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from typing import Any

import pytest
from matplotlib.patches import Polygon
from matplotlib.text import Text

from mgmeta.errors import DataError
from mgmeta.figures import forest, forest_groups
from mgmeta.figures.results import Results


@pytest.fixture(scope="module")
def data(results: Results) -> forest.Forest:
    return forest_groups.prepare(results, "target", "sbp")


def changed(results: Results, part: dict[str, Any]) -> Results:
    fits = copy.deepcopy(dict(results.fits))
    fits["zhang2016"]["outcomes"]["sbp"]["subgroups"] = part
    return replace(results, fits=fits)


def test_every_trial_stands_once_in_the_group_it_belongs_to(results: Results, data: forest.Forest) -> None:
    whole = forest.prepare(results, "target", "sbp")
    assert sorted(row.trial_id for row in data.rows) == sorted(row.trial_id for row in whole.rows)
    assert [section.heading for section in data.sections] == [
        "Hypertensive",
        "Normotensive",
        forest_groups.NOT_STATED,
    ]
    for section, code in zip(data.sections, (1, 0, None), strict=True):
        assert {row.hypertensive for row in section.rows} == {code}
    assert data.pools == whole.pools
    assert data.limits == whole.limits


def test_a_level_that_was_fitted_has_its_diamond_below_its_trials(data: forest.Forest) -> None:
    first, second, rest = data.sections
    assert first.pool is not None
    assert (first.pool.estimate, first.pool.low, first.pool.high) == (-3.75, -5.95, -1.95)
    assert second.pool is None
    assert rest.pool is None
    axes = forest_groups.draw(data).axes[0]
    diamonds = [patch.get_xy() for patch in axes.patches if isinstance(patch, Polygon)]
    assert (diamonds[0][:, 0].min(), diamonds[0][:, 0].max()) == pytest.approx((-5.95, -1.95))
    height = diamonds[0][:, 1].mean()
    labels = {text.get_text().rstrip(" \u2020"): text.get_position()[1] for text in axes.texts}
    assert max(labels[row.label] for row in first.rows) < height
    assert height < min(labels[row.label] for row in second.rows)


def test_an_interval_without_end_is_an_arrow_each_way_and_said(results: Results, data: forest.Forest) -> None:
    found = copy.deepcopy(results.subgroups("target", "sbp", "hypertension"))
    found["levels"][0]["bounded"] |= {"ci_low": None, "ci_high": None}
    open_ended = forest_groups.prepare(changed(results, {"hypertension": found}), "target", "sbp")
    pool = open_ended.sections[0].pool
    assert pool is not None
    assert (pool.low, pool.high) == (-math.inf, math.inf)
    figure = forest_groups.draw(open_ended)
    assert "\u22123.75 (interval without end)" in {text.get_text() for text in figure.findobj(Text)}
    heads = [line.get_marker() for line in figure.axes[0].lines]
    assert heads.count(">") >= 1
    assert ("Hypertensive, ML (k = 3)", "", "", "\u22123.75", "open", "open", "") in forest.table(open_ended)[
        1
    ]


def test_the_caption_tells_the_difference_and_that_it_lies_between_trials(results: Results) -> None:
    data = forest_groups.prepare(results, "target", "sbp")
    assert forest_groups.caption(data).endswith(
        "Hypertensive minus other: \u22122.50 (\u22125.50 to 0.50) mmHg, P = 0.090; "
        "between trials, not within them."
    )
    found = copy.deepcopy(results.subgroups("target", "sbp", "hypertension"))
    found["interaction"] = None
    data = forest_groups.prepare(changed(results, {"hypertension": found}), "target", "sbp")
    assert forest_groups.caption(data).endswith("The difference between the groups cannot be estimated.")


def test_a_fit_without_groups_is_refused(results: Results) -> None:
    with pytest.raises(DataError, match="no groups by hypertension"):
        forest_groups.prepare(changed(results, {}), "target", "sbp")
