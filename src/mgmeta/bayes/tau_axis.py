"""Where on the half-line of tau to integrate: maps from u in (0, 1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mgmeta.bayes.priors import Prior
from mgmeta.bayes.rows import Array


@dataclass(frozen=True)
class Axis:
    """A monotone map ``u -> tau`` on (0, 1) with its inverse and derivative.

    Three kinds:

    - ``algebraic``: ``tau = c (u / (1 - u))**2``. The square takes an inverse-square-root
      pole at 0 away; a tail ``tau**-a`` becomes the power ``2a - 3`` of ``1 - u``.
    - ``bounded``: ``tau = c u**2``, for a prior that ends at *c*.
    - ``logarithmic``: ``log(tau / c) = r / (1 - r**2)`` with ``r = 2u - 1``, for a prior with mass
      at every order of magnitude (log-t of tau2).
    """

    kind: str
    scale: float

    def tau(self, u: Array) -> Array:
        """Return tau at *u*."""
        if self.kind == "algebraic":
            return np.asarray(self.scale * (u / (1.0 - u)) ** 2)
        if self.kind == "bounded":
            return self.scale * u**2
        r = 2.0 * u - 1.0
        with np.errstate(over="ignore", under="ignore"):
            return np.asarray(self.scale * np.exp(r / (4.0 * u * (1.0 - u))))

    def log_slope(self, u: Array) -> Array:
        """Return ``log d tau / d u``."""
        if self.kind == "algebraic":
            return np.asarray(np.log(2.0 * self.scale * u) - 3.0 * np.log1p(-u))
        if self.kind == "bounded":
            return np.asarray(np.log(2.0 * self.scale * u))
        q = 4.0 * u * (1.0 - u)  # 1 - r**2
        r = 2.0 * u - 1.0
        return np.asarray(np.log(self.scale) + r / q + np.log(2.0 * (1.0 + r * r)) - 2.0 * np.log(q))

    def u(self, tau: Array) -> Array:
        """Return u at *tau* >= 0."""
        ratio = np.asarray(tau, dtype=float) / self.scale
        if self.kind == "algebraic":
            root = np.sqrt(ratio)
            return np.where(np.isinf(root), 1.0, root / (1.0 + root))
        if self.kind == "bounded":
            return np.sqrt(np.minimum(ratio, 1.0))
        with np.errstate(divide="ignore"):
            x = np.log(ratio)
        # r solves x r**2 + r - x = 0 in (-1, 1).
        finite = np.clip(x, -1e15, 1e15)
        r = 2.0 * finite / (1.0 + np.sqrt(1.0 + 4.0 * finite * finite))
        return np.asarray(0.5 * (r + 1.0))


def choose_axis(prior: Prior, se: Array) -> Axis:
    """Return the axis for a prior of tau; its scale is that of the standard errors."""
    if prior.family == "uniform":
        return Axis("bounded", prior.params[0])
    typical = float(np.median(se))
    return Axis("logarithmic" if prior.family == "logt_var" else "algebraic", typical)
