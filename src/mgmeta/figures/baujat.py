"""Baujat plot: which number makes the heterogeneity, and which moves the pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.figures.columns import parts, reasons
from mgmeta.figures.results import Cells, Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Point:
    """One number: its share of Q, what its deletion does, whether it is flagged as influential."""

    label: str
    heterogeneity: float
    shift: float
    influential: bool


@dataclass(frozen=True)
class Baujats:
    """The figure: points of every outcome, and what cannot be shown."""

    outcomes: tuple[str, ...]
    points: tuple[tuple[Point, ...], ...]
    missing: str


def prepare(results: Results, analysis: str, outcome: str) -> Baujats:
    """Collect every outcome (*outcome* does not matter here).

    Raises
    ------
    DataError
        If the robustness was not read.
    """
    found = parts(results, analysis, "influence")
    points = tuple(
        tuple(
            Point(row["label"], row["heterogeneity"], row["shift"], row["influential"])
            for row in item["influence"]
        )
        for item in found.values()
    )
    return Baujats(tuple(found), points, reasons(results, analysis, "influence"))


def draw(data: Baujats) -> Figure:
    """Draw the figure: one panel an outcome; flagged points filled, the furthest out named."""
    from mgmeta.figures.panels import add_panels, name_points
    from mgmeta.figures.style import PALETTE, styled

    with styled():
        figure, panels = add_panels(data.outcomes)
        for axes, points in zip(panels, data.points, strict=True):
            widest = max(max(p.heterogeneity for p in points), 1e-9)
            highest = max(max(p.shift for p in points), 1e-9)
            axes.set_xlim(-0.03 * widest, 1.08 * widest)
            axes.set_ylim(-0.04 * highest, 1.1 * highest)
            for p in points:
                axes.plot(
                    [p.heterogeneity],
                    [p.shift],
                    "o",
                    ms=5,
                    mfc=PALETTE["estimate"] if p.influential else PALETTE["paper"],
                    mec=PALETTE["estimate"],
                    zorder=4,
                )
            far = sorted(points, key=lambda p: -max(p.heterogeneity / widest, p.shift / highest))
            name_points(axes, [(p.heterogeneity, p.shift, p.label) for p in far])
            axes.set_xlabel("contribution to heterogeneity")
        if panels:
            panels[0].set_ylabel("change of the pool without it")
    return figure


def caption(data: Baujats) -> str:
    """Return the caption: who makes the heterogeneity, who moves the pool, who is flagged."""
    texts = [
        "Numbers only (REML). Across: the trial's squared Pearson residual; up: the squared change of the "
        "pool without it, over its variance. Filled: flagged as influential by the usual limits."
    ]
    for key, points in zip(data.outcomes, data.points, strict=True):
        moves, makes = max(points, key=lambda p: p.shift), max(points, key=lambda p: p.heterogeneity)
        flagged = [p.label for p in points if p.influential]
        texts.append(
            f"{words.capital(OUTCOMES[key].name)}: the pool is moved most by {moves.label} "
            f"({words.fixed(moves.shift)}), the heterogeneity made most by {makes.label} "
            f"({words.fixed(makes.heterogeneity)}); flagged: {words.listing(flagged) or 'none'}."
        )
    return " ".join([*texts, data.missing]).strip()


def alt(data: Baujats) -> str:
    """Return the text that stands for the figure."""
    return f"A scatter plot of trials for each pressure. {caption(data)}"


def table(data: Baujats) -> Cells:
    """Return the figure as a table."""
    columns = ("Pressure", "Trial", "Contribution to heterogeneity", "Change of the pool", "Flagged")
    rows = [
        (
            OUTCOMES[key].name,
            p.label,
            words.fixed(p.heterogeneity),
            words.fixed(p.shift),
            "yes" if p.influential else "no",
        )
        for key, points in zip(data.outcomes, data.points, strict=True)
        for p in points
    ]
    return columns, rows or [(data.missing, *[words.MISSING] * 4)]
