"""A page of rows: text set in inches from the left, lines counted from the top."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.transforms import Transform, blended_transform_factory

from mgmeta.figures.style import PALETTE


@dataclass(frozen=True)
class Page:
    """An axis whose y counts rows, and the transform of text beside it.

    Attributes
    ----------
    axes : Axes
        x in the unit of the effect, y in rows from 0 at the top.
    text : Transform
        x in inches from the left of the figure, y in rows.
    row : float
        Height of a row in inches.
    """

    axes: Axes
    text: Transform
    row: float

    def put(self, x: float, y: float, text: str, **style: Any) -> None:
        """Set text at *x* inches in row *y*."""
        self.axes.text(x, y, text, transform=self.text, va="center_baseline", clip_on=False, **style)

    def line(self, left: float, right: float, y: float, color: str) -> None:
        """Rule a horizontal line from *left* to *right* inches."""
        keep = {"scalex": False, "scaley": False, "clip_on": False}
        self.axes.plot([left, right], [y, y], transform=self.text, color=color, lw=0.7, **keep)

    def stripe(self, left: float, right: float, y: float) -> None:
        """Shade one row from *left* to *right* inches."""
        self.axes.add_patch(
            Rectangle(
                (left, y - 0.5),
                right - left,
                1.0,
                transform=self.text,
                facecolor=PALETTE["stripe"],
                edgecolor="none",
                zorder=0,
                clip_on=False,
            )
        )

    def reference(self, x: float, published: float | None) -> None:
        """Draw the line of no difference at *x* and, dashed, the published estimate."""
        self.axes.axvline(x, color=PALETTE["muted"], lw=0.8, zorder=1)
        if published is not None:
            self.axes.axvline(published, color=PALETTE["published"], lw=0.9, ls=(0, (4, 2)), zorder=1)


def add_page(
    figure: Figure,
    left: float,
    right: float,
    bottom: float,
    rows: float,
    row: float,
    limits: tuple[float, float],
) -> Page:
    """Add an axis of *rows* rows to a figure; everything in inches but *limits* (data).

    Parameters
    ----------
    left, right, bottom : float
        Edges of the axis in inches from the left and from the bottom of the figure.
    rows, row : float
        Number of rows and height of one, inches.
    limits : tuple of float
        Range of x.
    """
    width, height = figure.get_size_inches()
    axes = figure.add_axes((left / width, bottom / height, (right - left) / width, rows * row / height))
    axes.set_xlim(*limits)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])
    return Page(axes, blended_transform_factory(figure.dpi_scale_trans, axes.transData), row)
