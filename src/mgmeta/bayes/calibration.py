"""Simulation-based calibration: do posteriors computed here mean what they say?

Parameters are drawn from their priors, data from the parameters, and the posterior is computed. Over many
repeats the posterior probability below the true value is uniform if, and only if, data and engine share
one model (Talts et al. 2018, arXiv:1804.06788; Modrak et al. 2023, Bayesian Anal 20:461).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, stdtrit

from mgmeta.bayes.exact import fit_exact
from mgmeta.bayes.priors import Prior
from mgmeta.bayes.rows import Array, Rows, make_rows

BINS = 20


@dataclass(frozen=True)
class Truth:
    """Parameters drawn from their priors."""

    mu: float
    tau: float


@dataclass(frozen=True)
class Uniformity:
    """Test of uniform ranks: chi-squared over 20 bins, its degrees of freedom and P value."""

    chi2: float
    df: int
    p_value: float


def simulate(
    rng: np.random.Generator, *, mu: Prior, tau: Prior, trials: int, silent: float
) -> tuple[Truth, Rows]:
    """Draw a truth and its data.

    Parameters
    ----------
    rng
        Random numbers.
    mu, tau
        Normal and half-normal priors.
    trials
        Number of trials; their standard errors are uniform between 1 and 4.
    silent
        Probability that a trial whose estimate is not significant (two-sided P above 0.05, t with 58 df)
        prints only that: a two-sided bound.
    """
    truth = Truth(rng.normal(mu.params[0], mu.params[1]), abs(rng.normal(0.0, tau.params[0])))
    se = rng.uniform(1.0, 4.0, trials)
    y = rng.normal(truth.mu, np.sqrt(truth.tau**2 + se**2))
    edge = float(stdtrit(58.0, 0.975)) * se
    hidden = (np.abs(y) < edge) & (rng.random(trials) < silent)
    return truth, make_rows(np.where(hidden, np.nan, y), se, -edge, edge)


def exact_ranks(rows: Rows, truth: Truth, mu: Prior, tau: Prior) -> tuple[float, float]:
    """Return the exact posterior probabilities below the true mu and the true tau."""
    posterior = fit_exact(rows, mu=mu, tau=tau)
    return float(posterior.mu.cdf(truth.mu)[0]), float(posterior.tau.cdf(truth.tau)[0])


def draw_rank(draws: Array, value: float, rng: np.random.Generator, *, thinned: int = 99) -> float:
    """Return the rank of a value among draws thinned to near independence, as a number in (0, 1).

    *draws* has shape (n,). The rank, 0 to *thinned*, is moved within its step at random, so that it is
    uniform on (0, 1) when it should be, whatever the number of bins.
    """
    chosen = draws[np.linspace(0, len(draws) - 1, thinned).astype(int)]
    return float((np.sum(chosen < value) + rng.random()) / (thinned + 1))


def ranks(
    engine: Callable[[Rows, Truth], tuple[float, float]],
    *,
    mu: Prior,
    tau: Prior,
    trials: int,
    silent: float,
    repeats: int,
    seed: int,
) -> Array:
    """Return the ranks of mu and tau over many repeats, shape (repeats, 2)."""
    rng = np.random.default_rng(seed)
    found = np.empty((repeats, 2))
    for i in range(repeats):
        truth, rows = simulate(rng, mu=mu, tau=tau, trials=trials, silent=silent)
        found[i] = engine(rows, truth)
    return found


def uniformity(values: Array, *, bins: int = BINS) -> Uniformity:
    """Test whether ranks in (0, 1), shape (n,), are uniform; at least five expected in a bin."""
    counts = np.bincount(np.minimum((values * bins).astype(int), bins - 1), minlength=bins)
    expected = len(values) / bins
    chi2 = float(np.sum((counts - expected) ** 2) / expected)
    return Uniformity(chi2, bins - 1, float(chdtrc(bins - 1, chi2)))
