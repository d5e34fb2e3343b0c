"""Numbers only: the mean given tau in closed form.

With ``w_i = 1 / (tau^2 + s_i^2)`` and a prior component N(m0, 1/q0), the mean given tau is normal with
precision ``q0 + sum w_i`` and the data have the density

    prod sqrt(w_i / 2 pi) sqrt(q0 / (q0 + W)) exp(-Q/2),
    W = sum w_i,  ybar = sum w_i y_i / W,
    Q = sum w_i (y_i - ybar)^2 + (q0 W / (q0 + W)) (ybar - m0)^2.

For a flat prior (q0 = 0) the square root is ``sqrt(2 pi / W)``. Roever 2020 (J Stat Softw 93:6), eqs 5-10.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mgmeta.bayes.mean_prior import MeanPrior, PointMean
from mgmeta.bayes.rows import Array

_LOG_2PI = math.log(2.0 * math.pi)
_BLOCK = 4_000_000  # cells of a tau x row table held at once


@dataclass(frozen=True)
class Components:
    """The mean given tau, at t values of tau, as a mixture of c normals each.

    Attributes
    ----------
    log_marginals : array, shape (t,)
        Log density of the data given tau.
    shares : array, shape (t, c)
        Weights of the normals; each row sums to 1.
    means, sds : array, shape (t, c)
        Of the normals.
    """

    log_marginals: Array
    shares: Array
    means: Array
    sds: Array


def from_log_masses(log_masses: Array, means: Array, sds: Array) -> Components:
    """Normalise components given by log of prior weight times marginal density, shape (t, c).

    Parameters
    ----------
    log_masses : (t, c) log of prior weight times marginal density
    means : (t, c) means of the components, mmHg
    sds : (t, c) SDs of the components, mmHg
    """
    if log_masses.shape[1] == 1:
        return Components(log_masses[:, 0], np.ones(log_masses.shape), means, sds)
    peak = log_masses.max(axis=1, keepdims=True)
    peak = np.where(np.isfinite(peak), peak, 0.0)
    mass = np.exp(log_masses - peak)
    total = mass.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Components((peak + np.log(total))[:, 0], mass / total, means, sds)


@dataclass(frozen=True)
class Moments:
    """Sums over the rows at t values of tau, shape (t,): what the likelihood of the mean depends on.

    ``log_norm`` is sum log sqrt(w_i / 2 pi), ``precision`` W, ``mean`` ybar, ``q`` sum w_i (y_i - ybar)^2.
    """

    log_norm: Array
    precision: Array
    mean: Array
    q: Array


def weigh(y: Array, variances: Array, tau: Array, power: Array | None = None) -> Moments:
    """Sum numbers at tau, shape (t,).

    Parameters
    ----------
    y
        Numbers, shape (k,), or one set for each tau, shape (t, k).
    variances
        Their variances, shape (k,).
    tau
        Between-trial standard deviations, shape (t,).
    power
        Exponents of the likelihoods, shape (k,); all 1 by default.
    """
    if len(variances) == 0:
        zero = np.zeros(len(tau))
        return Moments(zero, zero, zero, zero)
    size = max(1, _BLOCK // len(variances))
    sets = np.broadcast_to(y, (len(tau), len(variances)))
    cuts = [slice(i, i + size) for i in range(0, len(tau), size)]
    blocks = [_weigh(sets[cut], variances, tau[cut], power) for cut in cuts]
    joined = (
        np.concatenate([getattr(b, name) for b in blocks]) for name in ("log_norm", "precision", "mean", "q")
    )
    return Moments(*joined)


def _weigh(y: Array, variances: Array, tau: Array, power: Array | None) -> Moments:
    total = variances + (tau * tau)[:, None]
    w = 1.0 / total
    log_total = np.log(total)
    if power is None:
        log_norm = -0.5 * (log_total.sum(axis=1) + len(variances) * _LOG_2PI)
    else:
        w *= power
        log_norm = -0.5 * ((log_total + _LOG_2PI) @ power)
    precision = w.sum(axis=1)
    # Around the first number, so that nothing is lost when all lie far from 0.
    origin = y[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        step = np.einsum("tk,tk->t", w, y - origin[:, None]) / precision
        mean = np.where(precision > 0.0, origin + step, origin)
    gap = y - mean[:, None]
    return Moments(log_norm, precision, mean, np.einsum("tk,tk,tk->t", w, gap, gap))


def components(moments: Moments, prior: MeanPrior | PointMean) -> Components:
    """Return the mean given tau under each component of its prior."""
    w, centre = moments.precision[:, None], moments.mean[:, None]
    base = (moments.log_norm - 0.5 * moments.q)[:, None]
    if isinstance(prior, PointMean):
        log_mass = base - 0.5 * w * (centre - prior.value) ** 2
        return from_log_masses(log_mass, np.full(w.shape, prior.value), np.zeros(w.shape))
    if prior.is_flat:
        with np.errstate(divide="ignore"):
            return from_log_masses(base + 0.5 * (_LOG_2PI - np.log(w)), centre, 1.0 / np.sqrt(w))
    q0, m0 = prior.precisions, prior.means
    total = q0 + w
    share = w / total  # of the data in the posterior mean
    log_mass = base - 0.5 * np.log1p(w / q0) - 0.5 * q0 * share * (centre - m0) ** 2 + prior.log_weights
    return from_log_masses(log_mass, m0 + share * (centre - m0), 1.0 / np.sqrt(total))
