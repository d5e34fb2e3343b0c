"""The exact posterior of the random-effects model, by quadrature; no sampling, no PyMC.

The model of :mod:`mgmeta.bayes.pymc_model` without moderators::

    y_i ~ N(mu, tau^2 + s_i^2),   Pr(bound j) = P(l_j < N(mu, tau^2 + s_j^2) < u_j)

One integral is done numerically, over tau; given tau the mean is a mixture of normals. Every
marginal is then a mixture of normals whose weights are quadrature weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mgmeta.bayes import propriety
from mgmeta.bayes.bounds import BoundTerms
from mgmeta.bayes.conjugate import Components, components, weigh
from mgmeta.bayes.densities import NormalMixture, TauDensity
from mgmeta.bayes.mean_prior import MeanPrior, PointMean, mean_prior
from mgmeta.bayes.mu_grid import grid_components
from mgmeta.bayes.panels import Panels, integrate
from mgmeta.bayes.priors import Prior
from mgmeta.bayes.rows import Array, Rows
from mgmeta.bayes.tau_axis import Axis, choose_axis
from mgmeta.errors import FitError

# Components whose weights sum to less than this are left out: they cannot show in any digit asked for.
_PRUNE = 1e-15
# Panels are refined to 1e-13 of the integral for numbers; bells err by 1e-11, so less is enough.
TOLERANCE_BOUNDS = 1e-11


@dataclass(frozen=True)
class ExactPosterior:
    """The posterior of mean and heterogeneity.

    Attributes
    ----------
    rows, prior_mu, prior_tau, power
        What it was computed from; *power* is None where every row counts once.
    tau : TauDensity
        Posterior of the between-trial standard deviation.
    mu : NormalMixture
        Posterior of the mean effect.
    predictive : NormalMixture
        Effect of a new trial, N(mu, tau^2).
    weights, taus, means, sds : array, shape (c,)
        Joint posterior as components: with weight w the pair (tau, mu ~ N(mean, sd^2)).
    log_evidence : float
        Log of prior times likelihood, integrated; the constant of an improper prior is arbitrary.
    tail : propriety.Tail
        Which moments exist.
    """

    rows: Rows
    prior_mu: Prior
    prior_tau: Prior
    power: Array | None
    tau: TauDensity
    weights: Array
    taus: Array
    means: Array
    sds: Array
    log_evidence: float
    tail: propriety.Tail

    @property
    def log_marginal(self) -> float | None:
        """Log marginal likelihood; None if a prior is improper, for then it has no constant."""
        return self.log_evidence if self.prior_mu.proper and self.prior_tau.proper else None

    @property
    def mu(self) -> NormalMixture:
        """Posterior of the mean effect."""
        return NormalMixture(self.weights, self.means, self.sds, self.tail.mu_moments)

    @property
    def predictive(self) -> NormalMixture:
        """Posterior of the effect in a new trial."""
        sds = np.sqrt(self.sds**2 + self.taus**2)
        return NormalMixture(self.weights, self.means, sds, self.tail.predictive_moments)

    def predict_estimate(self, se: float) -> NormalMixture:
        """Posterior predictive of the printed estimate of a new trial with standard error *se*."""
        sds = np.sqrt(self.sds**2 + self.taus**2 + se**2)
        return NormalMixture(self.weights, self.means, sds, self.tail.predictive_moments)


def fit_exact(rows: Rows, *, mu: Prior, tau: Prior, power: Array | None = None) -> ExactPosterior:
    """Return the exact posterior.

    Parameters
    ----------
    rows
        Numbers and bounds, without moderators.
    mu, tau
        Priors of the mean and of the between-trial standard deviation.
    power
        Exponents of the rows' likelihoods, shape (k,), 0 to 1 (Ibrahim and Chen 2000, Stat Sci 15:46);
        all 1 by default.

    Raises
    ------
    FitError
        If the posterior is improper or zero everywhere.

    Notes
    -----
    Against independent quadrature on five published data sets and nine pairs of priors all
    figures agree to 1e-9 (tests/bayes/test_exact_reference.py). Method: Roever 2020 (J Stat Softw 93:6) for
    the closed form given tau.
    """
    used = rows if power is None else rows.take(power > 0.0)
    exponents = None if power is None else power[power > 0.0]
    tail = propriety.check(used, mu, tau)
    conditional = Conditional(used, mean_prior(mu), exponents)
    axis = choose_axis(tau, rows.se)
    variances = rows.se**2
    panels = _integrate(conditional, tau, axis, variances)
    density = TauDensity(axis, panels, tail.tau_moments)
    found = conditional.at(density.nodes)
    weights, taus, means, sds = flatten(density, found)
    evidence = panels.log_integral() - _log_normaliser(tau, axis, variances)
    return ExactPosterior(rows, mu, tau, power, density, weights, taus, means, sds, evidence, tail)


class Conditional:
    """The mean given tau, whatever the rows and the prior."""

    def __init__(self, rows: Rows, prior: MeanPrior | PointMean, power: Array | None = None) -> None:
        number = ~rows.is_bound
        self.y, self.variances = rows.y[number], rows.se[number] ** 2
        self.power = None if power is None else power[number]
        self.bounds = BoundTerms(rows, power)
        self.prior = prior
        self.closed = rows.k - rows.k_bounds + rows.k_two_sided > 0

    def at(self, tau: Array) -> Components:
        """Return the mean given each tau, shape (t,)."""
        moments = weigh(self.y, self.variances, tau, self.power)
        if not self.bounds.any:
            return components(moments, self.prior)
        if isinstance(self.prior, PointMean):
            plain = components(moments, self.prior)
            extra = self.bounds.log_p(plain.means, tau)[:, 0]
            return Components(plain.log_marginals + extra, plain.shares, plain.means, plain.sds)
        prior = self.prior
        if prior.heavy is not None and self.closed:
            return grid_components(moments, self.bounds, tau, heavy=prior.heavy)
        parts = [
            grid_components(moments, self.bounds, tau, mean=float(mean), precision=float(precision))
            for mean, precision in zip(prior.means, prior.precisions, strict=True)
        ]
        return parts[0] if len(parts) == 1 else _join(parts, prior.log_weights)


def _join(parts: list[Components], log_weights: Array) -> Components:
    """Mix the conditionals under several components of the prior."""
    log_masses = np.stack([part.log_marginals for part in parts], axis=1) + log_weights
    peak = log_masses.max(axis=1, keepdims=True)
    mass = np.exp(log_masses - peak)
    total = mass.sum(axis=1, keepdims=True)
    shares = [part.shares * (mass[:, i : i + 1] / total) for i, part in enumerate(parts)]
    return Components(
        (peak + np.log(total))[:, 0],
        np.concatenate(shares, axis=1),
        np.concatenate([part.means for part in parts], axis=1),
        np.concatenate([part.sds for part in parts], axis=1),
    )


def _integrate(conditional: Conditional, prior: Prior, axis: Axis, variances: Array) -> Panels:
    """Integrate prior times marginal density over tau."""

    def log_f(u: Array) -> Array:
        tau = axis.tau(u)
        values = prior.log_density(tau, variances) + axis.log_slope(u)
        alive = np.isfinite(tau) & (values > -np.inf)
        values[~alive] = -np.inf
        values[alive] += conditional.at(tau[alive]).log_marginals
        return values

    if conditional.bounds.any:
        return integrate(log_f, tolerance=TOLERANCE_BOUNDS)
    return integrate(log_f)


def _log_normaliser(prior: Prior, axis: Axis, variances: Array) -> float:
    """Return the log of the integral of a proper prior whose density has no closed constant."""
    if prior.family != "conventional":
        return 0.0
    found = integrate(lambda u: prior.log_density(axis.tau(u), variances) + axis.log_slope(u))
    return found.log_integral()


def flatten(density: TauDensity, found: Components) -> tuple[Array, Array, Array, Array]:
    """Return the joint posterior as a flat list of components without the negligible ones."""
    weights = (density.weights[:, None] * found.shares).ravel()
    spread = found.sds**2 + density.nodes[:, None] ** 2
    share = np.abs(density.weights[:, None] * found.shares)
    # By what they add to the probability and to the variance: a heavy tail carries its variance far out.
    size = (share * (1.0 + spread / np.sum(share * spread))).ravel()
    keep = size > _PRUNE / len(size)
    taus = np.broadcast_to(density.nodes[:, None], found.shares.shape).ravel()[keep]
    kept = weights[keep]
    return kept / kept.sum(), taus, found.means.ravel()[keep], found.sds.ravel()[keep]


def log_evidence_at(rows: Rows, mu: float, tau: Prior) -> float:
    """Return the log marginal likelihood with the mean fixed at *mu*.

    Parameters
    ----------
    rows
        Numbers and bounds.
    mu
        Where the mean is held, in the unit of the effects.
    tau
        Prior of the between-trial standard deviation; the constant of an improper one is arbitrary.

    Raises
    ------
    FitError
        If the posterior of tau is improper.
    """
    axis = choose_axis(tau, rows.se)
    closed = rows.k - rows.k_bounds + rows.k_two_sided
    if closed + tau.tail <= 1.0:
        raise FitError("the null model is improper with this prior of tau")
    variances = rows.se**2
    panels = _integrate(Conditional(rows, PointMean(mu)), tau, axis, variances)
    return panels.log_integral() - _log_normaliser(tau, axis, variances)


def log_likelihood_fixed(rows: Rows, mu: Prior | float, tau: float = 0.0) -> float:
    """Return the log marginal likelihood with tau fixed (0: the common-effect model).

    Parameters
    ----------
    rows
        Numbers and bounds.
    mu
        Prior of the mean, or a number where it is held.
    tau
        Between-trial standard deviation, in the unit of the effects.
    """
    prior = PointMean(mu) if isinstance(mu, float) else mean_prior(mu)
    return float(Conditional(rows, prior).at(np.array([tau])).log_marginals[0])
