"""Simulation-based calibration: do posteriors computed here mean what they say?

Parameters are drawn from their priors, data from the parameters, and the posterior is computed. Over many
repeats the rank of the true value in its posterior is uniform if, and only if, data and engine share one
model (Talts et al. 2018, arXiv:1804.06788). The log likelihood is ranked as well: it sees an engine that
ignores data, which the parameters do not (Modrak et al. 2023, Bayesian Anal 20:461).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

import numpy as np

from mgmeta.bayes.family import Data, Fit, Unpack, fit
from mgmeta.bayes.rows import Array
from mgmeta.bayes.spec import SamplerSettings
from mgmeta.bayes.uniformity import Uniformity, draw_rank, thin, uniformity
from mgmeta.moderators.multiplicity import holm

Values = Mapping[str, Array]
LOG_LIKELIHOOD = "log_likelihood"
# 1,200 draws, of which every 12th is ranked against.
SHORT = SamplerSettings(draws=600, tune=400, chains=2, target_accept=0.95, seed=0)
# Share of the draws that the ESS has to reach: a chain of lag-one correlation 0.5 does, and every 12th of
# its draws has correlation 0.5^12. Where one falls short, all chains are run once more, this much longer.
ESS_SHARE, LONGER = 1.0 / 3.0, 8


@dataclass(frozen=True)
class Simulated:
    """One truth and its data.

    Attributes
    ----------
    truth : mapping of str to float
        Parameters drawn from their priors, by the names of the draws.
    data : mapping of str to array
        Data vectors of the compiled model.
    log_likelihood : callable
        From parameters, each of shape (n,), to the log likelihood of some or all of the data, shape (n,).
    unpack : callable
        From the sampled variables to the parameters, as :func:`mgmeta.bayes.family.fit` takes it.
    """

    truth: Mapping[str, float]
    data: Data
    log_likelihood: Callable[[Values], Array]
    unpack: Unpack = dict


@dataclass(frozen=True)
class Ranked:
    """One repeat: rank of every quantity in (0, 1), and how the sampler fared.

    ``ess`` is the smallest bulk ESS (infinite where nothing is sampled), ``divergences`` their number and
    ``repeated`` whether the chains were run again, longer.
    """

    ranks: Mapping[str, float]
    ess: float = np.inf
    divergences: int = 0
    repeated: bool = False


# One repeat: random numbers and a name for the sampler's seed.
Repeat = Callable[[np.random.Generator, str], Ranked]


@dataclass(frozen=True)
class Case:
    """A model to calibrate.

    Attributes
    ----------
    key, engine : str
        Its name, and ``exact`` or ``pymc``.
    code : tuple of str
        Modules through which its data and posterior are made.
    prepare : callable
        Makes its repeat; this compiles.
    """

    key: str
    engine: str
    code: tuple[str, ...]
    prepare: Callable[[], Repeat]


@dataclass(frozen=True)
class Sampled:
    """The repeat of a PyMC family: simulate, swap the data, sample, rank.

    Attributes
    ----------
    compiled
        From :func:`mgmeta.bayes.family.compile_family`.
    names : tuple of str
        Sampled variables.
    simulate : callable
        Draws a truth and its data.
    careful : bool
        As the family itself is sampled.
    sampler : SamplerSettings
        Draws, tuning, chains, target acceptance.
    """

    compiled: Any
    names: tuple[str, ...]
    simulate: Callable[[np.random.Generator], Simulated]
    careful: bool = False
    sampler: SamplerSettings = SHORT

    def __call__(self, rng: np.random.Generator, name: str) -> Ranked:
        """Return the ranks of one repeat."""
        drawn = self.simulate(rng)
        size = self.sampler.draws
        found = self._fit(drawn, self.sampler, name)
        repeated = found.checks.ess_bulk_min < ESS_SHARE * size * self.sampler.chains
        if repeated:
            found = self._fit(drawn, replace(self.sampler, draws=LONGER * size), name)
        draws = {key: thin(found.flat(key)) for key in drawn.truth}
        ranks = {key: draw_rank(draws[key], value, rng) for key, value in drawn.truth.items()}
        at_truth = drawn.log_likelihood({key: np.array([value]) for key, value in drawn.truth.items()})
        ranks[LOG_LIKELIHOOD] = draw_rank(drawn.log_likelihood(draws), float(at_truth[0]), rng)
        return Ranked(ranks, found.checks.ess_bulk_min, found.checks.divergences, repeated)

    def _fit(self, drawn: Simulated, sampler: SamplerSettings, name: str) -> Fit:
        return fit(
            self.compiled,
            drawn.data,
            self.names,
            sampler,
            model=name,
            unpack=drawn.unpack,
            careful=self.careful,
        )


def repeats(case: Case, numbers: Sequence[int], *, seed: int, repeat: Repeat | None = None) -> list[Ranked]:
    """Return some repeats of a case, by their numbers: each depends on seed, key and number alone.

    Parameters
    ----------
    case
        What to calibrate.
    numbers
        Numbers of the repeats.
    seed
        Common to all of them.
    repeat
        From ``case.prepare()``; prepared here by default.
    """
    run = repeat or case.prepare()
    return [
        run(np.random.default_rng([seed, crc32(case.key.encode()), i]), f"{case.key}_{seed}_{i}")
        for i in numbers
    ]


def judge(found: Sequence[Ranked]) -> dict[str, Uniformity]:
    """Return quantity -> tests of its ranks over all repeats."""
    return {key: uniformity(np.array([item.ranks[key] for item in found])) for key in found[0].ranks}


def adjusted(tests: Sequence[Uniformity]) -> Array:
    """Return for every quantity the smaller of its two P values, adjusted by Holm over all tests at once."""
    p = holm([value for test in tests for value in (test.p_chi2, test.p_distance)])
    return np.asarray(p.reshape(-1, 2).min(axis=1))
