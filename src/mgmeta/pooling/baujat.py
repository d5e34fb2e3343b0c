"""Baujat plot: who makes the heterogeneity, and who moves the result."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.pooling.influence import influence

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Baujat:
    """Coordinates of k trials.

    Attributes
    ----------
    heterogeneity : (k,) squared Pearson residual, the share of the trial in Q
    shift : (k,) squared change of the pooled effect at its deletion over its variance without it
    """

    heterogeneity: Array
    shift: Array


def baujat(y: ArrayLike, v: ArrayLike, *, method: str = "REML") -> Baujat:
    r"""Return :math:`x_i = (y_i - \hat\mu)^2 / (v_i + \hat\tau^2)`,
    :math:`(\hat\mu - \hat\mu_{(i)})^2 / V_{(i)}`.

    Parameters
    ----------
    y, v : (k,) effects and sampling variances, k >= 2
    method : estimator of tau2 ("FE" for the original plot)

    References
    ----------
    Baujat B et al. Stat Med 2002;21:2641-2652.
    """
    at = influence(y, v, method=method)
    # rstandard = resid / sqrt(total (1 - hat)); Cook's distance has the full fit's variance.
    return Baujat(at.rstandard**2 * (1.0 - at.hat), at.cooks_d / at.cov_ratio)
