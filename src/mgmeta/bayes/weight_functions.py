"""Weight functions of selection by P value: prior of the weights, and what they do to numbers and bounds."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from mgmeta.bayes.rows import Array

# Gauss points for each weight: one, two and three free weights. Log likelihoods err by 1e-4 near their
# peak and by 4e-3 in their tails, inclusion Bayes factors by less than 1e-3.
POINTS = {1: 24, 2: 14, 3: 9}
_CACHE = 30_000  # numbers in a block of products
_TINY = 1e-290


def weight_rule(free: int) -> tuple[Array, Array]:
    """Return nodes of the weights and logs of quadrature weights times prior.

    The weights are 1 and the order statistics of *free* uniforms, descending: ``w_2 = a_1``,
    ``w_3 = a_1 a_2``, ... with density ``free! a_1^(free - 1) a_2^(free - 2) ...`` on the unit cube. Gauss
    points are taken of the square roots: small weights are where the likelihood bends.

    Returns
    -------
    weights, log_weights
        Shape (n, free + 1) and (n,).
    """
    x, w = np.polynomial.legendre.leggauss(POINTS[free])
    x, w = 0.25 * (x + 1.0) ** 2, 0.5 * w * (x + 1.0)
    cube = np.array(list(itertools.product(x, repeat=free)))
    log_weights = np.log(np.array(list(itertools.product(w, repeat=free)))).sum(axis=1)
    for j in range(free):
        log_weights += (free - 1 - j) * np.log(cube[:, j]) + np.log(free - j)
    return np.column_stack([np.ones(len(cube)), np.cumprod(cube, axis=1)]), log_weights


class Segments:
    """The z values at which a weight function steps, and the P interval of every piece between them.

    Parameters
    ----------
    steps
        P values, ascending.
    sides
        1 or 2.
    """

    def __init__(self, steps: tuple[float, ...], sides: int) -> None:
        p = np.array(steps)
        inside = np.arange(len(p) + 1)
        if sides == 1:
            self.cuts, self.interval = -np.asarray(ndtri(p))[::-1], inside[::-1]
        else:
            upper = -np.asarray(ndtri(0.5 * p))
            self.cuts = np.concatenate([-upper, upper[::-1]])
            self.interval = np.concatenate([inside, inside[:-1][::-1]])
        self.count = len(inside)

    def of(self, z: Array) -> NDArray[np.intp]:
        """Return the P interval of z values."""
        return np.asarray(self.interval[np.searchsorted(self.cuts, z)])

    def least(self, se: Array, low: Array, high: Array) -> NDArray[np.intp]:
        """Return the P interval of the smallest P value that a bound allows, shape (k,).

        Parameters
        ----------
        se : (k,) standard errors, mmHg
        low : lower ends, mmHg; minus infinity where open
        high : upper ends, mmHg; infinity where open
        """
        edges = self._edges(se, low, high)
        open_ = np.diff(edges, axis=-1) > 0.0
        return np.asarray(np.where(open_, self.interval, self.count).min(axis=-1))

    def probabilities(self, mu: Array, tau: Array, se: Array) -> Array:
        """Return the probability of every P interval: *mu*, *tau* (c,), *se* (k,) -> (c, k, intervals).

        Parameters
        ----------
        mu : mean effects, mmHg
        tau : between-trial SDs, mmHg
        se : (k,) standard errors, mmHg
        """
        infinite = np.full(len(se), np.inf)
        return self._gather(self._parts(mu, tau, se, self._edges(se, -infinite, infinite)))

    def shares(self, mu: Array, tau: Array, se: Array, low: Array, high: Array) -> Array:
        """Return how what a bound allows divides among the P intervals, shape (c, k, intervals).

        Where the whole bound has no probability to speak of, all of it lies at the end next to the mean.

        Parameters
        ----------
        mu : mean effects, mmHg
        tau : between-trial SDs, mmHg
        se : (k,) standard errors, mmHg
        low : lower ends, mmHg; minus infinity where open
        high : upper ends, mmHg; infinity where open
        """
        edges = self._edges(se, low, high)
        parts = self._parts(mu, tau, se, edges)
        total = parts.sum(axis=-1, keepdims=True)
        lost = total[..., 0] < _TINY
        parts = parts / np.maximum(total, _TINY)
        if lost.any():
            open_ = np.diff(edges, axis=-1) > 0.0
            first, last = open_.argmax(axis=-1), len(self.interval) - 1 - open_[:, ::-1].argmax(axis=-1)
            cell, row = np.nonzero(lost)
            nearest = np.where(mu[cell] < edges[row, first[row]], first[row], last[row])
            parts[cell, row] = np.arange(len(self.interval)) == nearest[:, None]
        return self._gather(parts)

    def _edges(self, se: Array, low: Array, high: Array) -> Array:
        """Return the ends of the pieces between *low* and *high*, shape (k, pieces + 1)."""
        inner = np.clip(self.cuts * se[:, None], low[:, None], high[:, None])
        return np.column_stack([low, inner, high])

    def _parts(self, mu: Array, tau: Array, se: Array, edges: Array) -> Array:
        """Return the probability of every piece, shape (c, k, pieces), precise in both tails."""
        sigma = np.sqrt(se**2 + tau[:, None] ** 2)
        z = (edges - mu[:, None, None]) / sigma[:, :, None]
        below, above = np.diff(ndtr(z), axis=-1), -np.diff(ndtr(-z), axis=-1)
        return np.asarray(np.where(z[..., :-1] + z[..., 1:] > 0.0, above, below))

    def _gather(self, parts: Array) -> Array:
        found = np.zeros((*parts.shape[:-1], self.count))
        for piece, which in enumerate(self.interval):
            found[..., which] += parts[..., piece]
        return found


def log_sum(probabilities: Array, weights: Array) -> Array:
    """Return the sum over rows of log(probabilities @ weights), shape (c, k, j), (n, j) -> (c, n).

    Products of up to 40 rows are taken before the logarithm, in blocks that stay in the processor's cache.
    """
    c, k, _ = probabilities.shape
    total = np.zeros((c, len(weights)))
    size = max(1, _CACHE // len(weights))
    for start in range(0, c, size):
        part, into = probabilities[start : start + size], total[start : start + size]
        for i in range(0, k, 40):
            product = part[:, i] @ weights.T
            for row in range(i + 1, min(i + 40, k)):
                product *= part[:, row] @ weights.T
            into += np.log(product)
    return total
