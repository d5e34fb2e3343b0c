"""Weighted fits of a batch and traces of P = W - W X (X'WX)^-1 X' W, without forming P."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgmeta.stats.sample import Sample, inverse

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """Weighted least squares of every sample at given weights.

    Attributes
    ----------
    w : (b, k) weights, 0 where masked out
    inv : (b, p, p) inverse of X'WX in the orthonormal basis
    beta : (b, p) coefficients in the basis
    resid : (b, k)
    """

    sample: Sample
    w: Array
    inv: Array
    beta: Array
    resid: Array

    @property
    def q(self) -> Array:
        """y'Py, the weighted residual sum of squares, (b,)."""
        return self.sample.total(self.w * self.resid * self.resid)

    @property
    def qq(self) -> Array:
        """y'PPy, (b,)."""
        wr = self.w * self.resid
        return self.sample.total(wr * wr)

    @property
    def qqq(self) -> Array:
        """y'PPPy, (b,)."""
        w2r = self.w * self.w * self.resid
        c = self.sample.cross(w2r)
        inner = np.einsum("bp,bpq,bq->b", c, self.inv, c)
        return np.asarray(self.sample.total(w2r * self.resid * self.w) - inner)

    def trace(self, u: Array | None = None) -> Array:
        """tr(P diag(u)); u = None is the identity, (b,)."""
        wu = self.w if u is None else self.w * u
        return self.sample.total(wu) - _trace(self.inv, self.sample.gram(wu * self.w))

    def trace2(self, u: Array | None = None, z: Array | None = None) -> Array:
        """tr(P diag(u) P diag(z)), (b,)."""
        w2 = self.w * self.w
        w2u = w2 if u is None else w2 * u
        w2z = w2 if z is None else w2 * z
        w2uz = w2u if z is None else w2u * z
        gram = self.sample.gram
        left = self.inv @ gram(w2u)
        right = left if u is z else self.inv @ gram(w2z)
        return self.sample.total(w2uz) - 2.0 * _trace(self.inv, gram(w2uz * self.w)) + _trace(left, right)

    def careful_trace(self) -> Array:
        """tr(P) for closed forms, where one weight may exceed the rest a billionfold, (b,).

        The plain sums would cancel then. For the intercept alone
        tr(P) = (2 m R + R^2 - R_2) / (m + R), with m the largest weight, R and R_2 the sums of
        the others and of their squares, loses nothing; with moderators the lower bound (k - p) min(w)
        is kept.
        """
        if self.sample.x is not None:
            return np.asarray(np.maximum(self.trace(), self.sample.df * self._smallest_weight()))
        largest = self.w.max(axis=1)
        others = self.w.copy()
        others[np.arange(len(others)), self.w.argmax(axis=1)] = 0.0
        rest = self.sample.total(others)
        gap = rest * rest - self.sample.total(others * others)
        return np.asarray((2.0 * largest * rest + gap) / (largest + rest))

    def floored_trace2(self) -> Array:
        """tr(PP), at least (k - p) times the smallest weight squared, (b,)."""
        return np.asarray(np.maximum(self.trace2(), self.sample.df * self._smallest_weight() ** 2))

    def _smallest_weight(self) -> Array:
        return np.asarray(np.where(self.sample.mask > 0, self.w, np.inf).min(axis=1))


def _trace(a: Array, b: Array) -> Array:
    """tr(AB) of (b, p, p) matrices, (b,)."""
    if a.shape[-1] == 1:
        return np.asarray(a[:, 0, 0] * b[:, 0, 0])
    return np.asarray(np.einsum("bpq,bqp->b", a, b))


def fit(sample: Sample, w: Array) -> Fit:
    """Fit every sample at weights *w* (b, k)."""
    inv = inverse(sample.gram(w))
    if sample.p == 1:
        beta = inv[:, 0] * sample.cross(w * sample.y)
    else:
        beta = np.einsum("bpq,bq->bp", inv, sample.cross(w * sample.y))
    return Fit(sample, w, inv, beta, sample.y - sample.apply(beta))


def fit_tau2(sample: Sample, tau2: Array) -> Fit:
    """Fit every sample at weights 1 / (v + tau2), tau2 (b,)."""
    return fit(sample, sample.mask / (sample.v + tau2[:, None]))
