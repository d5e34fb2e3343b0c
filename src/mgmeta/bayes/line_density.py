"""A density on the whole line, given by its logarithm, on self-refining panels."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from mgmeta.bayes.densities import Density, NormalMixture
from mgmeta.bayes.panels import PanelDensity, integrate
from mgmeta.bayes.rows import Array

# Above this many components a mixture is tabulated before many of its quantiles are asked for.
_MANY = 1000


class LineDensity:
    """The density proportional to ``exp(log_f(x))``.

    The line is mapped to u in (0, 1) by ``x = centre + scale r / (1 - r^2)``, ``r = 2u - 1``.

    Parameters
    ----------
    log_f
        Log density up to a constant, shape (n,) -> (n,).
    centre, scale
        Roughly where it lies and how wide it is; they cost accuracy only if wrong by orders of magnitude.
    tolerance
        Of the integral, relative.

    Raises
    ------
    FitError
        If the density is zero everywhere or cannot be resolved.
    """

    def __init__(
        self, log_f: Callable[[Array], Array], centre: float, scale: float, *, tolerance: float = 1e-12
    ) -> None:
        self.centre, self.scale = centre, scale
        panels = integrate(lambda u: log_f(self._x(u)) + self._log_slope(u), tolerance=tolerance)
        self.log_integral = panels.log_integral()
        self._density = PanelDensity(panels)
        self._weights = np.exp(panels.log_f + panels.log_weights - self.log_integral).ravel()
        self._nodes = self._x(panels.u.ravel())

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
        u = self._u(np.atleast_1d(np.asarray(x, dtype=float)))
        return np.asarray(self._density.pdf(u) * np.exp(-self._log_slope(u)))

    def cdf(self, x: ArrayLike) -> Array:
        """Return P(X < x), shape (n,)."""
        return self._density.cdf(self._u(np.atleast_1d(np.asarray(x, dtype=float))))

    def quantile(self, p: ArrayLike) -> Array:
        """Return the quantiles at *p*, shape (n,)."""
        return self._x(self._density.quantile(np.asarray(p, dtype=float)))

    def _x(self, u: Array) -> Array:
        return np.asarray(self.centre + self.scale * (2.0 * u - 1.0) / (4.0 * u * (1.0 - u)))

    def _log_slope(self, u: Array) -> Array:
        q = 4.0 * u * (1.0 - u)
        r = 2.0 * u - 1.0
        return np.asarray(math.log(2.0 * self.scale) + np.log1p(r * r) - 2.0 * np.log(q))

    def _u(self, x: Array) -> Array:
        z = (x - self.centre) / self.scale
        r = 2.0 * z / (1.0 + np.sqrt(1.0 + 4.0 * z * z))
        return np.asarray(0.5 * (r + 1.0))


def compact(density: Density) -> Density:
    """Return a density that is cheap to ask for many quantiles, the same to about 1e-11.

    A mixture of thousands of normals is tabulated once on panels; anything else is returned as it is.
    """
    if not isinstance(density, NormalMixture) or len(density.weights) <= _MANY:
        return density
    low, median, high = (float(x) for x in density.quantile(np.array([0.25, 0.5, 0.75])))

    def log_f(x: Array) -> Array:
        return np.log(np.maximum(density.pdf(x), 1e-300))

    return LineDensity(log_f, median, high - low, tolerance=1e-11)
