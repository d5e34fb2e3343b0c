"""The plot of a dose-response curve, for a notebook or a file."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

from mgmeta.api.picture import Picture

if TYPE_CHECKING:
    from mgmeta.api.results import DoseResult
    from mgmeta.figures.pool_curve import PoolCurve


@dataclass(frozen=True, repr=False)
class CurvePlot(Picture):
    """A dose-response curve with its studies; as a table the curve by dose.

    Attributes
    ----------
    data : PoolCurve
        What it shows.
    """

    KIND = "curve"
    data: PoolCurve

    def _module(self) -> ModuleType:
        from mgmeta.figures import pool_curve

        return pool_curve


def curve_plot(fit: DoseResult, *, title: str, xlabel: str, ylabel: str) -> CurvePlot:
    """Return the plot of a fitted curve; see :meth:`mgmeta.api.results.DoseResult.plot`.

    Parameters
    ----------
    fit
        The curve; doses and effects in the units of the table it was fitted to.
    title, xlabel, ylabel
        What stands above, below and beside the plot; units belong in the labels.
    """
    from mgmeta.figures.pool_curve import PoolCurve, Study

    studies = tuple(
        Study(row["study"], row["dose"], row["yi"], row["yi_low"], row["yi_high"], row["sei"])
        for row in fit.contrasts
    )
    line = tuple(
        (row["dose"], row["estimate"], row["ci_low"], row["ci_high"]) for row in fit.answer["predictions"]
    )
    return CurvePlot(PoolCurve(studies, line, fit.curve, fit.level, title, xlabel, ylabel))
