"""``forest``: the forest plot of a result, for a notebook or a file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mgmeta.api.frames import frame_of
from mgmeta.api.results import BayesResult, PoolResult, Result
from mgmeta.errors import ConfigError
from mgmeta.io import dumps, write_bytes, write_text

if TYPE_CHECKING:
    import pandas as pd

    from mgmeta.figures.pool_forest import Diamond, Figure, PoolForest
    from mgmeta.figures.rows import TrialRow


def forest(fit: Result, *, title: str = "", xlabel: str = "Effect") -> ForestPlot:
    """Draw what was pooled: one row a study, the pooled effect and its prediction interval below.

    Parameters
    ----------
    fit : PoolResult or BayesResult
        From :func:`mgmeta.api.pool` without moderators, or :func:`mgmeta.api.bayes`. A number is drawn with
        its normal interval (half width the quantile of the level times the standard error), a bound as an
        open band.
    title, xlabel : str
        Heading, and label of the axis with the unit.

    Returns
    -------
    ForestPlot
        Shows itself in a notebook; :meth:`ForestPlot.save` writes SVG or PNG.

    Raises
    ------
    ConfigError
        If the result has no single pooled effect: a meta-regression or a dose-response curve.

    Examples
    --------
    >>> import mgmeta as mg
    >>> plot = mg.forest(mg.pool({"yi": [-4.1, -1.0, -2.6], "sei": [1.2, 0.9, 0.8]}), xlabel="SBP, mmHg")
    >>> plot.to_frame().shape
    (4, 5)
    """
    from mgmeta.figures.pool_forest import PoolForest

    if isinstance(fit, PoolResult) and "estimate" in fit.parts:
        pools = _diamonds(fit)
    elif isinstance(fit, BayesResult):
        pools = (_diamond("Posterior mean", fit.mean, fit.ci_low, fit.ci_high, fit.pi_low, fit.pi_high),)
    else:
        raise ConfigError(
            f"forest: this {type(fit).__name__} has no single pooled effect; give the result of "
            "pool() without mods=, or of bayes()"
        )
    rows = tuple(_row(row, fit.level) for row in fit.rows("studies"))
    return ForestPlot(PoolForest(rows, pools, fit.level, title, xlabel))


@dataclass(frozen=True)
class ForestPlot:
    """A forest plot.

    Attributes
    ----------
    data : PoolForest
        What it shows.
    """

    data: PoolForest

    def figure(self) -> Figure:
        """Return the Matplotlib figure, to change or to place."""
        from mgmeta.figures.pool_forest import draw

        return draw(self.data)

    def svg(self) -> str:
        """Return the plot as SVG with a title and a description for screen readers."""
        from mgmeta.figures.pool_forest import alt
        from mgmeta.figures.style import svg_text

        return svg_text(self.figure(), self.data.title or "Forest plot", alt(self.data))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the plot to a file that ends in ``.svg`` or ``.png``; the same bytes on every run.

        Raises
        ------
        ConfigError
            If the name ends otherwise.
        """
        ending = Path(path).suffix.lower()
        if ending == ".svg":
            return write_text(path, self.svg())
        if ending == ".png":
            from mgmeta.figures.style import png_bytes

            return write_bytes(path, png_bytes(self.figure()))
        raise ConfigError(f"{path}: a forest plot is written as .svg or .png")

    def to_frame(self) -> pd.DataFrame:
        """Return the plot as a table of text: every study, then every pool."""
        return frame_of(self._rows())

    def to_json(self) -> str:
        """Return the plot as JSON: the rows of :meth:`to_frame`."""
        return dumps(self._rows())

    def _rows(self) -> list[dict[str, str]]:
        from mgmeta.figures.pool_forest import table

        columns, rows = table(self.data)
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def _repr_html_(self) -> str:
        """Return the plot as a notebook shows it."""
        return f'<div style="max-width:60em">{self.svg().partition("?>")[2] or self.svg()}</div>'

    def __repr__(self) -> str:
        from mgmeta.figures.pool_forest import alt

        return f"ForestPlot({alt(self.data)})"


def _diamonds(fit: PoolResult) -> tuple[Diamond, ...]:
    """Return the pooled effect and, where asked, those of the subgroups before it."""
    groups = [
        _diamond(f"{row['level']} (k = {row['k']})", row["estimate"], row["ci_low"], row["ci_high"])
        for row in fit.rows("subgroups")
    ]
    label = f"Pooled, {fit.method} (k = {fit.k})"
    whole = _diamond(label, fit.estimate, fit.ci_low, fit.ci_high, fit.pi_low, fit.pi_high)
    return (*groups, whole)


def _diamond(label: str, estimate: float, low: float, high: float, *prediction: float) -> Diamond:
    import math

    from mgmeta.figures.pool_forest import Diamond

    known = len(prediction) == 2 and all(math.isfinite(end) for end in prediction)
    return Diamond(label, estimate, low, high, (prediction[0], prediction[1]) if known else None)


def _row(row: Mapping[str, Any], level: float) -> TrialRow:
    """Return a study as the figures see it."""
    from mgmeta.figures.rows import trial_row

    blank = dict.fromkeys(("year", "df", "n_mg", "n_control", "dose_mg_per_day", "hypertensive"))
    seen = {**blank, "trial_id": row["study"], "label": row["study"], "design": "", "assumed": "", **row}
    return trial_row(seen, level)
