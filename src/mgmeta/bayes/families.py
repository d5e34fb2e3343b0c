"""The hierarchical models by name, and how one family is run on every analysis.

Importing this module loads no PyMC: a family's module is imported when it is run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from mgmeta.bayes.family_names import FAMILIES
from mgmeta.bayes.kept import Part
from mgmeta.bayes.posterior_io import Draws
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.bayes.spec import SAMPLER, SamplerSettings
from mgmeta.config import Analysis, Config
from mgmeta.errors import ConfigError
from mgmeta.evidence.records import Evidence

Json = dict[str, Any]


@dataclass(frozen=True)
class Job:
    """What a family is run on.

    Attributes
    ----------
    evidence : mapping of str to Evidence
        The tables of every analysis, by its name.
    config : Config
        The settings.
    analyses : tuple of Analysis
        Those to run, each with Bayesian settings.
    sampler : SamplerSettings
        Draws, tuning, chains, target acceptance, seed.
    cores : int
        Chains run at once.
    tell : callable
        Called with one line before each step.
    """

    evidence: Mapping[str, Evidence]
    config: Config
    analyses: tuple[Analysis, ...]
    sampler: SamplerSettings
    cores: int
    tell: Callable[[str], None]

    @property
    def mu(self) -> Any:
        """Prior of the mean effect."""
        return parse_mu(self.config.bayes.prior_mu)

    @property
    def slope(self) -> Any:
        """Prior of a slope."""
        return parse_mu(self.config.bayes.prior_slope)

    @property
    def tau(self) -> Any:
        """Prior of the standard deviation between trials."""
        return parse_tau(self.config.bayes.prior_tau)


@dataclass(frozen=True)
class Done:
    """Result of a family: analysis -> its part of the document, and draws by model."""

    analyses: dict[str, Json]
    draws: dict[str, Draws]


class FamilyModule(Protocol):
    """What a module of a family offers."""

    def priors(self, job: Job) -> dict[str, str]:
        """Return parameter -> prior in the notation of the configuration."""

    def run(self, job: Job) -> Done:
        """Sample it on every analysis."""


def _sd_unknown() -> FamilyModule:
    from mgmeta.bayes import run_sd_unknown

    return run_sd_unknown


def _student_t() -> FamilyModule:
    from mgmeta.bayes import run_robust

    return run_robust.STUDENT_T


def _mixture() -> FamilyModule:
    from mgmeta.bayes import run_robust

    return run_robust.MIXTURE


def _bivariate() -> FamilyModule:
    from mgmeta.bayes import run_bivariate

    return run_bivariate


def _baseline_risk() -> FamilyModule:
    from mgmeta.bayes import run_baseline_risk

    return run_baseline_risk


def _horseshoe() -> FamilyModule:
    from mgmeta.bayes import run_horseshoe

    return run_horseshoe


# Plain imports, so that the workflow sees the files behind the verb.
LOADERS: dict[str, Callable[[], FamilyModule]] = {
    "sd_unknown": _sd_unknown,
    "student_t": _student_t,
    "mixture": _mixture,
    "bivariate": _bivariate,
    "baseline_risk": _baseline_risk,
    "horseshoe": _horseshoe,
}


def run_family(
    key: str,
    evidence: Mapping[str, Evidence],
    config: Config,
    names: Iterable[str],
    *,
    kept: Mapping[str, Part] | None = None,
    cores: int = 1,
    tell: Callable[[str], None] = lambda _: None,
) -> tuple[Json, dict[str, Part]]:
    """Run one family on some analyses; return the document of ARCHITECTURE.md ("Model") and its parts.

    Parameters
    ----------
    key : name of the family
    evidence : the raw tables of every analysis, by its name
    config : the configuration
    names : of the analyses
    kept : parts that are known already; without any other, nothing is compiled
    cores : how many processes may run; no number depends on it
    tell : called with each line of progress

    Raises
    ------
    ConfigError
        If there is no such family or analysis.
    """
    names, kept = tuple(names), kept or {}
    if key not in FAMILIES:
        raise ConfigError(f"no model {key!r}; expected one of {', '.join(FAMILIES)}")
    unknown = [name for name in names if name not in config.analyses]
    if unknown:
        raise ConfigError(f"no analysis {unknown[0]!r}; expected one of {', '.join(config.analyses)}")
    bayes = config.bayes
    sampler = SamplerSettings(bayes.draws, bayes.tune, bayes.chains, bayes.target_accept, config.seed)
    new = tuple(config.analyses[name] for name in names if name not in kept)
    job = Job(evidence, config, new, sampler, cores, tell)
    family = LOADERS[key]()
    done = family.run(job) if new else Done({}, {})
    parts = {name: kept[name] if name in kept else _part(name, done) for name in names}
    document = {
        "model": key,
        "title": FAMILIES[key],
        "priors": family.priors(job),
        "sampler": {"name": SAMPLER, **vars(sampler)},
        "level": config.level,
        "analyses": {name: part.found for name, part in parts.items()},
    }
    return document, parts


def _part(name: str, done: Done) -> Part:
    """Return what belongs to one analysis: its draws are named after it, with the outcome behind."""

    def owner(model: str) -> str:
        return max((own for own in done.analyses if f"{model}_".startswith(f"{own}_")), key=len)

    return Part(
        done.analyses[name], {model: item for model, item in done.draws.items() if owner(model) == name}
    )
