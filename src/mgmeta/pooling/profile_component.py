"""Profile-likelihood intervals of the variance parameters of a mixed model."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import chdtri

from mgmeta.pooling.mixed import MixedFit, climb

Array = NDArray[np.float64]


def profile_interval(
    fit: MixedFit, index: int, *, level: float, lower: float, upper: float
) -> tuple[float, float]:
    r"""Return the values of one free parameter that its profile likelihood does not reject.

    :math:`\{\theta: 2 (l_{max} - \max_{\theta_{-i}} l(\theta)) \le \chi^2_{1, level}\}`, with the
    (restricted) likelihood of the fit.

    Parameters
    ----------
    fit : a ML or REML fit
    index : which of ``fit.theta``
    level : in (0, 1)
    lower, upper : the range of the parameter (upper may be infinite); an end that is not
        rejected is returned as the end of the interval

    Returns
    -------
    (low, high) on the scale of theta (for a variance: its root)
    """
    limit = float(chdtri(1.0, 1.0 - level))
    top = fit.loglik_reml if fit.method == "REML" else fit.loglik_ml
    others = np.delete(fit.theta, index)

    def excess(value: float) -> float:
        def link(rest: Array) -> tuple[Array, Array, Array]:
            g, jacobian, second = fit.link(np.insert(rest, index, value))
            keep = np.delete(np.arange(fit.theta.size), index)
            return g, jacobian[:, keep], second[:, keep[:, None], keep]

        # A component that sits at zero is a stationary point of its root: start off it.
        aside = np.where(np.abs(others) < 1e-3, 0.05, others)
        return 2.0 * (top - climb(fit.blocks, link, [others, aside], fit.method).value) - limit

    at = abs(float(fit.theta[index])) if lower >= 0.0 else float(fit.theta[index])
    return interval_end(excess, at, lower, -1.0), interval_end(excess, at, upper, 1.0)


def interval_end(excess: Callable[[float], float], at: float, bound: float, direction: float) -> float:
    """Walk from the estimate towards *bound* until *excess* is positive, then close in on the root.

    Returns *bound* if *excess* is not positive there.

    Parameters
    ----------
    excess : how far the profile lies above its limit; positive outside the interval
    at : the estimate, in the unit of the component
    bound : where the walk ends, in the unit of the component
    direction : 1 upwards, -1 downwards
    """
    step = max(0.25 * abs(at), 0.02)
    inside = at
    while True:
        outside = at + direction * step
        if direction * (outside - bound) >= 0:
            outside = bound
        if excess(outside) > 0:
            return float(brentq(excess, inside, outside, xtol=1e-14, rtol=1e-13))
        if outside == bound or not math.isfinite(outside):
            return bound
        inside, step = outside, 2.0 * step
