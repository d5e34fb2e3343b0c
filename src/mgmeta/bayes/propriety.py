"""When a posterior exists, by rule and before any number is computed."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mgmeta.bayes.priors import Prior
from mgmeta.bayes.rows import Rows
from mgmeta.errors import FitError


@dataclass(frozen=True)
class Tail:
    """How the posterior of tau falls: like ``tau**-power``, and which moments that leaves.

    Attributes
    ----------
    power : float
        Infinite if it falls faster than any power.
    tau_moments, mu_moments, predictive_moments : int
        Moments that exist: 2, 1 (mean only) or 0.
    """

    power: float
    tau_moments: int
    mu_moments: int
    predictive_moments: int


def check(rows: Rows, mu: Prior, tau: Prior, *, coefficients: int = 1) -> Tail:
    """Decide whether the posterior is proper.

    For large tau a number contributes a factor ``1/tau`` and so does a bound closed on both sides; a
    one-sided bound tends to 1/2; integrating a flat mean out gives ``tau`` back. With a prior
    falling like ``tau**-a`` the posterior falls like ``tau**-(n + a - f)``, n the numbers and
    two-sided bounds and f the flat coefficients, and is proper if that power exceeds 1. For a flat
    prior of tau (a = 0): n - f >= 2.

    Parameters
    ----------
    rows, mu, tau
        Rows and priors.
    coefficients
        Number of coefficients that have the prior *mu*: 1 for a mean, more in a regression.

    Raises
    ------
    FitError
        If it is improper, with what is missing.
    """
    closed = rows.k - rows.k_bounds + rows.k_two_sided
    flat = 0 if mu.proper else coefficients
    if flat and closed < flat:
        raise FitError(
            f"improper posterior: mu is flat and {closed} of {rows.k} rows are numbers or two-sided bounds, "
            f"at least {flat} needed (one-sided bounds don't count); give mu a proper prior: normal:0,10"
        )
    power = closed + tau.tail - flat
    if power <= 1.0:
        raise FitError(
            f"improper posterior: the prior of tau is {tau} and {closed} rows are numbers or two-sided bounds"
            f"{', less ' + str(flat) + ' for the flat mu' if flat else ''}; one-sided bounds don't count. "
            f"Needed: at least {_needed(tau)}. Give tau a proper prior, such as halfnormal:5"
        )
    existing = _moments(power)
    return Tail(power, existing, 2 if mu.proper and not _heavy(mu) else _mean_moments(mu, existing), existing)


def _needed(tau: Prior) -> int:
    return math.floor(1.0 - tau.tail) + 1


def _moments(power: float) -> int:
    if power > 3.0:
        return 2
    return 1 if power > 2.0 else 0


def _heavy(mu: Prior) -> bool:
    return mu.family in ("t", "cauchy")


def _mean_moments(mu: Prior, existing: int) -> int:
    """Moments of mu where its prior alone does not give two: it has those of tau, or more by its prior."""
    if not _heavy(mu):
        return existing
    df = mu.tail - 1.0
    return max(existing, 2 if df > 2.0 else 1 if df > 1.0 else 0)
