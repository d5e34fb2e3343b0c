"""Drawing of fitted curves: the primary line with its bands, the others with their names beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from mgmeta.figures.curves import Bin, Fitted
from mgmeta.figures.style import PALETTE, SMALL, drawable, fitted

LABEL = 0.058  # of the height: distance of two names
DOTTED = (0, (1, 1.6))
FREE = (0, (5, 2, 1, 2))  # dashes of the line that need not pass through zero


def draw_primary(axes: Axes, curves: Fitted, tried: float) -> None:
    """Draw the primary line, dashed below the smallest position tried, and its pointwise band."""
    line = curves.primary
    if line is None:
        return
    bottom, top = axes.get_ylim()
    low, high = np.maximum(line.low, bottom), np.minimum(line.high, top)
    axes.fill_between(line.at, low, high, color=PALETTE["band"], lw=0, zorder=0.5)
    at, effect = np.array(line.at), np.array(line.effect)
    start, held = float(np.interp(tried, at, effect)), np.array(line.at) > tried
    style: dict[str, Any] = {"color": PALETTE["headline"], "lw": 1.6, "zorder": 5}
    axes.plot([tried, *at[held]], [start, *effect[held]], **style)
    axes.plot([*at[~held], tried], [*effect[~held], start], ls=(0, (3, 2)), **style)


def draw_curves(axes: Axes, curves: Fitted, tried: float, margin: float) -> None:
    """Draw all curves alone, on their own scale.

    Parameters
    ----------
    axes : with its x limits set
    curves : what to draw
    tried : smallest position of a trial
    margin : room for names right of the axes, in units of x
    """
    axes.set_ylim(*_limits(curves))
    axes.axhline(0.0, color=PALETTE["muted"], lw=0.8, zorder=1)
    draw_primary(axes, curves, tried)
    line, ends = curves.primary, []
    if line is not None:
        for edge in (line.band_low, line.band_high):
            axes.plot(line.at, edge, color=PALETTE["headline"], lw=0.7, ls=DOTTED, zorder=1.4)
        for edge in (line.new_low, line.new_high):  # at no dose there is nothing to vary
            axes.plot(line.at[1:], edge[1:], color=PALETTE["headline"], lw=1.1, ls=DOTTED, zorder=1.4)
        ends.append((line.at[-1], line.effect[-1], f"{line.title}, the primary", PALETTE["headline"]))
    for other in curves.others:
        axes.plot(other.at, other.effect, color=PALETTE["muted"], lw=0.8, zorder=1.5)
        name = other.title.replace("Fractional polynomial", "Fractional")
        ends.append((other.at[-1], other.effect[-1], name, PALETTE["muted"]))
    if curves.between is not None:
        at, effect = curves.between.at, curves.between.effect
        axes.plot(at, effect, color=PALETTE["estimate"], lw=1.1, ls=FREE, zorder=4)
        ends.append((at[-1], effect[-1], "not through zero", PALETTE["estimate"]))
    if curves.average is not None:
        at, effect = curves.average.at, curves.average.effect
        axes.plot(at, effect, color=PALETTE["bayes"], lw=1.4, zorder=4.5)
        ends.append((at[-1], effect[-1], curves.average.title, PALETTE["bayes"]))
    _names(axes, ends, margin)


def draw_rug(axes: Axes, marks: Sequence[tuple[float, bool]], bins: Sequence[Bin]) -> None:
    """Draw a tick a trial at its exact place, and the number of trials per bin, along the bottom.

    *marks* are positions and whether the trial printed a number.
    """
    where = axes.get_xaxis_transform()
    for at, number in marks:
        color = PALETTE["estimate"] if number else PALETTE["bound"]
        axes.plot([at] * 2, [0.002, 0.03], transform=where, color=color, lw=0.9, zorder=4)
    right = axes.get_xlim()[1]
    for piece in bins:
        axes.plot([piece.low] * 2, [0.0, 0.07], transform=where, color=PALETTE["rule"], lw=0.7, zorder=0.4)
        middle = 0.5 * (piece.low + min(piece.high, right))
        color = PALETTE["ink"] if piece.k else PALETTE["muted"]
        style: dict[str, Any] = {"transform": where, "size": SMALL, "ha": "center", "va": "bottom"}
        axes.text(middle, 0.038, f"{piece.k}", color=color, **style)


def _limits(curves: Fitted) -> tuple[float, float]:
    lines = [*curves.others, *(line for line in (curves.between, curves.average) if line is not None)]
    values = [value for line in lines for value in line.effect]
    if curves.primary:
        p = curves.primary
        values += [*p.effect, *p.low, *p.high, *p.band_low, *p.band_high, *p.new_low, *p.new_high]
    finite = [value for value in values if math.isfinite(value)]
    low, high = min([*finite, -1.0]), max([*finite, 1.0])
    return low - 0.12 * (high - low), high + 0.05 * (high - low)


def _names(axes: Axes, ends: Sequence[tuple[float, float, str, str]], margin: float) -> None:
    """Write names right of the axes, as near the ends of their lines as keeps them apart."""
    bottom, top = axes.get_ylim()
    left, right = axes.get_xlim()
    gap = LABEL * (top - bottom)
    places = apart([effect for _, effect, _, _ in ends], gap)
    shift = max(0.0, bottom + gap / 2 - min(places, default=0.0)) - max(0.0, max(places, default=0.0) - top)
    width = margin / (right - left) * axes.bbox.width / axes.figure.dpi - 0.1
    for (at, effect, name, color), place in zip(ends, places, strict=True):
        x = right + 0.02 * margin
        axes.plot([at, x], [effect, place + shift], color=color, lw=0.4, clip_on=False, zorder=1.3)
        text = fitted(drawable(name), width, SMALL)
        axes.text(x + 0.02 * margin, place + shift, text, size=SMALL, va="center", color=color, clip_on=False)


def apart(values: Sequence[float], gap: float) -> list[float]:
    """Return *values* moved as little as keeps neighbours *gap* apart.

    Least squares under p[i+1] - p[i] >= gap is isotonic regression of value - i gap, solved by pooling
    adjacent violators.
    """
    order = sorted(range(len(values)), key=lambda i: (values[i], i))
    blocks: list[list[float]] = []
    for rank, index in enumerate(order):
        blocks.append([values[index] - rank * gap])
        while len(blocks) > 1 and _mean(blocks[-2]) > _mean(blocks[-1]):
            last = blocks.pop()
            blocks[-1].extend(last)
    levels = [_mean(block) for block in blocks for _ in block]
    places = [0.0] * len(values)
    for rank, index in enumerate(order):
        places[index] = levels[rank] + rank * gap
    return places


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
