"""DOSE_CURVES: every curve by name, with how it is built from the doses at hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgmeta.dose.curves import (
    Curve,
    Fractional,
    LogLinear,
    Monotone,
    Polynomial,
    RestrictedCubic,
)
from mgmeta.dose.emax import Emax
from mgmeta.dose.fractional import POWERS, power_sets, shift_and_scale
from mgmeta.dose.knots import harrell_knots, interior_knots
from mgmeta.errors import ConfigError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class CurveOptions:
    """What an analyst may fix about a curve; None leaves it to the rule of the curve.

    ``knots`` a number or doses (rcs, monotone); ``powers`` (fp, fp2), else the best of the usual set;
    ``shift`` (fp, fp2) and ``offset`` (loglinear) in the unit of the dose.
    """

    knots: int | tuple[float, ...] | None = None
    powers: tuple[float, ...] | None = None
    shift: float | None = None
    offset: float | None = None


@dataclass(frozen=True)
class DoseCurve:
    """A curve of the registry.

    Attributes
    ----------
    name, title, formula : for tables and figures
    options : the fields of :class:`CurveOptions` it listens to
    candidates : (doses of all arms, options) -> curves; more than one where the data choose
    """

    name: str
    title: str
    formula: str
    options: tuple[str, ...]
    candidates: Callable[[Array, CurveOptions], tuple[Curve, ...]]


def _straight(degree: int) -> Callable[[Array, CurveOptions], tuple[Curve, ...]]:
    return lambda dose, options: (Polynomial(degree),)


def _log_linear(dose: Array, options: CurveOptions) -> tuple[Curve, ...]:
    return (LogLinear(typical_dose(dose) if options.offset is None else options.offset),)


def _restricted(dose: Array, options: CurveOptions) -> tuple[Curve, ...]:
    return (RestrictedCubic(harrell_knots(dose, options.knots)),)


def _fractional(degree: int) -> Callable[[Array, CurveOptions], tuple[Curve, ...]]:
    def build(dose: Array, options: CurveOptions) -> tuple[Curve, ...]:
        shift, scale = shift_and_scale(dose)
        shift = shift if options.shift is None else options.shift
        if options.powers is None:
            return tuple(Fractional(p, shift, scale, selected=degree) for p in power_sets(degree))
        powers = tuple(sorted(options.powers))
        if len(powers) != degree or not set(powers) <= set(POWERS):
            usual = ", ".join(f"{power:g}" for power in POWERS)
            raise ConfigError(f"powers {powers}: give {degree} of {usual}")
        return (Fractional(powers, shift, scale),)

    return build


def _monotone(dose: Array, options: CurveOptions) -> tuple[Curve, ...]:
    positive = dose[dose > 0.0]
    interior, top = interior_knots(positive, options.knots), float(positive.max())
    if not (interior[0] > 0.0 and interior[-1] < top):
        raise ConfigError(f"interior knots must lie between 0 and the largest dose, {top:g}")
    return (Monotone(interior, top),)


def typical_dose(dose: Array) -> float:
    """Return the median of the positive doses, the unit of the curves that need one."""
    return float(np.median(dose[dose > 0.0]))


def _emax(sigmoid: bool) -> Callable[[Array, CurveOptions], tuple[Curve, ...]]:
    return lambda dose, options: (Emax(typical_dose(dose), sigmoid),)


DOSE_CURVES: dict[str, DoseCurve] = {
    curve.name: curve
    for curve in (
        DoseCurve("linear", "Linear", "b d", (), _straight(1)),
        DoseCurve("quadratic", "Quadratic", "b1 d + b2 d^2", (), _straight(2)),
        DoseCurve(
            "rcs", "Restricted cubic spline", "natural cubic spline through 0", ("knots",), _restricted
        ),
        DoseCurve(
            "fp", "Fractional polynomial, degree 1", "b h(x), x = (d + shift)/scale, anchored at d = 0",
            ("powers", "shift"), _fractional(1),
        ),
        DoseCurve(
            "fp2", "Fractional polynomial, degree 2", "b1 h1(x) + b2 h2(x), x as for fp",
            ("powers", "shift"), _fractional(2),
        ),
        DoseCurve("loglinear", "Log-linear", "b log(1 + d/c)", ("offset",), _log_linear),
        DoseCurve("emax", "Emax", "E d / (ED50 + d)", (), _emax(False)),
        DoseCurve("sigmoid", "Sigmoid Emax", "E d^h / (ED50^h + d^h)", (), _emax(True)),
        DoseCurve(
            "monotone", "Monotone spline", "sum of b_j I_j(d), all b_j of one sign", ("knots",), _monotone
        ),
    )
}  # fmt: skip


def build_curves(name: str, dose: Array, options: CurveOptions) -> tuple[Curve, ...]:
    """Return the candidates of a named curve for these doses.

    Parameters
    ----------
    name : key of :data:`DOSE_CURVES`
    dose : doses of all arms, in one unit
    options : what the analyst fixes; None leaves it to the rule of the curve

    Raises
    ------
    ConfigError
        If the name is unknown, an option is not the curve's or a value is out of range.
    FitError
        If no dose is above 0 or knots coincide.
    """
    if name not in DOSE_CURVES:
        raise ConfigError(f"curve {name!r} is unknown; choose one of {', '.join(DOSE_CURVES)}")
    kind = DOSE_CURVES[name]
    for option in ("knots", "powers", "shift", "offset"):
        if getattr(options, option) is not None and option not in kind.options:
            takers = ", ".join(key for key, curve in DOSE_CURVES.items() if option in curve.options)
            raise ConfigError(f"{option} says nothing about curve {name}; it belongs to {takers}")
    for option in ("shift", "offset"):
        value = getattr(options, option)
        if value is not None and not (np.isfinite(value) and value > 0.0):
            raise ConfigError(f"{option} is {value:g}; a dose above 0 is needed")
    if not np.any(dose > 0.0):
        raise ConfigError("no dose is above 0; a curve needs at least one")
    return kind.candidates(dose, options)


def options_for(name: str, options: CurveOptions) -> CurveOptions:
    """Return what of *options* a named curve listens to, for fits of several curves."""
    return CurveOptions(**{option: getattr(options, option) for option in DOSE_CURVES[name].options})
