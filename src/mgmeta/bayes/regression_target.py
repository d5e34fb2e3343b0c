"""The posterior density of coefficients given tau: height, slope, mode and curvature."""

from __future__ import annotations

import math

import numpy as np

from mgmeta.bayes.bounds import BoundTerms
from mgmeta.bayes.rows import Array, Rows

_LOG_2PI = math.log(2.0 * math.pi)
_DELTA = 1e-4  # step of a numerical second derivative, in standard deviations of a row


class RegressionTarget:
    """Prior times likelihood of p coefficients (the intercept first), given tau.

    Parameters
    ----------
    rows
        Numbers and bounds with p - 1 moderators.
    means, precisions
        Of the coefficients' normal priors, shape (p,); precision 0 is flat.
    """

    def __init__(self, rows: Rows, means: Array, precisions: Array) -> None:
        self.number = ~rows.is_bound
        self.y, self.variances = rows.y[self.number], rows.se**2
        self.design = np.column_stack([np.ones(rows.k), rows.x])
        self.bounds = BoundTerms(rows)
        self.means, self.precisions = means, precisions
        self.start = rows.y.copy()
        for j in np.flatnonzero(rows.is_bound):
            ends = np.array([rows.low[j], rows.high[j]])
            self.start[j] = ends[np.isfinite(ends)].mean()

    def log_density(self, beta: Array, tau: Array) -> Array:
        """Return log prior times likelihood at coefficients, shape (t, p), and tau, shape (t,)."""
        eta = beta @ self.design.T
        v = self.variances[self.number] + tau[:, None] ** 2
        value = -0.5 * (np.log(v) + _LOG_2PI + (self.y - eta[:, self.number]) ** 2 / v).sum(axis=1)
        if self.bounds.any:
            value = value + self.bounds.log_p(np.zeros((len(tau), 1)), tau, eta[:, ~self.number])[:, 0]
        proper = self.precisions > 0.0
        value = value - 0.5 * (beta - self.means) ** 2 @ self.precisions
        constant = 0.5 * float(np.sum(np.log(self.precisions[proper]) - _LOG_2PI))
        return np.asarray(value + constant)

    def most_information(self, tau: Array) -> Array:
        """Return the information all rows would have as numbers, an upper limit, shape (t, p, p)."""
        w = 1.0 / (self.variances + tau[:, None] ** 2)
        return np.asarray(np.einsum("tk,ki,kj->tij", w, self.design, self.design) + np.diag(self.precisions))

    def mode(self, tau: Array) -> Array:
        """Return the mode given each tau, to a fiftieth of the smallest sd, shape (t, p).

        The information of all rows taken as numbers bounds the curvature, so each step with it climbs
        (Boehning and Lindsay 1988, Ann Inst Stat Math 40:641).
        """
        covariance = np.asarray(np.linalg.inv(self.most_information(tau)), dtype=np.float64)
        w = 1.0 / (self.variances + tau[:, None] ** 2)
        pull = self.precisions * self.means
        beta: Array = np.einsum("tij,tj->ti", covariance, (w * self.start) @ self.design + pull)
        finest = np.sqrt(np.einsum("tii->ti", covariance))
        for _ in range(300):
            gradient = self._row_slopes(beta, tau) @ self.design + pull - beta * self.precisions
            change = np.einsum("tij,tj->ti", covariance, gradient)
            beta = beta + change
            if np.all(np.abs(change) <= 0.02 * finest):
                break
        return beta

    def information(self, beta: Array, tau: Array) -> Array:
        """Return minus the second derivative at coefficients, shape (t, p, p)."""
        weights = 1.0 / (self.variances + tau[:, None] ** 2)
        if self.bounds.any:
            eta = (beta @ self.design.T)[:, ~self.number]
            step = _DELTA / np.sqrt(weights[:, ~self.number])
            zero = np.zeros((len(tau), 1))
            above = self.bounds.slopes(zero, tau, eta + step)[:, 0, :]
            below = self.bounds.slopes(zero, tau, eta - step)[:, 0, :]
            weights[:, ~self.number] = np.maximum(0.5 * (below - above) / step, 0.0)
        found = np.einsum("tk,ki,kj->tij", weights, self.design, self.design)
        return np.asarray(found + np.diag(self.precisions))

    def _row_slopes(self, beta: Array, tau: Array) -> Array:
        """Return the derivative of every row's log likelihood by its own mean, shape (t, k)."""
        eta = beta @ self.design.T
        slopes = np.zeros(eta.shape)
        v = self.variances[self.number] + tau[:, None] ** 2
        slopes[:, self.number] = (self.y - eta[:, self.number]) / v
        if self.bounds.any:
            zero = np.zeros((len(tau), 1))
            slopes[:, ~self.number] = self.bounds.slopes(zero, tau, eta[:, ~self.number])[:, 0, :]
        return slopes
