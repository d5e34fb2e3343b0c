"""The headline and the scenarios."""

from __future__ import annotations

import copy
from dataclasses import replace

from matplotlib.patches import Polygon

from mgmeta.figures import headline, scenarios
from mgmeta.figures.results import Results


def test_the_headline_shows_published_numbers_words_and_bayes_for_each_outcome(results: Results) -> None:
    data = headline.prepare(results, "target", "")
    assert [block.outcome for block in data.blocks] == ["sbp", "dbp"]
    assert [line.role for line in data.blocks[0].lines] == ["published", "numeric_reml", "bounded", "bayes"]
    assert data.blocks[0].lines[2].label == "Numbers and words, 3 + 3 trials"
    figure = headline.draw(data)
    diamonds = [patch for axes in figure.axes for patch in axes.patches if isinstance(patch, Polygon)]
    assert len(diamonds) == 8


def test_a_missing_estimate_is_a_dash_not_a_diamond(results: Results) -> None:
    changed = copy.deepcopy(dict(results.headline))
    for key in ("estimate", "ci_low", "ci_high"):
        changed["outcomes"]["sbp"]["numeric_reml"][key] = None
    data = headline.prepare(replace(results, headline=changed), "target", "")
    diamonds = [p for axes in headline.draw(data).axes for p in axes.patches if isinstance(p, Polygon)]
    assert len(diamonds) == 7
    assert headline.table(data)[1][1][2] == "\u2013"


def test_every_scenario_is_a_row_grouped_under_its_main_analysis(results: Results) -> None:
    data = scenarios.prepare(results, "target", "")
    assert [(row.analysis, row.group) for row in data.rows] == [
        ("zhang2016", "zhang2016"),
        ("zhang2016_strict", "zhang2016"),
        ("update", "update"),
    ]
    assert [row.same_rows for row in data.rows] == [False, True, False]
    assert [", no trial is affected" in row[1] for row in scenarios.table(data)[1]] == [False, True, False]
    assert "Grey: 1 analysis in which no trial is affected." in scenarios.caption(data)
    assert "from \u22122.55 to \u22121.85 mmHg" in scenarios.caption(data)
    figure = scenarios.draw(data)
    for index, axes in enumerate(figure.axes):
        dashed = [line for line in axes.lines if set(line.get_xdata()) == {data.published[index]}]
        assert len(dashed) == 1
