r"""Dose curves as Bayesian models: effects at anchor doses with the prior of a mean effect, and a shape.

Every curve is written :math:`f(d) = \sum_j a_j \varphi_j(d; s)` with :math:`\varphi_j = 1` at anchor j and
0 at the others, so that the a are effects at doses that were given and one prior fits all curves. Curves of
one coefficient have one anchor, the median dose; those of two also the largest dose. The shape s is what is
not linear: nothing (one point), the power of a fractional polynomial, ED50, ED50 and the Hill coefficient,
or the shares of a monotone spline's parts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mgmeta.bayes.rows import Array
from mgmeta.dose.curves import Fractional, LogLinear, Monotone, Polynomial, RestrictedCubic
from mgmeta.dose.emax import HILL, Emax
from mgmeta.dose.fractional import power_sets, shift_and_scale
from mgmeta.dose.knots import harrell_knots
from mgmeta.dose.registry import CurveOptions, build_curves
from mgmeta.errors import ConfigError, FitError

_NODES_U, _NODES_H = 32, 8
_NODES_LATE, _NODES_EARLY = 16, 8
SHAPE_PRIORS = {
    "emax": "ED50/(ED50 + median) uniform",
    "sigmoid": "the Hill coefficient log-uniform from 0.5 to 10",
    "monotone": "the shares of the monotone spline's three parts uniform, Dirichlet(1, 1, 1)",
    "fp": "powers equally likely",
}
"""Priors of the shapes in words; the effects at the anchors have the prior of a mean effect."""


@dataclass(frozen=True)
class Shapes:
    """Points of a shape with prior weights (they sum to 1); ``ed50`` is NaN where the curve has none.

    ``values`` (s, parameters); ``weights``, ``ed50``, ``hill`` (s,).
    """

    values: Array
    weights: Array
    ed50: Array
    hill: Array

    def ed(self, q: float) -> Array:
        """Return the dose that reaches share q of the plateau, (s,)."""
        return np.asarray(self.ed50 * (q / (1.0 - q)) ** (1.0 / self.hill))


@dataclass(frozen=True)
class CurveModel:
    """A curve for the trials at hand.

    Attributes
    ----------
    name, title : as in :data:`mgmeta.dose.registry.DOSE_CURVES`; ``flat`` is one effect at every dose above 0
    anchors : (q,) doses whose effects are the linear parameters
    shapes : points of the shape
    basis : doses (n,) -> (s, n, q), phi at every shape
    """

    name: str
    title: str
    anchors: Array
    shapes: Shapes
    basis: Callable[[Array], Array]


ONE_SHAPE = Shapes(np.zeros((1, 0)), np.ones(1), np.full(1, np.nan), np.ones(1))


def _unit_rule(n: int) -> tuple[Array, Array]:
    """Return Gauss-Legendre nodes and weights on (0, 1)."""
    x, w = np.polynomial.legendre.leggauss(n)
    return 0.5 * (x + 1.0), 0.5 * w


def _turn(columns: Callable[[Array], Array], anchors: Array) -> Array:
    """Return the matrix that turns coefficients into effects at the anchors.

    Raises
    ------
    FitError
        If the anchors do not determine the coefficients.
    """
    at = columns(anchors)
    if np.linalg.matrix_rank(at / np.abs(at).max(axis=0)) < at.shape[1]:
        raise FitError(f"effects at {', '.join(f'{a:g}' for a in anchors)} do not determine this curve")
    return np.asarray(np.linalg.inv(at))


def _linear(name: str, title: str, columns: Callable[[Array], Array], anchors: Array) -> CurveModel:
    """Return a curve linear in its coefficients, turned to effects at its anchors."""
    turn = _turn(columns, anchors)
    return CurveModel(name, title, anchors, ONE_SHAPE, lambda dose: (columns(dose) @ turn)[None])


def flat(dose: Array) -> CurveModel:
    """Return one effect at every dose above 0."""
    anchors = np.array([np.median(dose)])
    return CurveModel(
        "flat",
        "One effect everywhere",
        anchors,
        ONE_SHAPE,
        lambda at: (at > 0.0).astype(float)[None, :, None],
    )


def _powers(dose: Array, degree: int, anchors: Array) -> CurveModel:
    """Return a fractional polynomial, its sets of powers (8 of degree 1, 36 of degree 2) equally likely."""
    shift, scale = shift_and_scale(dose)
    curves = [Fractional(powers, shift, scale) for powers in power_sets(degree)]
    turns = [_turn(curve.columns, anchors) for curve in curves]
    n = len(curves)
    shapes = Shapes(np.array(power_sets(degree)), np.full(n, 1.0 / n), np.full(n, np.nan), np.ones(n))

    def basis(at: Array) -> Array:
        return np.stack([curve.columns(at) @ turn for curve, turn in zip(curves, turns, strict=True)])

    name = "fp" if degree == 1 else f"fp{degree}"
    return CurveModel(name, f"Fractional polynomial, degree {degree}", anchors, shapes, basis)


def _emax(dose: Array, sigmoid: bool) -> CurveModel:
    """Return Emax: u = ED50^h / (ED50^h + s^h) uniform, s the median dose; log h uniform over its range.

    So ED50 has median s and, for h = 1, 95 % of its prior between s / 39 and 39 s: from the same effect at
    every dose to a straight line.
    """
    s = float(np.median(dose))
    curve, (u, wu) = Emax(s, sigmoid), _unit_rule(_NODES_U)
    if sigmoid:
        part, wh = _unit_rule(_NODES_H)
        h = HILL[0] * (HILL[1] / HILL[0]) ** part
        values = np.array([(a, b) for a in u for b in h])
        weights = np.outer(wu, wh).ravel()
    else:
        values, weights = u[:, None], wu
    hill = values[:, 1] if sigmoid else np.ones(values.shape[0])
    ed50 = s * (values[:, 0] / (1.0 - values[:, 0])) ** (1.0 / hill)

    def basis(at: Array) -> Array:
        return np.stack([curve.share(at, shape, s)[0][:, None] for shape in values])

    title = "Sigmoid Emax" if sigmoid else "Emax"
    shapes = Shapes(values, weights, ed50, hill)
    return CurveModel("sigmoid" if sigmoid else "emax", title, np.array([s]), shapes, basis)


def monotone_spline(dose: Array) -> Monotone:
    """Return the I-splines of these doses, one inner knot at their median.

    Raises
    ------
    TypeError
        If the registry's monotone curve is no sum of I-splines.
    """
    curve = build_curves("monotone", dose, CurveOptions())[0]
    if not isinstance(curve, Monotone):
        raise TypeError("the monotone curve of the registry is a sum of I-splines")
    return curve


def _monotone(dose: Array) -> CurveModel:
    r"""Return the monotone spline: the effect at the median dose times a sum of I-splines with shares w.

    :math:`f(d) = a\, (w'I(d)) / (w'I(s))`, w uniform on the simplex (Dirichlet(1, 1, 1)): coefficients of one
    sign, either sign as likely as the prior of a says, and at s the very prior of all other curves. (Two
    half-normal coefficients of scale 10 add up at s: an effect within 2 mmHg of none would be some five times
    less likely before any trial than under the other curves, and their probabilities could not be compared.)
    With :math:`w = (\rho(1-\varphi), \rho\varphi, 1-\rho)` the uniform density is
    :math:`2\rho\,d\rho\,d\varphi`.
    """
    spline = monotone_spline(dose)
    s = float(np.median(dose))
    (late, w_late), (part, w_part) = _unit_rule(_NODES_LATE), _unit_rule(_NODES_EARLY)
    shares = np.array([(r * (1.0 - v), r * v, 1.0 - r) for r in late for v in part])
    weights = np.outer(2.0 * late * w_late, w_part).ravel()
    at_s = shares @ spline.columns(np.array([s]))[0]

    def basis(at: Array) -> Array:
        return np.asarray((shares @ spline.columns(at).T / at_s[:, None])[:, :, None])

    n = weights.size
    shapes = Shapes(shares, weights, np.full(n, np.nan), np.ones(n))
    return CurveModel("monotone", "Monotone spline", np.array([s]), shapes, basis)


def curve_models(dose: Array) -> tuple[list[CurveModel], dict[str, str]]:
    """Return the curves these doses can carry, and title -> reason of those they cannot."""
    one = np.array([np.median(dose)])
    two = np.array([np.median(dose), dose.max()])
    builders: dict[str, Callable[[], CurveModel]] = {
        "One effect everywhere": lambda: flat(dose),
        "Linear": lambda: _linear("linear", "Linear", Polynomial(1).columns, one),
        "Log-linear": lambda: _linear("loglinear", "Log-linear", LogLinear(float(one[0])).columns, one),
        "Quadratic": lambda: _linear("quadratic", "Quadratic", Polynomial(2).columns, two),
        "Restricted cubic spline": lambda: _linear(
            "rcs", "Restricted cubic spline", RestrictedCubic(harrell_knots(dose)).columns, two
        ),
        "Fractional polynomial, degree 1": lambda: _powers(dose, 1, one),
        "Fractional polynomial, degree 2": lambda: _powers(dose, 2, two),
        "Emax": lambda: _emax(dose, sigmoid=False),
        "Sigmoid Emax": lambda: _emax(dose, sigmoid=True),
        "Monotone spline": lambda: _monotone(dose),
    }
    models, refused = [], {}
    for title, build in builders.items():
        try:
            models.append(build())
        except (ConfigError, FitError) as error:
            refused[title] = str(error)
    return models, refused
