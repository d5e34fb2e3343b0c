"""The multiverse: every specification in order, where they lie, and which choice moves them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.figures.results import Cells, Json, Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, LEFT, GAP, RIGHT = 7.4, 1.75, 0.5, 0.12  # inches
AXIS, CURVE, CLOUD, BETWEEN, HEAD, BAR = 0.46, 1.9, 1.1, 0.55, 0.3, 0.19
SHADES = (0.12, 0.25, 0.45, 0.7, 1.0)
LIMITS = ("0", "-1", "-2")


@dataclass(frozen=True)
class Move:
    """How much one choice moves the answer, as shares of the variance."""

    name: str
    main: float
    total: float


@dataclass(frozen=True)
class Panel:
    """One outcome: points of the curve, cells of the cloud, shares, moves in the order of the choices."""

    outcome: str
    specifications: int
    distinct: int
    shares: tuple[float, ...]
    estimates: tuple[float, ...]
    lows: tuple[float | None, ...]
    highs: tuple[float | None, ...]
    primary: tuple[float, float]
    middle: tuple[float, float, float]
    below: tuple[float, ...]
    moves: tuple[Move, ...]
    cells: tuple[tuple[float, float, float, float, int], ...]


@dataclass(frozen=True)
class MultiverseFigure:
    """All the figure shows."""

    panels: tuple[Panel, ...]
    level: float
    label: str


def prepare(results: Results, analysis: str, outcome: str) -> MultiverseFigure:
    """Collect every outcome (*analysis* and *outcome* do not matter here).

    Raises
    ------
    DataError
        If the multiverse was not read.
    """
    found = results.reproduced("multiverse")
    order = [choice["key"] for choice in found["choices"]]
    panels = tuple(_panel(key, item, order) for key, item in found["outcomes"].items())
    return MultiverseFigure(panels, float(found["level"]), str(found["label"]))


def _panel(outcome: str, item: Json, order: list[str]) -> Panel:
    curve, cloud = item["curve"], item["cloud"]
    x, y = cloud["estimate_edges"], cloud["tau_edges"]
    moves = sorted(item["moves"], key=lambda move: order.index(move["key"]))
    return Panel(
        outcome=outcome,
        specifications=item["specifications"],
        distinct=item["distinct"],
        shares=tuple(point["share"] for point in curve),
        estimates=tuple(point["estimate"] for point in curve),
        lows=tuple(point["ci_low"] for point in curve),
        highs=tuple(point["ci_high"] for point in curve),
        primary=(item["primary"]["share"], item["primary"]["estimate"]),
        middle=tuple(item["quantiles"][q] for q in ("0.025", "0.5", "0.975")),
        below=tuple(item["shares_below"][limit] for limit in LIMITS),
        moves=tuple(Move(move["name"], move["main"], move["total"]) for move in moves),
        cells=tuple((x[i], x[i + 1], y[j], y[j + 1], n) for i, j, n in cloud["counts"]),
    )


def draw(data: MultiverseFigure) -> Figure:
    """Draw the figure: a column an outcome; curve, cloud, and a bar a choice."""
    from matplotlib.figure import Figure

    from mgmeta.figures.style import styled

    n, lines = len(data.panels), len(data.panels[0].moves)
    bars = lines * BAR
    height = AXIS + bars + BETWEEN + CLOUD + BETWEEN + CURVE + HEAD
    each = (WIDTH - LEFT - RIGHT - (n - 1) * GAP) / n
    with styled():
        figure = Figure(figsize=(WIDTH, height))
        for column, panel in enumerate(data.panels):
            left = LEFT + column * (each + GAP)
            places = (
                (AXIS + bars + CLOUD + 2 * BETWEEN, CURVE),
                (AXIS + bars + BETWEEN, CLOUD),
                (AXIS, bars),
            )
            top, middle, low = (
                figure.add_axes((left / WIDTH, bottom / height, each / WIDTH, high / height))
                for bottom, high in places
            )
            _draw_curve(top, panel, first=column == 0)
            _draw_cloud(middle, panel, first=column == 0)
            _draw_moves(low, panel, first=column == 0)
    return figure


def _draw_curve(axes: Axes, panel: Panel, first: bool) -> None:
    from mgmeta.figures.style import PALETTE, SMALL

    floor = min(panel.estimates) - 4.0
    ceiling = max(max(panel.estimates), 0.0) + 3.0
    lows = [floor - 1.0 if value is None else value for value in panel.lows]
    highs = [ceiling + 1.0 if value is None else value for value in panel.highs]
    axes.vlines(panel.shares, lows, highs, color=PALETTE["band"], lw=0.9, zorder=0)
    axes.plot(panel.shares, panel.estimates, color=PALETTE["headline"], lw=1.8, zorder=3)
    axes.axhline(0.0, color=PALETTE["muted"], lw=0.8, zorder=1)
    share, estimate = panel.primary
    axes.plot([share], [estimate], "D", ms=5, mfc=PALETTE["paper"], mec=PALETTE["ink"], mew=1.2, zorder=5)
    axes.annotate(
        "protocol",
        (share, estimate),
        xytext=(0, 12),
        textcoords="offset points",
        ha="center",
        size=SMALL,
        zorder=6,
    )
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(floor, ceiling)
    axes.set_xticks([0.0, 0.5, 1.0], ["lowest", "specifications in order", "highest"])
    axes.get_xticklabels()[0].set_horizontalalignment("left")
    axes.get_xticklabels()[-1].set_horizontalalignment("right")
    axes.set_title(words.capital(OUTCOMES[panel.outcome].name), loc="left", weight="bold")
    if first:
        axes.set_ylabel("effect, mmHg")


def _draw_cloud(axes: Axes, panel: Panel, first: bool) -> None:
    """Draw where specifications lie by effect and spread between trials: darker is more of them."""
    from matplotlib.patches import Rectangle

    from mgmeta.figures.style import PALETTE

    most = math.log(max(n for *_, n in panel.cells) + 1.0)
    for left, right, low, high, n in panel.cells:
        shade = SHADES[min(int(len(SHADES) * math.log(n + 1.0) / most), len(SHADES) - 1)]
        axes.add_patch(
            Rectangle((left, low), right - left, high - low, fc=PALETTE["estimate"], alpha=shade, ec="none")
        )
    axes.set_xlim(min(c[0] for c in panel.cells) - 0.3, max(0.3, max(c[1] for c in panel.cells) + 0.3))
    axes.set_ylim(0.0, max(c[3] for c in panel.cells) * 1.04)
    axes.axvline(0.0, color=PALETTE["muted"], lw=0.8, zorder=1)
    axes.set_xlabel("effect, mmHg")
    if first:
        axes.set_ylabel("SD between\ntrials, mmHg")


def _draw_moves(axes: Axes, panel: Panel, first: bool) -> None:
    """Draw a bar a choice: its whole share of the variance, its own part filled."""
    from matplotlib.ticker import PercentFormatter

    from mgmeta.figures.style import PALETTE, SMALL

    places = range(len(panel.moves))
    total = [move.total for move in panel.moves]
    axes.barh(places, total, height=0.66, fc=PALETTE["band"], ec=PALETTE["estimate"], lw=0.7)
    axes.barh(places, [move.main for move in panel.moves], height=0.66, fc=PALETTE["estimate"], ec="none")
    axes.set_ylim(len(panel.moves) - 0.4, -0.6)
    axes.set_xlim(0.0, max(*total, 0.1) * 1.08)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlabel("share of the variance")
    axes.set_yticks(list(places), [move.name for move in panel.moves] if first else [""] * len(panel.moves))
    axes.tick_params(axis="y", length=0, labelsize=SMALL)
    axes.spines["left"].set_visible(False)


def caption(data: MultiverseFigure) -> str:
    """Return the caption: range, shares, and the choice that moves most."""
    parts = []
    for panel in data.panels:
        low, median, high = panel.middle
        most = max(panel.moves, key=lambda move: move.total)
        parts.append(
            f"For {OUTCOMES[panel.outcome].name} {words.integer(panel.specifications)} specifications, the "
            f"middle 95% from {words.fixed(low)} to {words.fixed(high)} mmHg, median {words.fixed(median)}; "
            f"{words.percent(panel.below[0])} lie below 0, {words.percent(panel.below[1])} below "
            f"{words.MINUS}1 and {words.percent(panel.below[2])} below {words.MINUS}2 mmHg; most moved by: "
            f"{most.name} ({words.percent(most.total)} of the variance)."
        )
    return (
        f"Above: every specification in order of its effect, {words.level(data.level)} intervals in light. "
        "Middle: the same by effect and spread between trials, darker where more of them lie. Below: the "
        "share of the variance that goes with each choice, by itself (filled) and with its interactions. "
        f"{' '.join(parts)} {data.label}"
    )


def alt(data: MultiverseFigure) -> str:
    """Return the text that stands for the figure."""
    lines = []
    for panel in data.panels:
        low, high = words.fixed(panel.estimates[0]), words.fixed(panel.estimates[-1])
        moves = sorted(panel.moves, key=lambda move: -move.total)[:4]
        said = ", ".join(f"{move.name} {words.percent(move.total)}" for move in moves)
        lines.append(
            f"{words.capital(OUTCOMES[panel.outcome].name)}: estimates rise from {low} to {high} mmHg, the "
            f"protocol's is {words.fixed(panel.primary[1])}; shares of variance {said}"
        )
    return f"A specification curve, a cloud and bars. {'. '.join(lines)}."


def table(data: MultiverseFigure) -> Cells:
    """Return the figure as a table: the curve's summary, then a row a choice."""
    columns = ("Pressure", "What", "Value")
    rows: list[tuple[str, ...]] = []
    for panel in data.panels:
        name = OUTCOMES[panel.outcome].name
        low, median, high = panel.middle
        rows += [
            (name, "specifications", words.integer(panel.specifications)),
            (name, "different sets of numbers", words.integer(panel.distinct)),
            (name, "protocol's own, mmHg", words.fixed(panel.primary[1])),
            (name, "lowest and highest, mmHg", _pair(panel.estimates[0], panel.estimates[-1])),
            (name, "middle 95%, mmHg", _pair(low, high)),
            (name, "median, mmHg", words.fixed(median)),
        ]
        rows += [
            (name, f"share below {words.plain(float(limit))} mmHg (no probability)", words.percent(share))
            for limit, share in zip(LIMITS, panel.below, strict=True)
        ]
        rows += [
            (
                name,
                f"variance with {move.name}",
                f"{words.percent(move.total, 1)} ({words.percent(move.main, 1)} by itself)",
            )
            for move in panel.moves
        ]
    return columns, rows


def _pair(low: float, high: float) -> str:
    return f"{words.fixed(low)} to {words.fixed(high)}"
