"""Curves that are a level times a shape: f(d) = f(a) g(d; shape) with g(a) = 1 at an anchor dose a."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mgmeta.dose.sigmoid import log_response, log_response_at, ratio, response_slope

Array = NDArray[np.float64]
Share = tuple[Array, Array, Array]


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
