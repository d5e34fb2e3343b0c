"""Every moderator a row: the difference between its levels or its slope, both pressures side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.figures.ends import capped_axis
from mgmeta.figures.results import Cells, Json, Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mgmeta.figures.page import Page

ROW = 0.34  # inches; two lines of text a row
LABEL, LABEL_END, GAP, PLOT, TEXT, EDGE = 0.08, 2.75, 0.15, 2.0, 1.85, 0.04  # inches


@dataclass(frozen=True)
class Difference:
    """One moderator and outcome; ``estimate`` is None where it was refused, for `reason`."""

    k_numeric: int
    k_bounds: int
    estimate: float | None
    low: float | None
    high: float | None
    p_value: float | None
    p_holm: float | None
    reason: str
    thin: bool


@dataclass(frozen=True)
class ModeratorRow:
    """One moderator: what is compared in two lines, its cells by outcome."""

    key: str
    label: str
    compared: str
    cells: tuple[Difference, ...]


@dataclass(frozen=True)
class Moderators:
    """All the figure shows; `limits` by outcome, mmHg; `tested` by outcome."""

    title: str
    outcomes: tuple[str, ...]
    units: tuple[str, ...]
    rows: tuple[ModeratorRow, ...]
    level: float
    limits: tuple[tuple[float, float], ...]
    tested: tuple[int, ...]


def prepare(results: Results, analysis: str, outcome: str) -> Moderators:
    """Collect every moderator of every outcome of one analysis (*outcome* does not matter here).

    Raises
    ------
    DataError
        If its moderators were not worked out.
    """
    document = results.moderated(analysis)
    found = {key: document["outcomes"][key] for key in results.headline["outcomes"]}
    singles = [{item["key"]: item for item in out["singles"]} for out in found.values()]
    rows = tuple(
        ModeratorRow(
            key,
            str(item["label"]),
            compared_words(item),
            tuple(_cell(mine[key], out) for mine, out in zip(singles, found.values(), strict=True)),
        )
        for key, item in singles[0].items()
    )
    places = range(len(found))
    return Moderators(
        title=str(document["title"]),
        outcomes=tuple(found),
        units=tuple(str(out["unit"]) for out in found.values()),
        rows=rows,
        level=float(document["level"]),
        limits=tuple(
            capped_axis((end for row in rows for end in (row.cells[i].low, row.cells[i].high)), key)
            for i, key in zip(places, found, strict=True)
        ),
        tested=tuple(len(out["tested"]) for out in found.values()),
    )


def compared_words(single: Json) -> str:
    """Return what a coefficient compares: ``"treated minus untreated"``, ``"per 4 weeks more"``."""
    if single["levels"]:
        reference, other = (str(item["name"]) for item in single["levels"])
        return f"{other} minus {reference}"
    return str(single["step_label"])


def _cell(single: Json, out: Json) -> Difference:
    item = single["difference"] or {}
    return Difference(
        int(single["k_numeric"]),
        int(single["k_bounds"]),
        item.get("estimate"),
        item.get("ci_low"),
        item.get("ci_high"),
        item.get("p_value"),
        out["tested"].get(single["key"], {}).get("p_holm"),
        str(single["reason"]),
        bool(single["thin"]),
    )


def draw(data: Moderators) -> Figure:
    """Draw the figure: one panel an outcome, an interval a moderator."""
    from matplotlib.figure import Figure

    from mgmeta.figures.page import add_page
    from mgmeta.figures.style import PALETTE, styled

    width = LABEL_END + len(data.outcomes) * (GAP + PLOT + TEXT) + EDGE
    head, axis, lines = 0.42, 0.52, len(data.rows)
    with styled():
        figure = Figure(figsize=(width, head + lines * ROW + axis))
        for index, outcome in enumerate(data.outcomes):
            left = LABEL_END + index * (GAP + PLOT + TEXT) + GAP
            page = add_page(figure, left, left + PLOT, axis, lines, ROW, data.limits[index])
            page.reference(0.0, None)
            page.axes.set_xlabel(f"{data.units[index]}: left = lowers more")
            page.put(left, -0.95, words.capital(OUTCOMES[outcome].name), weight="bold")
            if index == 0:
                page.put(LABEL, -0.95, "Moderator", weight="bold")
                page.line(LABEL, width - EDGE, -0.58, PALETTE["muted"])
            _draw_panel(page, data, index, left + PLOT + 0.08)
    return figure


def _draw_panel(page: Page, data: Moderators, index: int, text: float) -> None:
    from mgmeta.figures import glyphs
    from mgmeta.figures.style import PALETTE, SMALL, drawable, fitted

    for y, row in enumerate(data.rows):
        cell = row.cells[index]
        if index == 0:
            room = LABEL_END - LABEL
            page.put(LABEL, y - 0.2, drawable(row.label))
            line = fitted(drawable(row.compared), room, SMALL)
            page.put(LABEL, y + 0.22, line, size=SMALL, color=PALETTE["muted"])
        trials = f"{cell.k_numeric} + {cell.k_bounds} trials"
        if cell.estimate is None or cell.low is None or cell.high is None:
            page.put(text, y, f"refused: {trials}", size=SMALL, color=PALETTE["muted"])
            continue
        color = PALETTE["muted"] if cell.thin else PALETTE["headline"]
        glyphs.draw_interval(page.axes, y, cell.low, cell.high, color, width=1.5)
        low, high = page.axes.get_xlim()
        if low <= cell.estimate <= high:
            face = PALETTE["paper"] if cell.thin else color
            page.axes.plot(
                [cell.estimate], [y], marker="o", ms=5, color=color, mfc=face, mec=color, mew=1.2, zorder=5
            )
        page.put(text, y - 0.2, words.with_interval(cell.estimate, cell.low, cell.high))
        detail = f"{trials}, {words.p_value(cell.p_value)}"
        page.put(text, y + 0.22, detail, size=SMALL, color=PALETTE["muted"])


def caption(data: Moderators) -> str:
    """Return the caption: how to read it and how many of how many were tested."""
    tested = words.listing(
        [f"{n} for {OUTCOMES[key].name}" for key, n in zip(data.outcomes, data.tested, strict=True)]
    )
    thin = any(cell.thin for row in data.rows for cell in row.cells)
    note = " Hollow points are thin: fewer than 5 trials in a level or 10 in all." if thin else ""
    return (
        f"Each moderator alone, {data.title[:1].lower() + data.title[1:]}, numbers + words, with "
        f"{words.level(data.level)} intervals: by how much the effect differs between levels, or for each "
        f"step. Left of zero, the first-named (or more of it) lowers more. Tested: {tested}; P is not "
        f"adjusted for their number.{note} Comparisons across trials, which differ in more than this."
    )


def alt(data: Moderators) -> str:
    """Return the text that stands for the figure."""
    parts = []
    for row in data.rows:
        cells = [
            f"{OUTCOMES[key].name} {_text(cell)}" for key, cell in zip(data.outcomes, row.cells, strict=True)
        ]
        parts.append(f"{row.label}, {row.compared}: {', '.join(cells)}")
    return f"Intervals of the difference each moderator makes, in mmHg. {'. '.join(parts)}."


def _text(cell: Difference) -> str:
    if cell.estimate is None:
        return "refused"
    return f"{words.with_interval(cell.estimate, cell.low, cell.high)}, {words.p_value(cell.p_value)}"


def table(data: Moderators) -> Cells:
    """Return the figure as a table."""
    heads = ["Moderator", "Compared"]
    for outcome in data.outcomes:
        name = words.capital(OUTCOMES[outcome].name)
        heads += [f"{name}, mmHg", "Trials", "P", "P, Holm"]
    rows = []
    for row in data.rows:
        cells = [row.label, row.compared]
        for cell in row.cells:
            value = words.with_interval(cell.estimate, cell.low, cell.high)
            p = "" if cell.p_value is None else words.p_value(cell.p_value)
            adjusted = "" if cell.p_holm is None else words.p_value(cell.p_holm)
            cells += [
                value if cell.estimate is not None else f"refused: {cell.reason}",
                f"{cell.k_numeric} + {cell.k_bounds}",
                p,
                adjusted,
            ]
        rows.append(tuple(cells))
    return tuple(heads), rows
