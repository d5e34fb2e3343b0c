"""Posterior densities: of tau on panels, of everything else as mixtures of normals."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from mgmeta.bayes.panels import PanelDensity, Panels
from mgmeta.bayes.rows import Array
from mgmeta.bayes.tau_axis import Axis

_BLOCK = 2_000_000
_LOG_ROOT_2PI = 0.5 * math.log(2.0 * math.pi)


class Density(Protocol):
    """What every posterior density can tell; arguments of any 1-d shape."""

    @property
    def mean(self) -> float:
        """Mean; NaN if it does not exist."""
        ...

    @property
    def sd(self) -> float:
        """Standard deviation; NaN if it does not exist."""
        ...

    def pdf(self, x: ArrayLike) -> Array:
        """Return the density."""
        ...

    def cdf(self, x: ArrayLike) -> Array:
        """Return P(X < x)."""
        ...

    def quantile(self, p: ArrayLike) -> Array:
        """Return x with P(X < x) = p."""
        ...


@dataclass(frozen=True)
class NormalMixture:
    """A finite mixture of normals.

    Attributes
    ----------
    weights : array, shape (c,)
        Summing to 1. Those of an interpolated density may be slightly negative.
    means, sds : array, shape (c,)
        Of the components; an sd may be 0 (a point).
    moments : int
        How many moments exist: 2, 1 (mean only) or 0.
    """

    weights: Array
    means: Array
    sds: Array
    moments: int = 2

    @cached_property
    def _centre(self) -> float:
        return float(self.weights @ self.means)

    @property
    def mean(self) -> float:
        """Mean; NaN if it does not exist."""
        return self._centre if self.moments >= 1 else math.nan

    @property
    def sd(self) -> float:
        """Standard deviation; NaN if it does not exist."""
        if self.moments < 2:
            return math.nan
        second = float(self.weights @ (self.sds**2 + (self.means - self._centre) ** 2))
        return math.sqrt(max(second, 0.0))

    def pdf(self, x: ArrayLike) -> Array:
        """Return the density at *x*, shape (n,)."""

        def block(points: Array) -> Array:
            z = (points[:, None] - self.means) / self.sds
            with np.errstate(under="ignore"):
                return np.asarray(np.exp(-0.5 * z * z - _LOG_ROOT_2PI) @ (self.weights / self.sds))

        return self._blocks(block, x)

    def cdf(self, x: ArrayLike) -> Array:
        """Return P(X < x) at *x*, shape (n,)."""

        def block(points: Array) -> Array:
            with np.errstate(divide="ignore", invalid="ignore"):
                z = (points[:, None] - self.means) / self.sds
            probability = ndtr(np.where(np.isnan(z), 0.0, z)) @ self.weights
            return np.asarray(np.clip(probability, 0.0, 1.0))

        return self._blocks(block, x)

    def _blocks(self, function: Callable[[Array], Array], x: ArrayLike) -> Array:
        """Apply a function of points to so many at a time that the table of z stays small."""
        points = np.atleast_1d(np.asarray(x, dtype=float))
        size = max(1, _BLOCK // len(self.weights))
        if len(points) <= size:
            return function(points)
        return np.concatenate([function(points[i : i + size]) for i in range(0, len(points), size)])

    def quantile(self, p: ArrayLike) -> Array:
        """Return the quantiles at *p*, shape (n,): Newton steps kept inside a bracket, to rounding."""
        target = np.atleast_1d(np.asarray(p, dtype=float))
        own = self.means + self.sds * np.asarray(ndtri(target))[:, None]
        low, high = own.min(axis=1), own.max(axis=1)
        x = np.clip(own @ self.weights, low, high)
        scale = np.maximum(np.abs(low), np.abs(high))
        if np.all(high - low <= 1e-15 * scale):
            return np.asarray(x)
        for _ in range(200):
            gap = self.cdf(x) - target
            low, high = np.where(gap < 0.0, x, low), np.where(gap < 0.0, high, x)
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                step = x - gap / self.pdf(x)
            new = np.where((step > low) & (step < high), step, 0.5 * (low + high))
            hit = np.abs(gap) <= 2e-16 + 1e-15 * target  # as near as the sum of weights can tell
            done = hit | (np.abs(new - x) <= 4e-15 * np.abs(x))
            x = np.where(hit, x, new)
            if done.all():
                break
        return np.asarray(x)


class TauDensity:
    """The posterior density of tau."""

    def __init__(self, axis: Axis, panels: Panels, moments: int = 2) -> None:
        self.axis = axis
        self.moments = moments
        self._density = PanelDensity(panels)
        self.weights = np.exp(panels.log_f + panels.log_weights - panels.log_integral()).ravel()
        self.nodes = axis.tau(panels.u.ravel())

    @property
    def mean(self) -> float:
        """Mean; NaN if it does not exist."""
        return float(self.weights @ self.nodes) if self.moments >= 1 else math.nan

    @property
    def sd(self) -> float:
        """Standard deviation; NaN if it does not exist."""
        if self.moments < 2:
            return math.nan
        return float(np.sqrt(self.weights @ (self.nodes - self.weights @ self.nodes) ** 2))

    @property
    def mean_square(self) -> float:
        """Posterior mean of tau squared; NaN if it does not exist."""
        return float(self.weights @ self.nodes**2) if self.moments >= 2 else math.nan

    def pdf(self, x: ArrayLike) -> Array:
        """Return the density at tau = *x* > 0, shape (n,)."""
        u = self.axis.u(np.atleast_1d(np.asarray(x, dtype=float)))
        with np.errstate(divide="ignore"):
            return np.asarray(self._density.pdf(u) * np.exp(-self.axis.log_slope(u)))

    def cdf(self, x: ArrayLike) -> Array:
        """Return P(tau < x), shape (n,)."""
        return self._density.cdf(self.axis.u(np.atleast_1d(np.asarray(x, dtype=float))))

    def quantile(self, p: ArrayLike) -> Array:
        """Return the quantiles at *p*, shape (n,)."""
        return self.axis.tau(self._density.quantile(np.asarray(p, dtype=float)))
