"""The hierarchical models by name, and how one family is run on every analysis.

Importing this module loads no PyMC: a family's module is imported when it is run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from mgmeta.bayes.family_names import FAMILIES
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
    evidence, config : Evidence, Config
        The tables, and the settings.
    analyses : tuple of Analysis
        Those to run, each with Bayesian settings.
    sampler : SamplerSettings
        Draws, tuning, chains, target acceptance, seed.
    cores : int
        Chains run at once.
    tell : callable
        Called with one line before each step.
    """

    evidence: Evidence
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
    evidence: Evidence,
    config: Config,
    names: Iterable[str],
    *,
    cores: int = 1,
    tell: Callable[[str], None] = lambda _: None,
) -> tuple[Json, dict[str, Draws]]:
    """Run one family on some analyses; return the document of ARCHITECTURE.md ("Model") and the draws.

    Parameters
    ----------
    key : name of the family
    evidence : the raw tables
    config : the configuration
    names : of the analyses
    cores : how many processes may run; no number depends on it
    tell : called with each line of progress

    Raises
    ------
    ConfigError
        If there is no such family or analysis.
    """
    if key not in FAMILIES:
        raise ConfigError(f"no model {key!r}; expected one of {', '.join(FAMILIES)}")
    unknown = [name for name in names if name not in config.analyses]
    if unknown:
        raise ConfigError(f"no analysis {unknown[0]!r}; expected one of {', '.join(config.analyses)}")
    bayes = config.bayes
    sampler = SamplerSettings(bayes.draws, bayes.tune, bayes.chains, bayes.target_accept, config.seed)
    job = Job(evidence, config, tuple(config.analyses[name] for name in names), sampler, cores, tell)
    family = LOADERS[key]()
    done = family.run(job)
    document = {
        "model": key,
        "title": FAMILIES[key],
        "priors": family.priors(job),
        "sampler": {"name": SAMPLER, **vars(sampler)},
        "level": config.level,
        "analyses": done.analyses,
    }
    return document, done.draws
