"""Densities on the whole line, on self-refining panels."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from mgmeta.bayes.densities import Density, NormalMixture
from mgmeta.bayes.panels import PanelDensity, Panels, integrate
from mgmeta.bayes.rows import Array

# Above this many components a mixture is tabulated before many of its quantiles are asked for.
_MANY = 1000


class Line:
    """The map of u in (0, 1) to the line, ``x = centre + scale r / (1 - r^2)`` with ``r = 2u - 1``."""

    def __init__(self, centre: float, scale: float) -> None:
        self.centre, self.scale = centre, scale

    def x(self, u: Array) -> Array:
        """Return x at *u*."""
        return np.asarray(self.centre + self.scale * (2.0 * u - 1.0) / (4.0 * u * (1.0 - u)))

    def log_slope(self, u: Array) -> Array:
        """Return ``log d x / d u``."""
        q = 4.0 * u * (1.0 - u)
        r = 2.0 * u - 1.0
        return np.asarray(math.log(2.0 * self.scale) + np.log1p(r * r) - 2.0 * np.log(q))

    def u(self, x: Array) -> Array:
        """Return u at *x*."""
        z = (x - self.centre) / self.scale
        r = 2.0 * z / (1.0 + np.sqrt(1.0 + 4.0 * z * z))
        return np.asarray(0.5 * (r + 1.0))


class LineDensity:
    """A density on the line, given by its logarithm on panels of u.

    Parameters
    ----------
    line
        Where u lies.
    panels
        Logs of the density of u, up to a constant.
    """

    def __init__(self, line: Line, panels: Panels) -> None:
        self.line = line
        self.log_integral = panels.log_integral()
        self._density = PanelDensity(panels)
        self._weights = np.exp(panels.log_f + panels.log_weights - self.log_integral).ravel()
        self._nodes = line.x(panels.u.ravel())

    @property
    def mean(self) -> float:
        """Mean."""
        return float(self._weights @ self._nodes)

    @property
    def sd(self) -> float:
        """Standard deviation."""
        return float(np.sqrt(self._weights @ (self._nodes - self.mean) ** 2))

    def pdf(self, x: ArrayLike) -> Array:
        """Return the density at *x*, shape (n,)."""
        u = self.line.u(np.atleast_1d(np.asarray(x, dtype=float)))
        return np.asarray(self._density.pdf(u) * np.exp(-self.line.log_slope(u)))

    def cdf(self, x: ArrayLike) -> Array:
        """Return P(X < x), shape (n,)."""
        return self._density.cdf(self.line.u(np.atleast_1d(np.asarray(x, dtype=float))))

    def quantile(self, p: ArrayLike) -> Array:
        """Return the quantiles at *p*, shape (n,)."""
        return self.line.x(self._density.quantile(np.asarray(p, dtype=float)))


def line_density(
    log_f: Callable[[Array], Array], centre: float, scale: float, *, tolerance: float = 1e-12
) -> LineDensity:
    """Return the density proportional to ``exp(log_f(x))``.

    Parameters
    ----------
    log_f
        Log density up to a constant, shape (n,) -> (n,).
    centre, scale
        Roughly where it lies and how wide it is; they cost panels, not accuracy.
    tolerance
        Of the integral, relative.

    Raises
    ------
    FitError
        If the density is zero everywhere or cannot be resolved.
    """
    line = Line(centre, scale)
    panels = integrate(lambda u: log_f(line.x(u)) + line.log_slope(u), tolerance=tolerance)
    return LineDensity(line, panels)


def compact(density: Density) -> Density:
    """Return a density that is cheap to ask for many quantiles, the same to about 1e-11.

    A mixture of thousands of normals is tabulated once on panels; anything else is returned as it is.
    """
    if not isinstance(density, NormalMixture) or len(density.weights) <= _MANY:
        return density
    low, median, high = (float(x) for x in density.quantile(np.array([0.25, 0.5, 0.75])))

    def log_f(x: Array) -> Array:
        return np.log(np.maximum(density.pdf(x), 1e-300))

    return line_density(log_f, median, high - low, tolerance=1e-11)
