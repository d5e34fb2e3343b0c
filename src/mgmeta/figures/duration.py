"""Effect by duration: the curves of each outcome, with a tick a trial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.figures.curves import Fitted, fitted
from mgmeta.figures.results import Cells, Results
from mgmeta.figures.rows import ESTIMATE, TrialRow, trial_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

AXIS = "duration"


@dataclass(frozen=True)
class Panel:
    """One outcome: its trials with their weeks, and its curves."""

    name: str
    unit: str
    rows: tuple[tuple[TrialRow, float], ...]
    unplaced: int
    curves: Fitted


@dataclass(frozen=True)
class Duration:
    """All the figure shows."""

    level: float
    panels: tuple[Panel, ...]


def prepare(results: Results, analysis: str, outcome: str) -> Duration:
    """Collect the curves of every outcome of one analysis (*outcome* does not matter here)."""
    fit = results.fit(analysis)
    level, panels = float(fit["level"]), []
    for key, out in fit["outcomes"].items():
        weeks = {str(row["trial_id"]): row["timepoint_weeks"] for row in out["rows"]}
        placed = [(row, weeks[row.trial_id]) for row in trial_rows(out, level)]
        known = tuple((row, float(at)) for row, at in placed if at)
        curves = fitted(results.curves(analysis, key, AXIS))
        panels.append(Panel(OUTCOMES[key].name, str(out["unit"]), known, len(placed) - len(known), curves))
    return Duration(level, tuple(panels))


def draw(data: Duration) -> Figure:
    """Draw a panel an outcome, one above the other."""
    from matplotlib.figure import Figure

    from mgmeta.figures.curves_draw import draw_curves, draw_rug
    from mgmeta.figures.style import styled

    width, panel, left, right, gap, bottom, top = 7.6, 2.4, 0.62, 5.95, 0.62, 0.5, 0.1
    with styled():
        n = len(data.panels)
        height = top + n * panel + (n - 1) * gap + bottom
        figure = Figure(figsize=(width, height))
        for i, item in enumerate(data.panels):
            base = bottom + (n - 1 - i) * (panel + gap)
            axes = figure.add_axes((left / width, base / height, (right - left) / width, panel / height))
            at = [weeks for _, weeks in item.rows]
            axes.set_xlim(0.0, 1.06 * max([*at, 1.0]))
            margin = (width - right) / (right - left) * axes.get_xlim()[1]
            draw_curves(axes, item.curves, min(at, default=0.0), margin)
            draw_rug(axes, [(weeks, row.shape == ESTIMATE) for row, weeks in item.rows], item.curves.bins)
            axes.set_xlabel("Weeks from the start to the reported result")
            axes.set_ylabel(f"{words.capital(item.name.removesuffix(' blood pressure'))}, {item.unit}")
    return figure


def caption(data: Duration) -> str:
    """Return the caption."""
    parts = [
        f"{item.name}, {words.count(len(item.rows), 'trial')}"
        + (f" ({item.unplaced} of unknown duration left out)" if item.unplaced else "")
        for item in data.panels
    ]
    return (
        f"Curves of duration through week 0 = zero effect: {'; '.join(parts)}. Thick: the straight line, "
        f"dashed before the first week reported; shaded: its pointwise {words.level(data.level)} band; "
        "dotted: the band for the whole line (thin) and that for the true effect of a new trial (thick). "
        "Thin: the other curves; dash-dotted: the line that need not pass through zero. Bottom: a tick a "
        "trial, and trials per stretch."
    )


def alt(data: Duration) -> str:
    """Return the text that stands for the figure."""
    parts = [f"{item.name} {slope_text(item)}" for item in data.panels]
    return f"Effect by duration of the trial. Line through zero: {'; '.join(parts)}."


def slope_text(item: Panel) -> str:
    """Return the slope of the line through zero, or that there is none."""
    if item.curves.slope is None:
        return "could not be fitted"
    return f"{words.with_interval(*item.curves.slope)} {item.unit} per {words.plain(item.curves.per)} weeks"


def table(data: Duration) -> Cells:
    """Return the figure as a table: the line of every outcome at its ends and middle."""
    rows = []
    for item in data.panels:
        line = item.curves.primary
        if line is None:
            continue
        last = len(line.at) - 1
        for index in sorted({0, last // 2, last}):
            ends = (line.effect[index], line.low[index], line.high[index])
            effect, low, high = (words.fixed(value) for value in ends)
            rows.append((words.capital(item.name), words.fixed(line.at[index], 0), effect, low, high))
    return ("Outcome", "Weeks", "Line through zero, mmHg", "Low", "High"), rows
