"""Draw docs/simulation/scaling.csv: time and memory of each stage against the number of trials.

Run: python benchmarks/scaling_figure.py [--table docs/simulation/scaling.csv] [--out docs/images/scaling.svg]
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from mgmeta.figures.palette import PALETTE
from mgmeta.figures.style import SMALL, styled, svg_text
from mgmeta.io import write_text

# Colour, dash and mark: no stage is told by its colour alone.
LOOK = {
    "check": ("estimate", "-", "s", "check"),
    "effects": ("bound", "--", "o", "effects, one slice"),
    "pool": ("muted", ":", "v", "pool"),
    "bounds_ml": ("published", "-.", "^", "numbers and bounds"),
    "multiverse": ("bayes", (0, (5, 1)), "D", "multiverse, one reading"),
    "report": ("headline", (0, (1, 1)), "P", "report"),
}


def lines(axes: Axes, rows: list[dict[str, str]], column: str, unit: str) -> None:
    """Draw one column of the table, a line a stage."""
    for stage, (colour, dash, mark, label) in LOOK.items():
        points = [(int(row["trials"]), float(row[column])) for row in rows if row["stage"] == stage]
        if points:
            axes.plot(
                *zip(*points, strict=True),
                color=PALETTE[colour],
                linestyle=dash,
                marker=mark,
                markersize=4,
                linewidth=1.2,
                label=label,
            )
    axes.set(xscale="log", yscale="log", xlabel="trials", ylabel=unit)
    # Plain numbers: the style writes a formula as it stands, and Matplotlib's powers of ten are formulas.
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        axis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_locator(LogLocator(numticks=9))
    axes.grid(color=PALETTE["rule"], linewidth=0.5)


def draw(rows: list[dict[str, str]]) -> Figure:
    """Return the figure: processor time left, memory right."""
    with styled():
        figure = Figure(figsize=(7.2, 3.6), layout="constrained")
        left, right = figure.subplots(1, 2)
        lines(left, rows, "cpu_seconds", "seconds of one core")
        lines(right, rows, "memory_mb", "peak memory, MB")
        k = np.array(sorted({int(row["trials"]) for row in rows}), dtype=float)
        steep = k * np.log(k)
        last = max(float(row["cpu_seconds"]) for row in rows if int(row["trials"]) == k[-1])
        left.plot(k, 2.0 * last * steep / steep[-1], color=PALETTE["ink"], linewidth=0.8)
        left.annotate(
            "k log k",
            (k[-2], 2.0 * last * steep[-2] / steep[-1]),
            xytext=(-4, 6),
            textcoords="offset points",
            ha="right",
            fontsize=SMALL,
        )
        figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=SMALL)
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", default="docs/simulation/scaling.csv")
    parser.add_argument("--out", default="docs/images/scaling.svg")
    options = parser.parse_args()
    with Path(options.table).open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    words = "; ".join(
        f"{row['stage']} {row['trials']} trials {row['cpu_seconds']} s {row['memory_mb']} MB" for row in rows
    )
    write_text(options.out, svg_text(draw(rows), "Cost of each stage by the number of trials", words))


if __name__ == "__main__":
    main()
