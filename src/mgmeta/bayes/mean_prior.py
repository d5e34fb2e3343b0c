"""The prior of the mean as a finite mixture of normals, so that everything stays in closed form."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from mgmeta.bayes.priors import Prior
from mgmeta.bayes.rows import Array

# Spacing of log precision. The trapezoidal rule errs by exp(-pi^2 / spacing) = 3e-15 of the integral;
# where the gamma is narrow, of sd shape^-1/2, by exp(-2 pi^2 / (shape spacing^2)).
_SPACING = 0.295
_SPACING_SD = 0.65
_NEGLIGIBLE = 36.0  # exp(-36) = 2e-16


@dataclass(frozen=True)
class MeanPrior:
    """Normal components: means, precisions (0 = flat) and log weights, shape (c,).

    ``heavy`` is the t or Cauchy prior they stand for, if they do.
    """

    means: Array
    precisions: Array
    log_weights: Array
    heavy: Prior | None = None

    @property
    def is_flat(self) -> bool:
        """Whether the prior is the improper flat one."""
        return bool(self.precisions[0] == 0.0)


def mean_prior(prior: Prior) -> MeanPrior:
    """Write a prior of the mean as normals.

    A normal is itself; flat has precision 0. A t with df f is the scale mixture

        t = int Normal(m, s^2 / q) Gamma(q; f/2, f/2) dq,

    integrated over log q by the trapezoidal rule, which converges exponentially because the
    integrand is analytic within pi/2 of the real line and dies out at both ends.
    """
    if prior.family == "flat":
        return MeanPrior(np.zeros(1), np.zeros(1), np.zeros(1))
    mean, scale = prior.params[:2]
    if prior.family == "normal":
        return MeanPrior(np.array([mean]), np.array([scale**-2.0]), np.zeros(1))
    shape = 0.5 * (prior.params[2] if prior.family == "t" else 1.0)
    # In x = log q the gamma is exp(-shape (e^x - 1 - x)) of its peak; both ends are where that is exp(-36).
    depth = _NEGLIGIBLE / shape
    low, high = -depth - 1.0, math.sqrt(2.0 * depth)
    for _ in range(60):
        high = math.log(1.0 + high + depth)
    spacing = min(_SPACING, _SPACING_SD / math.sqrt(shape))
    log_q = np.arange(low, high + spacing, spacing)
    log_weights = (
        shape * math.log(shape) - float(gammaln(shape)) + shape * (log_q - np.exp(log_q)) + math.log(spacing)
    )
    return MeanPrior(np.full(log_q.shape, mean), np.exp(log_q) * scale**-2.0, log_weights, prior)


@dataclass(frozen=True)
class PointMean:
    """The mean fixed at a value: the null model of a Bayes factor."""

    value: float
