"""The configuration as frozen dataclasses: what an analysis takes in, assumes and samples."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Analysis", "Assume", "BayesSettings", "Config", "Moderator", "Select", "Target"]


@dataclass(frozen=True)
class Select:
    """Which trials and rows enter an analysis; ``None`` does not restrict.

    Attributes mirror ``analyses.*.select`` of the schema. Tuples hold allowed
    values of the column of the same name in ``trials.csv``; `ambiguity_out`
    holds the kinds of ambiguous rows of ``reports.csv`` that stay out; `stated`
    names the restricted columns in which ``unclear`` fails whatever `unclear` says.
    """

    unclear: str
    ambiguity_out: tuple[str, ...]
    dose_basis: tuple[str, ...]
    silent: str
    randomised: tuple[str, ...] | None = None
    blinding: tuple[str, ...] | None = None
    comparator: tuple[str, ...] | None = None
    cointervention: tuple[str, ...] | None = None
    setting: tuple[str, ...] | None = None
    bp_status: tuple[str, ...] | None = None
    design: tuple[str, ...] | None = None
    bp_treatment: tuple[str, ...] | None = None
    diabetes: tuple[str, ...] | None = None
    mg_status: tuple[str, ...] | None = None
    stated: tuple[str, ...] | None = None
    duration_weeks_min: float | None = None
    year_max: int | None = None
    year_unclear: tuple[int, ...] = ()


@dataclass(frozen=True)
class Assume:
    """What is assumed on the way from a printed statement to an effect."""

    sd_factor: float
    worded_test: str
    correlation: float
    conflict: str
    conflict_tolerance: float
    map_pp: str
    sbp_dbp_correlation: float


@dataclass(frozen=True)
class BayesSettings:
    """Priors (text, ``family:parameters``, mmHg) and sampler settings."""

    prior_mu: str
    prior_slope: str
    prior_tau: str
    draws: int
    tune: int
    chains: int
    target_accept: float
    families: tuple[str, ...] | None = None  # hierarchical models to run; None: all

    def runs(self, family: str) -> bool:
        """Return whether a hierarchical model is run."""
        return self.families is None or family in self.families


@dataclass(frozen=True)
class Moderator:
    """A covariate: its name, the slice column that holds it, its unit in words."""

    name: str
    column: str
    label: str


@dataclass(frozen=True)
class Target:
    """The published result the headline stands beside."""

    review: str
    analysis: str
    subset: str


@dataclass(frozen=True)
class Analysis:
    """One named analysis, complete in itself.

    Attributes
    ----------
    name, title : str
        Its id (a file name) and what the report calls it.
    select, assume : Select, Assume
        Resolved: `like` and the top-level ``assume`` are already laid under.
    bayes : BayesSettings or None
        Settings if the Bayesian models are to be sampled, else ``None``.
    moderators : tuple of Moderator
        Moderators to fit; empty if not asked.
    outcomes : tuple of str
        Outcomes to pool.
    level : float
        Level of every interval.
    seed : int
        Seed of every random number.
    """

    name: str
    title: str
    select: Select
    assume: Assume
    bayes: BayesSettings | None
    moderators: tuple[Moderator, ...]
    outcomes: tuple[str, ...]
    level: float
    seed: int

    def spec(self) -> dict[str, Any]:
        """Return what ``mgmeta fit`` and ``mgmeta sample`` get, as plain JSON values.

        ``{analysis, title, level, seed, outcomes, moderators: {name: {column,
        label}}, select, assume, bayes: {...} | null}``. It names nothing of other
        analyses, so that editing one leaves the specs of all others as they were.
        `select` leaves out what does not restrict.
        """
        return {
            "analysis": self.name,
            "title": self.title,
            "level": self.level,
            "seed": self.seed,
            "outcomes": list(self.outcomes),
            "moderators": {
                item.name: {"column": item.column, "label": item.label} for item in self.moderators
            },
            "select": {
                key: list(value) if isinstance(value, tuple) else value
                for key, value in asdict(self.select).items()
                if value is not None
            },
            "assume": asdict(self.assume),
            "bayes": asdict(self.bayes) if self.bayes else None,
        }


@dataclass(frozen=True)
class Config:
    """The whole configuration, resolved and checked.

    Attributes
    ----------
    raw : str
        Folder of the evidence tables, as written.
    outcomes : tuple of str
        Outcomes to pool.
    level : float
        Level of every interval.
    seed : int
        Seed of every random number.
    bayes : BayesSettings
        Priors and sampler.
    target : Target
        The published result.
    assume : Assume
        Assumptions unless an analysis says otherwise.
    moderators : tuple of Moderator
        All moderators.
    analyses : dict of str to Analysis
        By name, in the order of the file.
    """

    raw: str
    outcomes: tuple[str, ...]
    level: float
    seed: int
    bayes: BayesSettings
    target: Target
    assume: Assume
    moderators: tuple[Moderator, ...]
    analyses: dict[str, Analysis]

    @property
    def pressures(self) -> tuple[str, ...]:
        """The outcomes that published results and claims are about; any other has its own pools only."""
        from mgmeta.evidence.outcomes import PRESSURES

        return tuple(outcome for outcome in self.outcomes if outcome in PRESSURES)
