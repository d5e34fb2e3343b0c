"""Figures are numbered as the templates place them; none is drawn without a place."""

from __future__ import annotations

from mgmeta.figures.registry import FIGURES
from mgmeta.report.chapters.registry import CHAPTERS
from mgmeta.report.figure_order import figure_order, placed


def test_the_calls_of_a_template_are_read_in_order() -> None:
    text = 'a {{ figures("two_b", "one") }} figures("not_called") <p>{{ figures( "three" ) }}</p>'
    assert placed(text) == ("two_b", "one", "three")
    assert placed("nothing") == ()


def test_every_figure_has_one_place_in_the_page() -> None:
    order = figure_order(chapter.key for chapter in CHAPTERS)
    assert sorted(order) == sorted(FIGURES)
    assert order[0] == "headline"
