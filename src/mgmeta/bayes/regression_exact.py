"""Exact Bayesian meta-regression: numbers in closed form given tau, bounds with one moderator on a grid.

The model::

    y_i ~ N(mu + x_i beta, tau^2 + s_i^2),   Pr(bound j) = P(l_j < N(mu + x_j beta, tau^2 + s_j^2) < u_j)

With numbers only the coefficients given tau are jointly normal. With bounds and one slope both are on grids
(:mod:`mgmeta.bayes.regression_grid`). More slopes with bounds: :mod:`mgmeta.bayes.importance`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mgmeta.bayes import propriety
from mgmeta.bayes.densities import NormalMixture, TauDensity
from mgmeta.bayes.panels import integrate
from mgmeta.bayes.priors import Prior
from mgmeta.bayes.regression_grid import GridJoint, SlopeGrid
from mgmeta.bayes.rows import Array, Rows
from mgmeta.bayes.tau_axis import choose_axis
from mgmeta.errors import ConfigError, FitError

_LOG_2PI = math.log(2.0 * math.pi)
_TOLERANCE_GRID = 1e-9
INTERCEPT = "intercept"


@dataclass(frozen=True)
class JointNormals:
    """Coefficients as a mixture of c joint normals.

    Attributes
    ----------
    weights, taus : array, shape (c,)
        Weight and tau of each.
    means : array, shape (c, p)
        Means.
    covariances : array, shape (c, p, p)
        Covariances.
    moments : int
        How many moments of a coefficient exist.
    """

    weights: Array
    taus: Array
    means: Array
    covariances: Array
    moments: int

    def at(self, point: Array, *, new_trial: bool = False) -> NormalMixture:
        """Return the posterior of ``point @ coefficients``; of a new trial there with *new_trial*."""
        variances = np.einsum("i,cij,j->c", point, self.covariances, point)
        if new_trial:
            variances = variances + self.taus**2
        sds = np.sqrt(np.maximum(variances, 0.0))
        return NormalMixture(self.weights, self.means @ point, sds, self.moments)


@dataclass(frozen=True)
class RegressionPosterior:
    """Posterior of a meta-regression.

    Attributes
    ----------
    terms : tuple of str
        ``intercept`` and the moderators.
    joint : JointNormals or GridJoint
        Their coefficients.
    tau : TauDensity
        Residual between-trial standard deviation.
    log_evidence : float
        Log of prior times likelihood, integrated.
    log_marginal : float or None
        The same if all priors are proper.
    """

    terms: tuple[str, ...]
    joint: JointNormals | GridJoint
    tau: TauDensity
    log_evidence: float
    log_marginal: float | None

    def coefficient(self, term: str) -> NormalMixture:
        """Return the posterior of one coefficient."""
        point = np.zeros(len(self.terms))
        point[self.terms.index(term)] = 1.0
        return self.joint.at(point)

    def mean_at(self, values: Sequence[float]) -> NormalMixture:
        """Return the posterior of the mean effect where the moderators have these values."""
        return self.joint.at(np.array([1.0, *values]))

    def predictive_at(self, values: Sequence[float]) -> NormalMixture:
        """Return the posterior of a new trial's effect where the moderators have these values."""
        return self.joint.at(np.array([1.0, *values]), new_trial=True)


def fit_regression(rows: Rows, *, mu: Prior, slope: Prior, tau: Prior) -> RegressionPosterior:
    """Return the exact posterior of a meta-regression.

    Parameters
    ----------
    rows
        Numbers and bounds with moderators, shape (k, p - 1); with bounds at most one moderator.
    mu, slope
        Normal or flat priors of the intercept and of every slope.
    tau
        Prior of the residual between-trial standard deviation.

    Raises
    ------
    ConfigError
        If a prior of a coefficient is neither normal nor flat, or there are bounds and several moderators.
    FitError
        If the posterior is improper: flat priors and collinear moderators, or too few rows.

    Notes
    -----
    Roever and Friede 2023 (Res Synth Methods 14:895) for the closed form. The model's tau is what the
    moderators do not explain.
    """
    if rows.x.shape[1] == 0:
        raise ConfigError("no moderators: use fit_exact")
    if rows.k_bounds and rows.x.shape[1] > 1:
        raise ConfigError(
            f"{rows.x.shape[1]} moderators and {rows.k_bounds} bounds: quadrature takes one; use importance "
            "sampling (fit_importance) or PyMC"
        )
    means, precisions, tail = coefficient_priors(rows, mu, slope, tau)
    flat = bool((precisions == 0.0).any())
    problem: SlopeGrid | _Numbers
    problem = SlopeGrid(rows, means, precisions) if rows.k_bounds else _Numbers(rows, means, precisions)
    axis = choose_axis(tau, rows.se)
    variances = rows.se**2

    def log_f(u: Array) -> Array:
        at = axis.tau(u)
        values = tau.log_density(at, variances) + axis.log_slope(u)
        alive = np.isfinite(at) & (values > -np.inf)
        values[~alive] = -np.inf
        values[alive] += problem.log_marginals(at[alive], values[alive])
        return values

    panels = integrate(log_f, tolerance=_TOLERANCE_GRID) if rows.k_bounds else integrate(log_f)
    density = TauDensity(axis, panels, tail.tau_moments)
    joint = problem.joint(density, tail.mu_moments if flat else 2)
    evidence = panels.log_integral()
    proper = evidence if not flat and tau.proper else None
    return RegressionPosterior((INTERCEPT, *rows.moderators), joint, density, evidence, proper)


def coefficient_priors(
    rows: Rows, mu: Prior, slope: Prior, tau: Prior
) -> tuple[Array, Array, propriety.Tail]:
    """Return means and precisions (0 = flat) of the coefficients' priors, and the posterior tail of tau.

    Raises
    ------
    ConfigError
        If a prior of a coefficient is neither normal nor flat.
    FitError
        If the posterior is improper; flat coefficients need independent columns among the numbers and
        two-sided bounds.
    """
    priors = [mu, *([slope] * rows.x.shape[1])]
    unsuitable = [str(prior) for prior in priors if prior.family not in ("normal", "flat")]
    if unsuitable:
        raise ConfigError(f"prior {unsuitable[0]} of a coefficient: expected normal:MEAN,SD or flat")
    flat = np.array([not prior.proper for prior in priors])
    first = next((prior for prior in priors if not prior.proper), mu)
    tail = propriety.check(rows, first, tau, coefficients=int(flat.sum()))
    if flat.any():
        closed = ~rows.is_bound | (np.isfinite(rows.low) & np.isfinite(rows.high))
        columns = np.column_stack([np.ones(rows.k), rows.x])[closed][:, flat]
        scale = np.maximum(np.abs(columns).max(axis=0), 1e-300)
        if np.linalg.matrix_rank(columns / scale, tol=1e-9) < flat.sum():
            raise FitError(
                "improper posterior: flat priors and collinear moderators (or one that never varies) among "
                "the numbers and two-sided bounds; give the slopes a proper prior, such as normal:0,10"
            )
    means = np.array([prior.params[0] if prior.proper else 0.0 for prior in priors])
    precisions = np.array([prior.params[1] ** -2.0 if prior.proper else 0.0 for prior in priors])
    return means, precisions, tail


class _Numbers:
    """Numbers only: the coefficients given tau are normal."""

    def __init__(self, rows: Rows, means: Array, precisions: Array) -> None:
        self.y, self.variances = rows.y, rows.se**2
        self.x = np.column_stack([np.ones(rows.k), rows.x])
        self.means, self.precisions = means, precisions

    def _solve(self, tau: Array) -> tuple[Array, Array, Array]:
        """Return means, covariances and log marginals at tau, shape (t,)."""
        w = 1.0 / (self.variances + tau[:, None] ** 2)
        information = np.einsum("tk,ki,kj->tij", w, self.x, self.x) + np.diag(self.precisions)
        # Around the prior mean: what is left is small where the prior is sharp.
        gap = self.y - self.x @ self.means
        pull = np.einsum("tk,ki,k->ti", w, self.x, gap)
        covariance = np.linalg.inv(information)
        shift = np.einsum("tij,tj->ti", covariance, pull)
        residual = gap - shift @ self.x.T
        q = np.einsum("tk,tk->t", w, residual**2) + shift**2 @ self.precisions
        _, log_determinant = np.linalg.slogdet(information)
        proper = self.precisions > 0.0
        constant = 0.5 * np.log(self.precisions[proper]).sum() + 0.5 * (~proper).sum() * _LOG_2PI
        log_norm = 0.5 * (np.log(w).sum(axis=1) - len(self.y) * _LOG_2PI)
        return self.means + shift, covariance, log_norm - 0.5 * q - 0.5 * log_determinant + constant

    def log_marginals(self, tau: Array, prior: Array) -> Array:
        """Return log density of the data given tau, shape (t,)."""
        return self._solve(tau)[2]

    def joint(self, density: TauDensity, moments: int) -> JointNormals:
        """Return the coefficients, integrated over tau."""
        means, covariances, _ = self._solve(density.nodes)
        return JointNormals(density.weights, density.nodes, means, covariances, moments)
