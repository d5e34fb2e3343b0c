"""Estimate and t-calibrated profile interval of any likelihood in (mu, tau).

The engine of :mod:`mgmeta.pooling.bounded` is exact and fast but knows one
likelihood. The sensitivity models here change it (a penalty on tau, unequal
chances of being printed), so they use this slower, general solver; with nothing
changed the two must agree, which a test asserts.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize_scalar

from mgmeta.errors import FitError
from mgmeta.stats.student import t_two_sided

Array = NDArray[np.float64]

# (mu (n,), tau (n,)) -> log-likelihood (n,)
LogLikelihood = Callable[[Array, Array], Array]


@dataclass(frozen=True)
class ScalarFit:
    """Maximum and t-calibrated profile interval of mu; an open end is infinite."""

    estimate: float
    tau: float
    ci_low: float
    ci_high: float
    loglik: float
    k: int


def profile_fit(
    loglik: LogLikelihood, *, k: int, start: float, unit: float, level: float, tau_max: float
) -> ScalarFit:
    r"""Maximise over (mu, tau) and find where the profile falls by :math:`t_{k-1}^2/2`.

    Parameters
    ----------
    loglik : callable
        Log-likelihood at arrays of mu and tau.
    k : int
        Rows; the interval is calibrated by t(k - 1).
    start, unit : float
        A plausible mu and its scale (a standard error), to bracket from.
    level : float
        Confidence level.
    tau_max : float
        Upper end of the search for tau.

    Raises
    ------
    FitError
        With fewer than 2 rows.
    """
    if k < 2:
        raise FitError(f"{k} row: at least 2 are needed for an interval")
    grid = tau_max * np.linspace(0.0, 1.0, 121) ** 2

    def best_tau(mu: float) -> tuple[float, float]:
        values = loglik(np.full(grid.size, mu), grid)
        top = int(np.argmax(values))
        low, high = grid[max(top - 1, 0)], grid[min(top + 1, grid.size - 1)]
        found = minimize_scalar(
            lambda tau: -float(loglik(np.array([mu]), np.array([tau]))[0]),
            bounds=(low, high),
            method="bounded",
            options={"xatol": 1e-9},
        )
        if -found.fun > values[top]:
            return float(found.x), float(-found.fun)
        return float(grid[top]), float(values[top])

    def loss(mu: float) -> float:
        return -best_tau(mu)[1]

    # A coarse scan first: with bounds the profile may have flat shoulders.
    scan = start + unit * np.linspace(-8.0, 8.0, 33)
    centre = float(scan[int(np.argmin([loss(m) for m in scan]))])
    found = minimize_scalar(
        loss, bounds=(centre - unit, centre + unit), method="bounded", options={"xatol": 1e-9 * unit}
    )
    mu, top = float(found.x), -float(found.fun)
    drop = 0.5 * t_two_sided(1.0 - level, float(k - 1)) ** 2
    ends = [_end(loss, mu, top - drop, side * unit) for side in (-1.0, 1.0)]
    return ScalarFit(mu, best_tau(mu)[0], ends[0], ends[1], top, k)


def _end(loss: Callable[[float], float], mu: float, floor: float, step: float) -> float:
    """Walk away from the maximum until the profile is below *floor*, then bracket."""
    inner, outer = mu, mu + step
    for _ in range(60):
        if -loss(outer) < floor:
            return float(brentq(lambda m: -loss(m) - floor, inner, outer, xtol=1e-8 * abs(step)))
        inner, outer = outer, outer + (outer - mu)
    return math.copysign(math.inf, step)
