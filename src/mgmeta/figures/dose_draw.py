"""Drawing of the dose figure: trials above, curves alone below, total intakes in a strip of their own."""

from __future__ import annotations

import math
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mgmeta.figures.curves_draw import apart, draw_curves, draw_primary, draw_rug
from mgmeta.figures.dose import Dose, Mark
from mgmeta.figures.rows import ESTIMATE, LOWER, TWO_SIDED, TrialRow
from mgmeta.figures.style import PALETTE, SMALL, drawable, styled, text_width

WIDTH, MAIN, ZOOM, STRIP = 7.6, 3.1, 2.5, 0.2  # inches; STRIP is the height of a line of the strip
LEFT, RIGHT, TOP, BETWEEN, GAP, BOTTOM = 0.62, 5.95, 0.62, 0.3, 0.62, 0.1
BAND_MG, APART_MG = 3.4, 5.0  # width of a band; least distance of neighbours
RUG = 0.1  # of the height, for ticks and counts below the effects


def draw(data: Dose) -> Figure:
    """Draw the dose figure."""
    with styled():
        lines = len(data.intake)
        strip = (lines + 1.2) * STRIP if lines else 0.0
        below = BOTTOM + strip + GAP
        height = TOP + MAIN + BETWEEN + ZOOM + below
        figure = Figure(figsize=(WIDTH, height))
        inner = (RIGHT - LEFT) / WIDTH
        axes = figure.add_axes((LEFT / WIDTH, (below + ZOOM + BETWEEN) / height, inner, MAIN / height))
        zoom = figure.add_axes((LEFT / WIDTH, below / height, inner, ZOOM / height))
        limits = _limits(data)
        axes.set_xlim(*limits)
        axes.set_ylim(*_heights(data))
        _main(axes, data)
        zoom.set_xlim(*limits)
        draw_curves(zoom, data.curves, data.tried, _room(zoom))
        zoom.set_xlabel("Elemental magnesium from the supplement, mg/d")
        zoom.set_ylabel(f"The same, curves alone, {data.unit}")
        if not data.rows:
            note = "No pooled trial has a known elemental dose."
            axes.text(0.5, 0.5, note, transform=axes.transAxes, ha="center", color=PALETTE["muted"])
        if lines:
            strip_axes = figure.add_axes((LEFT / WIDTH, BOTTOM / height, inner, strip / height))
            strip_axes.set_xlim(*limits)
            _strip(strip_axes, data.intake)
    return figure


def _room(axes: Axes) -> float:
    """Return the width of the right margin in units of the dose."""
    low, high = axes.get_xlim()
    return (WIDTH - RIGHT) / (RIGHT - LEFT) * (high - low)


def _limits(data: Dose) -> tuple[float, float]:
    doses = [row.dose for row in data.rows if row.dose is not None]
    marks = [mark.value for mark in (*data.supplement, *data.intake)]
    return 0.0, 1.04 * max([*doses, *marks], default=500.0) + 10.0


def _heights(data: Dose) -> tuple[float, float]:
    ends = [value for row in data.rows for value in (row.low, row.high) if value is not None]
    if data.curves.primary:
        ends += [end for end in (*data.curves.primary.low, *data.curves.primary.high) if math.isfinite(end)]
    low, high = min([*ends, -1.0]), max([*ends, 1.0])
    room = 0.05 * (high - low)
    return low - room - RUG * (high - low), high + room


def _main(axes: Axes, data: Dose) -> None:
    axes.axhline(0.0, color=PALETTE["muted"], lw=0.8, zorder=1)
    _references(axes, data)
    draw_primary(axes, data.curves, data.tried)
    heaviest = max((row.weight or 0.0 for row in data.rows if row.shape == ESTIMATE), default=0.0)
    for row, at in zip(data.rows, _side_by_side(data.rows), strict=True):
        _trial(axes, row, at, heaviest)
    marks = [(row.dose or 0.0, row.shape == ESTIMATE) for row in data.rows]
    draw_rug(axes, marks, data.curves.bins)
    axes.tick_params(axis="x", labelbottom=False)
    axes.set_ylabel(f"Difference in {data.name}, {data.unit}")
    _key(axes)


def _key(axes: Axes) -> None:
    """Say in the right margin what the glyphs are."""
    style: dict[str, Any] = {"transform": axes.transAxes, "clip_on": False}
    axes.plot([1.04], [0.93], marker="o", ms=5, color=PALETTE["estimate"], **style)
    axes.text(1.07, 0.93, "a number, with", size=SMALL, va="center", **style)
    axes.text(1.07, 0.885, "its interval", size=SMALL, va="center", **style)
    box = Rectangle(
        (1.032, 0.76), 0.016, 0.075, lw=0.9, edgecolor=PALETTE["bound"], facecolor=PALETTE["bound_fill"]
    )
    box.set_transform(axes.transAxes)
    box.set_clip_on(False)
    axes.add_patch(box)
    axes.text(1.07, 0.82, "words only: the", size=SMALL, va="center", **style)
    axes.text(1.07, 0.775, "limits they set", size=SMALL, va="center", **style)
    axes.text(1.02, 0.09, "trials per stretch", size=SMALL, va="center", color=PALETTE["muted"], **style)
    axes.text(1.02, 0.045, "and exact doses", size=SMALL, va="center", color=PALETTE["muted"], **style)


def _side_by_side(rows: tuple[TrialRow, ...]) -> list[float]:
    """Return where each trial stands: its dose, moved as little as keeps neighbours `APART_MG` apart."""
    return apart([row.dose or 0.0 for row in rows], APART_MG)


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
