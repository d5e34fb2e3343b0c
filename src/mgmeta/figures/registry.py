"""Every figure by name.

To add one: a module with the five functions of `FigureModule`, its import in `modules.py`, an entry here.

Importing this module loads no Matplotlib; a figure's module is imported when the figure is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mgmeta.errors import ConfigError
from mgmeta.figures import modules as draw
from mgmeta.figures.modules import FigureModule

if TYPE_CHECKING:
    from mgmeta.config import Config


# What a figure may need beside fits, samples and headline; the workflow names the files.
DRAWS, SILENCE, MISSING, SIMULATION = "draws", "silence", "missing", "simulation"
REPRODUCTION, DOSE = "reproduction", "dose"
ROBUSTNESS, ROB = "robustness", "rob"
MODERATORS = "moderators"
MODELS = "models"
SHRUNK = "shrunk"


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
        ``shrunk`` (models and moderators), ``dose`` (curves) or ``rob`` (risk of bias); "" = nothing.
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
        if self.needs == SHRUNK and not (
            analysis.moderators and analysis.bayes and config.bayes.runs("horseshoe")
        ):
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
    FigureSpec("headline", "The answer beside the published result", draw.headline),
    FigureSpec("forest_sbp", "Every pooled trial: systolic blood pressure", draw.forest, outcome="sbp"),
    FigureSpec("forest_dbp", "Every pooled trial: diastolic blood pressure", draw.forest, outcome="dbp"),
    FigureSpec("silence_methods", "What each way of handling words does", draw.silence, needs=SILENCE),
    FigureSpec("missing", "What each paper would be worth", draw.missing, "update", needs=MISSING),
    FigureSpec(
        "dose_sbp",
        "Dose and systolic blood pressure",
        draw.dose,
        outcome="sbp",
        needs=DOSE,
        moderator="dose",
    ),
    FigureSpec(
        "dose_dbp",
        "Dose and diastolic blood pressure",
        draw.dose,
        outcome="dbp",
        needs=DOSE,
        moderator="dose",
    ),
    FigureSpec("duration", "Duration and blood pressure", draw.duration, needs=DOSE, moderator="dose"),
    FigureSpec(
        "forest_groups_sbp",
        "By blood pressure at entry: systolic blood pressure",
        draw.forest_groups,
        outcome="sbp",
        moderator="hypertension",
    ),
    FigureSpec(
        "forest_groups_dbp",
        "By blood pressure at entry: diastolic blood pressure",
        draw.forest_groups,
        outcome="dbp",
        moderator="hypertension",
    ),
    FigureSpec("moderators", "What each moderator changes", draw.moderators, needs=MODERATORS),
    FigureSpec("subgroups", "The effect in each group of trials", draw.subgroups, needs=MODERATORS),
    FigureSpec(
        "bubbles_sbp",
        "Moderators by degree: systolic blood pressure",
        draw.bubbles,
        outcome="sbp",
        needs=MODERATORS,
    ),
    FigureSpec(
        "bubbles_dbp",
        "Moderators by degree: diastolic blood pressure",
        draw.bubbles,
        outcome="dbp",
        needs=MODERATORS,
    ),
    FigureSpec("mediator", "Serum magnesium between dose and pressure", draw.mediator, needs=MODERATORS),
    FigureSpec(
        "dose_slopes", "The slope of dose beside the published one", draw.dose_slopes, needs=MODERATORS
    ),
    FigureSpec("shrunk", "All moderators at once, shrunk", draw.shrunk, needs=SHRUNK),
    FigureSpec("scenarios", "Every scenario", draw.scenarios),
    FigureSpec("multiverse", "Every combination of choices", draw.multiverse, needs=REPRODUCTION),
    FigureSpec("leave_one_out", "Without each trial", draw.leave_one_out, needs=ROBUSTNESS),
    FigureSpec("baujat", "Who moves the pool, who makes it heterogeneous", draw.baujat, needs=ROBUSTNESS),
    FigureSpec("gosh", "Every subset of the numbers", draw.gosh, needs=ROBUSTNESS),
    FigureSpec("cumulative", "As the trials came in", draw.cumulative, needs=ROBUSTNESS),
    FigureSpec("funnel", "Funnel: effect against precision", draw.funnel, needs=ROBUSTNESS),
    FigureSpec("prior_sensitivity", "Under every prior", draw.prior_sensitivity, needs=ROBUSTNESS),
    FigureSpec("shrinkage", "What each trial's own effect may be", draw.shrinkage, needs=ROBUSTNESS),
    FigureSpec(
        "ledger_sbp",
        "Every published result: systolic blood pressure",
        draw.ledger,
        outcome="sbp",
        needs=REPRODUCTION,
    ),
    FigureSpec(
        "ledger_dbp",
        "Every published result: diastolic blood pressure",
        draw.ledger,
        outcome="dbp",
        needs=REPRODUCTION,
    ),
    FigureSpec("drift", "How the answer moved over the years", draw.drift, needs=REPRODUCTION),
    FigureSpec("forest_sbp_update", "All years: systolic blood pressure", draw.forest, "update", "sbp"),
    FigureSpec("forest_dbp_update", "All years: diastolic blood pressure", draw.forest, "update", "dbp"),
    FigureSpec("posterior", "Posterior of the mean effect", draw.posterior, needs=DRAWS),
    FigureSpec("models", "Every Bayesian model", draw.models, needs=MODELS),
    FigureSpec("flow", "From trials found to trials pooled", draw.flow, needs=REPRODUCTION),
    FigureSpec("rob", "Risk of bias, trial by trial", draw.rob, needs=ROB),
    FigureSpec("simulation", "Proof by simulation", draw.simulation, needs=SIMULATION),
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
