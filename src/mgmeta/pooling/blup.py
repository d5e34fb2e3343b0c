"""Shrunken effects: what each trial's own effect is likely to be, given all trials."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgmeta.pooling.model import Model
from mgmeta.stats.distributions import quantile

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Blup:
    """Best linear unbiased predictions, arrays (k,).

    ``effect`` is the trial's true effect, ``deviation`` its distance from the mean
    the model gives for its moderators; each with the standard error of predicting it.
    """

    effect: Array
    se: Array
    low: Array
    high: Array
    deviation: Array
    deviation_se: Array


def blup(model: Model, level: float) -> Blup:
    """Predict the true effect of each trial.

    lambda = tau2 / (tau2 + v) of the way from X beta to y; the variance is
    lambda v + (1 - lambda)^2 Var(X beta), and that of the deviation
    lambda v + lambda^2 Var(X beta). tau2 is taken as known (Robinson 1991, Stat Sci 6:15).

    Parameters
    ----------
    model : from :func:`mgmeta.pooling.model.fit_model`
    level : of the intervals, e.g. 0.95
    """
    share = model.tau2 / (model.tau2 + model.v)
    mean_var = np.einsum("ij,jk,ik->i", model.x, model.inference.cov, model.x)
    deviation = share * model.fit.resid
    effect = model.fit.fitted + deviation
    se = np.sqrt(share * model.v + (1.0 - share) ** 2 * mean_var)
    half = quantile(level, float(model.inference.df[0])) * se
    deviation_se = np.sqrt(share * model.v + share**2 * mean_var)
    return Blup(effect, se, effect - half, effect + half, deviation, deviation_se)
