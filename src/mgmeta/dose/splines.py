"""Spline bases that are zero at dose zero: restricted cubic and monotone (I-splines)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def restricted_cubic(dose: Array, knots: Sequence[float]) -> Array:
    r"""Return the restricted cubic spline basis, shape (n, m - 1) for m knots.

    Column 0 is the dose; column j is, with :math:`(\cdot)_+` the positive part and knots
    :math:`t_1 < \dots < t_m`,

    .. math:: \frac{(x-t_j)_+^3 - (x-t_{m-1})_+^3 \frac{t_m-t_j}{t_m-t_{m-1}}
              + (x-t_m)_+^3 \frac{t_{m-1}-t_j}{t_m-t_{m-1}}}{(t_m-t_1)^2},

    linear below the first knot and above the last. The divisor keeps the unit of the dose. All
    columns are 0 at dose 0 as no knot is negative.

    References
    ----------
    Harrell FE. Regression Modeling Strategies, 2nd ed. Springer, 2015, section 2.4.5.
    """
    return _restricted(dose, knots, 3)


def restricted_cubic_slopes(dose: Array, knots: Sequence[float]) -> Array:
    """Return the derivative of :func:`restricted_cubic` with respect to dose, shape (n, m - 1)."""
    return _restricted(dose, knots, 2)


def _restricted(dose: Array, knots: Sequence[float], power: int) -> Array:
    x, t = np.asarray(dose, dtype=float), np.asarray(knots, dtype=float)
    first, factor = (x, 1.0) if power == 3 else (np.ones_like(x), 3.0)
    piece = factor * np.maximum(x[:, None] - t, 0.0) ** power / (t[-1] - t[0]) ** 2
    last, previous = t[-1] - t[:-2], t[-2] - t[:-2]
    width = t[-1] - t[-2]
    bent = piece[:, :-2] - piece[:, [-2]] * last / width + piece[:, [-1]] * previous / width
    return np.column_stack([first, bent])


def integrated(dose: Array, interior: Sequence[float], top: float) -> Array:
    r"""Return quadratic I-splines on [0, top], shape (n, len(interior) + 2).

    Each column rises from 0 at dose 0 to 1 at or before *top*, so that a sum with non-negative
    coefficients never falls. Column j is the integral of the linear M-spline (a triangle of area 1)
    on the knots :math:`\tau_j, \tau_{j+1}, \tau_{j+2}` of the sequence 0, 0, interior, top, top.
    Beyond *top* the curve is level.

    Parameters
    ----------
    dose : (n,) doses, in the unit of the curve (mg/d, or weeks on the axis of time)
    interior : inner knots, in the unit of the doses
    top : highest knot, in the unit of the doses

    References
    ----------
    Ramsay JO. Statistical Science 1988;3:425-441.
    """
    x, knots = _triangles(dose, interior, top)
    left, peak, right = knots
    rise, fall = peak - left, right - peak
    up, down = np.clip(x - left, 0.0, rise), np.clip(right - np.maximum(x, peak), 0.0, fall)
    area = np.where(rise > 0.0, up**2 / _safe(rise), 0.0) + np.where(
        (fall > 0.0) & (x > peak), fall - down**2 / _safe(fall), 0.0
    )
    return np.asarray(area / (right - left))


def integrated_slopes(dose: Array, interior: Sequence[float], top: float) -> Array:
    """Return the M-splines, derivatives of :func:`integrated`, shape (n, len(interior) + 2).

    Parameters
    ----------
    dose : (n,) doses, in the unit of the curve (mg/d, or weeks on the axis of time)
    interior : inner knots, in the unit of the doses
    top : highest knot, in the unit of the doses
    """
    x, knots = _triangles(dose, interior, top)
    left, peak, right = knots
    inside_left, inside_right = (x >= left) & (x < peak), (x >= peak) & (x <= right)
    height = 2.0 / (right - left)
    up = inside_left * (x - left) / _safe(peak - left)
    down = np.where(right > peak, inside_right * (right - x) / _safe(right - peak), x == peak)
    return np.asarray(height * (up + down))


def _triangles(dose: Array, interior: Sequence[float], top: float) -> tuple[Array, Array]:
    """Return the doses as a column and the knots (3, columns) of each triangle."""
    sequence = np.array([0.0, 0.0, *interior, top, top])
    return np.asarray(dose, dtype=float)[:, None], np.stack([sequence[:-2], sequence[1:-1], sequence[2:]])


def _safe(width: Array) -> Array:
    """Return widths with 1 for the empty ones, whose branch is not taken."""
    return np.where(width > 0.0, width, 1.0)
