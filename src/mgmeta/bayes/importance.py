"""Meta-regression of numbers and bounds with any number of moderators, by importance sampling.

Tau is not sampled at random: its marginal by Laplace's approximation is cut into n slices of equal
probability and every draw takes one. Given tau the coefficients come from a multivariate t around their
mode with their curvature. What is left to the weights is how far a cut normal is from a normal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln

from mgmeta.bayes.densities import TauDensity
from mgmeta.bayes.panels import integrate
from mgmeta.bayes.priors import Prior
from mgmeta.bayes.psis import KHAT_MAX, smooth
from mgmeta.bayes.regression_exact import INTERCEPT, coefficient_priors
from mgmeta.bayes.regression_target import RegressionTarget
from mgmeta.bayes.rows import Array, Rows
from mgmeta.bayes.tau_axis import choose_axis

_LOG_2PI = math.log(2.0 * math.pi)
_DF = 7.0
_WIDEN = 1.1  # of the proposal's sd over the curvature's: tails must be covered


@dataclass(frozen=True)
class WeightedDraws:
    """A posterior density as weighted draws; both arrays of shape (n,), values ascending."""

    values: Array
    weights: Array

    @property
    def mean(self) -> float:
        """Mean."""
        return float(self.weights @ self.values)

    @property
    def sd(self) -> float:
        """Standard deviation."""
        return float(np.sqrt(self.weights @ (self.values - self.mean) ** 2))

    def cdf(self, x: ArrayLike) -> Array:
        """Return P(X < x), shape (n,)."""
        at = np.searchsorted(self.values, np.atleast_1d(np.asarray(x, dtype=float)))
        return np.asarray(np.insert(np.cumsum(self.weights), 0, 0.0)[at], dtype=np.float64)

    def quantile(self, p: ArrayLike) -> Array:
        """Return the quantiles at *p*, between the draws by straight lines."""
        middle = np.cumsum(self.weights) - 0.5 * self.weights
        return np.asarray(np.interp(np.atleast_1d(np.asarray(p, dtype=float)), middle, self.values))


@dataclass(frozen=True)
class ImportancePosterior:
    """Posterior of a meta-regression by importance sampling.

    Attributes
    ----------
    terms : tuple of str
        ``intercept`` and the moderators.
    beta : array, shape (n, p)
        Draws of the coefficients.
    tau : array, shape (n,)
        Draws of tau.
    weights : array, shape (n,)
        Smoothed weights, summing to 1.
    khat, ess : float
        Shape of the weights' tail (below 0.7 is reliable), effective sample size.
    reliable : bool
        Whether k-hat is below 0.7.
    log_evidence, log_evidence_se : float
        Log of prior times likelihood, integrated, and its Monte Carlo error.
    """

    terms: tuple[str, ...]
    beta: Array
    tau: Array
    weights: Array
    khat: float
    ess: float
    reliable: bool
    log_evidence: float
    log_evidence_se: float

    def coefficient(self, term: str) -> WeightedDraws:
        """Return the posterior of one coefficient, or of ``tau``."""
        values = self.tau if term == "tau" else self.beta[:, self.terms.index(term)]
        return self._draws(values)

    def mean_at(self, values: ArrayLike) -> WeightedDraws:
        """Return the posterior of the mean effect where the moderators have these values."""
        return self._draws(self.beta @ np.concatenate([[1.0], np.asarray(values, dtype=float)]))

    def _draws(self, values: Array) -> WeightedDraws:
        order = np.argsort(values)
        return WeightedDraws(values[order], self.weights[order])


def fit_importance(
    rows: Rows, *, mu: Prior, slope: Prior, tau: Prior, seed: int, draws: int = 40_000
) -> ImportancePosterior:
    """Return the posterior of a meta-regression of numbers and bounds.

    Parameters
    ----------
    rows
        With one or more moderators.
    mu, slope
        Normal or flat priors of the intercept and of every slope.
    tau
        Prior of the residual between-trial standard deviation.
    seed
        Of the random numbers.
    draws
        Number of draws.

    Raises
    ------
    ConfigError
        If a prior of a coefficient is neither normal nor flat.
    FitError
        If the posterior is improper.
    """
    means, precisions, _ = coefficient_priors(rows, mu, slope, tau)
    target = RegressionTarget(rows, means, precisions)
    density = _laplace_tau(target, rows, tau)
    u = (np.arange(draws) + 0.5) / draws
    taus = density.quantile(u)
    mode = target.mode(taus)
    root = np.linalg.cholesky(np.linalg.inv(target.information(mode, taus))) * _WIDEN
    rng = np.random.default_rng(seed)
    p = len(means)
    z = rng.standard_normal((draws, p)) / np.sqrt(rng.chisquare(_DF, draws) / _DF)[:, None]
    beta = mode + np.einsum("tij,tj->ti", root, z)
    log_z = -0.5 * (_DF + p) * np.log1p((z**2).sum(axis=1) / _DF)
    log_z += gammaln(0.5 * (_DF + p)) - gammaln(0.5 * _DF) - 0.5 * p * math.log(_DF * math.pi)
    log_proposal = log_z - np.log(np.einsum("tii->ti", root)).sum(axis=1) + np.log(density.pdf(taus))
    log_target = target.log_density(beta, taus) + tau.log_density(taus, rows.se**2)
    log_weights = log_target - log_proposal
    found = smooth(log_weights)
    peak = float(log_weights.max())
    raw = np.exp(log_weights - peak)
    error = float(raw.std(ddof=1) / raw.mean() / math.sqrt(draws))
    return ImportancePosterior(
        (INTERCEPT, *rows.moderators),
        beta,
        taus,
        found.weights,
        found.khat,
        found.ess,
        found.khat < KHAT_MAX,
        peak + math.log(float(raw.mean())),
        error,
    )


def _laplace_tau(target: RegressionTarget, rows: Rows, tau: Prior) -> TauDensity:
    """Return the marginal of tau with the coefficients integrated out by Laplace's approximation."""
    axis = choose_axis(tau, rows.se)
    variances = rows.se**2

    def log_f(u: Array) -> Array:
        at = axis.tau(u)
        values = tau.log_density(at, variances) + axis.log_slope(u)
        alive = np.isfinite(at) & (at < 1e150) & (values > -np.inf)
        values[~alive] = -np.inf
        mode = target.mode(at[alive])
        log_det = np.linalg.slogdet(target.information(mode, at[alive]))[1]
        values[alive] += target.log_density(mode, at[alive]) - 0.5 * log_det
        return values

    # The mode is found to a fiftieth of an sd only: the integrand has that much noise.
    return TauDensity(axis, integrate(log_f, tolerance=1e-3))
