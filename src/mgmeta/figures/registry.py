"""Every figure by name. To add one: a module with the five functions of `FigureModule`, an entry here.

Importing this module loads no Matplotlib; a figure's module is imported when the figure is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from mgmeta.errors import ConfigError
from mgmeta.figures.results import Cells, Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mgmeta.config import Config


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


def _forest() -> FigureModule:
    from mgmeta.figures import forest

    return forest


def _headline() -> FigureModule:
    from mgmeta.figures import headline

    return headline


def _scenarios() -> FigureModule:
    from mgmeta.figures import scenarios

    return scenarios


def _dose() -> FigureModule:
    from mgmeta.figures import dose

    return dose


def _duration() -> FigureModule:
    from mgmeta.figures import duration

    return duration


def _moderators() -> FigureModule:
    from mgmeta.figures import moderators

    return moderators


def _subgroups() -> FigureModule:
    from mgmeta.figures import subgroups

    return subgroups


def _dose_slopes() -> FigureModule:
    from mgmeta.figures import dose_slopes

    return dose_slopes


def _mediator() -> FigureModule:
    from mgmeta.figures import mediator

    return mediator


def _bubbles() -> FigureModule:
    from mgmeta.figures import bubbles

    return bubbles


def _posterior() -> FigureModule:
    from mgmeta.figures import posterior

    return posterior


def _silence() -> FigureModule:
    from mgmeta.figures import silence

    return silence


def _missing() -> FigureModule:
    from mgmeta.figures import missing

    return missing


def _simulation() -> FigureModule:
    from mgmeta.figures import simulation

    return simulation


# What a figure may need beside fits, samples and headline; the workflow names the files.
DRAWS, SILENCE, MISSING, SIMULATION = "draws", "silence", "missing", "simulation"
REPRODUCTION, DOSE = "reproduction", "dose"
ROBUSTNESS, ROB = "robustness", "rob"
MODERATORS = "moderators"
MODELS = "models"


def _ledger() -> FigureModule:
    from mgmeta.figures import ledger

    return ledger


def _drift() -> FigureModule:
    from mgmeta.figures import drift

    return drift


def _multiverse() -> FigureModule:
    from mgmeta.figures import multiverse

    return multiverse


def _baujat() -> FigureModule:
    from mgmeta.figures import baujat

    return baujat


def _gosh() -> FigureModule:
    from mgmeta.figures import gosh

    return gosh


def _cumulative() -> FigureModule:
    from mgmeta.figures import cumulative

    return cumulative


def _funnel() -> FigureModule:
    from mgmeta.figures import funnel

    return funnel


def _prior_sensitivity() -> FigureModule:
    from mgmeta.figures import prior_sensitivity

    return prior_sensitivity


def _shrinkage() -> FigureModule:
    from mgmeta.figures import shrinkage

    return shrinkage


def _models() -> FigureModule:
    from mgmeta.figures import models

    return models


def _leave_one_out() -> FigureModule:
    from mgmeta.figures import leave_one_out

    return leave_one_out


def _rob() -> FigureModule:
    from mgmeta.figures import rob

    return rob


@dataclass(frozen=True)
class FigureSpec:
    """One figure.

    Attributes
    ----------
    name, title : str
        File name without ending, and its heading.
    load : callable
        Imports and returns its module.
    analysis : str
        Which analysis it shows; ``target`` = the one that answers the published target.
    outcome : str
        Which outcome; "" = all of them in one figure.
    needs : str
        What must be read beside fits, samples and headline: ``draws`` (of the posterior), ``silence``,
        ``missing``, ``simulation``, ``reproduction``, ``robustness``, ``moderators``, ``models``,
        ``dose`` (curves) or
        ``rob`` (risk of bias); "" = nothing.
    moderator : str
        The moderator it shows, which its analysis must ask for; "" = none.
    """

    name: str
    title: str
    load: Callable[[], FigureModule]
    analysis: str = "target"
    outcome: str = ""
    needs: str = ""
    moderator: str = ""

    def fits_in(self, config: Config) -> bool:
        """Return whether a configuration makes all that the figure shows."""
        name = config.target.analysis if self.analysis == "target" else self.analysis
        analysis = config.analyses.get(name)
        if analysis is None or (self.outcome and self.outcome not in config.outcomes):
            return False
        asked = not self.moderator or self.moderator in {item.name for item in analysis.moderators}
        if self.needs == MODERATORS and not analysis.moderators:
            return False
        return asked and (
            analysis.bayes is not None or self.needs not in (DRAWS, SILENCE, ROBUSTNESS, MODERATORS, MODELS)
        )


def _named(*specs: FigureSpec) -> dict[str, FigureSpec]:
    return {spec.name: spec for spec in specs}


# In the order of the report, which numbers them.
FIGURES: dict[str, FigureSpec] = _named(
    FigureSpec("headline", "The answer beside the published result", _headline),
    FigureSpec("forest_sbp", "Every pooled trial: systolic blood pressure", _forest, outcome="sbp"),
    FigureSpec("forest_dbp", "Every pooled trial: diastolic blood pressure", _forest, outcome="dbp"),
    FigureSpec("silence_methods", "What each way of handling words does", _silence, needs=SILENCE),
    FigureSpec("missing", "What each paper would be worth", _missing, "update", needs=MISSING),
    FigureSpec(
        "dose_sbp", "Dose and systolic blood pressure", _dose, outcome="sbp", needs=DOSE, moderator="dose"
    ),
    FigureSpec(
        "dose_dbp", "Dose and diastolic blood pressure", _dose, outcome="dbp", needs=DOSE, moderator="dose"
    ),
    FigureSpec("duration", "Duration and blood pressure", _duration, needs=DOSE, moderator="dose"),
    FigureSpec("moderators", "What each moderator changes", _moderators, needs=MODERATORS),
    FigureSpec("subgroups", "The effect in each group of trials", _subgroups, needs=MODERATORS),
    FigureSpec(
        "bubbles_sbp",
        "Moderators by degree: systolic blood pressure",
        _bubbles,
        outcome="sbp",
        needs=MODERATORS,
    ),
    FigureSpec(
        "bubbles_dbp",
        "Moderators by degree: diastolic blood pressure",
        _bubbles,
        outcome="dbp",
        needs=MODERATORS,
    ),
    FigureSpec("mediator", "Serum magnesium between dose and pressure", _mediator, needs=MODERATORS),
    FigureSpec("dose_slopes", "The slope of dose beside the published one", _dose_slopes, needs=MODERATORS),
    FigureSpec("scenarios", "Every scenario", _scenarios),
    FigureSpec("multiverse", "Every combination of choices", _multiverse, needs=REPRODUCTION),
    FigureSpec("leave_one_out", "Without each trial", _leave_one_out, needs=ROBUSTNESS),
    FigureSpec("baujat", "Who moves the pool, who makes it heterogeneous", _baujat, needs=ROBUSTNESS),
    FigureSpec("gosh", "Every subset of the numbers", _gosh, needs=ROBUSTNESS),
    FigureSpec("cumulative", "As the trials came in", _cumulative, needs=ROBUSTNESS),
    FigureSpec("funnel", "Funnel: effect against precision", _funnel, needs=ROBUSTNESS),
    FigureSpec("prior_sensitivity", "Under every prior", _prior_sensitivity, needs=ROBUSTNESS),
    FigureSpec("shrinkage", "What each trial's own effect may be", _shrinkage, needs=ROBUSTNESS),
    FigureSpec(
        "ledger_sbp",
        "Every published result: systolic blood pressure",
        _ledger,
        outcome="sbp",
        needs=REPRODUCTION,
    ),
    FigureSpec(
        "ledger_dbp",
        "Every published result: diastolic blood pressure",
        _ledger,
        outcome="dbp",
        needs=REPRODUCTION,
    ),
    FigureSpec("drift", "How the answer moved over the years", _drift, needs=REPRODUCTION),
    FigureSpec("forest_sbp_update", "All years: systolic blood pressure", _forest, "update", "sbp"),
    FigureSpec("forest_dbp_update", "All years: diastolic blood pressure", _forest, "update", "dbp"),
    FigureSpec("posterior", "Posterior of the mean effect", _posterior, needs=DRAWS),
    FigureSpec("models", "Every Bayesian model", _models, needs=MODELS),
    FigureSpec("rob", "Risk of bias, trial by trial", _rob, needs=ROB),
    FigureSpec("simulation", "Proof by simulation", _simulation, needs=SIMULATION),
)


def figures_of(
    config: Config, simulated: bool = True, reproduced: bool = True, assessed: bool = True
) -> tuple[str, ...]:
    """Return the names of the figures a configuration can have, in the order of the report.

    Parameters
    ----------
    config : Config
        What is analysed.
    simulated : bool
        Whether the table of the simulation study is there; it is committed, not built.
    reproduced : bool
        Whether published reviews are reproduced (``config/reviews.yaml``).
    assessed : bool
        Whether a person judged the risk of bias (``rob.csv``).
    """
    absent = {
        SIMULATION: not simulated,
        REPRODUCTION: not reproduced,
        ROB: not (reproduced and assessed),
    }
    return tuple(
        name for name, spec in FIGURES.items() if spec.fits_in(config) and not absent.get(spec.needs, False)
    )


def figure_spec(name: str) -> FigureSpec:
    """Return one figure's entry.

    Raises
    ------
    ConfigError
        If there is no figure of this name.
    """
    if name not in FIGURES:
        raise ConfigError(f"no figure {name!r}; expected one of {', '.join(FIGURES)}")
    return FIGURES[name]
