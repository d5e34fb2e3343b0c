"""Smooth weight functions of the P value, with derivatives in their parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class LogWeight:
    """log w and its derivatives in the parameters: value (...), first (m, ...), second (m, m, ...)."""

    value: Array
    first: Array
    second: Array


@dataclass(frozen=True)
class Curve:
    """A family of weight functions.

    Attributes
    ----------
    name : as in :data:`CURVES`
    parameters : how many
    none : parameters at which nothing is selected
    lowest : smallest value of a parameter
    endless : true if log w has no end as P goes to 0 or 1, so that P is cut off
    log_weight : (log p, log(1 - p), precision multiplier, parameters) -> LogWeight
    """

    name: str
    parameters: int
    none: tuple[float, ...]
    lowest: float
    endless: bool
    log_weight: Callable[[Array, Array, Array, Array], LogWeight]


def _linear(basis: Array, delta: Array) -> LogWeight:
    """Return log w = sum_j delta_j basis_j."""
    second = np.zeros((delta.size, *basis.shape))
    return LogWeight(np.tensordot(delta, basis, axes=1), basis, second)


def _half_normal(log_p: Array, log_q: Array, c: Array, delta: Array) -> LogWeight:
    return _linear(-c * np.exp(2.0 * log_p)[None], delta)


def _exponential(log_p: Array, log_q: Array, c: Array, delta: Array) -> LogWeight:
    return _linear(-c * np.exp(log_p)[None], delta)


def _power(log_p: Array, log_q: Array, c: Array, delta: Array) -> LogWeight:
    return _linear(c * log_q[None], delta)


def _beta(log_p: Array, log_q: Array, c: Array, delta: Array) -> LogWeight:
    return _linear(np.stack([log_p, log_q]), delta - 1.0)


def _logistic(log_p: Array, log_q: Array, c: Array, delta: Array) -> LogWeight:
    x = c * np.exp(log_p)
    share = 1.0 / (1.0 + np.exp(-delta[0] * x))
    value = np.log(2.0) - delta[0] * x + np.log(share)
    return LogWeight(value, (-x * share)[None], (-(x**2) * share * (1.0 - share))[None, None])


CURVES: dict[str, Curve] = {
    curve.name: curve
    for curve in (
        Curve("halfnorm", 1, (0.0,), 0.0, False, _half_normal),
        Curve("negexp", 1, (0.0,), 0.0, False, _exponential),
        Curve("logistic", 1, (0.0,), 0.0, False, _logistic),
        Curve("power", 1, (0.0,), 0.0, True, _power),
        Curve("beta", 2, (1.0, 1.0), 1e-5, True, _beta),
    )
}
"""halfnorm exp(-d p^2), negexp exp(-d p), logistic 2 exp(-d p) / (1 + exp(-d p)), power (1 - p)^d
(Preston, Ashby and Smyth 2004, Biometrics 60:146); beta p^(a-1) (1 - p)^(b-1) (Citkowicz and Vevea
2017, Psychol Methods 22:28). With a precision multiplier c, d becomes c d."""
