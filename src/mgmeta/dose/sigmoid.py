r"""The Emax family as a share of its value at an anchor dose, with exact derivatives.

:math:`f(d) = E d^h / (ED_{50}^h + d^h)` is written as :math:`f(a)\, g(d)` with
:math:`g(d) = r(d) / r(a)`, :math:`r(d) = D^h / (u + D^h (1 - u))`, :math:`D = d / s`,
:math:`u = ED_{50}^h / (ED_{50}^h + s^h)`. So u in [0, 1] holds the whole family and its limits:
u = 0 is the same effect at every dose (ED50 = 0), u = 1 the power curve :math:`(d / a)^h`, a
straight line for h = 1 (no plateau within reach). Nothing runs to infinity.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def log_response(scaled: Array, u: float, h: float) -> tuple[Array, Array, Array]:
    """Return log r (n,), its gradient (n, 2) and Hessian (n, 2, 2) in (u, h) at doses > 0 over s.

    Parameters
    ----------
    scaled : (n,) doses over the scale, no unit
    u : steepness, from 0 to 1, no unit
    h : exponent, no unit
    """
    log = np.log(scaled)
    power = scaled**h
    total = u + power * (1.0 - u)
    by_u, by_h = (1.0 - power) / total, (1.0 - u) * power * log / total
    gradient, hessian = np.empty((scaled.size, 2)), np.empty((scaled.size, 2, 2))
    gradient[:, 0], gradient[:, 1] = -by_u, log - by_h
    hessian[:, 0, 0], hessian[:, 1, 1] = by_u**2, by_h**2 - by_h * log
    hessian[:, 0, 1] = hessian[:, 1, 0] = power * log / total + by_u * by_h
    return h * log - np.log(total), gradient, hessian


def log_response_at(scaled: Array, share: float, q: float, h: float) -> tuple[Array, Array, Array]:
    """Return log r, gradient (n, 1) and Hessian (n, 1, 1) in h where *share* x s reaches q of the plateau.

    r = D^h / (share^h (1 - q)/q + D^h), the same family with its ED_q held fixed.

    Parameters
    ----------
    scaled : (n,) doses over the scale, no unit
    share : share of the scale at which the level is reached, no unit
    q : share of the plateau that is reached there, no unit
    h : exponent, no unit
    """
    log, gap = np.log(scaled), np.log(share)
    held, power = share**h * (1.0 - q) / q, scaled**h
    total = held + power
    first = (held * gap + power * log) / total
    second = (held * gap**2 + power * log**2) / total - first**2
    return h * log - np.log(total), (log - first)[:, None], -second[:, None, None]


def ratio(dose: Array, anchor: tuple[Array, Array, Array], at: tuple[Array, Array, Array]) -> _Share:
    """Return g = r / r(anchor) with its derivatives; 0 where the dose is 0.

    *at* holds log r and derivatives at the positive doses, in order; *anchor* the same, one row.

    Parameters
    ----------
    dose : (n,) doses, in the unit of the curve (mg/d, or weeks on the axis of time)
    anchor : log r and its derivatives, one row
    at : log r and its derivatives at the positive doses, in order
    """
    n, q = dose.size, at[1].shape[1]
    value, gradient, hessian = np.zeros(n), np.zeros((n, q)), np.zeros((n, q, q))
    positive = dose > 0.0
    g = np.exp(at[0] - anchor[0])
    first = at[1] - anchor[1]
    value[positive] = g
    gradient[positive] = g[:, None] * first
    hessian[positive] = g[:, None, None] * (at[2] - anchor[2] + first[:, :, None] * first[:, None, :])
    return value, gradient, hessian


_Share = tuple[Array, Array, Array]


def response_slope(scaled: Array, u: float, h: float) -> Array:
    """Return dr/dD = h u D^(h-1) / (u + D^h (1-u))^2; infinite at dose 0 where h < 1.

    Parameters
    ----------
    scaled : (n,) doses over the scale, no unit
    u : steepness, from 0 to 1, no unit
    h : exponent, no unit
    """
    with np.errstate(divide="ignore"):
        return np.asarray(h * u * scaled ** (h - 1.0) / (u + scaled**h * (1.0 - u)) ** 2)
