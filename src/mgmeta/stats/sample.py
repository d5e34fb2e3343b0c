"""A batch of regression samples and the weighted moments every estimator is written in.

Each estimator of tau2 is a function of sums over trials of the form
X' diag(a) X. Writing them for b samples at once gives one implementation that
serves a single pool (b = 1), GOSH, leave-one-out and permutation, with memory
linear in the number of trials: no k x k matrix is ever formed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.errors import FitError
from mgmeta.stats.wls import RANK_TOLERANCE, scaled_qr

Array = NDArray[np.float64]


LONG_ROW = 1_000
"""Trials from which numpy's pairwise sum is as fast as BLAS."""


@dataclass(frozen=True)
class Sample:
    """b samples of k trials (some masked out) with p design columns.

    Attributes
    ----------
    y, v : (b, k) effects and sampling variances; 0 and 1 where masked out
    mask : (b, k) 1 where the trial belongs to the sample, else 0
    x : (k, p) one orthonormal basis of the design for all samples, or (b, k, p);
        None stands for the intercept alone
    r : (p, p) or (b, p, p) triangle that turns the basis back into the columns given;
        None for the intercept alone
    k : (b,) trials in each sample
    p : number of design columns
    """

    y: Array
    v: Array
    mask: Array
    x: Array | None
    r: Array | None
    k: Array
    p: int

    @property
    def df(self) -> Array:
        """Residual degrees of freedom k - p, (b,)."""
        return self.k - self.p

    def take(self, rows: NDArray[np.intp]) -> Sample:
        """Return the samples in *rows* (repeats allowed)."""
        shared = self.x is None or self.x.ndim == 2
        return Sample(
            y=self.y[rows],
            v=self.v[rows],
            mask=self.mask[rows],
            x=self.x if shared or self.x is None else self.x[rows],
            r=self.r if shared or self.r is None else self.r[rows],
            k=self.k[rows],
            p=self.p,
        )

    def total(self, a: Array) -> Array:
        """Sum *a* (b, k) over trials, (b,).

        Short rows go through BLAS, 6 times as fast as numpy. Long ones do not: BLAS would
        spread them over threads, which on a busy machine wait 20 ms for each other, and sum less exactly.
        """
        return np.asarray(a @ np.ones(a.shape[1]) if a.shape[1] <= LONG_ROW else a.sum(axis=1))

    def gram(self, a: Array) -> Array:
        """X' diag(a) X of *a* (b, k), (b, p, p)."""
        if self.x is None:
            return self.total(a)[:, None, None]
        if self.x.ndim == 2:
            k, p = self.x.shape
            products = (self.x[:, :, None] * self.x[:, None, :]).reshape(k, p * p)
            return np.asarray(a @ products).reshape(-1, p, p)
        return np.asarray(np.swapaxes(self.x * a[:, :, None], 1, 2) @ self.x)

    def cross(self, a: Array) -> Array:
        """X' a of *a* (b, k), (b, p)."""
        if self.x is None:
            return self.total(a)[:, None]
        if self.x.ndim == 2:
            return np.asarray(a @ self.x)
        return np.asarray(np.einsum("bk,bkp->bp", a, self.x))

    def apply(self, beta: Array) -> Array:
        """X beta of *beta* (b, p) in the basis, (b, k)."""
        if self.x is None:
            return beta
        if self.x.ndim == 2:
            return np.asarray(beta @ self.x.T)
        return np.asarray(np.einsum("bkp,bp->bk", self.x, beta))


def inverse(a: Array) -> Array:
    """Invert (b, p, p) matrices.

    Raises
    ------
    FitError
        If one is singular in double precision though its design is not: weights that differ by many
        orders of magnitude leave one row alone to speak.
    """
    if a.shape[-1] == 1:
        return 1.0 / a
    try:
        return np.asarray(np.linalg.inv(a))
    except np.linalg.LinAlgError:
        raise FitError(
            "the weights differ by so many orders of magnitude that the coefficients cannot be told apart; "
            "check the variances, or drop a moderator"
        ) from None


def make_sample(
    y: ArrayLike, v: ArrayLike, x: ArrayLike | None = None, mask: ArrayLike | None = None
) -> Sample:
    """Build a :class:`Sample`.

    Parameters
    ----------
    y, v : (k,) or (b, k); one of them may be (k,) and is shared by all samples
    x : None or a column of ones (intercept), (k, p) shared, or (b, k, p)
    mask : None (all trials) or (b, k) true where a trial belongs to the sample

    Raises
    ------
    FitError
        If a sample has fewer trials than design columns, or its design has not
        full column rank.
    """
    y = np.atleast_2d(np.asarray(y, dtype=float))
    v = np.atleast_2d(np.asarray(v, dtype=float))
    inside = None if mask is None else np.atleast_2d(np.asarray(mask, dtype=bool))
    design = None if x is None else np.asarray(x, dtype=float)
    shapes = [y.shape, v.shape] + ([] if inside is None else [inside.shape])
    if design is not None and design.ndim == 3:
        shapes.append(design.shape[:2])
    b, k = np.broadcast_shapes(*shapes)
    y, v = np.broadcast_to(y, (b, k)), np.broadcast_to(v, (b, k))
    if inside is None:
        count = np.full(b, float(k))
        weight = np.broadcast_to(1.0, (b, k))
    else:
        inside = np.broadcast_to(inside, (b, k))
        y, v = np.where(inside, y, 0.0), np.where(inside, v, 1.0)
        weight = inside.astype(float)
        count = weight.sum(axis=1)
    p = 1 if design is None else design.shape[-1]
    if (count < p).any():
        row = int(np.flatnonzero(count < p)[0])
        raise FitError(f"sample {row}: {int(count[row])} rows cannot determine {p} coefficients")
    basis, triangle = _basis(design, None if inside is None else weight)
    return Sample(y, v, np.asarray(weight), basis, triangle, count, p)


def _basis(x: Array | None, weight: Array | None) -> tuple[Array | None, Array | None]:
    """Orthonormal basis of the design: tau2 depends on its span alone, and Gram matrices stay tame."""
    if x is None or (x.ndim == 2 and x.shape[1] == 1 and (x == 1.0).all()):
        return None, None
    if x.ndim == 2 and weight is None:
        return scaled_qr(x)
    stacked = x if x.ndim == 3 else x[None]
    if weight is not None:
        stacked = stacked * weight[:, :, None]
    norms = np.sqrt(np.einsum("bkp,bkp->bp", stacked, stacked))[:, None, :]
    norms[norms == 0] = 1.0
    q, r = np.linalg.qr(stacked / norms)
    diagonal = np.abs(np.einsum("bpp->bp", r))
    if (diagonal < RANK_TOLERANCE).any():
        row, column = np.argwhere(diagonal < RANK_TOLERANCE)[0]
        raise FitError(f"sample {row}: column {column} of the design depends on the columns before it")
    return q, r * norms
