"""Axes side by side, one an outcome: what the scatter plots of trials share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HIGH = 7.3, 2.7  # inches
LEFT, RIGHT, GAP, AXIS, HEAD = 0.62, 0.12, 0.75, 0.5, 0.34


def add_panels(outcomes: Sequence[str]) -> tuple[Figure, list[Axes]]:
    """Return a figure with one titled axis an outcome."""
    from matplotlib.figure import Figure

    n = max(len(outcomes), 1)
    each = (WIDTH - LEFT - RIGHT - (n - 1) * GAP) / n
    height = AXIS + HIGH + HEAD
    figure = Figure(figsize=(WIDTH, height))
    axes = []
    for index, key in enumerate(outcomes):
        left = LEFT + index * (each + GAP)
        panel = figure.add_axes((left / WIDTH, AXIS / height, each / WIDTH, HIGH / height))
        panel.set_title(words.capital(OUTCOMES[key].name), loc="left", weight="bold")
        axes.append(panel)
    return figure, axes


def name_points(axes: Axes, points: Sequence[tuple[float, float, str]]) -> None:
    """Write names beside points, the first ones first; a name that would cover another is left out.

    Names stand right of their point, or left of it in the right half; the data table has all.
    """
    from mgmeta.figures.style import SMALL, drawable, text_width

    (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
    across, up = axes.bbox.width / axes.figure.dpi, axes.bbox.height / axes.figure.dpi  # inches
    taken: list[tuple[float, float, float]] = []
    for x, y, text in points:
        name = drawable(text)
        long = text_width(name, SMALL)
        at, row = (x - x0) / (x1 - x0) * across, (y - y0) / (y1 - y0) * up
        to_left = at > across / 2
        start = at - 0.07 - long if to_left else at + 0.07
        clash = any(abs(row - r) < 0.13 and start < e and s < start + long for s, e, r in taken)
        if clash or start < 0.0 or start + long > across:
            continue
        taken.append((start, start + long, row))
        axes.annotate(
            name,
            (x, y),
            xytext=(-5 if to_left else 5, 0),
            textcoords="offset points",
            ha="right" if to_left else "left",
            va="center_baseline",
            size=SMALL,
            zorder=6,
        )
