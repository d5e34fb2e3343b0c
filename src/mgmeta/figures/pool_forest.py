"""Forest plot of any pooled table: a study a row, bands for bounds, diamonds below.

The forest plot of the report, :mod:`mgmeta.figures.forest`, knows trials of magnesium; this one knows
only effects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure as Figure

from mgmeta.figures import glyphs, words
from mgmeta.figures.page import Page, add_page
from mgmeta.figures.results import Cells
from mgmeta.figures.rows import ESTIMATE, SAYS, TrialRow
from mgmeta.figures.style import PALETTE, drawable, fitted, styled

ROW = 0.23  # inches
LABEL, PLOT_LEFT, PLOT_RIGHT, EFFECT, WEIGHT, WIDTH = 0.08, 2.6, 5.9, 6.05, 8.3, 8.4
HEAD, AXIS = 0.4, 0.6


@dataclass(frozen=True)
class Diamond:
    """A pooled result and its prediction interval, if it has one."""

    label: str
    estimate: float
    low: float
    high: float
    prediction: tuple[float, float] | None = None


@dataclass(frozen=True)
class PoolForest:
    """All a forest plot of a table shows; effects in one unit.

    Attributes
    ----------
    rows : tuple of TrialRow
        Studies in the order of the table.
    pools : tuple of Diamond
        From top to bottom.
    level : float
        Level of every interval.
    title, xlabel : str
        Heading ("" = none) and label of the axis.
    """

    rows: tuple[TrialRow, ...]
    pools: tuple[Diamond, ...]
    level: float
    title: str
    xlabel: str

    @property
    def limits(self) -> tuple[float, float]:
        """Range of the axis: points and pooled intervals, no end further out than twice their reach."""
        sure = [row.estimate for row in self.rows if row.estimate is not None]
        sure += [x for pool in self.pools for x in (pool.low, pool.high)]
        sure += [0.0]
        reach = max(max(sure) - min(sure), 1e-12)
        ends = [end for row in self.rows for end in (row.low, row.high) if end is not None]
        ends += [end for pool in self.pools if pool.prediction for end in pool.prediction]
        low = max(min([*sure, *ends]), min(sure) - reach)
        high = min(max([*sure, *ends]), max(sure) + reach)
        room = 0.05 * (high - low)
        return low - room, high + room


def draw(data: PoolForest) -> Figure:
    """Draw the plot; 8.4 inches wide, 0.23 inches a row."""
    lines = len(data.rows) + sum(1 + (pool.prediction is not None) for pool in data.pools) + 0.6
    height = HEAD + (0.25 if data.title else 0.0) + lines * ROW + AXIS
    with styled():
        figure = Figure(figsize=(WIDTH, height))
        page = add_page(figure, PLOT_LEFT, PLOT_RIGHT, AXIS, lines, ROW, data.limits)
        page.reference(0.0, None)
        page.axes.set_xlabel(drawable(data.xlabel))
        if data.title:
            page.put(LABEL, -2.4, drawable(data.title), weight="bold", size=10)
        bold: dict[str, Any] = {"weight": "bold"}
        page.put(LABEL, -1.25, "Study", **bold)
        page.put(EFFECT, -1.25, f"Effect ({words.level(data.level)} interval)", **bold)
        if any(row.weight is not None for row in data.rows):
            page.put(WEIGHT, -1.25, "Weight", ha="right", **bold)
        page.line(LABEL, WEIGHT, -0.68, PALETTE["muted"])
        _studies(page, data)
        _pools(page, data)
    return figure


def _studies(page: Page, data: PoolForest) -> None:
    low, high = data.limits
    ratio = (high - low) / (PLOT_RIGHT - PLOT_LEFT) * ROW
    for at, (row, side) in enumerate(zip(data.rows, glyphs.square_sides(data.rows), strict=True)):
        if at % 2:
            page.stripe(LABEL - 0.04, WEIGHT + 0.04, at)
        page.put(LABEL, at, fitted(drawable(row.label), PLOT_LEFT - LABEL - 0.15))
        page.put(EFFECT, at, said(row), color=PALETTE["ink" if row.shape == ESTIMATE else "bound"])
        if row.weight is not None:
            page.put(WEIGHT, at, f"{words.fixed(row.weight, 1)}%", ha="right")
        glyphs.draw_row(page.axes, at, row, side, ratio)


def _pools(page: Page, data: PoolForest) -> None:
    at = len(data.rows) + 0.3
    page.line(LABEL, WEIGHT, at - 0.75, PALETTE["rule"])
    for pool in data.pools:
        page.put(
            LABEL, at, fitted(drawable(pool.label), PLOT_LEFT - LABEL - 0.1, weight="bold"), weight="bold"
        )
        text = words.with_interval(pool.estimate, pool.low, pool.high)
        page.put(EFFECT, at, text, weight="bold")
        color = PALETTE["headline"]
        glyphs.draw_pool(page.axes, at, pool.estimate, pool.low, pool.high, color=color, filled=True)
        at += 1
        if pool.prediction:
            page.put(LABEL + 0.15, at, "a new trial (prediction)", color=PALETTE["muted"])
            page.put(EFFECT, at, words.interval(*pool.prediction), color=PALETTE["muted"])
            glyphs.draw_prediction(page.axes, at, *pool.prediction, color)
            at += 1


def said(row: TrialRow) -> str:
    """Return a row in figures: an estimate with its interval, or the limits of a bound."""
    if row.shape == ESTIMATE:
        return words.with_interval(row.estimate, row.low, row.high)
    return f"{words.interval(row.low, row.high)} {SAYS[row.shape].partition(' ')[2]}".strip()


def alt(data: PoolForest) -> str:
    """Return the text that stands for the plot."""
    bounds = sum(row.shape != ESTIMATE for row in data.rows)
    of = f", {bounds} of them words only" if bounds else ""
    found = "; ".join(f"{p.label}: {words.with_interval(p.estimate, p.low, p.high)}" for p in data.pools)
    return f"Forest plot of {words.count(len(data.rows), 'study', 'studies')}{of}. {found}."


COLUMNS = ("study", "effect", "low", "high", "weight_percent")


def table(data: PoolForest) -> Cells:
    """Return the plot as a table of text: every study, then every pool."""
    rows = [
        (
            row.label,
            "" if row.estimate is None else words.fixed(row.estimate),
            "open" if row.low is None else words.fixed(row.low),
            "open" if row.high is None else words.fixed(row.high),
            "" if row.weight is None else words.fixed(row.weight, 1),
        )
        for row in data.rows
    ]
    rows += [
        (p.label, words.fixed(p.estimate), words.fixed(p.low), words.fixed(p.high), "") for p in data.pools
    ]
    return COLUMNS, rows
