"""Effect by each continuous moderator: numbers as bubbles, words as bands, the fitted line.

Dose has a figure of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.figures.moderators import compared_words
from mgmeta.figures.results import Cells, Json, Results
from mgmeta.figures.rows import ESTIMATE, LOWER, TrialRow, trial_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEFT_OUT = ("dose",)
BINARY = ("size",)  # on a binary logarithm: the axis is labelled in people
COLUMNS = 3
WIDTH, PANEL, LEFT, BOTTOM, TOP, ACROSS, BETWEEN = 9.6, 2.1, 0.62, 0.5, 0.42, 0.3, 0.95  # inches


@dataclass(frozen=True)
class Panel:
    """One moderator.

    Attributes
    ----------
    at : tuple of float
        Where each trial stands, in the order of `rows`.
    line : mapping or None
        at, estimate, low, high of the fitted line; None where it was refused, for `reason`.
    slope : tuple of float or None
        For one step: estimate, interval, P.
    """

    key: str
    label: str
    axis: str
    compared: str
    rows: tuple[TrialRow, ...]
    at: tuple[float, ...]
    line: Json | None
    slope: tuple[float, float | None, float | None, float | None] | None
    reason: str


@dataclass(frozen=True)
class Bubbles:
    """All the figure shows."""

    outcome: str
    name: str
    unit: str
    title: str
    level: float
    panels: tuple[Panel, ...]


def prepare(results: Results, analysis: str, outcome: str) -> Bubbles:
    """Collect every continuous moderator that a trial states.

    Raises
    ------
    DataError
        If the moderators were not worked out.
    """
    document = results.moderated(analysis)
    level = float(document["level"])
    found = document["outcomes"][outcome]
    rows = trial_rows(results.outcome(analysis, outcome), level)
    panels = tuple(
        _panel(single, rows)
        for single in found["singles"]
        if not single["levels"] and single["values"] and single["key"] not in LEFT_OUT
    )
    name, unit = OUTCOMES[outcome].name, str(found["unit"])
    return Bubbles(outcome, name, unit, str(document["title"]), level, panels)


def _panel(single: Json, rows: tuple[TrialRow, ...]) -> Panel:
    kept = tuple(row for row in rows if row.trial_id in single["values"])
    item = single["difference"]
    slope = (item["estimate"], item["ci_low"], item["ci_high"], item["p_value"]) if item else None
    return Panel(
        str(single["key"]),
        str(single["label"]),
        str(single["axis"]),
        compared_words(single),
        kept,
        tuple(float(single["values"][row.trial_id]) for row in kept),
        single["line"],
        slope,
        str(single["reason"]),
    )


def draw(data: Bubbles) -> Figure:
    """Draw the figure: a panel a moderator, all on one height."""
    from matplotlib.figure import Figure

    from mgmeta.figures.style import styled

    lines = max(math.ceil(len(data.panels) / COLUMNS), 1)
    height = TOP + lines * PANEL + (lines - 1) * BETWEEN + BOTTOM
    wide = (WIDTH - LEFT - 0.12 - (COLUMNS - 1) * ACROSS) / COLUMNS
    limits = _heights(data)
    with styled():
        figure = Figure(figsize=(WIDTH, height))
        for index, panel in enumerate(data.panels):
            line, column = divmod(index, COLUMNS)
            left = LEFT + column * (wide + ACROSS)
            bottom = height - TOP - (line + 1) * PANEL - line * BETWEEN
            axes = figure.add_axes((left / WIDTH, bottom / height, wide / WIDTH, PANEL / height))
            axes.set_ylim(*limits)
            _draw_panel(axes, panel)
            if column:
                axes.set_yticklabels([])
            else:
                axes.set_ylabel(f"Difference, {data.unit}")
        if not data.panels:
            figure.text(0.5, 0.5, "No trial states a moderator by degree.", ha="center")
    return figure


def _heights(data: Bubbles) -> tuple[float, float]:
    ends = [v for panel in data.panels for row in panel.rows for v in (row.low, row.high) if v is not None]
    cap = OUTCOMES[data.outcome].plausible_effect
    low, high = max(min([*ends, -1.0]), -cap), min(max([*ends, 1.0]), cap)
    room = 0.05 * (high - low)
    return low - room, high + room


def _draw_panel(axes: Axes, panel: Panel) -> None:
    from matplotlib.ticker import FixedLocator, MaxNLocator

    from mgmeta.figures.style import PALETTE, SMALL, drawable

    axes.axhline(0.0, color=PALETTE["muted"], lw=0.8, zorder=1)
    low, high = min(panel.at, default=0.0), max(panel.at, default=1.0)
    room = 0.06 * (high - low) or 1.0
    axes.set_xlim(low - room, high + room)
    if panel.line:
        line = panel.line
        low_ends, high_ends = ([math.nan if v is None else v for v in line[key]] for key in ("low", "high"))
        axes.fill_between(line["at"], low_ends, high_ends, color=PALETTE["band"], lw=0, zorder=0.5)
        axes.plot(line["at"], line["estimate"], color=PALETTE["headline"], lw=1.6, zorder=5)
    heaviest = max((row.weight or 0.0 for row in panel.rows if row.shape == ESTIMATE), default=0.0)
    for row, at in zip(panel.rows, panel.at, strict=True):
        _trial(axes, row, at, heaviest)
    axes.set_xlabel(drawable(axis_title(panel)), size=SMALL)
    if panel.key in BINARY:
        ticks = range(math.ceil(low), math.floor(high) + 1)
        axes.xaxis.set_major_locator(FixedLocator([float(tick) for tick in ticks]))
        axes.set_xticklabels([f"{2**tick:g}" for tick in ticks])
    else:
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=panel.key == "year"))
    axes.text(0.0, 1.1, drawable(panel.label), transform=axes.transAxes, weight="bold", clip_on=False)
    axes.text(0.0, 1.02, slope_words(panel), transform=axes.transAxes, size=SMALL, clip_on=False)


def axis_title(panel: Panel) -> str:
    """Return the title of the axis; of a binary logarithm that of its labels."""
    return "People compared" if panel.key in BINARY else panel.axis


def slope_words(panel: Panel) -> str:
    """Return the slope, or that no line was fitted."""
    if panel.slope is None:
        return f"{words.count(len(panel.rows), 'trial')}: no line fitted"
    estimate, low, high, p = panel.slope
    return f"{words.with_interval(estimate, low, high)} {panel.compared}, {words.p_value(p)}"


def _trial(axes: Axes, row: TrialRow, at: float, heaviest: float) -> None:
    from mgmeta.figures.style import PALETTE

    bottom, top = axes.get_ylim()
    low, high = (bottom if row.low is None else row.low), (top if row.high is None else row.high)
    if row.estimate is not None:
        area = 30.0 if row.weight is None or heaviest <= 0 else 9.0 + 110.0 * row.weight / heaviest
        axes.plot([at, at], [low, high], color=PALETTE["estimate"], lw=0.8, zorder=3)
        axes.scatter(
            [at], [row.estimate], s=area, fc=PALETTE["estimate"], ec=PALETTE["paper"], lw=0.7, zorder=4
        )
        return
    axes.plot([at, at], [low, high], color=PALETTE["bound"], lw=3.2, zorder=2, solid_capstyle="butt")
    axes.plot([at, at], [low, high], color=PALETTE["bound_fill"], lw=1.6, zorder=2.1, solid_capstyle="butt")
    if row.low is None or row.high is None:
        edge, marker = (bottom, "v") if row.shape == LOWER else (top, "^")
        axes.plot([at], [edge], marker=marker, ms=4, color=PALETTE["bound"], mew=0, clip_on=False)


def caption(data: Bubbles) -> str:
    """Return the caption."""
    return (
        f"Effect on {data.name} by each moderator that comes in degrees, {data.title[:1].lower()}"
        f"{data.title[1:]}. Bubbles are numbers, their area the weight in the pool, with "
        f"{words.level(data.level)} intervals; open bands are results told in words. Line and band: numbers "
        "and words. A trial stands at the mean of its people: a line across trials is not one across people."
    )


def alt(data: Bubbles) -> str:
    """Return the text that stands for the figure."""
    parts = [
        f"{panel.label}: {words.count(len(panel.rows), 'trial')}, {slope_words(panel)}"
        for panel in data.panels
    ]
    return f"Bubble plots of the effect on {data.name} in {data.unit}. {'. '.join(parts)}."


def table(data: Bubbles) -> Cells:
    """Return the figure as a table: a row a trial, then the slope of each moderator."""
    heads = ("Trial", "Effect, mmHg", *(axis_title(panel) for panel in data.panels))
    places: dict[str, TrialRow] = {row.trial_id: row for panel in data.panels for row in panel.rows}
    where = [dict(zip((row.trial_id for row in panel.rows), panel.at, strict=True)) for panel in data.panels]
    rows = []
    for trial_id, row in places.items():
        cells = [_value(panel, found.get(trial_id)) for panel, found in zip(data.panels, where, strict=True)]
        rows.append((row.label, row.text, *cells))
    rows.append(("Slope", "", *(slope_words(panel) for panel in data.panels)))
    return heads, rows


def _value(panel: Panel, value: float | None) -> str:
    if value is None:
        return words.MISSING
    return words.plain(round(2**value if panel.key in BINARY else value, 2))
