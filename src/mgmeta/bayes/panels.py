"""Composite Gauss-Legendre quadrature on (0, 1) that refines itself, and the density it leaves.

On every panel the integrand is known at 16 Gauss nodes, that is, as a polynomial of degree
15. A panel is halved until its last two Legendre coefficients no longer matter, so the
polynomial is the integrand to about 12 digits and can be integrated to any point: density,
distribution function and quantiles all come from the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import legendre

from mgmeta.bayes.rows import Array
from mgmeta.errors import FitError

N = 16
_X, _W = legendre.leggauss(N)
# Values at the nodes -> Legendre coefficients: c_j = (2j + 1)/2 sum_i w_i P_j(x_i) f(x_i).
_TO_COEFFICIENTS = ((2.0 * np.arange(N) + 1.0) / 2.0)[:, None] * (
    legendre.legvander(_X, N - 1) * _W[:, None]
).T
_START = 8
_DEPTH = 30
_TOLERANCE = 1e-13
_NEGLIGIBLE = 60.0  # a panel exp(-60) below the peak is zero


@dataclass(frozen=True)
class Panels:
    """An integrand on panels of (0, 1).

    Attributes
    ----------
    edges : array, shape (p + 1,)
        Ends of the panels.
    u : array, shape (p, 16)
        Nodes.
    log_f : array, shape (p, 16)
        Log of the integrand at the nodes.
    """

    edges: Array
    u: Array
    log_f: Array

    @property
    def log_weights(self) -> Array:
        """Log of the quadrature weights, shape (p, 16)."""
        return np.asarray(np.log(quadrature_weights(self.edges)))

    def log_integral(self) -> float:
        """Return the log of the integral."""
        peak = float(self.log_f.max())
        return peak + float(np.log(np.sum(np.exp(self.log_f - peak + self.log_weights))))


def integrate(log_f: Callable[[Array], Array], *, tolerance: float = _TOLERANCE) -> Panels:
    """Find panels on which *log_f* (shape (m,) -> (m,)) is resolved.

    Raises
    ------
    FitError
        If the integrand is zero or not a number everywhere, or not resolved after 30 halvings.
    """
    edges, u, values = resolve(lambda at: log_f(at)[:, None], tolerance=tolerance)
    return Panels(edges, u, values[:, :, 0])


def resolve(
    log_f: Callable[[Array], Array], *, tolerance: float = _TOLERANCE, start: int = _START
) -> tuple[Array, Array, Array]:
    """Find panels on which several integrands are resolved, each to its own integral.

    Parameters
    ----------
    log_f
        Logs of j integrands, shape (m,) -> (m, j).
    tolerance
        What a panel's last coefficients may contribute, as a share of the integral.
    start
        Panels to begin with.

    Returns
    -------
    edges, u, values
        Ends of the p panels, shape (p + 1,); nodes, (p, 16); logs at the nodes, (p, 16, j).

    Raises
    ------
    FitError
        If an integrand is zero or not a number everywhere, or not resolved after 30 halvings.
    """
    left = np.arange(start) / start
    width = np.full(start, 1.0 / start)
    values = _evaluate(log_f, left, width)
    for _ in range(_DEPTH):
        peak = values.max(axis=(0, 1))
        if not np.isfinite(peak).all():
            raise FitError("the posterior density is zero everywhere: the prior excludes these data")
        f = np.exp(values - peak)
        total = 0.5 * np.einsum("pnj,n,p->j", f, _W, width)
        tail = np.abs(np.einsum("pnj,cn->pcj", f, _TO_COEFFICIENTS[-2:])).max(axis=1) * width[:, None]
        high = values.max(axis=1) > peak - _NEGLIGIBLE
        coarse = ((tail > tolerance * total) & high).any(axis=1)
        if not coarse.any():
            break
        half = 0.5 * width[coarse]
        new_left = np.concatenate([left[coarse], left[coarse] + half])
        new_width = np.concatenate([half, half])
        left = np.concatenate([left[~coarse], new_left])
        width = np.concatenate([width[~coarse], new_width])
        values = np.concatenate([values[~coarse], _evaluate(log_f, new_left, new_width)])
    else:
        raise FitError("the posterior cannot be resolved: its density has a pole or a jump")
    order = np.argsort(left)
    return np.append(left[order], 1.0), _nodes(left[order], width[order]), values[order]


def quadrature_weights(edges: Array) -> Array:
    """Return the weights of the nodes of panels, shape (p, 16)."""
    return np.asarray(0.5 * np.diff(edges)[:, None] * _W)


def _nodes(left: Array, width: Array) -> Array:
    return np.asarray(left[:, None] + 0.5 * width[:, None] * (1.0 + _X))


def _evaluate(log_f: Callable[[Array], Array], left: Array, width: Array) -> Array:
    u = _nodes(left, width)
    values = log_f(u.ravel())
    values = values.reshape(*u.shape, values.shape[1])
    return np.where(np.isnan(values), -np.inf, values)


class PanelDensity:
    """The normalised density of u on panels: density, distribution function, quantiles."""

    def __init__(self, panels: Panels) -> None:
        self.panels = panels
        f = np.exp(panels.log_f - panels.log_integral())
        half = 0.5 * np.diff(panels.edges)
        self._coefficients = f @ _TO_COEFFICIENTS.T
        # Integral from the left end of the panel, in Legendre coefficients: shape (p, 17).
        self._integrals = legendre.legint(self._coefficients.T, lbnd=-1).T * half[:, None]
        mass = self._integrals.sum(axis=1)  # every P_j(1) is 1
        self._below = np.concatenate([[0.0], np.cumsum(mass)])
        self._below /= self._below[-1]

    def pdf(self, u: Array) -> Array:
        """Return the density of u at points of [0, 1]."""
        panel, x = self._locate(u)
        density = legendre.legval(x, self._coefficients[panel].T, tensor=False)
        return np.asarray(np.maximum(density, 0.0))

    def cdf(self, u: Array) -> Array:
        """Return P(U < u)."""
        panel, x = self._locate(u)
        inside = legendre.legval(x, self._integrals[panel].T, tensor=False)
        return np.asarray(np.clip(self._below[panel] + inside, 0.0, 1.0))

    def quantile(self, p: Array) -> Array:
        """Return u with P(U < u) = p, by Newton steps kept inside a shrinking bracket."""
        target = np.atleast_1d(np.asarray(p, dtype=float))
        panel = np.clip(np.searchsorted(self._below, target, side="right") - 1, 0, len(self._below) - 2)
        low, high = np.full(target.shape, -1.0), np.ones(target.shape)
        density = self._coefficients[panel].T
        integral = self._integrals[panel].T
        half = 0.5 * np.diff(self.panels.edges)[panel]
        x = np.zeros(target.shape)
        for _ in range(60):
            gap = self._below[panel] + legendre.legval(x, integral, tensor=False) - target
            low, high = np.where(gap < 0.0, x, low), np.where(gap < 0.0, high, x)
            slope = legendre.legval(x, density, tensor=False) * half
            with np.errstate(divide="ignore", invalid="ignore"):
                step = x - gap / slope
            inside = (step > low) & (step < high)
            new = np.where(inside, step, 0.5 * (low + high))
            hit = np.abs(gap) <= 4e-16
            done = hit | (np.abs(new - x) <= 4e-16)
            x = np.where(hit, x, new)
            if done.all():
                break
        return np.asarray(self.panels.edges[panel] + half * (1.0 + x))

    def _locate(self, u: Array) -> tuple[Array, Array]:
        points = np.clip(np.asarray(u, dtype=float), 0.0, 1.0)
        edges = self.panels.edges
        panel = np.clip(np.searchsorted(edges, points, side="right") - 1, 0, len(edges) - 2)
        width = edges[panel + 1] - edges[panel]
        return panel, 2.0 * (points - edges[panel]) / width - 1.0
