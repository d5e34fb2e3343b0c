"""The random-effects log-likelihood of numbers and bounds, for many parameters at once.

A number ``y_i`` contributes the density of ``N(x_i' beta, tau2 + se_i^2)`` at ``y_i``; a
bound contributes the probability of its interval under the same distribution (interval
censoring; Tobin 1958, Econometrica 26:24, with known sampling variances).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgmeta.pooling.interval_normal import one_sided, one_sided_log_p, two_sided, two_sided_log_p

Array = NDArray[np.float64]

# Standard deviations from an interval at which both forms of its derivatives agree to 1e-8.
DEEP = 1e4

_LOG_2PI = float(np.log(2.0 * np.pi))


@dataclass(frozen=True)
class Derivatives:
    """Log-likelihood, gradient and Hessian in (beta, tau2); ``curvature`` = -d2 l_i / d eta_i^2 by row."""

    loglik: Array  # (s,)
    gradient: Array  # (s, p + 1)
    hessian: Array  # (s, p + 1, p + 1)
    curvature: Array  # (s, k), rows in the order of the problem

    def parts(self) -> tuple[Array, Array, Array, Array]:
        """Return the four arrays."""
        return self.loglik, self.gradient, self.hessian, self.curvature


@dataclass(frozen=True)
class Problem:
    """Rows sorted numeric, one-sided, two-sided, in units that make numbers of order one.

    ``scale`` (of y) and ``x_scale`` (of each column of x) are powers of two, so that
    dividing by them rounds nothing. ``order`` maps sorted rows to the caller's rows.
    """

    y: Array
    edge: Array
    direction: Array
    lower: Array
    upper: Array
    v: Array
    x: Array
    order: NDArray[np.intp]
    scale: float
    x_scale: Array

    @property
    def k_numeric(self) -> int:
        """Number of numeric rows."""
        return int(self.y.size)

    def to_units(self, theta: Array) -> Array:
        """Return (beta, tau2) in the caller's units."""
        return np.concatenate([theta[..., :-1] * self.beta_unit, theta[..., -1:] * self.scale**2], axis=-1)

    @property
    def beta_unit(self) -> Array:
        """Caller's units of one internal unit of each coefficient."""
        unit: Array = self.scale / self.x_scale
        return unit

    def loglik(self, theta: Array) -> Array:
        """Return the log-likelihood of each row of *theta* (s, p + 1), shape (s,)."""
        eta, v = theta[:, :-1] @ self.x.T, theta[:, -1:] + self.v
        n, m = self.y.size, self.y.size + self.edge.size
        total: Array = -0.5 * (np.log(v[:, :n]) + _LOG_2PI + (self.y - eta[:, :n]) ** 2 / v[:, :n]).sum(
            axis=1
        )
        if m > n:
            total = total + one_sided_log_p(self.edge, eta[:, n:m], v[:, n:m], self.direction).sum(axis=1)
        if eta.shape[1] > m:
            total = total + two_sided_log_p(self.lower, self.upper, eta[:, m:], v[:, m:]).sum(axis=1)
        return total

    def derivatives(self, theta: Array) -> Derivatives:
        """Return log-likelihood, gradient and Hessian at each row of *theta* (s, p + 1)."""
        eta, v = theta[:, :-1] @ self.x.T, theta[:, -1:] + self.v
        n, m = self.y.size, self.y.size + self.edge.size
        # Standardised derivatives: of eta in units of 1/sqrt(v), of tau2 in units of 1/v.
        value, first, second, d_tau, d_tau2, cross = np.empty((6, *eta.shape))
        z = (self.y - eta[:, :n]) / np.sqrt(v[:, :n])
        z2 = z * z
        value[:, :n] = -0.5 * (np.log(v[:, :n]) + _LOG_2PI + z2)
        first[:, :n], second[:, :n], cross[:, :n] = z, -1.0, -z
        d_tau[:, :n], d_tau2[:, :n] = 0.5 * (z2 - 1.0), 0.5 - z2
        pieces = []
        if m > n:
            pieces.append((slice(n, m), one_sided(self.edge, eta[:, n:m], v[:, n:m], self.direction)))
        if eta.shape[1] > m:
            pieces.append((slice(m, None), two_sided(self.lower, self.upper, eta[:, m:], v[:, m:])))
        for part, t in pieces:
            square = t.m0**2
            # Beyond DEEP the truncated variable sits at its near end: it is a number there, and
            # the differences of moments, which would only be rounding, are those of a number.
            deep = square > DEEP**2
            value[:, part] = t.log_p
            first[:, part] = -t.m0
            second[:, part] = -np.where(deep, 1.0, t.m1 + square)
            d_tau[:, part] = -0.5 * t.m1
            d_tau2[:, part] = np.where(deep, 0.5 - square, 0.25 * (3.0 * t.m1 - t.m3 - t.m1**2))
            cross[:, part] = np.where(deep, t.m0, 0.5 * (t.m0 - t.m2 - t.m0 * t.m1))
        return self._assemble(v, value, first, second, d_tau, d_tau2, cross)

    def _assemble(
        self, v: Array, value: Array, first: Array, second: Array, d_tau: Array, d_tau2: Array, cross: Array
    ) -> Derivatives:
        """Sum standardised row derivatives into gradient and Hessian."""
        (k, p), s = self.x.shape, v.shape[0]
        root = np.sqrt(v)
        curvature = -second / v
        gradient = np.empty((s, p + 1))
        gradient[:, :p] = (first / root) @ self.x
        gradient[:, p] = (d_tau / v).sum(axis=1)
        hessian = np.empty((s, p + 1, p + 1))
        outer = (self.x[:, :, None] * self.x[:, None, :]).reshape(k, p * p)
        hessian[:, :p, :p] = -(curvature @ outer).reshape(s, p, p)
        hessian[:, p, :p] = hessian[:, :p, p] = (cross / (v * root)) @ self.x
        hessian[:, p, p] = (d_tau2 / v**2).sum(axis=1)
        return Derivatives(value.sum(axis=1), gradient, hessian, curvature)


def power_of_two(value: float) -> float:
    """Return the power of two nearest to *value* on the log scale (1 for 0)."""
    return float(2.0 ** np.round(np.log2(value))) if value > 0.0 else 1.0


def prepare(y: Array, se: Array, lower: Array, upper: Array, x: Array) -> Problem:
    """Sort and scale checked rows (see :func:`mgmeta.pooling.bounded.fit_bounded`).

    Parameters
    ----------
    y : (k,) effects, in any one unit
    se : (k,) standard errors, in the unit of the effects
    lower : (k,) lower ends of what is allowed, in the unit of the effects; infinite where open
    upper : (k,) upper ends, in the unit of the effects; infinite where open
    x : (k, p) design matrix
    """
    numeric = ~np.isnan(y)
    two = ~numeric & np.isfinite(lower) & np.isfinite(upper)
    kind = np.where(numeric, 0, np.where(two, 2, 1))
    order = np.argsort(kind, kind="stable")
    n, m = int(numeric.sum()), int((kind < 2).sum())
    one, pair = order[n:m], order[m:]
    scale = power_of_two(float(np.median(se)))
    x_scale = np.array([power_of_two(float(np.max(np.abs(column)))) for column in x.T])
    direction = np.where(np.isfinite(upper[one]), 1.0, -1.0)
    return Problem(
        y=y[order[:n]] / scale,
        edge=np.where(direction > 0.0, upper[one], lower[one]) / scale,
        direction=direction,
        lower=lower[pair] / scale,
        upper=upper[pair] / scale,
        v=(se[order] / scale) ** 2,
        x=x[order] / x_scale,
        order=order,
        scale=scale,
        x_scale=x_scale,
    )
