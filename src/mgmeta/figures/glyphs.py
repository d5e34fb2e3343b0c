"""The marks: a number is a filled square, words are an open band, a pool is a diamond."""

from __future__ import annotations

import math
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Polygon, Rectangle

from mgmeta.figures.rows import ESTIMATE, LOWER, TWO_SIDED, TrialRow
from mgmeta.figures.style import PALETTE

BAND_HEIGHT = 0.46  # of a row
LARGEST_SQUARE = 0.62  # of a row: the side of the square of the heaviest trial
SMALLEST_SQUARE = 0.14

# What a pooled result is decides its colour and whether its diamond is filled.
ROLE_COLORS = {
    "numeric": PALETTE["estimate"],
    "headline": PALETTE["headline"],
    "bayes": PALETTE["bayes"],
    "published": PALETTE["published"],
}
FILLED = {"headline", "bayes"}


def draw_row(axes: Axes, y: float, row: TrialRow, side: float, unit_ratio: float) -> None:
    """Draw one trial at height *y*.

    Parameters
    ----------
    axes : Axes
        x in mmHg, y in rows; its x limits are set already.
    y : float
        Centre of the row.
    row : TrialRow
        The trial.
    side : float
        Side of the square in rows (of an estimate).
    unit_ratio : float
        mmHg per row on paper, so that a square is square.
    """
    if row.shape == ESTIMATE:
        assert row.estimate is not None and row.low is not None and row.high is not None
        draw_interval(axes, y, row.low, row.high, PALETTE["estimate"])
        width = side * unit_ratio
        axes.add_patch(
            Rectangle(
                (row.estimate - width / 2, y - side / 2),
                width,
                side,
                facecolor=PALETTE["estimate"],
                edgecolor="none",
                zorder=4,
            )
        )
    elif row.shape == TWO_SIDED:
        assert row.low is not None and row.high is not None
        draw_band(axes, y, row.low, row.high)
    else:
        limit = row.high if row.shape == LOWER else row.low
        assert limit is not None
        draw_open_band(axes, y, limit, towards_low=row.shape == LOWER)


def draw_interval(axes: Axes, y: float, low: float, high: float, color: str, width: float = 1.1) -> None:
    """Draw an interval as a line; a side beyond the axis ends in an arrowhead at its edge."""
    left, right = axes.get_xlim()
    axes.plot(
        [max(low, left), min(high, right)], [y, y], color=color, lw=width, zorder=3, solid_capstyle="butt"
    )
    if low < left:
        _arrowhead(axes, left, y, -1, color)
    if high > right:
        _arrowhead(axes, right, y, 1, color)


def draw_band(axes: Axes, y: float, low: float, high: float, height: float = BAND_HEIGHT) -> None:
    """Draw a two-sided bound: a hollow bar between its limits, without a point."""
    axes.add_patch(
        Rectangle(
            (low, y - height / 2),
            high - low,
            height,
            facecolor=PALETTE["bound_fill"],
            edgecolor=PALETTE["bound"],
            lw=0.9,
            zorder=3,
        )
    )


def draw_open_band(
    axes: Axes,
    y: float,
    limit: float,
    towards_low: bool,
    height: float = BAND_HEIGHT,
    end: float | None = None,
) -> None:
    """Draw a one-sided bound: a bar closed at its limit and open towards the axis's edge, with an arrow."""
    left, right = axes.get_xlim()
    edge = (left if towards_low else right) if end is None else end
    half = height / 2
    sign = -1 if towards_low else 1
    axes.add_patch(
        Rectangle(
            (min(limit, edge), y - half),
            abs(edge - limit),
            height,
            facecolor=PALETTE["bound_fill"],
            edgecolor="none",
            zorder=2.8,
        )
    )
    style: dict[str, Any] = {"color": PALETTE["bound"], "lw": 0.9, "zorder": 3, "solid_capstyle": "butt"}
    axes.plot([limit, limit], [y - half, y + half], **style)
    for offset in (-half, half):
        axes.plot([limit, edge], [y + offset, y + offset], **style)
    axes.plot([limit, edge], [y, y], ls=(0, (2, 2)), **style)
    _arrowhead(axes, edge, y, sign, PALETTE["bound"])


def draw_diamond(
    axes: Axes,
    y: float,
    estimate: float,
    low: float,
    high: float,
    color: str,
    filled: bool,
    half: float = 0.3,
) -> None:
    """Draw a pooled result: a diamond as wide as its interval."""
    axes.add_patch(
        Polygon(
            [(low, y), (estimate, y - half), (high, y), (estimate, y + half)],
            closed=True,
            facecolor=color if filled else PALETTE["paper"],
            edgecolor=color,
            lw=1.1,
            zorder=5,
        )
    )


def draw_pool(
    axes: Axes,
    y: float,
    estimate: float,
    low: float,
    high: float,
    *,
    color: str,
    filled: bool,
    half: float = 0.3,
) -> None:
    """Draw a diamond or, if the interval leaves the axis, a line with arrowheads and a small diamond."""
    left, right = axes.get_xlim()
    if left <= low and high <= right:
        draw_diamond(axes, y, estimate, low, high, color, filled, half)
        return
    draw_interval(axes, y, low, high, color, width=1.6)
    if left <= estimate <= right:
        axes.plot([estimate], [y], marker="D", ms=4.6, color=color, mew=0, zorder=5)


def draw_prediction(axes: Axes, y: float, low: float, high: float, color: str) -> None:
    """Draw a prediction interval: a thin bar with end ticks."""
    left, right = axes.get_xlim()
    draw_interval(axes, y, low, high, color, width=1.6)
    for end in (low, high):
        if left <= end <= right:
            axes.plot([end, end], [y - 0.18, y + 0.18], color=color, lw=1.2, zorder=3)


def square_sides(rows: tuple[TrialRow, ...]) -> list[float]:
    """Return the side of each row's square, area in proportion to weight (all alike without weights)."""
    weights = [row.weight for row in rows if row.shape == ESTIMATE and row.weight is not None]
    heaviest = max(weights, default=0.0)
    sides = []
    for row in rows:
        if row.weight is None or heaviest <= 0.0:
            sides.append(0.36)
        else:
            sides.append(max(SMALLEST_SQUARE, LARGEST_SQUARE * math.sqrt(max(row.weight, 0.0) / heaviest)))
    return sides


def _arrowhead(axes: Axes, x: float, y: float, sign: int, color: str) -> None:
    marker = "<" if sign < 0 else ">"
    axes.plot([x], [y], marker=marker, ms=4.5, color=color, mew=0, zorder=4, clip_on=False)
