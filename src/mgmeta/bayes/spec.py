"""What one analysis asks of the sampler, read from its spec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np

from mgmeta.bayes.priors import Prior, parse_mu, parse_tau
from mgmeta.errors import ConfigError

OVERALL = "overall"
BOTH = "both"
SAMPLER = "nutpie (NUTS)"


@dataclass(frozen=True)
class SamplerSettings:
    """Draws kept a chain, warm-up draws, chains, acceptance NUTS adapts to, seed."""

    draws: int
    tune: int
    chains: int
    target_accept: float
    seed: int

    def model_seed(self, name: str) -> int:
        """Return the seed of one model: it depends on its name, not on which others run."""
        return int(np.random.SeedSequence([self.seed, crc32(name.encode())]).generate_state(1)[0])


@dataclass(frozen=True)
class SampleSpec:
    """One analysis: outcomes, moderators (name -> slice column), priors, sampler, interval level."""

    analysis: str
    level: float
    outcomes: tuple[str, ...]
    moderators: Mapping[str, str]
    prior_mu: Prior
    prior_slope: Prior
    prior_tau: Prior
    sampler: SamplerSettings

    def models(self) -> dict[str, tuple[str, ...]]:
        """Return model name -> its moderators: overall, each alone, and ``both`` (all together)."""
        names = tuple(self.moderators)
        models: dict[str, tuple[str, ...]] = {OVERALL: ()}
        models.update({name: (name,) for name in names})
        if len(names) > 1:
            models[BOTH] = names
        return models


def read_spec(spec: Mapping[str, Any]) -> SampleSpec:
    """Read the spec that :meth:`mgmeta.config.Analysis.spec` writes.

    Raises
    ------
    ConfigError
        If a key is missing, ``bayes`` is null, or a prior or setting cannot be used.
    """
    try:
        bayes = spec["bayes"]
        if not bayes:
            raise ConfigError(
                f"analysis {spec['analysis']!r}: `bayes` is off; set `bayes: true` to sample it"
            )
        moderators = {name: item["column"] for name, item in (spec["moderators"] or {}).items()}
        found = SampleSpec(
            analysis=str(spec["analysis"]),
            level=float(spec["level"]),
            outcomes=tuple(spec["outcomes"]),
            moderators=moderators,
            prior_mu=parse_mu(bayes["prior_mu"]),
            prior_slope=parse_mu(bayes["prior_slope"]),
            prior_tau=parse_tau(bayes["prior_tau"]),
            sampler=SamplerSettings(
                draws=int(bayes["draws"]),
                tune=int(bayes["tune"]),
                chains=int(bayes["chains"]),
                target_accept=float(bayes["target_accept"]),
                seed=int(spec["seed"]),
            ),
        )
    except KeyError as error:
        raise ConfigError(f"spec: key {error} is missing; see config/README.md") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise ConfigError(f"spec: a value has the wrong type ({error}); see config/README.md") from None
    _check(found)
    return found


def _check(spec: SampleSpec) -> None:
    sampler = spec.sampler
    if not 0.0 < spec.level < 1.0:
        raise ConfigError(f"spec: level is {spec.level}; expected a number between 0 and 1, such as 0.95")
    for key, value, least in (
        ("draws", sampler.draws, 100),
        ("tune", sampler.tune, 100),
        ("chains", sampler.chains, 2),
    ):
        if value < least:
            raise ConfigError(f"spec: bayes.{key} is {value}; expected at least {least}")
    if not 0.0 < sampler.target_accept < 1.0:
        raise ConfigError(f"spec: bayes.target_accept is {sampler.target_accept}; expected between 0 and 1")
    taken = {"mu", "tau", OVERALL, BOTH} & set(spec.moderators)
    if taken:
        raise ConfigError(f"spec: a moderator cannot be called {', '.join(sorted(taken))}")
    for name, prior in (("mu", spec.prior_mu), ("slope", spec.prior_slope), ("tau", spec.prior_tau)):
        if not prior.proper:
            raise ConfigError(f"spec: bayes.prior_{name} is {prior}, improper; sampling needs a proper prior")
