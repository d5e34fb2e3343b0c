"""The published slope of dose beside ours: with a free intercept, as printed, and through zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.figures.results import Cells, Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, ROW = 7.6, 0.26  # inches
LABEL, PLOT_LEFT, PLOT_RIGHT, TEXT = 0.08, 3.2, 5.6, 5.75
UNIT = "mmHg_per_10_mmol"
NAMES = {"free": "Here, free intercept", "through_zero": "Here, through no dose = no effect"}


@dataclass(frozen=True)
class Slope:
    """One slope per 10 mmol/d; `printed` says it was read in a review."""

    label: str
    trials: str
    estimate: float | None
    low: float | None
    high: float | None
    printed: bool


@dataclass(frozen=True)
class DoseSlopes:
    """All the figure shows: outcome -> its slopes; `limits` mmHg per 10 mmol/d."""

    title: str
    level: float
    blocks: tuple[tuple[str, tuple[Slope, ...]], ...]
    limits: tuple[float, float]


def prepare(results: Results, analysis: str, outcome: str) -> DoseSlopes:
    """Collect the slopes of every outcome (*outcome* does not matter here).

    Raises
    ------
    DataError
        If the moderators were not worked out.
    """
    document = results.moderated(analysis)
    blocks = []
    for key in results.headline["outcomes"]:
        out = document["outcomes"][key]
        slopes = [
            Slope(
                f"{item['label']}, free intercept",
                "",
                item["estimate"],
                item["ci_low"],
                item["ci_high"],
                True,
            )
            for item in out["published"]
            if item["unit"] == UNIT
        ]
        slopes += [
            Slope(
                NAMES[item["intercept"]],
                words.count(int(item["k"]), "trial"),
                item["estimate"],
                item["ci_low"],
                item["ci_high"],
                False,
            )
            for item in out["dose_slopes"]
        ]
        blocks.append((str(key), tuple(slopes)))
    ends = [v for _, slopes in blocks for s in slopes for v in (s.low, s.high) if v is not None]
    low, high = min([*ends, -1.0]), max([*ends, 1.0])
    room = 0.05 * (high - low)
    limits = (low - room, high + room)
    return DoseSlopes(str(document["title"]), float(document["level"]), tuple(blocks), limits)


def draw(data: DoseSlopes) -> Figure:
    """Draw the figure: hollow points were read in a review, filled ones are fitted here."""
    from matplotlib.figure import Figure

    from mgmeta.figures import glyphs
    from mgmeta.figures.page import add_page
    from mgmeta.figures.style import PALETTE, drawable, styled

    lines = sum(len(slopes) + 1.4 for _, slopes in data.blocks)
    head, axis = 0.12, 0.52
    with styled():
        figure = Figure(figsize=(WIDTH, head + lines * ROW + axis))
        page = add_page(figure, PLOT_LEFT, PLOT_RIGHT, axis, lines, ROW, data.limits)
        page.reference(0.0, None)
        page.axes.set_xlabel("mmHg for each 10 mmol/d more")
        y = 0.0
        for outcome, slopes in data.blocks:
            page.put(LABEL, y, words.capital(OUTCOMES[outcome].name), weight="bold")
            for slope in slopes:
                y += 1
                color = PALETTE["published"] if slope.printed else PALETTE["headline"]
                label = f"{slope.label}, {slope.trials}" if slope.trials else slope.label
                page.put(
                    LABEL + 0.12, y, drawable(label), color=PALETTE["published" if slope.printed else "ink"]
                )
                if slope.estimate is None or slope.low is None or slope.high is None:
                    page.put(TEXT, y, "too few trials", color=PALETTE["muted"])
                    continue
                glyphs.draw_interval(page.axes, y, slope.low, slope.high, color, width=1.5)
                face = PALETTE["paper"] if slope.printed else color
                page.axes.plot(
                    [slope.estimate],
                    [y],
                    marker="o",
                    ms=5,
                    color=color,
                    mfc=face,
                    mec=color,
                    mew=1.2,
                    zorder=5,
                )
                page.put(TEXT, y, words.with_interval(slope.estimate, slope.low, slope.high), color=color)
            y += 1.4
    return figure


def caption(data: DoseSlopes) -> str:
    """Return the caption."""
    return (
        f"Slope of the effect for each 10 mmol/d (243 mg/d) more, {data.title[:1].lower()}{data.title[1:]}, "
        f"numbers + words, {words.level(data.level)} intervals. A free intercept compares trials of other "
        "doses only with each other, as the published slope does; a line through zero also says that no "
        "magnesium has no effect. The two are not the same quantity: compare like with like."
    )


def alt(data: DoseSlopes) -> str:
    """Return the text that stands for the figure."""
    parts = [
        f"{OUTCOMES[outcome].name}, {slope.label}: "
        f"{words.with_interval(slope.estimate, slope.low, slope.high)}"
        for outcome, slopes in data.blocks
        for slope in slopes
    ]
    return f"Slopes of the effect in mmHg per 10 mmol/d of magnesium. {'. '.join(parts)}."


def table(data: DoseSlopes) -> Cells:
    """Return the figure as a table."""
    rows = [
        (
            OUTCOMES[outcome].name,
            slope.label,
            slope.trials,
            words.fixed(slope.estimate),
            words.fixed(slope.low),
            words.fixed(slope.high),
        )
        for outcome, slopes in data.blocks
        for slope in slopes
    ]
    return ("Outcome", "Slope", "Trials", "mmHg per 10 mmol/d", "Low", "High"), rows
