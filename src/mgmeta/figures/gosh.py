"""GOSH: the pool of every subset of the numbers, by effect and inconsistency."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.figures.columns import parts, reasons
from mgmeta.figures.results import Cells, Json, Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHADES = (0.15, 0.35, 0.6, 1.0)


@dataclass(frozen=True)
class Split:
    """What one trial does: mean of the subsets with it and without it."""

    label: str
    with_it: float
    without: float
    i2_with: float
    i2_without: float


@dataclass(frozen=True)
class Cloud:
    """One outcome: cells (left, right, low, high, subsets), quantiles, and the split by every trial."""

    outcome: str
    subsets: int
    complete: bool
    quantiles: tuple[float, ...]
    below: float
    i2_median: float
    cells: tuple[tuple[float, float, float, float, int], ...]
    splits: tuple[Split, ...]


@dataclass(frozen=True)
class GoshFigure:
    """All the figure shows."""

    clouds: tuple[Cloud, ...]
    missing: str


def prepare(results: Results, analysis: str, outcome: str) -> GoshFigure:
    """Collect every outcome (*outcome* does not matter here).

    Raises
    ------
    DataError
        If the robustness was not read.
    """
    found = parts(results, analysis, "gosh")
    clouds = tuple(_cloud(key, item["gosh"]) for key, item in found.items())
    return GoshFigure(clouds, reasons(results, analysis, "gosh"))


def _cloud(key: str, item: Json) -> Cloud:
    x, y = item["estimate_edges"], item["i2_edges"]
    return Cloud(
        outcome=key,
        subsets=item["subsets"],
        complete=item["complete"],
        quantiles=tuple(item["estimate_quantiles"]),
        below=item["share_below_0"],
        i2_median=item["i2_median"],
        cells=tuple((x[i], x[i + 1], y[j], y[j + 1], n) for i, j, n in item["counts"]),
        splits=tuple(
            Split(
                row["label"],
                row["estimate_with"],
                row["estimate_without"],
                row["i2_with"],
                row["i2_without"],
            )
            for row in item["trials"]
        ),
    )


def most(cloud: Cloud) -> Split:
    """Return the trial that splits the estimates most."""
    return max(cloud.splits, key=lambda split: abs(split.with_it - split.without))


def draw(data: GoshFigure) -> Figure:
    """Draw the figure: cells, darker where more subsets lie, and the split by one trial as lines."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    from mgmeta.figures.panels import add_panels
    from mgmeta.figures.style import PALETTE, styled

    with styled():
        figure, panels = add_panels([cloud.outcome for cloud in data.clouds])
        for axes, cloud in zip(panels, data.clouds, strict=True):
            top = math.log(max(n for *_, n in cloud.cells) + 1.0)
            shaded: dict[int, list[Path]] = {}
            for left, right, low, high, n in cloud.cells:
                shade = min(int(len(SHADES) * math.log(n + 1.0) / top), len(SHADES) - 1)
                corners = [(left, low), (right, low), (right, high), (left, high), (left, low)]
                shaded.setdefault(shade, []).append(Path(corners, closed=True))
            for shade, cells in sorted(
                shaded.items()
            ):  # one path a shade: a cloud is small, whatever its size
                whole = Path.make_compound_path(*cells)
                axes.add_patch(PathPatch(whole, fc=PALETTE["estimate"], alpha=SHADES[shade], ec="none"))
            room = 0.04 * (cloud.quantiles[-1] - cloud.quantiles[0]) + 1e-3
            axes.set_xlim(min(cloud.quantiles[0] - room, 0.0), max(cloud.quantiles[-1] + room, room))
            axes.set_ylim(0.0, 100.0)
            axes.axvline(0.0, color=PALETTE["muted"], lw=0.8)
            split = most(cloud)
            axes.axvline(split.with_it, color=PALETTE["bound"], lw=1.4)
            axes.axvline(split.without, color=PALETTE["bound"], lw=1.4, ls=(0, (3, 2)))
            axes.set_xlabel(f"{OUTCOMES[cloud.outcome].unit}, magnesium minus control")
        if panels:
            panels[0].set_ylabel("I\u00b2 of the subset, %")
    return figure


def caption(data: GoshFigure) -> str:
    """Return the caption: how wide the cloud is, and which trial splits it."""
    texts = [
        "The pool (REML) of every subset of two or more numbers; darker where more subsets lie. Lines: the "
        "mean of the subsets with the trial that splits them most (solid) and without it (dashed)."
    ]
    for cloud in data.clouds:
        split = most(cloud)
        kind = "subsets" if cloud.complete else "random subsets"
        name = words.capital(OUTCOMES[cloud.outcome].name)
        texts.append(
            f"{name}: {words.integer(cloud.subsets)} {kind}, the middle "
            f"95% from {words.fixed(cloud.quantiles[1])} to {words.fixed(cloud.quantiles[3])} mmHg, "
            f"{words.percent(cloud.below)} below 0; most split by {split.label} "
            f"({words.fixed(split.with_it)} with it, {words.fixed(split.without)} without)."
        )
    texts.append("Shares of subsets are not probabilities.")
    return " ".join([*texts, data.missing]).strip()


def alt(data: GoshFigure) -> str:
    """Return the text that stands for the figure."""
    return f"A cloud of pooled subsets for each pressure. {caption(data)}"


def table(data: GoshFigure) -> Cells:
    """Return the figure as a table: the spread of each cloud, then the split by every trial."""
    columns = ("Pressure", "What", "Effect, mmHg", "I\u00b2, %")
    rows: list[tuple[str, ...]] = []
    for cloud in data.clouds:
        name, q = OUTCOMES[cloud.outcome].name, cloud.quantiles
        median = f"median {words.fixed(cloud.i2_median, 0)}"
        rows.append(
            (name, f"{words.integer(cloud.subsets)} subsets, all", words.interval(q[0], q[4]), median)
        )
        rows.append((name, "middle 95%", words.interval(q[1], q[3]), words.MISSING))
        for split in cloud.splits:
            rows.append(
                (name, f"with {split.label}", words.fixed(split.with_it), words.fixed(split.i2_with, 0))
            )
            rows.append(
                (name, f"without {split.label}", words.fixed(split.without), words.fixed(split.i2_without, 0))
            )
    return columns, rows or [(data.missing, *[words.MISSING] * 3)]
