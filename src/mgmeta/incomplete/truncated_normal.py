"""Draws from a normal cut to an interval, accurate far in the tail."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtri_exp

Array = NDArray[np.float64]


def truncated_normal(mean: Array, sd: Array, low: Array, high: Array, uniform: Array) -> Array:
    r"""Return draws of N(mean, sd) cut to (low, high), by inverting the distribution.

    With :math:`a = (low - mean)/sd`, :math:`b = (high - mean)/sd` the draw is
    :math:`\Phi^{-1}(\Phi(a) + u(\Phi(b) - \Phi(a)))`, on the log scale and in
    whichever tail is the lower one, so that 30 standard deviations out it still works.

    Parameters
    ----------
    mean, sd, low, high : ndarray
        Broadcastable; `low` and `high` may be infinite.
    uniform : ndarray
        Uniform (0, 1) numbers of the broadcast shape.

    Returns
    -------
    ndarray
        One draw per uniform number, inside the interval.
    """
    a, b = (low - mean) / sd, (high - mean) / sd
    # Work where the interval lies below the mean; an interval open on both sides needs no turn.
    flip = a > -b
    lower, upper = np.where(flip, -b, a), np.where(flip, -a, b)
    log_low, log_high = log_ndtr(lower), log_ndtr(upper)
    # log(P_low + u (P_high - P_low)), with P_low / P_high in [0, 1)
    ratio = np.exp(log_low - log_high)
    inside = log_high + np.log(ratio + uniform * (1.0 - ratio))
    z = ndtri_exp(np.minimum(inside, 0.0))
    z = np.clip(z, lower, upper)
    return np.asarray(mean + sd * np.where(flip, -z, z), dtype=float)
