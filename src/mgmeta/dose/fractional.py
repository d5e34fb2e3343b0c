"""Fractional polynomials of the dose, anchored so that they are zero at dose zero."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.errors import ConfigError

Array = NDArray[np.float64]

POWERS: tuple[float, ...] = (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0)
"""The usual set; 0 stands for the logarithm (Royston & Altman 1994, Applied Statistics 43:429)."""


def power_sets(degree: int) -> list[tuple[float, ...]]:
    """Return all combinations of *degree* powers: 8 of degree 1, 36 of degree 2."""
    return list(combinations_with_replacement(POWERS, degree))


def shift_and_scale(dose: ArrayLike) -> tuple[float, float]:
    """Return the shift and the scale of x = (dose + shift) / scale.

    Logarithms and negative powers need x > 0 at dose 0, so a constant is added, and a power of ten
    keeps x near one (Royston & Sauerbrei 2008, Multivariable Model-building, section 4.7). The shift is
    the step from 0 to the smallest positive dose. The smallest step between any two doses, which is
    also in use, would be decided by trials of 365 and 368 mg/d.

    Raises
    ------
    ConfigError
        If no dose is above 0.
    """
    doses = np.asarray(dose, dtype=float)
    positive = doses[doses > 0.0]
    if positive.size == 0:
        raise ConfigError("a fractional polynomial needs at least one dose above 0")
    shift, top = float(positive.min()), float(positive.max())
    return shift, float(10.0 ** np.floor(np.log10(top)))


def fractional(dose: Array, powers: tuple[float, ...], shift: float, scale: float) -> Array:
    r"""Return :math:`h_j(x) - h_j(x_0)`, shape (n, len(powers)).

    :math:`h_1 = x^{p_1}` (log x for 0), and :math:`h_j = x^{p_j}`, or
    :math:`h_{j-1} \log x` where the power repeats; x = (dose + shift)/scale, :math:`x_0` at dose 0.

    Parameters
    ----------
    dose : (n,) doses, in the unit of the curve (mg/d, or weeks on the axis of time)
    powers : of the fractional polynomial, no unit
    shift : added to the doses, in their unit
    scale : the doses are divided by it, in their unit
    """
    x = (np.append(np.asarray(dose, dtype=float), 0.0) + shift) / scale
    log = np.log(x)
    columns: list[Array] = []
    for j, power in enumerate(powers):
        if j and power == powers[j - 1]:
            columns.append(columns[-1] * log)
        else:
            columns.append(log if power == 0.0 else x**power)
    basis = np.column_stack(columns)
    return np.asarray(basis[:-1] - basis[-1])


def fractional_slopes(dose: Array, powers: tuple[float, ...], shift: float, scale: float) -> Array:
    """Return the derivative of :func:`fractional` with respect to dose.

    Parameters
    ----------
    dose : (n,) doses, in the unit of the curve (mg/d, or weeks on the axis of time)
    powers : of the fractional polynomial, no unit
    shift : added to the doses, in their unit
    scale : the doses are divided by it, in their unit
    """
    x = (np.asarray(dose, dtype=float) + shift) / scale
    log = np.log(x)
    columns: list[Array] = []
    for j, power in enumerate(powers):
        if not (j and power == powers[j - 1]):
            columns.append(1.0 / x if power == 0.0 else power * x ** (power - 1.0))
        elif power == 0.0:  # log(x)^2
            columns.append(2.0 * log / x)
        else:  # x^p log x
            columns.append(x ** (power - 1.0) * (power * log + 1.0))
    return np.asarray(np.column_stack(columns) / scale)


def fractional_terms(powers: tuple[float, ...]) -> tuple[str, ...]:
    """Name the columns: ``x^-0.5``, ``log(x)``, ``x^2*log(x)``, ``log(x)^2``."""
    names: list[str] = []
    for j, power in enumerate(powers):
        repeated = j > 0 and power == powers[j - 1]
        if power == 0.0:
            names.append("log(x)^2" if repeated else "log(x)")
        else:
            names.append(f"x^{power:g}*log(x)" if repeated else f"x^{power:g}")
    return tuple(names)
