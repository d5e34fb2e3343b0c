"""Hypertension at baseline: the pool of each subgroup and their difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mgmeta.errors import DataError
from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.figures.results import Cells, Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mgmeta.figures.page import Page

WIDTH, ROW = 7.6, 0.26  # inches
LABEL, PLOT_LEFT, PLOT_RIGHT, TEXT = 0.08, 2.75, 5.35, 5.5
MODERATOR = "hypertension"


@dataclass(frozen=True)
class Level:
    """One subgroup, or the difference between them (`role` ``level`` or ``interaction``)."""

    role: str
    label: str
    estimate: float | None
    low: float | None
    high: float | None
    p_value: float | None = None


@dataclass(frozen=True)
class Block:
    """One outcome: its subgroups, their difference, how many trials could not be placed."""

    outcome: str
    name: str
    unit: str
    levels: tuple[Level, ...]
    unplaced: int


@dataclass(frozen=True)
class Hypertension:
    """All the figure shows; `limits` is the common axis, mmHg."""

    title: str
    blocks: tuple[Block, ...]
    level: float
    limits: tuple[float, float]


def prepare(results: Results, analysis: str, outcome: str) -> Hypertension:
    """Collect the subgroups of every outcome of one analysis (*outcome* does not matter here).

    Raises
    ------
    DataError
        If the analysis was not asked for moderators.
    """
    fit = results.fit(analysis)
    blocks = tuple(_block(results, analysis, key) for key in results.headline["outcomes"])
    ends = [
        value
        for block in blocks
        for line in block.levels
        for value in (line.low, line.high)
        if value is not None
    ]
    # The interval of two or three trials can be absurdly wide: it ends in arrowheads and crushes nothing.
    cap = max(OUTCOMES[block.outcome].plausible_effect for block in blocks) / 2.0
    low, high = max(min([*ends, -1.0]), -cap), min(max([*ends, 1.0]), cap)
    room = 0.05 * (high - low)
    return Hypertension(str(fit["title"]), blocks, float(fit["level"]), (low - room, high + room))


def _block(results: Results, analysis: str, outcome: str) -> Block:
    out = results.outcome(analysis, outcome)
    found = out.get("subgroups", {}).get(MODERATOR)
    if found is None:
        raise DataError(
            f"analysis {results.analysis(analysis)!r} has no subgroups of {MODERATOR}; "
            "set `moderators: true` for it"
        )
    levels = []
    for item in found["levels"]:
        pool = item["bounded"] or {}
        counts = f"{item['k_numeric']} + {item['k_bounds']} trials"
        label = f"{words.capital(str(item['level']))}, {counts}"
        levels.append(Level("level", label, pool.get("estimate"), pool.get("ci_low"), pool.get("ci_high")))
    test = found["interaction"] or {}
    keys = ("estimate", "ci_low", "ci_high", "p_value")
    levels.append(Level("interaction", "Difference between them", *(test.get(key) for key in keys)))
    placed = sum(item["k_numeric"] + item["k_bounds"] for item in found["levels"])
    unplaced = int(out["counts"]["k"]) - placed
    return Block(outcome, str(out["name"]), str(out["unit"]), tuple(levels), unplaced)


def draw(data: Hypertension) -> Figure:
    """Draw the figure: a diamond a subgroup, an interval with a point for their difference."""
    from matplotlib.figure import Figure

    from mgmeta.figures.page import add_page
    from mgmeta.figures.style import styled

    lines = sum(len(block.levels) + 1 + (block.unplaced > 0) + 0.5 for block in data.blocks)
    head, axis = 0.12, 0.52
    with styled():
        figure = Figure(figsize=(WIDTH, head + lines * ROW + axis))
        page = add_page(figure, PLOT_LEFT, PLOT_RIGHT, axis, lines, ROW, data.limits)
        page.reference(0.0, None)
        page.axes.set_xlabel("mmHg, magnesium minus control")
        y = 0.0
        for block in data.blocks:
            y = _draw_block(page, block, y) + 0.5
    return figure


def _draw_block(page: Page, block: Block, y: float) -> float:
    from mgmeta.figures import glyphs
    from mgmeta.figures.style import PALETTE, SMALL, drawable

    page.put(LABEL, y, words.capital(block.name), weight="bold")
    for line in block.levels:
        y += 1
        test = line.role == "interaction"
        page.put(LABEL + 0.12, y, drawable(line.label), style="italic" if test else "normal")
        value = words.with_interval(line.estimate, line.low, line.high)
        if line.estimate is None or line.low is None or line.high is None:
            page.put(TEXT, y, "too few trials", color=PALETTE["muted"])
            continue
        if test:
            glyphs.draw_interval(page.axes, y, line.low, line.high, PALETTE["muted"], width=1.4)
            page.axes.plot([line.estimate], [y], marker="o", ms=4.5, color=PALETTE["muted"], mew=0, zorder=5)
            value += f", {words.p_value(line.p_value)}"
        else:
            span = (line.estimate, line.low, line.high)
            glyphs.draw_pool(page.axes, y, *span, color=PALETTE["headline"], filled=True)
        page.put(TEXT, y, value)
    if block.unplaced:
        y += 1
        text = f"Mixed or not stated, not compared: {words.count(block.unplaced, 'trial')}"
        page.put(LABEL + 0.12, y, text, color=PALETTE["muted"], size=SMALL)
    return y + 1


def caption(data: Hypertension) -> str:
    """Return the caption: the differences and what kind of comparison they are."""
    parts = []
    for block in data.blocks:
        for line in block.levels:
            if line.role == "interaction" and line.estimate is not None:
                value = words.with_interval(line.estimate, line.low, line.high)
                parts.append(f"{block.name} {value} {block.unit}, {words.p_value(line.p_value)}")
    text = f"Effect by hypertension at baseline, numbers and words, {words.level(data.level)} intervals. "
    if parts:
        text += f"Hypertensive minus normotensive: {'; '.join(parts)}. "
    return text + "A comparison across trials, which differ in more than this."


def alt(data: Hypertension) -> str:
    """Return the text that stands for the figure."""
    blocks = []
    for block in data.blocks:
        lines = [
            f"{line.label}: {words.with_interval(line.estimate, line.low, line.high)}"
            for line in block.levels
        ]
        blocks.append(f"{words.capital(block.name)} in {block.unit}: {'; '.join(lines)}")
    return f"Subgroup effects as diamonds and their difference as an interval. {'. '.join(blocks)}."


def table(data: Hypertension) -> Cells:
    """Return the figure as a table."""
    rows = []
    for block in data.blocks:
        for line in block.levels:
            p = words.p_value(line.p_value) if line.role == "interaction" else ""
            numbers = (words.fixed(line.estimate), words.fixed(line.low), words.fixed(line.high))
            rows.append((block.name, line.label, *numbers, p))
    return ("Outcome", "Group", "Estimate, mmHg", "Low", "High", "P"), rows
