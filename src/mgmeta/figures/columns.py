"""One row a trial, one column an outcome, an interval in each: what several figures of trials share."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.figures.forest_rows import LARGEST, TOGETHER
from mgmeta.figures.results import Json, Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mgmeta.figures.page import Page

ROW = 0.185  # inches
LABEL, LABEL_END, GAP, EDGE, WIDTH = 0.06, 1.75, 0.2, 0.1, 7.3
HEAD, AXIS = 0.34, 0.5


@dataclass(frozen=True)
class Mark:
    """One interval: `low` or `high` None = no end. `style` is ``number``, ``words`` or ``bayes``."""

    estimate: float
    low: float | None
    high: float | None
    style: str = "number"
    ghosts: tuple[float, ...] = ()  # where it lay otherwise: small hollow marks


@dataclass(frozen=True)
class Line:
    """One row: what it is called, and a mark an outcome (None = nothing there)."""

    label: str
    marks: tuple[Mark | None, ...]


@dataclass(frozen=True)
class Columns:
    """All such a figure shows.

    Attributes
    ----------
    outcomes : tuple of str
        Keys, one a column.
    lines : tuple of Line
        From the top.
    centres : tuple of (estimate, low, high)
        What all rows are compared with, an outcome each.
    level : float
        Of the intervals.
    """

    outcomes: tuple[str, ...]
    lines: tuple[Line, ...]
    centres: tuple[tuple[float, float | None, float | None], ...]
    level: float

    @property
    def drawn(self) -> tuple[Line, ...]:
        """The lines drawn: all, or above 500 every so-manieth and the last, about 80 in all."""
        if len(self.lines) <= LARGEST:
            return self.lines
        return (*self.lines[: -1 : self.step], self.lines[-1])

    @property
    def step(self) -> int:
        """How many lines one line drawn stands for."""
        return 1 if len(self.lines) <= LARGEST else math.ceil(len(self.lines) / TOGETHER)

    @property
    def unit(self) -> str:
        """Unit of the axis."""
        return OUTCOMES[self.outcomes[0]].unit if self.outcomes else ""


def parts(results: Results, analysis: str, name: str) -> dict[str, Json]:
    """Return one part of the robustness of an analysis, for the outcomes that have it."""
    tables = results.robust(analysis)["outcomes"]
    return {key: item for key, item in tables.items() if item[name] is not None}


def reasons(results: Results, analysis: str, name: str) -> str:
    """Return in words why outcomes lack a part; "" if none does."""
    tables = results.robust(analysis)["outcomes"]
    said = [
        f"{words.capital(OUTCOMES[key].name)} is left out: {item[f'{name}_reason']}."
        for key, item in tables.items()
        if item[name] is None
    ]
    return " ".join(said)


def limits(data: Columns, column: int) -> tuple[float, float]:
    """Return an axis that holds every mark, and every interval but those far wider than the rest.

    Ends further out than three times the span of the marks are met by arrowheads.
    """
    marks = [mark for line in data.lines if (mark := line.marks[column]) is not None]
    inside = [data.centres[column][0], 0.0]
    inside += [value for mark in marks for value in (mark.estimate, *mark.ghosts)]
    low, high = min(inside), max(inside)
    reach = 3.0 * max(high - low, 1.0)
    ends = [value for mark in marks for value in (mark.low, mark.high) if value is not None]
    ends += [value for value in data.centres[column][1:] if value is not None]
    ends = [value for value in ends if low - reach <= value <= high + reach]
    low, high = min([low, *ends]), max([high, *ends])
    room = 0.04 * (high - low)
    return low - room, high + room


def draw_columns(
    data: Columns, side: str = "", behind: str = "magnesium minus control", label_end: float = LABEL_END
) -> Figure:
    """Draw the figure.

    *side* heads the column of labels, which ends at *label_end* (inches); *behind* stands behind the unit.
    """
    from matplotlib.figure import Figure

    from mgmeta.figures.page import add_page
    from mgmeta.figures.style import PALETTE, SMALL, drawable, fitted, styled

    if data.step > 1:
        side = f"{side}: 1 of {data.step:,} drawn"
    n = max(len(data.outcomes), 1)
    each = (WIDTH - label_end - EDGE - n * GAP) / n
    rows = max(len(data.drawn), 1)
    with styled():
        figure = Figure(figsize=(WIDTH, HEAD + rows * ROW + AXIS))
        for column, outcome in enumerate(data.outcomes):
            left = label_end + column * (each + GAP) + GAP
            page = add_page(figure, left, left + each, AXIS, rows, ROW, limits(data, column))
            page.reference(0.0, None)
            estimate, low, high = data.centres[column]
            axis = page.axes.get_xlim()
            ends = (
                axis[0] if low is None else max(low, axis[0]),
                axis[1] if high is None else min(high, axis[1]),
            )
            page.axes.axvspan(*ends, color=PALETTE["band"], lw=0, zorder=0)
            page.axes.axvline(estimate, color=PALETTE["headline"], lw=1.0, zorder=1)
            page.axes.set_xlabel(f"{OUTCOMES[outcome].unit}, {behind}")
            page.put(left, -1.15, words.capital(OUTCOMES[outcome].name), weight="bold")
            if column == 0:
                page.put(LABEL, -1.15, side, weight="bold")
            for y, line in enumerate(data.drawn):
                if column == 0:
                    page.put(LABEL, y, fitted(drawable(line.label), label_end - LABEL, SMALL), size=SMALL)
                mark = line.marks[column]
                if mark is not None:
                    _draw_mark(page, y, mark)
    return figure


def _draw_mark(page: Page, y: float, mark: Mark) -> None:
    from mgmeta.figures.glyphs import draw_interval
    from mgmeta.figures.style import PALETTE

    color = PALETTE[{"words": "bound", "bayes": "bayes"}.get(mark.style, "estimate")]
    low = -math.inf if mark.low is None else mark.low
    high = math.inf if mark.high is None else mark.high
    draw_interval(page.axes, y, low, high, color)
    hollow = mark.style == "words"
    fill = PALETTE["paper"] if hollow else color
    page.axes.plot(
        [mark.estimate], [y], marker="s", ms=4.0, mfc=fill, mec=color, mew=1.0, zorder=5, ls="none"
    )
    if mark.ghosts:
        hollow_dot: dict[str, Any] = {"mfc": PALETTE["paper"], "mec": PALETTE["muted"], "mew": 0.9}
        page.axes.plot(mark.ghosts, [y] * len(mark.ghosts), "o", ms=3.4, zorder=4, **hollow_dot)


def interval_cells(lines: Iterable[Line]) -> list[tuple[str, ...]]:
    """Return lines as rows of text: label, then estimate and interval of each mark."""
    return [
        (
            line.label,
            *(
                words.with_interval(mark.estimate, mark.low, mark.high) if mark else words.MISSING
                for mark in line.marks
            ),
        )
        for line in lines
    ]


def heads(first: str, outcomes: Iterable[str]) -> tuple[str, ...]:
    """Return the headings of such a table: *first*, then each outcome with its unit."""
    return (first, *(f"{words.capital(OUTCOMES[key].name)}, {OUTCOMES[key].unit}" for key in outcomes))


def joined(tables: Iterable[Iterable[tuple[Json, Mark]]]) -> tuple[Line, ...]:
    """Join columns of rows (with trial_id, label, year) and marks to lines, by year and trial id."""
    columns = [[(str(row["trial_id"]), row, mark) for row, mark in table] for table in tables]
    seen = {trial: row for table in columns for trial, row, _ in table}
    found = [{trial: mark for trial, _, mark in table} for table in columns]
    order = sorted(seen, key=lambda trial: (seen[trial]["year"] or 9999, trial))
    return tuple(
        Line(str(seen[trial]["label"]), tuple(column.get(trial) for column in found)) for trial in order
    )
