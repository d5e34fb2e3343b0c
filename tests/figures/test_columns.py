"""Rows of intervals: every trial up to a number that fits a page, every so-manieth above."""

from __future__ import annotations

import pytest

from mgmeta.figures.columns import Columns, Line, Mark, draw_columns


def make(count: int) -> Columns:
    lines = tuple(Line(f"Trial {i}", (Mark(-2.0 + 0.001 * i, -4.0, 0.5),)) for i in range(count))
    return Columns(("sbp",), lines, ((-2.0, -3.0, -1.0),), 0.95)


@pytest.mark.parametrize(("count", "drawn"), [(1, 1), (500, 500), (501, 73), (8600, 81), (86_000, 81)])
def test_above_five_hundred_about_eighty_are_drawn_first_and_last_among_them(count: int, drawn: int) -> None:
    data = make(count)
    assert len(data.drawn) == drawn
    assert (data.drawn[0], data.drawn[-1]) == (data.lines[0], data.lines[-1])


def test_the_figure_says_that_not_all_are_drawn_and_keeps_its_height() -> None:
    figure = draw_columns(make(8600), "Left out")
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert "Left out: 1 of 108 drawn" in texts + [text.get_text() for text in figure.texts]
    assert figure.get_figheight() < 20
