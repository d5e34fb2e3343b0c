"""Which module draws which figure, imported when the figure is asked for.

Written out, one function each, so that the imports can be read by whoever asks which code a figure uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mgmeta.figures.results import Cells, Results


class FigureModule(Protocol):
    """What a module of figures offers."""

    def prepare(self, results: Results, analysis: str, outcome: str) -> Any:
        """Collect what the figure shows."""

    def draw(self, data: Any) -> Figure:
        """Draw it."""

    def caption(self, data: Any) -> str:
        """Return its caption, made of its numbers."""

    def alt(self, data: Any) -> str:
        """Return the text that stands for it."""

    def table(self, data: Any) -> Cells:
        """Return it as a table: columns and rows of text."""


def baujat() -> FigureModule:
    """Import :mod:`mgmeta.figures.baujat`."""
    from mgmeta.figures import baujat as module

    return module


def bubbles() -> FigureModule:
    """Import :mod:`mgmeta.figures.bubbles`."""
    from mgmeta.figures import bubbles as module

    return module


def cumulative() -> FigureModule:
    """Import :mod:`mgmeta.figures.cumulative`."""
    from mgmeta.figures import cumulative as module

    return module


def dose() -> FigureModule:
    """Import :mod:`mgmeta.figures.dose`."""
    from mgmeta.figures import dose as module

    return module


def dose_slopes() -> FigureModule:
    """Import :mod:`mgmeta.figures.dose_slopes`."""
    from mgmeta.figures import dose_slopes as module

    return module


def drift() -> FigureModule:
    """Import :mod:`mgmeta.figures.drift`."""
    from mgmeta.figures import drift as module

    return module


def duration() -> FigureModule:
    """Import :mod:`mgmeta.figures.duration`."""
    from mgmeta.figures import duration as module

    return module


def flow() -> FigureModule:
    """Import :mod:`mgmeta.figures.flow`."""
    from mgmeta.figures import flow as module

    return module


def forest() -> FigureModule:
    """Import :mod:`mgmeta.figures.forest`."""
    from mgmeta.figures import forest as module

    return module


def forest_groups() -> FigureModule:
    """Import :mod:`mgmeta.figures.forest_groups`."""
    from mgmeta.figures import forest_groups as module

    return module


def funnel() -> FigureModule:
    """Import :mod:`mgmeta.figures.funnel`."""
    from mgmeta.figures import funnel as module

    return module


def gosh() -> FigureModule:
    """Import :mod:`mgmeta.figures.gosh`."""
    from mgmeta.figures import gosh as module

    return module


def headline() -> FigureModule:
    """Import :mod:`mgmeta.figures.headline`."""
    from mgmeta.figures import headline as module

    return module


def leave_one_out() -> FigureModule:
    """Import :mod:`mgmeta.figures.leave_one_out`."""
    from mgmeta.figures import leave_one_out as module

    return module


def ledger() -> FigureModule:
    """Import :mod:`mgmeta.figures.ledger`."""
    from mgmeta.figures import ledger as module

    return module


def mediator() -> FigureModule:
    """Import :mod:`mgmeta.figures.mediator`."""
    from mgmeta.figures import mediator as module

    return module


def missing() -> FigureModule:
    """Import :mod:`mgmeta.figures.missing`."""
    from mgmeta.figures import missing as module

    return module


def models() -> FigureModule:
    """Import :mod:`mgmeta.figures.models`."""
    from mgmeta.figures import models as module

    return module


def moderators() -> FigureModule:
    """Import :mod:`mgmeta.figures.moderators`."""
    from mgmeta.figures import moderators as module

    return module


def multiverse() -> FigureModule:
    """Import :mod:`mgmeta.figures.multiverse`."""
    from mgmeta.figures import multiverse as module

    return module


def posterior() -> FigureModule:
    """Import :mod:`mgmeta.figures.posterior`."""
    from mgmeta.figures import posterior as module

    return module


def prior_sensitivity() -> FigureModule:
    """Import :mod:`mgmeta.figures.prior_sensitivity`."""
    from mgmeta.figures import prior_sensitivity as module

    return module


def rob() -> FigureModule:
    """Import :mod:`mgmeta.figures.rob`."""
    from mgmeta.figures import rob as module

    return module


def scenarios() -> FigureModule:
    """Import :mod:`mgmeta.figures.scenarios`."""
    from mgmeta.figures import scenarios as module

    return module


def shrinkage() -> FigureModule:
    """Import :mod:`mgmeta.figures.shrinkage`."""
    from mgmeta.figures import shrinkage as module

    return module


def shrunk() -> FigureModule:
    """Import :mod:`mgmeta.figures.shrunk`."""
    from mgmeta.figures import shrunk as module

    return module


def silence() -> FigureModule:
    """Import :mod:`mgmeta.figures.silence`."""
    from mgmeta.figures import silence as module

    return module


def simulation() -> FigureModule:
    """Import :mod:`mgmeta.figures.simulation`."""
    from mgmeta.figures import simulation as module

    return module


def subgroups() -> FigureModule:
    """Import :mod:`mgmeta.figures.subgroups`."""
    from mgmeta.figures import subgroups as module

    return module
