"""From trials found to trials pooled: boxes and arrows, every trial counted once a pressure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.figures.results import Cells, Results
from mgmeta.reproduce.flow import LEFT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINE, PAD, GAP, COLUMN = 0.215, 0.11, 0.3, 0.5  # inches
MAIN, SIDE, BETWEEN, EDGE, HEAD = 1.5, 3.0, 0.5, 0.05, 0.3  # widths of labels; inches


@dataclass(frozen=True)
class Box:
    """A box: its heading and its lines, each with a number an outcome."""

    title: str
    counts: tuple[int, ...]
    lines: tuple[tuple[str, tuple[int, ...]], ...] = ()

    @property
    def height(self) -> float:
        """Height in inches."""
        return 2 * PAD + (1 + len(self.lines)) * LINE


@dataclass(frozen=True)
class FlowChart:
    """All the figure shows: boxes down the stem, and what leaves between two of them."""

    outcomes: tuple[str, ...]
    analysis: str
    stem: tuple[Box, Box, Box]
    out: tuple[Box, Box]


def prepare(results: Results, analysis: str, outcome: str) -> FlowChart:
    """Collect the counts of every outcome (*analysis* and *outcome* do not matter here).

    Raises
    ------
    DataError
        If the reproduction, which counts the flow, was not read.
    """
    found = results.reproduced("certainty")
    outcomes = tuple(found["outcomes"])
    flows = [found["outcomes"][key]["flow"] for key in outcomes]

    def counts(key: str) -> tuple[int, ...]:
        return tuple(int(flow[key]) for flow in flows)

    criteria = {key: key.replace("_", " ") for flow in flows for key in flow["excluded"]}
    reasons = {str(key): name for key, name in LEFT.items() if any(key in flow["left"] for flow in flows)}
    lost = tuple(flow["found"] - flow["eligible"] for flow in flows)
    kept = tuple(flow["eligible"] - flow["pooled"] for flow in flows)
    return FlowChart(
        outcomes=outcomes,
        analysis=str(found["analysis"]),
        stem=(
            Box("Trials found", counts("found")),
            Box("Eligible", counts("eligible")),
            Box(
                "Pooled",
                counts("pooled"),
                (("with a number", counts("numeric")), ("in words only", counts("verbal"))),
            ),
        ),
        out=(
            Box(
                "Not eligible",
                lost,
                _lines(flows, "excluded", criteria),
            ),
            Box("Eligible, not pooled", kept, _lines(flows, "left", reasons)),
        ),
    )


def _lines(flows: list[Any], part: str, names: Mapping[str, str]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    return tuple((name, tuple(int(flow[part].get(key, 0)) for flow in flows)) for key, name in names.items())


def draw(data: FlowChart) -> Figure:
    """Draw the figure: the stem on the left, what leaves it on the right."""
    from matplotlib.figure import Figure

    from mgmeta.figures.style import styled

    numbers = COLUMN * len(data.outcomes)
    left, right = MAIN + numbers + PAD, SIDE + numbers + PAD
    tops = _tops(data)
    width = EDGE + left + BETWEEN + right + EDGE
    height = tops[-1] + data.stem[-1].height + EDGE
    with styled():
        figure = Figure(figsize=(width, height))
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_xlim(0.0, width)
        axes.set_ylim(height, 0.0)
        axes.set_axis_off()
        for index, box in enumerate(data.stem):
            _box(axes, data, box, EDGE, tops[2 * index], left)
        for index, box in enumerate(data.out):
            _box(axes, data, box, EDGE + left + BETWEEN, tops[2 * index + 1], right)
        middle = EDGE + left / 2
        for index in range(len(data.out)):
            start = tops[2 * index] + data.stem[index].height
            _arrow(axes, (middle, start), (middle, tops[2 * index + 2]))
            y = tops[2 * index + 1] + data.out[index].height / 2
            _arrow(axes, (middle, y), (EDGE + left + BETWEEN, y))
    return figure


def _tops(data: FlowChart) -> list[float]:
    """Return the upper edges in inches: stem, out, stem, out, stem. A side box stands between its stems."""
    tops, y = [], HEAD
    for index, box in enumerate(data.stem):
        tops.append(y)
        y += box.height + GAP
        if index < len(data.out):
            tops.append(y)
            y += data.out[index].height + GAP
    return tops


def _box(axes: Axes, data: FlowChart, box: Box, x: float, y: float, width: float) -> None:
    """Draw a box with the number of every outcome in a column of its own."""
    from matplotlib.patches import FancyBboxPatch

    from mgmeta.figures.style import PALETTE, SMALL, drawable, fitted

    shape = FancyBboxPatch(
        (x, y), width, box.height, boxstyle="round,pad=0,rounding_size=0.06", lw=0.9, zorder=2
    )
    shape.set(facecolor=PALETTE["paper"], edgecolor=PALETTE["muted"])
    axes.add_patch(shape)
    ends = [x + width - PAD - COLUMN * (len(data.outcomes) - 1 - i) for i in range(len(data.outcomes))]
    room = width - 3 * PAD - COLUMN * len(data.outcomes)
    if y == HEAD:
        for end, outcome in zip(ends, data.outcomes, strict=True):
            head: dict[str, Any] = {"ha": "right", "va": "center", "size": SMALL, "color": PALETTE["muted"]}
            axes.text(end, y - 0.13, outcome.upper(), **head)
    for index, (text, counts) in enumerate([(box.title, box.counts), *box.lines]):
        at = y + PAD + (index + 0.5) * LINE
        style: dict[str, Any] = {
            "size": SMALL,
            "weight": "normal" if index else "bold",
            "va": "center",
            "zorder": 3,
        }
        start = x + PAD + (PAD if index else 0.0)
        axes.text(start, at, fitted(drawable(text), room, SMALL, style["weight"]), **style)
        for end, count in zip(ends, counts, strict=True):
            axes.text(end, at, words.integer(count), ha="right", **style)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    from mgmeta.figures.style import PALETTE

    look = {"arrowstyle": "-|>", "color": PALETTE["muted"], "lw": 1.0, "shrinkA": 0.0, "shrinkB": 0.0}
    axes.annotate("", xy=end, xytext=start, arrowprops=look, zorder=1)


def caption(data: FlowChart) -> str:
    """Return the caption: how many were found, eligible and pooled."""
    found, eligible, pooled = data.stem
    parts = [
        f"{OUTCOMES[key].name}: {words.count(found.counts[i], 'trial')} found, "
        f"{words.integer(eligible.counts[i])} eligible, {words.integer(pooled.counts[i])} pooled "
        f"({words.integer(pooled.lines[0][1][i])} with a number, "
        f"{words.integer(pooled.lines[1][1][i])} in words only)"
        for i, key in enumerate(data.outcomes)
    ]
    return (
        f"From trials found to trials pooled, {data.analysis}. {words.capital('; '.join(parts))}. "
        "A trial that fails several criteria counts under the first. "
        "How many records were searched to find the trials is not on record."
    )


def alt(data: FlowChart) -> str:
    """Return the text that stands for the figure."""
    boxes = [data.stem[0], data.out[0], data.stem[1], data.out[1], data.stem[2]]
    texts = [f"{box.title} {_numbers(box.counts)}{_listed(box)}" for box in boxes]
    names = words.listing([key.upper() for key in data.outcomes])
    return f"Flow chart, numbers for {names}. {'. '.join(texts)}."


def _numbers(counts: tuple[int, ...]) -> str:
    return " and ".join(words.integer(count) for count in counts)


def _listed(box: Box) -> str:
    if not box.lines:
        return ""
    return ": " + ", ".join(f"{text} {_numbers(counts)}" for text, counts in box.lines)


def table(data: FlowChart) -> Cells:
    """Return the figure as a table: a row a line of a box."""
    columns = ("Trials", *(words.capital(OUTCOMES[key].name) for key in data.outcomes))
    rows = []
    for box in (data.stem[0], data.out[0], data.stem[1], data.out[1], data.stem[2]):
        rows.append((box.title, *(words.integer(count) for count in box.counts)))
        rows += [(f"{box.title}: {text}", *(words.integer(n) for n in counts)) for text, counts in box.lines]
    return columns, rows
