"""The answer at a glance: published, numbers only, numbers and words by two engines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mgmeta.figures import words
from mgmeta.figures.results import Cells, Json, Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mgmeta.figures.page import Page

WIDTH, ROW, LEFT, RIGHT = 5.0, 0.4, 0.12, 4.88  # inches
EXTRA = 0.85  # rows of a block beside its lines: heading and space
ROLES = {
    "published": "Published",
    "numeric_reml": "Numbers only",
    "bounded": "Numbers and words",
    "bayes": "Numbers and words, Bayesian",
}


@dataclass(frozen=True)
class Line:
    """One result: what it is, what went into it, its interval (``None`` = no estimate)."""

    role: str
    label: str
    estimate: float | None
    low: float | None
    high: float | None
    note: str = ""

    @property
    def drawn(self) -> bool:
        """Return whether there is an interval to draw."""
        return None not in (self.estimate, self.low, self.high)


@dataclass(frozen=True)
class Block:
    """One outcome and its lines, from top to bottom."""

    outcome: str
    name: str
    unit: str
    lines: tuple[Line, ...]
    published: float


@dataclass(frozen=True)
class HeadlineFigure:
    """All the figure shows; `limits` is the common axis, mmHg."""

    blocks: tuple[Block, ...]
    level: float
    limits: tuple[float, float]


def prepare(results: Results, analysis: str, outcome: str) -> HeadlineFigure:
    """Collect the headline of every outcome (*analysis* and *outcome* do not matter here)."""
    blocks = tuple(_block(key, item) for key, item in results.headline["outcomes"].items())
    ends = [
        value
        for block in blocks
        for line in block.lines
        for value in (line.low, line.high)
        if value is not None
    ]
    low, high = min([*ends, -1.0]), max([*ends, 1.0])
    room = 0.05 * (high - low)
    return HeadlineFigure(blocks, float(results.headline["level"]), (low - room, high + room))


def _block(outcome: str, item: Json) -> Block:
    published = item["published"]
    lines = []
    for role, label in ROLES.items():
        found = item[role]
        if role == "published":
            k = f"{published['k_trials']} trials" if published["k_trials"] is not None else ""
            label = f"{published['label']}, published"
        elif role == "numeric_reml":
            k = words.count(found["k"], "trial")
        else:
            k = f"{found['k_numeric']} + {found['k_bounds']} trials"
        note = "" if found.get("ok", True) else "FAILED DIAGNOSTICS"
        text = ", ".join(part for part in (label, k, note) if part)
        if found["estimate"] is not None or role != "bayes":
            lines.append(Line(role, text, found["estimate"], found["ci_low"], found["ci_high"], note))
    return Block(outcome, item["name"], item["unit"], tuple(lines), published["estimate"])


def draw(data: HeadlineFigure) -> Figure:
    """Draw the figure: each result a line of text with its interval below it."""
    from matplotlib.figure import Figure

    from mgmeta.figures.page import add_page
    from mgmeta.figures.style import PALETTE, SMALL, styled

    with styled():
        rows = sum(len(block.lines) + EXTRA for block in data.blocks)
        axis, head = 0.55, 0.04
        figure = Figure(figsize=(WIDTH, head + rows * ROW + axis))
        top = axis + rows * ROW
        for index, block in enumerate(data.blocks):
            size = len(block.lines) + EXTRA
            bottom = top - size * ROW
            page = add_page(figure, LEFT, RIGHT, bottom, size, ROW, data.limits)
            _draw_block(page, block)
            if index < len(data.blocks) - 1:
                page.axes.spines["bottom"].set_visible(False)
                page.axes.set_xticks([])
            else:
                page.axes.set_xlabel(f"{block.unit}, magnesium minus control")
                style: dict[str, Any] = {"size": SMALL, "color": PALETTE["muted"], "va": "center"}
                where = page.axes.get_xaxis_transform()
                down = -0.4 / (size * ROW)
                page.axes.text(data.limits[0], down, "\u2190 lower", transform=where, ha="left", **style)
                page.axes.text(data.limits[1], down, "higher \u2192", transform=where, ha="right", **style)
            top = bottom
    return figure


def _draw_block(page: Page, block: Block) -> None:
    from mgmeta.figures import glyphs
    from mgmeta.figures.style import PALETTE, drawable

    page.put(LEFT, -0.12, words.capital(block.name), weight="bold", size=10)
    for index, line in enumerate(block.lines):
        y = index + 0.55
        role = (
            "numeric" if line.role == "numeric_reml" else "headline" if line.role == "bounded" else line.role
        )
        weight = "bold" if role == "headline" else "normal"
        color = PALETTE["bound"] if line.note else PALETTE["ink"]
        page.put(LEFT, y, drawable(line.label), weight=weight, color=color)
        page.put(RIGHT, y, words.with_interval(line.estimate, line.low, line.high), ha="right", weight=weight)
        # The reference lines are drawn beside the diamonds only: they must not run through the text.
        beside = [y + 0.22, y + 0.7]
        page.axes.plot([0.0, 0.0], beside, color=PALETTE["muted"], lw=0.8, zorder=1)
        page.axes.plot([block.published] * 2, beside, color=PALETTE["published"], lw=1.0, zorder=6)
        if line.drawn:
            assert line.estimate is not None and line.low is not None and line.high is not None
            color, filled = glyphs.ROLE_COLORS[role], role in glyphs.FILLED
            glyphs.draw_diamond(
                page.axes, y + 0.46, line.estimate, line.low, line.high, color, filled, half=0.17
            )


def caption(data: HeadlineFigure) -> str:
    """Return the caption: the pooled estimates with their intervals."""
    parts = []
    for block in data.blocks:
        for line in block.lines:
            if line.role == "bounded" and line.drawn:
                value = words.with_interval(line.estimate, line.low, line.high)
                parts.append(f"{block.name} {value} {block.unit}")
    level = words.level(data.level)
    text = f"Pooled effects with {level} intervals; the width of a diamond is its interval. "
    text += "\u201cWords\u201d are trials that only say whether the difference was significant. "
    text += "Short line across the diamonds: the published estimate; line at 0: no difference."
    return f"{text} Numbers and words: {words.listing(parts)}." if parts else text


def alt(data: HeadlineFigure) -> str:
    """Return the text that stands for the figure."""
    blocks = []
    for block in data.blocks:
        lines = [
            f"{line.label}: {words.with_interval(line.estimate, line.low, line.high)}" for line in block.lines
        ]
        blocks.append(f"{words.capital(block.name)} in {block.unit}: {'; '.join(lines)}")
    return f"Pooled results as diamonds. {'. '.join(blocks)}."


def table(data: HeadlineFigure) -> Cells:
    """Return the figure as a table."""
    rows = [
        (block.name, line.label, words.fixed(line.estimate), words.fixed(line.low), words.fixed(line.high))
        for block in data.blocks
        for line in block.lines
    ]
    return ("Outcome", "Result", "Estimate, mmHg", "Low", "High"), rows
