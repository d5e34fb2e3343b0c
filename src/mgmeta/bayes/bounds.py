"""Bounds in a likelihood: log probabilities of intervals under normals, on whole grids at once."""

from __future__ import annotations

import numpy as np
from scipy.special import log_ndtr

from mgmeta.bayes.rows import Array, Rows

_BLOCK = 2_000_000  # cells of a tau x mu x row table held at once


def log_interval(a: Array, b: Array) -> Array:
    """Return log(Phi(b) - Phi(a)) for a < b, either may be infinite; stable in both tails.

    The interval is mirrored so that its middle is at or below zero.
    """
    mirror = a + b > 0.0
    far = log_ndtr(np.where(mirror, -b, a))
    near = log_ndtr(np.where(mirror, -a, b))
    with np.errstate(divide="ignore"):
        return np.asarray(near + np.log(-np.expm1(far - near)))


class BoundTerms:
    """The bounds among some rows: their log probabilities at any mean and tau.

    Parameters
    ----------
    rows
        Numbers among them are ignored.
    power
        Exponents of the rows' likelihoods, shape (k,); all 1 by default.
    """

    def __init__(self, rows: Rows, power: Array | None = None) -> None:
        bound = rows.is_bound
        self.low, self.high = rows.low[bound], rows.high[bound]
        self.variances = rows.se[bound] ** 2
        self.power = np.ones(len(self.low)) if power is None else power[bound]

    @property
    def any(self) -> bool:
        """Whether there is any."""
        return len(self.low) > 0

    def log_p(self, mu: Array, tau: Array, offset: Array | None = None) -> Array:
        """Return the sum of log probabilities; *mu* of shape (t, m), *tau* (t,) -> (t, m).

        *offset*, shape (t, bounds), is added to the mean of each bound: what moderators contribute.

        Parameters
        ----------
        mu : mean effects, mmHg
        tau : between-trial SDs, mmHg
        offset : added to the mean of each bound, mmHg; None: nothing
        """
        if not self.any:
            return np.zeros(mu.shape)
        size = max(1, _BLOCK // (mu.shape[1] * len(self.low)))
        parts = []
        for i in range(0, len(tau), size):
            s = np.sqrt(self.variances + tau[i : i + size, None] ** 2)[:, None, :]
            centre = mu[i : i + size, :, None]
            if offset is not None:
                centre = centre + offset[i : i + size, None, :]
            parts.append(log_interval((self.low - centre) / s, (self.high - centre) / s) @ self.power)
        return np.concatenate(parts)

    def slope(self, mu: Array, tau: Array, offset: Array | None = None) -> Array:
        """Return the derivative of :meth:`log_p` by the mean; few points, shape (t, m).

        Parameters
        ----------
        mu : mean effects, mmHg
        tau : between-trial SDs, mmHg
        offset : added to the mean of each bound, mmHg; None: nothing
        """
        if not self.any:
            return np.zeros(mu.shape)
        return np.asarray(self.slopes(mu, tau, offset) @ self.power)

    def slopes(self, mu: Array, tau: Array, offset: Array | None = None) -> Array:
        """Return the derivative of every bound's log probability by its mean, shape (t, m, bounds).

        Parameters
        ----------
        mu : mean effects, mmHg
        tau : between-trial SDs, mmHg
        offset : added to the mean of each bound, mmHg; None: nothing
        """
        s = np.sqrt(self.variances + tau[:, None] ** 2)[:, None, :]
        centre = mu[:, :, None]
        if offset is not None:
            centre = centre + offset[:, None, :]
        a, b = (self.low - centre) / s, (self.high - centre) / s
        log_p = log_interval(a, b)
        with np.errstate(invalid="ignore"):
            ratio = np.exp(-0.5 * a * a - log_p) - np.exp(-0.5 * b * b - log_p)
        return np.asarray(ratio / s / np.sqrt(2.0 * np.pi))

    def middle(self) -> float:
        """Return a point among the bounds, to start from where there are no numbers."""
        ends = np.concatenate([self.low, self.high])
        return float(np.median(ends[np.isfinite(ends)]))

    def sharpness(self, tau: Array) -> Array:
        """Return an upper limit of the curvature of the log probabilities at tau, shape (t,).

        A normal cut to an interval has at most the variance of the normal, so no bound bends more
        than a number with its standard error would.
        """
        return np.asarray((self.power / (self.variances + tau[:, None] ** 2)).sum(axis=1))
