"""Proof by simulation: coverage and bias as more trials fall silent, by the true effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mgmeta.errors import DataError
from mgmeta.figures import words
from mgmeta.figures.results import Cells, Results
from mgmeta.simulate.bars import BASE, COVERAGE_BARS, PRIMARY
from mgmeta.simulate.contenders import LEVEL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEFT, PANEL, GAP, LABELS, HEAD, HIGH, BETWEEN, AXIS = 0.62, 1.62, 0.22, 1.42, 0.34, 1.5, 0.26, 0.5  # inches
# One slice of the grid; the others are in the table, and no better or worse for being elsewhere.
TRIALS, TAU = 20, 2.0
COVERAGE_BAR = COVERAGE_BARS[PRIMARY]
METHODS = {
    "bounded_ml": "Words as bounds",
    "numeric_reml": "Words dropped",
    "zero_reml": "Words set to zero",
}


@dataclass(frozen=True)
class Point:
    """One cell of the grid for one method; coverage is a share of one, bias in mmHg."""

    silence: float
    coverage: float
    coverage_error: float
    bias: float
    bias_error: float


@dataclass(frozen=True)
class Study:
    """All the figure shows: by true mean effect (mmHg), then by method, points in order of silence."""

    panels: Mapping[float, Mapping[str, tuple[Point, ...]]]
    replicates: int
    seed: int


def prepare(results: Results, analysis: str, outcome: str) -> Study:
    """Collect one slice of the base grid (*analysis* and *outcome* do not matter here).

    Raises
    ------
    DataError
        If the table has no such cells.
    """
    rows = [
        row
        for row in results.simulation
        if row["grid"] == BASE and (float(row["k"]), float(row["tau"])) == (TRIALS, TAU)
    ]
    if not rows:
        raise DataError(
            f"docs/simulation/coverage.csv: no base cells with k = {TRIALS} and tau = {TAU:g}; "
            "run `snakemake simulation`"
        )
    effects = sorted({float(row["mu"]) for row in rows}, reverse=True)
    panels = {
        mu: {
            key: tuple(
                sorted(
                    (_point(row) for row in rows if row["method"] == key and float(row["mu"]) == mu),
                    key=lambda point: point.silence,
                )
            )
            for key in METHODS
        }
        for mu in effects
    }
    return Study(panels, int(rows[0]["replicates"]), int(rows[0]["seed"]))


def _point(row: Mapping[str, str]) -> Point:
    names = ("silence", "coverage", "coverage_mcse", "bias", "bias_mcse")
    return Point(*(float(row[name]) for name in names))


def draw(data: Study) -> Figure:
    """Draw the figure: coverage above, bias below, a column a true effect."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    from mgmeta.figures.style import PALETTE, SMALL, styled

    n = len(data.panels)
    width = LEFT + n * (PANEL + GAP) + LABELS
    height = AXIS + 2 * HIGH + BETWEEN + HEAD
    points = [point for panel in data.panels.values() for line in panel.values() for point in line]
    biases = [point.bias for point in points]
    room = 0.12 * (max(biases) - min(biases))
    lowest = min(0.85, min(point.coverage for point in points) - 0.04)
    with styled():
        figure = Figure(figsize=(width, height))
        for column, (mu, panel) in enumerate(data.panels.items()):
            left = LEFT + column * (PANEL + GAP)
            for row, name in enumerate(("coverage", "bias")):
                bottom = AXIS + (1 - row) * (HIGH + BETWEEN)
                axes = figure.add_axes((left / width, bottom / height, PANEL / width, HIGH / height))
                for key, line in panel.items():
                    _draw_line(axes, key, line, name)
                axes.set_xlim(-0.06, 0.86)
                axes.set_xticks([point.silence for point in next(iter(panel.values()))])
                axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
                if row == 0:
                    axes.set_ylim(lowest, 1.01)
                    axes.axhline(COVERAGE_BAR, color=PALETTE["muted"], lw=0.8, ls=(0, (1, 2)), zorder=1)
                    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
                    axes.set_title(_truth(mu), loc="left", weight="bold", fontsize=SMALL + 0.5, pad=8)
                    axes.set_xticklabels([])
                else:
                    axes.set_ylim(min(biases) - room, max(biases) + room)
                    axes.yaxis.set_major_locator(MaxNLocator(6))
                    axes.axhline(0.0, color=PALETTE["muted"], lw=0.8, zorder=1)
                    axes.set_xlabel("numbers withheld" if column == n // 2 else "")
                if column:
                    axes.set_yticklabels([])
                else:
                    axes.set_ylabel("coverage of the interval" if row == 0 else "bias, mmHg")
        _draw_key(figure, data, width, height)
    return figure


def _truth(mu: float) -> str:
    return f"true effect {words.plain(mu)} mmHg"


def _draw_line(axes: Axes, key: str, points: tuple[Point, ...], name: str) -> None:
    """Draw one method: a line through its cells with two Monte Carlo standard errors either way."""
    x = [point.silence for point in points]
    y = [getattr(point, name) for point in points]
    error = [2 * getattr(point, f"{name}_error") for point in points]
    look = _look(key)
    axes.errorbar(x, y, yerr=error, elinewidth=0.9, zorder=4 if key == "bounded_ml" else 3, **look)


def _look(key: str) -> dict[str, Any]:
    """Return how a method is drawn; told by marker and line, not by colour alone."""
    from mgmeta.figures.style import PALETTE

    if key == "bounded_ml":
        return {"color": PALETTE["headline"], "lw": 2.0, "marker": "D", "ms": 4.6}
    if key == "numeric_reml":
        return {"color": PALETTE["bound"], "lw": 1.2, "ls": (0, (4, 2)), "marker": "x", "ms": 5.5, "mew": 1.6}
    return {
        "color": PALETTE["bayes"],
        "lw": 1.2,
        "ls": (0, (1, 1.5)),
        "marker": "s",
        "ms": 4.2,
        "mfc": PALETTE["paper"],
    }


def _draw_key(figure: Figure, data: Study, width: float, height: float) -> None:
    """Set the names of the methods beside the last panel, each with its mark."""
    from matplotlib.lines import Line2D

    from mgmeta.figures.style import SMALL

    handles = [Line2D([], [], **_look(key)) for key in METHODS]
    left = (width - LABELS - GAP + 0.06) / width
    bar = AXIS + HIGH + BETWEEN + HIGH * _share_of_axis(figure, COVERAGE_BAR)
    figure.text(
        left + 0.03 / width, bar / height, f"bar {words.percent(COVERAGE_BAR)}", va="center", size=SMALL
    )
    figure.legend(
        handles,
        list(METHODS.values()),
        loc="upper left",
        bbox_to_anchor=(left, (AXIS + HIGH) / height),
        fontsize=SMALL,
        handlelength=2.6,
        borderaxespad=0.0,
    )


def _share_of_axis(figure: Figure, value: float) -> float:
    """Return how far up the first panel a value stands, as a share of its height."""
    low, high = figure.axes[0].get_ylim()
    return float((value - low) / (high - low))


def caption(data: Study) -> str:
    """Return the caption: how each method does where most numbers are withheld."""
    parts = []
    for mu, panel in data.panels.items():
        worst = {key: points[-1] for key, points in panel.items()}
        cells = [
            f"{METHODS[key].lower()} {words.percent(point.coverage)} and {words.signed(point.bias)} mmHg"
            for key, point in worst.items()
        ]
        parts.append(words.capital(f"{_truth(mu)}: {', '.join(cells)}"))
    silence = words.percent(next(iter(next(iter(data.panels.values())).values()))[-1].silence)
    return (
        f"Coverage of {words.level(LEVEL)} intervals and bias over {words.integer(data.replicates)} "
        f"simulated reviews a cell, {words.integer(TRIALS)} trials, SD between trials {words.plain(TAU)} "
        "mmHg, as more of the results that are not significant lose their numbers; whiskers are two Monte "
        f"Carlo standard errors, the dotted line is the bar of {words.percent(COVERAGE_BAR)}. "
        f"With {silence} withheld: "
        f"{'. '.join(parts)}."
    )


def alt(data: Study) -> str:
    """Return the text that stands for the figure."""
    lines = []
    for mu, panel in data.panels.items():
        for key, points in panel.items():
            cells = [f"{words.percent(p.silence)} withheld {words.percent(p.coverage, 1)}" for p in points]
            lines.append(f"{_truth(mu)}, {METHODS[key].lower()}: {', '.join(cells)}")
    return f"Lines of coverage and bias against the share of numbers withheld. {'. '.join(lines)}."


def table(data: Study) -> Cells:
    """Return the figure as a table."""
    columns = ("True effect, mmHg", "Method", "Withheld", "Coverage", "Bias, mmHg")
    rows = [
        (
            words.plain(mu),
            METHODS[key],
            words.percent(point.silence),
            f"{words.percent(point.coverage)} (Monte Carlo SE {words.percent(point.coverage_error, 1)})",
            f"{words.signed(point.bias)} (Monte Carlo SE {words.fixed(point.bias_error)})",
        )
        for mu, panel in data.panels.items()
        for key, points in panel.items()
        for point in points
    ]
    return columns, rows
