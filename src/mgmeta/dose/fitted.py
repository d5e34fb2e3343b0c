"""What every fitted curve can be asked, whichever likelihood it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mgmeta.dose.cone import Cone, profile_cone
from mgmeta.dose.curves import Basis, Monotone
from mgmeta.dose.emax import Emax
from mgmeta.dose.peak import Peak, profile_combinations
from mgmeta.dose.shape_likelihood import Point
from mgmeta.dose.shape_peak import ShapePeak
from mgmeta.dose.shape_profile import profile_level
from mgmeta.dose.spread import Tangent

Array = NDArray[np.float64]


class Fitted(Protocol):
    """A fitted curve."""

    @property
    def df(self) -> float:
        """Degrees of freedom of t intervals; infinite for the normal."""

    @property
    def coefficients(self) -> int:
        """Parameters of the curve."""

    def effect(self, dose: Array) -> Array:
        """Return f(d), (n,)."""

    def se(self, dose: Array) -> Array:
        """Return its standard error, NaN where there is none."""

    def ends(self, dose: Array, drops: Sequence[float]) -> Array:
        """Return intervals (n, drops, 2) whose ends lie sqrt(drop) standard errors out, or by profile."""

    def slope(self, dose: Array) -> tuple[Array, Array]:
        """Return df/dd and its standard error, (n,) each."""

    def between(self, dose: Array) -> Array:
        """Return the variance of true effects between trials at a dose."""

    def path(self, dose: Array) -> Array | None:
        """Return unit vectors (n, p) of f's direction in units of its covariance, or None."""

    def tangent(self) -> Tangent | None:
        """Return the rows near the maximum, of which one tau is the spread; None where there is none such."""


@dataclass(frozen=True)
class Linear:
    """A curve linear in its coefficients, with normal-theory intervals (REML, two stages, random slopes).

    ``psi`` is the between-trial covariance of the coefficients or, where it is a number, tau2.
    """

    curve: Basis
    beta: Array
    cov: Array
    psi: Array | float
    df: float

    @property
    def coefficients(self) -> int:
        """Number of coefficients."""
        return self.beta.size

    def effect(self, dose: Array) -> Array:
        """Return x'beta."""
        return np.asarray(self.curve.columns(dose) @ self.beta)

    def se(self, dose: Array) -> Array:
        """Return sqrt(x' cov x)."""
        return _form(self.curve.columns(dose), self.cov)

    def ends(self, dose: Array, drops: Sequence[float]) -> Array:
        """Return f +- sqrt(drop) se."""
        half = np.sqrt(np.asarray(drops)) * self.se(dose)[:, None]
        return np.stack([self.effect(dose)[:, None] - half, self.effect(dose)[:, None] + half], axis=2)

    def slope(self, dose: Array) -> tuple[Array, Array]:
        """Return x''beta and its se."""
        columns = self.curve.slopes(dose)
        return columns @ self.beta, _form(columns, self.cov)

    def between(self, dose: Array) -> Array:
        """Return tau2 or x' Psi x."""
        if isinstance(self.psi, float):
            return np.full(dose.shape, self.psi)
        return _form(self.curve.columns(dose), self.psi) ** 2

    def path(self, dose: Array) -> Array | None:
        """Return L'x / |L'x| with cov = LL'."""
        direction = self.curve.columns(dose) @ np.linalg.cholesky(self.cov)
        return np.asarray(direction / np.linalg.norm(direction, axis=1)[:, None])

    def tangent(self) -> Tangent | None:
        """Return None: the rows are not at hand."""
        return None


@dataclass(frozen=True)
class Profiled(Linear):
    """The same with profile-likelihood intervals of numbers and bounds."""

    peak: Peak

    def ends(self, dose: Array, drops: Sequence[float]) -> Array:
        """Return the profile intervals."""
        return profile_combinations(self.peak, self.curve.columns(dose), drops).ends

    def tangent(self) -> Tangent | None:
        """Return the rows themselves; None where coefficients vary between trials."""
        peak = self.peak
        return Tangent(peak.rows, peak.x, peak.x @ peak.beta) if isinstance(self.psi, float) else None


@dataclass(frozen=True)
class Shaped:
    """A curve that is not linear in its parameters, with profile-likelihood intervals."""

    curve: Emax
    peak: ShapePeak
    df: float

    @property
    def coefficients(self) -> int:
        """Level and shape parameters."""
        return self.curve.parameters

    def effect(self, dose: Array) -> Array:
        """Return f(d)."""
        return self.peak.level(dose) + 0.0  # no minus zero at dose 0

    def se(self, dose: Array) -> Array:
        """Return NaN: the profile need not be a parabola."""
        return np.where(dose > 0.0, np.nan, 0.0)

    def ends(self, dose: Array, drops: Sequence[float]) -> Array:
        """Return the profile intervals."""
        found = np.zeros((dose.size, len(drops), 2))
        for i in np.flatnonzero(dose > 0.0):
            found[i] = profile_level(self.peak, float(dose[i]), drops)
        return found

    def slope(self, dose: Array) -> tuple[Array, Array]:
        """Return df/dd, and its se by the delta method where the maximum is inside its range."""
        at = self.peak.point
        value = self._slope(dose, at.value)
        covariance = covariance_inside(self.peak, at)
        if covariance is None:
            return value, np.full(dose.shape, np.nan)
        gradient = np.zeros((dose.size, at.value.size))
        for j in range(at.value.size):
            step = np.zeros(at.value.size)
            step[j] = 1e-5 * max(abs(float(at.value[j])), 1e-3)
            gradient[:, j] = (self._slope(dose, at.value + step) - self._slope(dose, at.value - step)) / (
                2.0 * step[j]
            )
        return value, _form(gradient, covariance)

    def _slope(self, dose: Array, value: Array) -> Array:
        """Return df/dd; NaN at dose 0 where the curve starts straight up."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            slope = value[0] * self.curve.slopes(dose, value[1:-1], self.peak.anchor)
        return np.where(np.isfinite(slope), slope, np.nan)

    def between(self, dose: Array) -> Array:
        """Return tau2."""
        return np.full(dose.shape, float(self.peak.point.value[-1]))

    def path(self, dose: Array) -> Array | None:
        """Return None: no linear path."""
        return None

    def tangent(self) -> Tangent | None:
        """Return the tangent in the level and the shape parameters inside their boxes."""
        peak, value = self.peak, self.peak.point.value
        g, first, _ = peak.likelihood.shares(value[1:-1], peak.anchor)
        inside = _inside(peak, peak.point)
        x = np.column_stack([g, value[0] * first[:, inside]])
        if np.linalg.matrix_rank(x / np.maximum(np.abs(x).max(axis=0), 1e-300)) < x.shape[1]:
            x = x[:, :1]
        return Tangent(peak.likelihood.rows, x, value[0] * g)


@dataclass(frozen=True)
class Coned:
    """A curve whose coefficients are of one sign, with profile-likelihood intervals."""

    curve: Monotone
    cone: Cone
    df: float

    @property
    def coefficients(self) -> int:
        """Number of coefficients, those at 0 included."""
        return len(self.curve.terms)

    def effect(self, dose: Array) -> Array:
        """Return f(d)."""
        return np.asarray(self.curve.columns(dose) @ self.cone.beta)

    def se(self, dose: Array) -> Array:
        """Return NaN: signs are held, so that no parabola describes the profile."""
        return np.where(dose > 0.0, np.nan, 0.0)

    def ends(self, dose: Array, drops: Sequence[float]) -> Array:
        """Return the profile intervals."""
        found = np.zeros((dose.size, len(drops), 2))
        for i in np.flatnonzero(dose > 0.0):
            found[i] = profile_cone(self.cone, self.curve.columns(dose[[i]])[0], drops)
        return found

    def slope(self, dose: Array) -> tuple[Array, Array]:
        """Return df/dd, and NaN for its se."""
        return np.asarray(self.curve.slopes(dose) @ self.cone.beta), np.full(dose.shape, np.nan)

    def between(self, dose: Array) -> Array:
        """Return tau2."""
        return np.full(dose.shape, self.cone.best.peak.tau2)

    def path(self, dose: Array) -> Array | None:
        """Return None: no linear path."""
        return None

    def tangent(self) -> Tangent | None:
        """Return the rows in the coefficients that are not held at 0."""
        peak = self.cone.best.peak
        return Tangent(peak.rows, peak.x, peak.x @ peak.beta)


def covariance_inside(peak: ShapePeak, point: Point) -> Array | None:
    """Return the inverse observed information, or None where a shape parameter sits at the end of its box.

    tau2 is held where it is 0 or the information has no inverse with it free.
    """
    size = point.value.size
    if not _inside(peak, point).all():
        return None
    typical = float(np.median(peak.likelihood.rows.se)) ** 2
    free = np.arange(size if point.value[-1] > 1e-6 * typical else size - 1)
    information = -point.hessian[np.ix_(free, free)]
    scale = np.sqrt(np.maximum(np.diag(information), 1e-300))
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    if values[0] <= 1e-10:
        return None
    full = np.zeros((size, size))
    full[np.ix_(free, free)] = (vectors / values) @ vectors.T / np.outer(scale, scale)
    return full


def _inside(peak: ShapePeak, point: Point) -> NDArray[np.bool_]:
    """Return which shape parameters are inside their boxes."""
    boxes, shape = np.array(peak.likelihood.family.boxes), point.shape
    margin = 1e-4 * np.where(np.isfinite(boxes[:, 1]), boxes[:, 1] - boxes[:, 0], 1.0)
    return np.asarray((shape > boxes[:, 0] + margin) & (shape < boxes[:, 1] - margin))


def _form(columns: Array, matrix: Array) -> Array:
    """Return sqrt(x' M x) of each row."""
    return np.asarray(np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", columns, matrix, columns), 0.0)))
