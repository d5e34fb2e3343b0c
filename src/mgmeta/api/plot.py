"""``forest``: the forest plot of a result, for a notebook or a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from mgmeta.api.picture import Picture
from mgmeta.api.result import Result
from mgmeta.api.results import BayesResult, PoolResult
from mgmeta.errors import ConfigError

if TYPE_CHECKING:
    from mgmeta.figures.pool_forest import Diamond, PoolForest
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


@dataclass(frozen=True, repr=False)
class ForestPlot(Picture):
    """A forest plot; as a table every study, then every pool.

    Attributes
    ----------
    data : PoolForest
        What it shows.
    """

    KIND = "forest plot"
    data: PoolForest

    def _module(self) -> ModuleType:
        from mgmeta.figures import pool_forest

        return pool_forest


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
