"""The curves on offer, all through zero dose = zero effect.

A :class:`Basis` curve is linear in its coefficients, f(d) = x(d)' beta (those of :class:`Monotone` are
of one sign). A :class:`Shape` curve is a level times a shape, f(d) = f(a) g(d; shape) with g(a) = 1 at
an anchor dose a.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mgmeta.dose.fractional import fractional, fractional_slopes, fractional_terms
from mgmeta.dose.sigmoid import log_response, log_response_at, ratio, response_slope
from mgmeta.dose.splines import integrated, integrated_slopes, restricted_cubic, restricted_cubic_slopes

Array = NDArray[np.float64]
Share = tuple[Array, Array, Array]


class Basis(Protocol):
    """A curve f(d) = x(d)' beta with x(0) = 0."""

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the coefficients."""

    @property
    def selected(self) -> int:
        """Parameters chosen from the data besides the coefficients (powers)."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """What fixes the basis: knots, powers, shift, scale, offset."""

    def columns(self, dose: Array) -> Array:
        """Return x(d), shape (n, p)."""

    def slopes(self, dose: Array) -> Array:
        """Return dx/dd, shape (n, p)."""


@dataclass(frozen=True)
class Polynomial:
    """d, d^2, ... up to *degree*."""

    degree: int
    selected: int = 0

    @property
    def terms(self) -> tuple[str, ...]:
        """dose, dose^2, ..."""
        return tuple("dose" if j == 1 else f"dose^{j}" for j in range(1, self.degree + 1))

    @property
    def settings(self) -> Mapping[str, Any]:
        """Nothing to fix."""
        return {}

    def columns(self, dose: Array) -> Array:
        """Return the powers of dose."""
        return np.column_stack([dose**j for j in range(1, self.degree + 1)])

    def slopes(self, dose: Array) -> Array:
        """Return j d^(j-1)."""
        return np.column_stack([j * dose ** (j - 1) for j in range(1, self.degree + 1)])


@dataclass(frozen=True)
class LogLinear:
    """log(1 + d / offset)."""

    offset: float
    terms: tuple[str, ...] = ("log(1+dose/offset)",)
    selected: int = 0

    @property
    def settings(self) -> Mapping[str, Any]:
        """Return the offset."""
        return {"offset": self.offset}

    def columns(self, dose: Array) -> Array:
        """Return log(1 + d / offset)."""
        return np.log1p(dose / self.offset)[:, None]

    def slopes(self, dose: Array) -> Array:
        """Return 1 / (offset + d)."""
        return (1.0 / (self.offset + dose))[:, None]


@dataclass(frozen=True)
class RestrictedCubic:
    """Restricted cubic spline on given knots."""

    knots: tuple[float, ...]
    selected: int = 0

    @property
    def terms(self) -> tuple[str, ...]:
        """dose, dose', dose'', ..."""
        return tuple("dose" + "'" * j for j in range(len(self.knots) - 1))

    @property
    def settings(self) -> Mapping[str, Any]:
        """Return the knots."""
        return {"knots": self.knots}

    def columns(self, dose: Array) -> Array:
        """Return the basis."""
        return restricted_cubic(dose, self.knots)

    def slopes(self, dose: Array) -> Array:
        """Return its derivative."""
        return restricted_cubic_slopes(dose, self.knots)


@dataclass(frozen=True)
class Fractional:
    """Fractional polynomial; ``selected`` is the number of powers chosen from the data."""

    powers: tuple[float, ...]
    shift: float
    scale: float
    selected: int = 0

    @property
    def terms(self) -> tuple[str, ...]:
        """x^p, log(x), x^p*log(x), with x = (dose + shift)/scale."""
        return fractional_terms(self.powers)

    @property
    def settings(self) -> Mapping[str, Any]:
        """Return powers, shift and scale."""
        return {"powers": self.powers, "shift": self.shift, "scale": self.scale}

    def columns(self, dose: Array) -> Array:
        """Return the anchored powers."""
        return fractional(dose, self.powers, self.shift, self.scale)

    def slopes(self, dose: Array) -> Array:
        """Return their derivative."""
        return fractional_slopes(dose, self.powers, self.shift, self.scale)


@dataclass(frozen=True)
class Monotone:
    """Sum of I-splines with coefficients of one sign, free which; the sign is held by the fit."""

    interior: tuple[float, ...]
    top: float
    selected: int = 0

    @property
    def terms(self) -> tuple[str, ...]:
        """I1, I2, ..."""
        return tuple(f"I{j + 1}" for j in range(len(self.interior) + 2))

    @property
    def settings(self) -> Mapping[str, Any]:
        """Return interior knots and the upper end."""
        return {"knots": self.interior, "top": self.top}

    def columns(self, dose: Array) -> Array:
        """Return the I-splines."""
        return integrated(dose, self.interior, self.top)

    def slopes(self, dose: Array) -> Array:
        """Return the M-splines."""
        return integrated_slopes(dose, self.interior, self.top)


class Shape(Protocol):
    """A curve f(d) = f(anchor) g(d; shape), g(anchor) = 1, g(0) = 0."""

    @property
    def parameters(self) -> int:
        """Level and free shape parameters."""

    @property
    def boxes(self) -> tuple[tuple[float, float], ...]:
        """Range of each shape parameter; an infinite end is open."""

    @property
    def starts(self) -> tuple[tuple[float, ...], ...]:
        """Shapes to start a search from, inside the boxes."""

    def share(self, dose: Array, shape: Array, anchor: float) -> Share:
        """Return g (n,), gradient (n, q) and Hessian (n, q, q) in the shape.

        Parameters
        ----------
        dose : (n,) doses, in the unit of the curve (mg/d, or weeks on the axis of time)
        shape : (q,) shape parameters, no unit
        anchor : dose at which the level is a parameter, in the unit of the doses; infinite: the plateau
        """


HILL = (0.5, 10.0)
"""Range of the Hill coefficient: the default of DoseFinding (Bornkamp, Pinheiro & Bretz 2009, J Stat
Softw 29(7)). Beyond 10 the curve is a step."""


AT_END = 1e-6
"""ED50 below this share of the typical dose, or above its inverse, is at the end of its range."""


@dataclass(frozen=True)
class Emax:
    """E d / (ED50 + d), or with ``sigmoid`` E d^h / (ED50^h + d^h); shape is u, or (u, h).

    See :mod:`mgmeta.dose.sigmoid` for u. ``scale`` is the dose s that splits the unit interval of u.
    """

    scale: float
    sigmoid: bool = False

    @property
    def parameters(self) -> int:
        """E, ED50 and perhaps h."""
        return 3 if self.sigmoid else 2

    @property
    def boxes(self) -> tuple[tuple[float, float], ...]:
        """U in [0, 1], h in HILL."""
        return ((0.0, 1.0), HILL) if self.sigmoid else ((0.0, 1.0),)

    @property
    def starts(self) -> tuple[tuple[float, ...], ...]:
        """Spread over the family; of steep curves, steps below, between and above the doses."""
        if not self.sigmoid:
            return ((0.03,), (0.3,), (0.6,), (0.95,))
        ratios = (0.25, 0.55, 0.85, 1.2, 1.8, 4.0)  # ED50 / s
        return tuple((1.0 / (1.0 + ratio**-h), h) for h in (0.8, 1.6, 3.5, 8.0) for ratio in ratios)

    @property
    def settings(self) -> Mapping[str, Any]:
        """Return the scale."""
        return {"scale": self.scale}

    def share(self, dose: Array, shape: Array, anchor: float) -> Share:
        """Return g and its derivatives; an infinite anchor makes the level Emax itself.

        Parameters
        ----------
        dose : (n,) doses, in the unit of the curve (mg/d, or weeks on the axis of time)
        shape : (q,) shape parameters, no unit
        anchor : dose at which the level is a parameter, in the unit of the doses; infinite: the plateau
        """
        u, h = float(shape[0]), self.hill(shape)
        keep = slice(None) if self.sigmoid else slice(0, 1)

        def cut(parts: Share) -> Share:
            return parts[0], parts[1][:, keep], parts[2][:, keep, keep]

        at = cut(log_response(dose[dose > 0.0] / self.scale, u, h))
        return ratio(dose, self._anchor(u, h, anchor, cut), at)

    def _anchor(self, u: float, h: float, anchor: float, cut: Any) -> Share:
        if np.isfinite(anchor):
            parts: Share = cut(log_response(np.array([anchor / self.scale]), u, h))
            return parts
        rest = max(1.0 - u, 1e-300)  # r(infinity) = 1 / (1 - u)
        gradient, hessian = np.array([[1.0 / rest, 0.0]]), np.zeros((1, 2, 2))
        hessian[0, 0, 0] = 1.0 / rest**2
        at_infinity: Share = cut((np.array([-np.log(rest)]), gradient, hessian))
        return at_infinity

    def slopes(self, dose: Array, shape: Array, anchor: float) -> Array:
        """Return dg/dd.

        Parameters
        ----------
        dose : (n,) doses, in the unit of the curve (mg/d, or weeks on the axis of time)
        shape : (q,) shape parameters, no unit
        anchor : dose at which the level is a parameter, in the unit of the doses; infinite: the plateau
        """
        u, h = float(shape[0]), self.hill(shape)
        level = float(np.exp(log_response(np.array([anchor / self.scale]), u, h)[0][0]))
        return response_slope(dose / self.scale, u, h) / (level * self.scale)

    def hill(self, shape: Array) -> float:
        """Return h (1 for plain Emax)."""
        return float(shape[1]) if self.sigmoid else 1.0

    def ed(self, shape: Array, q: float = 0.5) -> float:
        """Return the dose that reaches the share q of the plateau; 0 and infinite at the ends of u."""
        u, h = float(shape[0]), self.hill(shape)
        if u >= 1.0:
            return float("inf")
        middle = (u / (1.0 - u)) ** (1.0 / h)  # ED50 / s
        if middle <= AT_END or middle >= 1.0 / AT_END:
            return 0.0 if middle <= AT_END else float("inf")
        return float(self.scale * middle * (q / (1.0 - q)) ** (1.0 / h))


@dataclass(frozen=True)
class EmaxThrough:
    """Sigmoid Emax whose ED_q is held at *share* x *scale*; the shape is h alone."""

    scale: float
    held: float
    q: float
    parameters: int = 2
    boxes: tuple[tuple[float, float], ...] = (HILL,)
    starts: tuple[tuple[float, ...], ...] = ((0.9,), (2.5,), (6.0,))

    def share(self, dose: Array, shape: Array, anchor: float) -> Share:
        """Return g and its derivatives in h.

        Parameters
        ----------
        dose : (n,) doses, in the unit of the curve (mg/d, or weeks on the axis of time)
        shape : (q,) shape parameters, no unit
        anchor : dose at which the level is a parameter, in the unit of the doses; infinite: the plateau
        """
        h = float(shape[0])
        at = log_response_at(dose[dose > 0.0] / self.scale, self.held, self.q, h)
        return ratio(dose, log_response_at(np.array([anchor / self.scale]), self.held, self.q, h), at)


BasisCurve = Polynomial | LogLinear | RestrictedCubic | Fractional
"""A curve that is linear in coefficients of any sign."""

Curve = BasisCurve | Emax | Monotone
"""A curve with everything fixed but its coefficients."""
