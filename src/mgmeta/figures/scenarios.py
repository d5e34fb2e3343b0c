"""Every scenario a row: the pool of numbers and words, with the published estimate as a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.figures.results import Cells, Json, Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mgmeta.figures.page import Page

ROW = 0.225  # inches
LABEL, LABEL_END, GAP, PLOT, TEXT, EDGE = 0.08, 3.7, 0.15, 1.6, 1.62, 0.04  # inches


@dataclass(frozen=True)
class Cell:
    """One scenario and outcome; ``None`` = no interval on these rows."""

    k_numeric: int
    k_bounds: int
    estimate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class ScenarioRow:
    """One analysis: its title, the group it varies, its cells by outcome.

    ``same_rows`` is True where it pools the very rows of the analysis it varies.
    """

    analysis: str
    group: str
    title: str
    cells: tuple[Cell | None, ...]
    same_rows: bool = False


@dataclass(frozen=True)
class Scenarios:
    """All the figure shows; `limits` by outcome, mmHg."""

    outcomes: tuple[str, ...]
    units: tuple[str, ...]
    rows: tuple[ScenarioRow, ...]
    published: tuple[float, ...]
    published_label: str
    level: float
    limits: tuple[tuple[float, float], ...]


def prepare(results: Results, analysis: str, outcome: str) -> Scenarios:
    """Collect every scenario of every outcome (*analysis* and *outcome* do not matter here)."""
    headline = results.headline
    outcomes = tuple(headline["outcomes"])
    by_key = {(item["analysis"], item["outcome"]): item for item in headline["scenarios"]}
    names = list(dict.fromkeys(item["analysis"] for item in headline["scenarios"]))
    rows = []
    for name in names:
        found = [by_key.get((name, key)) for key in outcomes]
        some = next(item for item in found if item)
        cells = tuple(_cell(item) for item in found)
        rows.append(ScenarioRow(name, some["group"], some["title"], cells, bool(some["same_rows"])))
    published = [results.published(key) for key in outcomes]
    return Scenarios(
        outcomes=outcomes,
        units=tuple(str(headline["outcomes"][key]["unit"]) for key in outcomes),
        rows=tuple(rows),
        published=tuple(float(item["estimate"]) for item in published),
        published_label=str(published[0]["label"]),
        level=float(headline["level"]),
        limits=tuple(
            _limits([row.cells[i] for row in rows], float(item["estimate"]))
            for i, item in enumerate(published)
        ),
    )


def _cell(item: Json | None) -> Cell | None:
    if item is None:
        return None
    pool = item["bounded"]
    return Cell(item["k_numeric"], item["k_bounds"], pool["estimate"], pool["ci_low"], pool["ci_high"])


def _limits(cells: list[Cell | None], published: float) -> tuple[float, float]:
    ends = [value for cell in cells if cell for value in (cell.low, cell.high) if value is not None]
    low, high = min([*ends, published, -1.0]), max([*ends, published, 0.5])
    room = 0.05 * (high - low)
    return low - room, high + room


def draw(data: Scenarios) -> Figure:
    """Draw the figure: one panel an outcome, the rows in groups, the main analysis of each in bold."""
    from matplotlib.figure import Figure

    from mgmeta.figures.page import add_page
    from mgmeta.figures.style import PALETTE, styled

    groups = len({row.group for row in data.rows})
    lines = len(data.rows) + 0.6 * (groups - 1)
    width = LABEL_END + len(data.outcomes) * (GAP + PLOT + TEXT) + EDGE
    head, axis = 0.36, 0.52
    with styled():
        figure = Figure(figsize=(width, head + lines * ROW + axis))
        for index, outcome in enumerate(data.outcomes):
            left = LABEL_END + index * (GAP + PLOT + TEXT) + GAP
            page = add_page(figure, left, left + PLOT, axis, lines, ROW, data.limits[index])
            page.reference(0.0, data.published[index])
            page.axes.set_xlabel(f"{data.units[index]}, magnesium minus control")
            page.put(left, -1.2, words.capital(OUTCOMES[outcome].name), weight="bold")
            if index == 0:
                page.put(LABEL, -1.2, "Analysis, trials (numbers + words)", weight="bold")
                page.line(LABEL, width - EDGE, -0.68, PALETTE["muted"])
            _draw_column(page, data, index, left + PLOT + 0.08, width)
    return figure


def _draw_column(page: Page, data: Scenarios, index: int, text: float, width: float) -> None:
    from mgmeta.figures import glyphs
    from mgmeta.figures.style import PALETTE, SMALL, drawable, fitted, text_width

    y, group = 0.0, data.rows[0].group
    for row in data.rows:
        if row.group != group:
            y, group = y + 0.6, row.group
        main = row.analysis == row.group
        style: dict[str, Any] = {"weight": "bold" if main else "normal", "size": SMALL}
        if row.same_rows:
            style["color"] = PALETTE["muted"]
        if index == 0:
            counts = _counts(row)
            room = LABEL_END - LABEL - text_width(counts, SMALL) - 0.15
            page.put(LABEL, y, fitted(drawable(row.title), room, SMALL, style["weight"]), **style)
            page.put(LABEL_END, y, counts, ha="right", color=PALETTE["muted"], size=SMALL)
        cell = row.cells[index]
        if cell and cell.estimate is not None and cell.low is not None and cell.high is not None:
            color = PALETTE["headline" if main else "muted" if row.same_rows else "estimate"]
            glyphs.draw_interval(page.axes, y, cell.low, cell.high, color, width=2.0 if main else 1.2)
            page.axes.plot(
                [cell.estimate], [y], marker="D", ms=4.6 if main else 3.6, color=color, mew=0, zorder=5
            )
            page.put(text, y, words.with_interval(cell.estimate, cell.low, cell.high), **style)
        else:
            page.put(text, y, "no estimate", color=PALETTE["muted"], size=SMALL)
        y += 1
    page.axes.set_ylim(y - 0.5, -0.5)


def _counts(row: ScenarioRow) -> str:
    """Return the trials of a scenario, per outcome where they differ: ``"8 + 12"``."""
    pairs = [f"{cell.k_numeric}+{cell.k_bounds}" for cell in row.cells if cell]
    return " / ".join(dict.fromkeys(pairs))


def caption(data: Scenarios) -> str:
    """Return the caption: how far the estimates range."""
    parts = []
    for index, outcome in enumerate(data.outcomes):
        found = [row.cells[index] for row in data.rows]
        values = [cell.estimate for cell in found if cell and cell.estimate is not None]
        if values:
            parts.append(
                f"{OUTCOMES[outcome].name} from {words.fixed(min(values))} to {words.fixed(max(values))} "
                f"{data.units[index]}"
            )
    text = f"All {words.count(len(data.rows), 'analysis', 'analyses')}, numbers and words by maximum "
    text += f"likelihood with {words.level(data.level)} intervals; "
    text += f"dashed line: {data.published_label}. None is promoted. "
    same = sum(row.same_rows for row in data.rows)
    if same:
        text += f"Grey: {words.count(same, 'analysis', 'analyses')} in which no trial is affected. "
    return text + (f"The estimates range for {words.listing(parts)}." if parts else "")


def alt(data: Scenarios) -> str:
    """Return the text that stands for the figure."""
    lines = []
    for row in data.rows:
        cells = [
            f"{outcome} {words.with_interval(cell.estimate, cell.low, cell.high)}"
            for outcome, cell in zip(data.outcomes, row.cells, strict=True)
            if cell
        ]
        same = ", no trial is affected" if row.same_rows else ""
        lines.append(f"{row.title} ({row.analysis}): {', '.join(cells)}{same}")
    return f"Intervals of every analysis, one row each. {'. '.join(lines)}."


def table(data: Scenarios) -> Cells:
    """Return the figure as a table."""
    columns = ["Analysis", "Trials (numbers + words)"]
    columns += [
        f"{OUTCOMES[outcome].name}, {unit}" for outcome, unit in zip(data.outcomes, data.units, strict=True)
    ]
    rows = [
        (
            row.title,
            _counts(row) + (", no trial is affected" if row.same_rows else ""),
            *(
                words.with_interval(cell.estimate, cell.low, cell.high) if cell else words.MISSING
                for cell in row.cells
            ),
        )
        for row in data.rows
    ]
    return tuple(columns), rows
