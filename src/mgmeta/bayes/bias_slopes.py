"""PET and PEESE: the likelihood of the mean with the slope of the effects on their error integrated out.

With ``u_i = s_i`` or ``s_i^2``, numbers N(mu + b u_i, tau^2 + s_i^2) have a log likelihood that is
quadratic in b given mu and tau; every bound adds the log probability of its interval under the shifted
mean. The integral over b > 0 is a sum over fixed nodes, taken for many mu and tau at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from mgmeta.bayes.bounds import log_interval
from mgmeta.bayes.panels import quadrature_weights, resolve
from mgmeta.bayes.priors import Prior
from mgmeta.bayes.rows import Array, Rows
from mgmeta.bayes.tau_axis import Axis

_LOG_2PI = float(np.log(2.0 * np.pi))
_TOLERANCE = 1e-8
_CACHE = 60_000  # numbers in a block
_TOGETHER = 4  # probabilities multiplied before their logarithm is taken
_LOST = 600.0  # a product of so many may vanish below exp(-667): such cells are computed with logarithms


@dataclass(frozen=True)
class _Line:
    """Coefficients of a log likelihood ``base + linear b + square b^2``, shape (m, t) and (t,)."""

    base: Array
    linear: Array
    square: Array


class SlopeLikelihood:
    """The likelihood of mean and tau under one line of the effects on their error.

    Parameters
    ----------
    rows
        Numbers and bounds, in the direction of bias.
    power
        1 (PET) or 2 (PEESE).
    prior
        Prior of the slope, on positive numbers.
    probe
        Means, shape (n,), and tau, shape (l,), at which the integral must be resolved.
    """

    def __init__(self, rows: Rows, power: int, prior: Prior, probe: tuple[Array, Array]) -> None:
        number = ~rows.is_bound
        self.y, self.v = rows.y[number], rows.se[number] ** 2
        self.u = rows.se[number] ** power
        self.bounds = [
            (float(low), float(high), float(se) ** 2, float(se) ** power)
            for low, high, se in zip(rows.low[~number], rows.high[~number], rows.se[~number], strict=True)
        ]
        axis = Axis("algebraic", prior.params[0])

        def log_f(at: Array) -> Array:
            b = axis.tau(at)
            base = prior.log_density(b) + axis.log_slope(at)
            return np.asarray(base[:, None] + self._table(*probe, b).reshape(-1, len(b)).T)

        edges, at, _ = resolve(log_f, tolerance=_TOLERANCE, start=2)
        self.b = axis.tau(at).ravel()
        log_prior = prior.log_density(self.b) + axis.log_slope(at.ravel())
        self.log_weights = log_prior + np.log(quadrature_weights(edges).ravel())

    def at_most(self, mu: Array, tau: Array) -> Array:
        """Return an upper limit of the log likelihood, shape (m, t): the numbers' at its best slope.

        The prior integrates to 1 and no bound has a probability above 1.
        """
        line = self._line(mu, tau)
        best = np.maximum(line.linear / np.maximum(-2.0 * line.square, 1e-300), 0.0)
        return np.asarray(line.base + line.linear * best + line.square * best * best)

    def log_joint(self, mu: Array, tau: Array) -> Array:
        """Return the log likelihood with the slope integrated out, shape (m,), (t,) -> (m, t)."""
        found = np.empty((len(mu), len(tau)))
        size = max(1, _CACHE // (len(tau) * len(self.b)))
        for i in range(0, len(mu), size):
            value = self._table(mu[i : i + size], tau, self.b) + self.log_weights
            peak = value.max(axis=-1)
            found[i : i + size] = peak + np.log(np.exp(value - peak[..., None]).sum(axis=-1))
        return found

    def _line(self, mu: Array, tau: Array) -> _Line:
        if not len(self.y):
            zero = np.zeros(len(tau))
            return _Line(np.zeros((len(mu), len(tau))), np.zeros((len(mu), len(tau))), zero)
        total = self.v + (tau * tau)[:, None]
        w = 1.0 / total
        precision = w.sum(axis=1)
        y_mean = (
            self.y[0] + w @ (self.y - self.y[0]) / precision
        )  # around a number: nothing is lost far from 0
        u_mean = w @ self.u / precision
        y_gap, u_gap = self.y - y_mean[:, None], self.u - u_mean[:, None]
        gap = mu[:, None] - y_mean
        log_norm = -0.5 * (np.log(total).sum(axis=1) + len(self.y) * _LOG_2PI)
        base = log_norm - 0.5 * ((w * y_gap * y_gap).sum(axis=1) + precision * gap * gap)
        linear = (w * y_gap * u_gap).sum(axis=1) - precision * u_mean * gap
        return _Line(base, linear, -0.5 * (w @ (self.u * self.u)))

    def _table(self, mu: Array, tau: Array, b: Array) -> Array:
        """Return the log likelihood at every slope, shape (m, t, n)."""
        line = self._line(mu, tau)
        value = line.linear[:, :, None] * b
        value += line.square[:, None] * (b * b)
        value += line.base[:, :, None]
        if not self.bounds:
            return value
        at_best = value.max(axis=-1)
        value += self._products(mu, tau, b)
        lost = np.argwhere(value.max(axis=-1) < at_best - _LOST)
        for i, j in lost:
            value[i, j] = line.base[i, j] + line.linear[i, j] * b + line.square[j] * b * b
            value[i, j] += self._logs(mu[i], tau[j], b)
        return value

    def _products(self, mu: Array, tau: Array, b: Array) -> Array:
        """Return the bounds' log probability, shape (m, t, n); -inf where a product vanishes."""
        total = np.zeros((len(mu), len(tau), len(b)))
        for start in range(0, len(self.bounds), _TOGETHER):
            product: Array | float = 1.0
            for low, high, variance, u in self.bounds[start : start + _TOGETHER]:
                sigma = np.sqrt(variance + tau * tau)[:, None]
                centre = (mu[:, None] + b * u)[:, None, :]
                if np.isfinite(low) and np.isfinite(high):
                    z = np.abs(centre - 0.5 * (low + high)) / sigma  # mirrored: precise in both tails
                    half = 0.5 * (high - low) / sigma
                    chance = ndtr(half - z) - ndtr(-half - z)
                else:
                    chance = ndtr((high - centre) / sigma if np.isfinite(high) else (centre - low) / sigma)
                product = product * chance
            with np.errstate(divide="ignore"):
                total += np.log(product)
        return total

    def _logs(self, mu: float, tau: float, b: Array) -> Array:
        """Return the bounds' log probability at one mean and tau, shape (n,), however small."""
        total = np.zeros(len(b))
        for low, high, variance, u in self.bounds:
            sigma, centre = np.sqrt(variance + tau * tau), mu + b * u
            total += log_interval((low - centre) / sigma, (high - centre) / sigma)
        return total
