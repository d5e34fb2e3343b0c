"""Draws from the priors of the configuration, for what a model expects before it sees any result."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mgmeta.bayes.priors import Prior
from mgmeta.bayes.rows import Array
from mgmeta.errors import ConfigError

Rng = np.random.Generator
Sampler = Callable[[Rng, tuple[float, ...], int], Array]

# Family -> (random numbers, parameters, how many) -> draws. Of tau: the magnitude of the two-sided ones.
SAMPLERS: dict[str, Sampler] = {
    "normal": lambda rng, p, n: rng.normal(p[0], p[1], n),
    "t": lambda rng, p, n: p[0] + p[1] * rng.standard_t(p[2], n),
    "cauchy": lambda rng, p, n: p[0] + p[1] * rng.standard_cauchy(n),
    "halfnormal": lambda rng, p, n: np.abs(rng.normal(0.0, p[0], n)),
    "halfcauchy": lambda rng, p, n: np.abs(p[0] * rng.standard_cauchy(n)),
    "halft": lambda rng, p, n: np.abs(p[0] * rng.standard_t(p[1], n)),
    "uniform": lambda rng, p, n: rng.uniform(0.0, p[0], n),
    "exponential": lambda rng, p, n: rng.exponential(p[0], n),
    "lognormal": lambda rng, p, n: rng.lognormal(p[0], p[1], n),
    # log(tau2) ~ Normal(m, s) is log(tau) ~ Normal(m / 2, s / 2).
    "lognormal_var": lambda rng, p, n: rng.lognormal(0.5 * p[0], 0.5 * p[1], n),
    "invgamma": lambda rng, p, n: p[1] / rng.gamma(p[0], 1.0, n),
}


def prior_draws(prior: Prior, n: int, rng: Rng) -> Array:
    """Return *n* draws of a proper prior, shape (n,), in its own unit.

    Parameters
    ----------
    prior : in the unit of its parameter
    n : how many draws
    rng : generator that is drawn from

    Raises
    ------
    ConfigError
        If it is improper or depends on the trials' variances: nothing can be drawn from it.
    """
    if prior.family not in SAMPLERS:
        raise ConfigError(
            f"prior {prior}: nothing can be drawn from it; expected one of {', '.join(SAMPLERS)}"
        )
    return np.asarray(SAMPLERS[prior.family](rng, prior.params, n), dtype=float)


def normal_draws(mean: Array, variance: Array, rng: Rng) -> Array:
    """Return one result of every trial at every draw, mean and variance of shape (n, k).

    Parameters
    ----------
    mean : (n, k) means, in any one unit
    variance : (n, k) variances, in that unit squared
    rng : generator that is drawn from
    """
    return np.asarray(rng.normal(mean, np.sqrt(variance)))
