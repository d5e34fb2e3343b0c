"""Weighted least squares: the linear algebra under every pool and meta-regression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.errors import FitError

Array = NDArray[np.float64]

RANK_TOLERANCE = 1e-10
"""A column closer to the span of the earlier ones than this share of its length is dependent on them."""


@dataclass(frozen=True)
class Wls:
    """A weighted least-squares fit.

    Attributes
    ----------
    beta : (p,) coefficients
    cov : (p, p) inverse of X'WX
    fitted, resid : (k,) fitted values and residuals
    q : float, weighted residual sum of squares
    hat : (k,) leverages, the diagonal of X (X'WX)^-1 X'W; they sum to p
    """

    beta: Array
    cov: Array
    fitted: Array
    resid: Array
    q: float
    hat: Array


def scaled_qr(x: Array, names: Sequence[str] | None = None) -> tuple[Array, Array]:
    """Return Q (k, p) and R (p, p) of *x* (k, p) with full column rank.

    Columns are scaled to unit length first, so that a year beside a fraction
    is not taken for a dependent column.

    Raises
    ------
    FitError
        If a column depends linearly on the columns before it; names it (or its index).
    """
    k, p = x.shape
    if k < p:
        raise FitError(f"{k} rows cannot determine {p} coefficients; drop moderators or add rows")
    norms = np.sqrt(np.einsum("ij,ij->j", x, x))
    dead = np.flatnonzero(~(norms > 0))
    if dead.size:
        raise FitError(f"{_column(dead[0], names)} is zero everywhere; drop that term")
    q, r = np.linalg.qr(x / norms)
    dependent = np.flatnonzero(np.abs(np.diag(r)) < RANK_TOLERANCE)
    if dependent.size:
        raise FitError(
            f"{_column(dependent[0], names)} is a linear combination of the columns before it; "
            "drop one of the collinear moderators"
        )
    return q, r * norms


def _column(index: int, names: Sequence[str] | None) -> str:
    return f"column {index} of the design" + ("" if names is None else f" ({names[index]})")


def wls(y: ArrayLike, w: ArrayLike, x: ArrayLike) -> Wls:
    """Fit y = X beta by weighted least squares.

    beta = (X'WX)^-1 X'Wy, solved by QR of sqrt(W) X rather than by the normal
    equations, which would square the condition number (year and intercept:
    4e5 instead of 1.6e11).

    Parameters
    ----------
    y : (k,) effects
    w : (k,) weights, all > 0 (for a random-effects model 1 / (v + tau2))
    x : (k, p) design, intercept included

    Returns
    -------
    Wls

    Raises
    ------
    FitError
        If X has not full column rank; the message names the column index.
    """
    y = np.asarray(y, dtype=float)
    w = np.asarray(w, dtype=float)
    x = np.asarray(x, dtype=float)
    root = np.sqrt(w)
    q, r = scaled_qr(x * root[:, None])
    inverse = np.linalg.inv(r)
    beta = inverse @ (q.T @ (root * y))
    fitted = x @ beta
    resid = y - fitted
    return Wls(
        beta=beta,
        cov=inverse @ inverse.T,
        fitted=fitted,
        resid=resid,
        q=float((w * resid**2).sum()),
        hat=np.einsum("ij,ij->i", q, q),
    )
