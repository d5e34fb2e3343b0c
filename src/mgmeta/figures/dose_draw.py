"""Drawing of the dose figure: the effects above, total intakes in a strip of their own below."""

from __future__ import annotations

import math
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mgmeta.figures.dose import Dose, Mark
from mgmeta.figures.rows import ESTIMATE, LOWER, TWO_SIDED, TrialRow
from mgmeta.figures.style import PALETTE, SMALL, drawable, styled, text_width

WIDTH, MAIN, STRIP = 7.6, 3.5, 0.2  # inches; height of a line of the strip
LEFT, RIGHT, TOP, GAP, BOTTOM = 0.62, 7.5, 0.62, 0.62, 0.3
BAND_MG, APART_MG = 3.4, 5.0  # width of a band; least distance of neighbours


def draw(data: Dose) -> Figure:
    """Draw the dose figure."""
    with styled():
        lines = len(data.intake)
        strip = (lines + 1.2) * STRIP if lines else 0.0
        height = TOP + MAIN + GAP + strip + BOTTOM
        figure = Figure(figsize=(WIDTH, height))
        inner = (RIGHT - LEFT) / WIDTH
        axes = figure.add_axes((LEFT / WIDTH, (BOTTOM + strip + GAP) / height, inner, MAIN / height))
        limits = _limits(data)
        axes.set_xlim(*limits)
        axes.set_ylim(*_heights(data))
        _main(axes, data)
        if not data.rows:
            note = "No pooled trial has a known elemental dose."
            axes.text(0.5, 0.5, note, transform=axes.transAxes, ha="center", color=PALETTE["muted"])
        if lines:
            below = figure.add_axes((LEFT / WIDTH, BOTTOM / height, inner, strip / height))
            below.set_xlim(*limits)
            _strip(below, data.intake)
    return figure


def _limits(data: Dose) -> tuple[float, float]:
    doses = [row.dose for row in data.rows if row.dose is not None]
    marks = [mark.value for mark in (*data.supplement, *data.intake)]
    low, high = min([*doses, *marks], default=0.0), max([*doses, *marks], default=500.0)
    room = 0.08 * (high - low) + 10.0
    return low - room, high + room


def _heights(data: Dose) -> tuple[float, float]:
    ends = [value for row in data.rows for value in (row.low, row.high) if value is not None]
    if data.curve:
        ends += [value for value in (*data.curve.low, *data.curve.high) if math.isfinite(value)]
    low, high = min([*ends, -1.0]), max([*ends, 1.0])
    room = 0.05 * (high - low)
    return low - room, high + room


def _main(axes: Axes, data: Dose) -> None:
    axes.axhline(0.0, color=PALETTE["muted"], lw=0.8, zorder=1)
    _references(axes, data)
    if data.curve:
        axes.fill_between(
            data.curve.dose, data.curve.low, data.curve.high, color=PALETTE["band"], lw=0, zorder=0.5
        )
        axes.plot(data.curve.dose, data.curve.estimate, color=PALETTE["headline"], lw=1.6, zorder=5)
    heaviest = max((row.weight or 0.0 for row in data.rows if row.shape == ESTIMATE), default=0.0)
    for row, at in zip(data.rows, _side_by_side(data.rows), strict=True):
        _trial(axes, row, at, heaviest)
    axes.set_xlabel("Elemental magnesium from the supplement, mg/d")
    axes.set_ylabel(f"Difference in {data.name}, {data.unit}")


def _side_by_side(rows: tuple[TrialRow, ...]) -> list[float]:
    """Return where each trial stands: its dose, moved as little as keeps neighbours `APART_MG` apart.

    Least squares under p[i+1] - p[i] >= gap is isotonic regression of dose - i gap, solved by pooling
    adjacent violators.
    """
    order = sorted(range(len(rows)), key=lambda i: (rows[i].dose or 0.0, i))
    blocks: list[list[float]] = []
    for rank, index in enumerate(order):
        blocks.append([(rows[index].dose or 0.0) - rank * APART_MG])
        while len(blocks) > 1 and _mean(blocks[-2]) > _mean(blocks[-1]):
            last = blocks.pop()
            blocks[-1].extend(last)
    levels = [_mean(block) for block in blocks for _ in block]
    places = [0.0] * len(rows)
    for rank, index in enumerate(order):
        places[index] = levels[rank] + rank * APART_MG
    return places


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _trial(axes: Axes, row: TrialRow, at: float, heaviest: float) -> None:
    bottom, top = axes.get_ylim()
    low = bottom if row.low is None else row.low
    high = top if row.high is None else row.high
    if row.estimate is not None:
        area = 40.0 if row.weight is None or heaviest <= 0 else 12.0 + 150.0 * row.weight / heaviest
        axes.plot([at, at], [low, high], color=PALETTE["estimate"], lw=1.0, zorder=3, solid_capstyle="butt")
        style: dict[str, Any] = {
            "facecolor": PALETTE["estimate"],
            "edgecolor": PALETTE["paper"],
            "linewidth": 0.8,
        }
        axes.scatter([at], [row.estimate], s=area, zorder=4, **style)
        return
    outline: dict[str, Any] = {"edgecolor": PALETTE["bound"], "facecolor": PALETTE["bound_fill"], "zorder": 2}
    if row.shape == TWO_SIDED:
        axes.add_patch(Rectangle((at - BAND_MG / 2, low), BAND_MG, high - low, lw=0.9, **outline))
        return
    axes.add_patch(
        Rectangle((at - BAND_MG / 2, low), BAND_MG, high - low, **{**outline, "edgecolor": "none"})
    )
    limit, edge = (high, low) if row.shape == LOWER else (low, high)
    line: dict[str, Any] = {"color": PALETTE["bound"], "lw": 0.9, "zorder": 2.5}
    axes.plot([at - BAND_MG / 2, at + BAND_MG / 2], [limit, limit], **line)
    for side in (-0.5, 0.5):
        axes.plot([at + side * BAND_MG] * 2, [limit, edge], **line)
    marker = "v" if row.shape == LOWER else "^"
    axes.plot([at], [edge], marker=marker, ms=5, color=PALETTE["bound"], mew=0, clip_on=False, zorder=4)


def _references(axes: Axes, data: Dose) -> None:
    """Draw supplement limits and the review's median; labels in rows above so that none overlap."""
    lines = [
        (mark.value, f"limit {mark.value:g}, {mark.authority}", (0, (1, 1.5))) for mark in data.supplement
    ]
    if data.centre is not None:
        lines.append((data.centre, f"{data.centre:g}, {data.centre_label}", (0, (5, 2))))
    where = axes.get_xaxis_transform()
    low, high = axes.get_xlim()
    for index, (value, text, dashes) in enumerate(sorted(lines)):
        axes.axvline(value, color=PALETTE["published"], lw=1.0, ls=dashes, zorder=1.2)
        up = 1.0 + 0.04 + 0.05 * (len(lines) - 1 - index)
        room = (high - value) / (high - low) * (RIGHT - LEFT) + WIDTH - RIGHT
        right = text_width(text, SMALL) > room
        style: dict[str, Any] = {
            "size": SMALL,
            "color": PALETTE["published"],
            "va": "center",
            "ha": "right" if right else "left",
        }
        axes.text(value, up, drawable(text), transform=where, clip_on=False, **style)
        axes.plot(
            [value, value],
            [1.0, up - 0.022],
            transform=where,
            color=PALETTE["published"],
            lw=0.6,
            clip_on=False,
        )


def _strip(axes: Axes, marks: tuple[Mark, ...]) -> None:
    axes.set_ylim(len(marks) + 0.1, -1.1)
    axes.set_yticks([])
    axes.set_facecolor(PALETTE["stripe"])
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="x", length=0, labelbottom=False)
    low, high = axes.get_xlim()
    text = "Food + supplements, mg/d: not comparable with this axis"
    axes.text(
        low + 0.01 * (high - low),
        -0.55,
        text,
        size=SMALL,
        va="center",
        style="italic",
        color=PALETTE["muted"],
    )
    for y, mark in enumerate(marks):
        axes.plot([mark.value], [y + 0.25], marker="|", ms=8, mew=1.8, color=PALETTE["ink"])
        right = mark.value > 0.5 * (low + high)
        shift = -0.012 if right else 0.012
        label = drawable(f"{mark.label}: {mark.value:g}")
        where = mark.value + shift * (high - low)
        axes.text(where, y + 0.25, label, size=SMALL, va="center_baseline", ha="right" if right else "left")
