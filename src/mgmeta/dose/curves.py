"""The curves on offer, all through zero dose = zero effect.

A :class:`Basis` curve is linear in its coefficients, f(d) = x(d)' beta (those of :class:`Monotone` are
of one sign). Curves that are not, a level times a shape, are in :mod:`mgmeta.dose.emax`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mgmeta.dose.emax import Emax
from mgmeta.dose.fractional import fractional, fractional_slopes, fractional_terms
from mgmeta.dose.splines import integrated, integrated_slopes, restricted_cubic, restricted_cubic_slopes

Array = NDArray[np.float64]


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


BasisCurve = Polynomial | LogLinear | RestrictedCubic | Fractional
"""A curve that is linear in coefficients of any sign."""

Curve = BasisCurve | Emax | Monotone
"""A curve with everything fixed but its coefficients."""
