"""A dose-response curve of any table: the line with its band, a circle a study, a bar a bound.

The dose figure of the report, :mod:`mgmeta.figures.dose`, knows magnesium; this one knows only effects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mgmeta.figures import words
from mgmeta.figures.results import Cells
from mgmeta.figures.style import PALETTE, SMALL, drawable, styled

WIDTH, HEIGHT = 6.4, 4.0  # inches
LARGEST = 130.0  # points squared: the circle of the most precise study


@dataclass(frozen=True)
class Study:
    """One contrast: an effect, or a bound (`effect` None, open ends None)."""

    label: str
    dose: float
    effect: float | None
    low: float | None
    high: float | None
    se: float


@dataclass(frozen=True)
class PoolCurve:
    """All the plot shows; effects in one unit.

    Attributes
    ----------
    studies : tuple of Study
    line : tuple of (dose, estimate, low, high)
        The curve with its pointwise interval.
    curve : str
        Its name.
    level : float
        Level of the interval.
    title, xlabel, ylabel : str
        Heading ("" = none) and labels of the axes.
    """

    studies: tuple[Study, ...]
    line: tuple[tuple[float, float, float, float], ...]
    curve: str
    level: float
    title: str
    xlabel: str
    ylabel: str

    @property
    def heights(self) -> tuple[float, float]:
        """Range of the effects shown: points, curve and closed ends; an open end runs to the edge."""
        seen = [0.0, *(value for _, *rest in self.line for value in rest if np.isfinite(value))]
        seen += [x for study in self.studies for x in (study.effect, study.low, study.high) if x is not None]
        room = 0.06 * max(max(seen) - min(seen), 1e-12)
        return min(seen) - room, max(seen) + room


def draw(data: PoolCurve) -> Figure:
    """Draw the plot, 6.4 by 4 inches; the area of a circle is its precision, 1/SE²."""
    with styled():
        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
        axes = figure.add_subplot()
        axes.set_ylim(*data.heights)
        axes.axhline(0.0, color=PALETTE["muted"], lw=0.8, zorder=1)
        at, estimate, low, high = np.array(data.line, dtype=float).T
        bottom, top = data.heights
        low, high = np.clip(low, bottom, top), np.clip(high, bottom, top)
        axes.fill_between(at, low, high, color=PALETTE["band"], lw=0)
        axes.plot(at, estimate, color=PALETTE["headline"], lw=1.6, zorder=4)
        _studies(axes, data)
        axes.set_xlabel(drawable(data.xlabel))
        axes.set_ylabel(drawable(data.ylabel))
        if data.title:
            axes.set_title(drawable(data.title), loc="left", weight="bold")
        note = f"{data.curve}, {words.level(data.level)} band; circles by precision, bars = words only"
        axes.text(1.0, 1.01, note, transform=axes.transAxes, ha="right", va="bottom", fontsize=SMALL)
    return figure


def _studies(axes: Axes, data: PoolCurve) -> None:
    if not data.studies:
        return
    bottom, top = data.heights
    most = max(study.se**-2 for study in data.studies)
    for study in data.studies:
        if study.effect is None:
            ends = (bottom if study.low is None else study.low, top if study.high is None else study.high)
            axes.plot([study.dose] * 2, ends, color=PALETTE["bound"], lw=3.5, alpha=0.55, zorder=2)
        else:
            size = LARGEST * study.se**-2 / most
            style: dict[str, Any] = {"facecolor": "none", "edgecolor": PALETTE["ink"], "zorder": 3}
            axes.scatter([study.dose], [study.effect], s=max(size, 6.0), lw=0.9, **style)


def alt(data: PoolCurve) -> str:
    """Return the text that stands for the plot."""
    bounds = sum(study.effect is None for study in data.studies)
    of = f", {bounds} of them words only" if bounds else ""
    dose, estimate, low, high = data.line[-1]
    end = f"at {dose:g}: {words.with_interval(estimate, low, high)}"
    return f"Dose-response curve ({data.curve}) of {words.count(len(data.studies), 'contrast')}{of}; {end}."


def table(data: PoolCurve) -> Cells:
    """Return the curve as a table: dose, estimate and its interval."""
    rows = [
        (f"{dose:g}", words.fixed(estimate, 2), words.interval(low, high))
        for dose, estimate, low, high in data.line
    ]
    return ("Dose", "Effect", f"{words.level(data.level)} interval"), rows
