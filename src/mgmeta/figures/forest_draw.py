"""Drawing of the forest plot: columns of text around one axis; the height grows with the rows."""

from __future__ import annotations

import math
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mgmeta.figures import glyphs, words
from mgmeta.figures.forest import Forest, Pool, Section
from mgmeta.figures.forest_rows import ForestRow
from mgmeta.figures.page import Page, add_page
from mgmeta.figures.rows import ESTIMATE, LOWER, TrialRow
from mgmeta.figures.style import PALETTE, SMALL, drawable, fitted, styled

WIDTH = 9.6  # inches
ROW = 0.215
# Left edge (or right edge, where numbers are set flush right) of each column, inches.
LABEL, N, DOSE, PLOT_LEFT, PLOT_RIGHT, EFFECT, WEIGHT = 0.08, 2.85, 3.65, 3.85, 7.0, 7.15, 9.5
HEAD, AXIS, LEGEND = 0.36, 0.76, 1.12
SUBTOTAL = 1.4  # rows that the pool of a section takes


def draw(data: Forest) -> Figure:
    """Draw a forest plot; any number of rows, none clipped.

    Returns
    -------
    Figure
        9.6 inches wide, 0.215 inches a row.
    """
    drawn = data.drawn
    subtotals = sum(SUBTOTAL for section in data.sections if section.pool)
    lines = data.drawn_count + max(len(drawn), 1) + subtotals
    lines += len(data.pools) + (data.prediction is not None) + 1.2
    height = HEAD + lines * ROW + AXIS + LEGEND
    with styled():
        figure = Figure(figsize=(WIDTH, height))
        page = add_page(figure, PLOT_LEFT, PLOT_RIGHT, AXIS + LEGEND, lines, ROW, data.limits)
        _frame(page, data, lines)
        shown = tuple(item.row for part in drawn for item in part)
        sides = dict(zip((row.trial_id for row in shown), glyphs.square_sides(shown), strict=True))
        y = 0.0
        if not drawn:
            page.put(LABEL, y, "No trial is pooled.", style="italic", color=PALETTE["muted"])
            y += 1
        for section, part in zip(data.sections, drawn, strict=True):
            y = _section(page, data, section, part, sides, y)
        _pools(page, data, y + 0.7)
        _legend(figure, data, height)
    return figure


def _frame(page: Page, data: Forest, lines: float) -> None:
    axes = page.axes
    page.reference(0.0, data.published)
    axes.set_xlabel(f"Difference in {data.name}, {data.unit} (magnesium minus control)", labelpad=17)
    low, high = data.limits
    style: dict[str, Any] = {"size": SMALL, "color": PALETTE["muted"]}
    below = axes.get_xaxis_transform()
    down = -0.33 / (lines * ROW)
    left, right = "\u2190 lower with magnesium", "higher \u2192"
    axes.text(low, down, left, transform=below, ha="left", va="center", clip_on=False, **style)
    axes.text(high, down, right, transform=below, ha="right", va="center", clip_on=False, **style)
    head = -1.25
    bold = {"weight": "bold"}
    page.put(LABEL, head, "Trial", **bold)
    page.put(N, head, "n", ha="right", **bold)
    page.put(DOSE, head, "Mg, mg/d", ha="right", **bold)
    page.put(EFFECT, head, f"{data.unit} ({words.level(data.level)} CI)", **bold)
    page.put(WEIGHT, head, "Weight", ha="right", **bold)
    page.line(LABEL, WEIGHT, -0.68, PALETTE["muted"])


def _section(
    page: Page, data: Forest, section: Section, rows: tuple[ForestRow, ...], sides: dict[str, float], y: float
) -> float:
    """Draw a heading, its rows and their pool from *y* on; return the row after them."""
    heading = f"{section.heading} ({sum(item.trials for item in rows)})"
    page.put(LABEL, y, drawable(heading), style="italic", color=PALETTE["muted"])
    low, high = data.limits
    ratio = (high - low) / (PLOT_RIGHT - PLOT_LEFT) * ROW
    for offset, item in enumerate(rows, start=1):
        row, at = item.row, y + offset
        if offset % 2:
            page.stripe(LABEL - 0.04, WEIGHT + 0.04, at)
        mark = " \u2020" if row.se_assumed else ""
        page.put(LABEL, at, fitted(drawable(row.label), N - LABEL - 0.55) + mark)
        page.put(N, at, words.integer(row.n), ha="right")
        page.put(DOSE, at, words.plain(row.dose), ha="right")
        page.put(EFFECT, at, row.text, color=PALETTE["ink" if row.shape == ESTIMATE else "bound"])
        page.put(WEIGHT, at, "" if row.weight is None else f"{words.fixed(row.weight, 1)}%", ha="right")
        glyphs.draw_row(page.axes, at, row, sides[row.trial_id], ratio)
    y += len(rows) + 1
    if section.pool:
        _pool(page, y, section.pool)
        y += SUBTOTAL
    return y


def _pools(page: Page, data: Forest, y: float) -> None:
    page.line(LABEL, WEIGHT, y - 0.75, PALETTE["rule"])
    for pool in data.pools:
        _pool(page, y, pool)
        y += 1
        if pool.role == "headline" and data.prediction:
            low, high = data.prediction
            glyphs.draw_prediction(page.axes, y, low, high, PALETTE["headline"])
            text = f"{words.level(data.level)} prediction interval, new trial"
            page.put(LABEL + 0.15, y, text, color=PALETTE["muted"])
            page.put(EFFECT, y, words.interval(low, high), color=PALETTE["muted"])
            y += 1


def _pool(page: Page, y: float, pool: Pool) -> None:
    weight = "bold" if pool.role == "headline" else "normal"
    color = PALETTE["bound"] if pool.note else PALETTE["ink"]
    page.put(
        LABEL,
        y,
        fitted(drawable(pool.label), PLOT_LEFT - LABEL - 0.1, weight=weight),
        weight=weight,
        color=color,
    )
    low, high = (end if math.isfinite(end) else None for end in (pool.low, pool.high))
    text = words.with_interval(pool.estimate, low, high)
    if low is None and high is None:
        text = f"{words.fixed(pool.estimate)} (interval without end)"
    page.put(EFFECT, y, text, weight=weight)
    color = glyphs.ROLE_COLORS[pool.role]
    span = (pool.estimate, pool.low, pool.high)
    glyphs.draw_pool(page.axes, y, *span, color=color, filled=pool.role in glyphs.FILLED)


def _legend(figure: Figure, data: Forest, height: float) -> None:
    """Explain the glyphs in words below the axis, in inches."""
    axes = figure.add_axes((0.0, 0.0, 1.0, LEGEND / height))
    axes.set_axis_off()
    axes.set_xlim(0, WIDTH)
    rows = LEGEND / ROW
    axes.set_ylim(rows, 0)
    style: dict[str, Any] = {"size": SMALL, "va": "center_baseline", "color": PALETTE["ink"]}
    left, right, text_left, text_right = 0.15, 4.35, 0.75, 4.95
    level = words.level(data.level)
    entries = [
        (left, 1.0, ESTIMATE, f"number printed: estimate, {level} CI; square area by weight"),
        (left, 2.1, "two_sided", "words only (\u201cnot significant\u201d): any value in the band"),
        (left, 3.2, LOWER, "words only (\u201csignificantly lower\u201d): any value beyond the limit"),
        (right, 1.0, "diamond", "pooled estimate; its width is the interval"),
        (right, 2.1, "line", f"published estimate ({data.published_label}); solid line: no difference"),
    ]
    for x, y, shape, text in entries:
        _key(axes, x, y, shape)
        axes.text(text_left if x == left else text_right, y, drawable(text), **style)
    if any(row.se_assumed for row in data.rows):
        axes.text(right + 0.2, 3.2, "\u2020", **style)
        axes.text(text_right, 3.2, "standard error or size rests on an assumption (see decisions)", **style)
    note = "Weight: share of the information in the pool with words. \u2013 not reported."
    axes.text(left, 4.35, note, **{**style, "color": PALETTE["muted"]})


def _key(axes: Axes, x: float, y: float, shape: str) -> None:
    row = TrialRow("", "", None, shape, None, None, None, None, None, None, None, False)
    if shape == ESTIMATE:
        row = TrialRow("", "", None, shape, x + 0.23, x, x + 0.46, None, None, None, None, False)
        glyphs.draw_row(axes, y, row, 0.5, ROW)
    elif shape == "two_sided":
        glyphs.draw_band(axes, y, x, x + 0.46, 0.6)
    elif shape == LOWER:
        glyphs.draw_open_band(axes, y, x + 0.46, towards_low=True, height=0.6, end=x + 0.03)
    elif shape == "diamond":
        glyphs.draw_diamond(axes, y, x + 0.23, x, x + 0.46, PALETTE["headline"], True, half=0.35)
    else:
        axes.plot(
            [x + 0.23, x + 0.23], [y - 0.5, y + 0.5], color=PALETTE["published"], lw=0.9, ls=(0, (4, 2))
        )
