"""A family of models: compiled once a process, fed one data set after another, judged by one gate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mgmeta.bayes import posterior_io
from mgmeta.bayes.diagnostics import Diagnostics, diagnose
from mgmeta.bayes.posterior_io import Draws
from mgmeta.bayes.pymc_setup import compile_family as compile_family  # families take both from here
from mgmeta.bayes.rows import Array
from mgmeta.bayes.spec import SamplerSettings
from mgmeta.bayes.summaries import Summary, predict, probabilities_below, summarise
from mgmeta.errors import FitError

Data = Mapping[str, Array]
Unpack = Callable[[Mapping[str, Array]], dict[str, Array]]
# target_accept of the one repeat that a model with a difficult geometry may ask for.
CAREFUL = 0.99
# Divergences then tolerated, as a share of the draws; they are flagged.
TOLERATED = 0.001


@dataclass(frozen=True)
class Fit:
    """Draws of one model with the verdict on them.

    Attributes
    ----------
    draws : Draws
        All parameters asked for.
    checks : Diagnostics
        The gate's verdict.
    mcse : mapping of str to float
        Monte Carlo error of the mean of every parameter.
    target_accept : float
        The one these draws were made at.
    """

    draws: Draws
    checks: Diagnostics
    mcse: Mapping[str, float]
    target_accept: float

    def flat(self, name: str) -> Array:
        """Return the draws of one parameter, chains end to end."""
        return self.draws.flat(name)

    def summary(self, name: str, level: float) -> Summary:
        """Summarise one parameter."""
        return summarise(self.flat(name), level, self.mcse[name])

    def pooled(self, level: float, mu: str = "mu", tau: str = "tau") -> dict[str, Any]:
        """Return mean effect, spread, effect of a new trial and probabilities, as ``mgmeta sample`` does.

        Parameters
        ----------
        level : of the intervals, such as 0.95
        mu : name of the draws of the mean effect, mmHg
        tau : name of the draws of the between-trial SD, mmHg
        """
        means, taus = self.flat(mu), self.flat(tau)
        return {
            "mu": self.summary(mu, level),
            "tau": self.summary(tau, level),
            "predictive": predict(means, taus, level, self.mcse[mu]),
            "p_below": probabilities_below(means),
            "diagnostics": self.checks,
            "target_accept": self.target_accept,
        }


def fit(
    compiled: Any,
    data: Data,
    names: Sequence[str],
    sampler: SamplerSettings,
    *,
    model: str,
    unpack: Unpack = dict,
    careful: bool = False,
    cores: int = 1,
) -> Fit:
    """Sample a compiled family on one data set.

    Parameters
    ----------
    compiled
        From :func:`compile_family`.
    data
        Values of all its data vectors.
    names
        Parameters to keep.
    sampler
        Draws, tuning, chains, target acceptance, seed.
    model
        Name of the model; its seed follows from it.
    unpack
        From the draws of *names*, shape (chains, draws, ...), to those of every parameter, (chains, draws).
    careful
        If draws diverge, sample once more at target_accept 0.99; up to 0.1 % may then remain, flagged.
    cores
        Chains run at once; the draws do not depend on it.

    Raises
    ------
    FitError
        If the sampler cannot start.
    """
    job = _Job(compiled, data, tuple(names), unpack, model, cores)
    found = job.run(sampler, 0.0)
    if careful and found.checks.divergences:
        again = replace(sampler, target_accept=CAREFUL)
        found = job.run(again, TOLERATED)
    return found


@dataclass(frozen=True)
class _Job:
    """One data set for one compiled family."""

    compiled: Any
    data: Data
    names: tuple[str, ...]
    unpack: Unpack
    model: str
    cores: int

    def run(self, sampler: SamplerSettings, tolerated: float) -> Fit:
        """Sample, judge, and keep the draws by parameter."""
        try:
            trace = posterior_io.sample(
                self.compiled.with_data(**self.data),
                draws=sampler.draws,
                tune=sampler.tune,
                chains=sampler.chains,
                target_accept=sampler.target_accept,
                seed=sampler.model_seed(self.model),
                cores=self.cores,
            )
        except RuntimeError as error:
            raise FitError(
                f"{self.model}: the sampler stopped ({error}); check the priors and the rows"
            ) from error
        raw = posterior_io.draws_of(trace, list(self.names))
        draws = Draws(self.unpack(raw.values), raw.statistics)
        found = {name: posterior_io.convergence(values) for name, values in draws.values.items()}
        checks = diagnose(found, draws, tolerated=tolerated)
        mcse = {name: item.mcse_mean for name, item in found.items()}
        return Fit(draws, checks, mcse, sampler.target_accept)
