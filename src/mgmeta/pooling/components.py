"""Likelihood of y ~ N(X beta, V + sum g_j B_j) over independent clusters, with exact derivatives.

The engine under the three-level and the bivariate model. Everything is summed
cluster by cluster, so memory grows with the largest cluster, not with k squared.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgmeta.errors import FitError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Block:
    """One cluster: rows that may be correlated with one another and with no others.

    Attributes
    ----------
    y : (s,) effects
    x : (s, p) design
    v : (s, s) covariance of the sampling errors
    bases : (m, s, s) the matrices B_j that the components g_j multiply
    rows : (s,) positions of the rows in the table the user gave
    """

    y: Array
    x: Array
    v: Array
    bases: Array
    rows: NDArray[np.intp]


@dataclass(frozen=True)
class Evaluation:
    """Log-likelihood at one set of components.

    Attributes
    ----------
    ml, reml : float, full and restricted log-likelihood with all constants
    gradient, hessian : (m,), (m, m) exact derivatives in g of the one asked for
    beta, cov : (p,), (p, p) GLS coefficients and (X' M^-1 X)^-1
    q : float, r' M^-1 r
    """

    ml: float
    reml: float
    gradient: Array
    hessian: Array
    beta: Array
    cov: Array
    q: float


def marginal(block: Block, g: Array) -> Array:
    """Return M = V + sum_j g_j B_j of one cluster."""
    return block.v + np.tensordot(g, block.bases, axes=1)


def _inverse(matrix: Array) -> tuple[Array, float]:
    """Return the inverse and the log-determinant of a covariance matrix."""
    try:
        factor = np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        raise FitError(
            "the covariance of the effects of one cluster is not positive definite; "
            "check variances and the assumed correlation"
        ) from None
    root = np.linalg.inv(factor)
    return root.T @ root, 2.0 * float(np.log(np.diag(factor)).sum())


def evaluate(blocks: Sequence[Block], g: Array, method: str) -> Evaluation:
    r"""Return both log-likelihoods and the derivatives of the one named by *method*.

    With :math:`P = M^{-1} - M^{-1} X (X' M^{-1} X)^{-1} X' M^{-1}`,
    :math:`\partial l_R / \partial g_j = -\tfrac12 tr(P B_j) + \tfrac12 y'P B_j P y` and
    :math:`\partial^2 l_R / \partial g_j \partial g_l = \tfrac12 tr(P B_j P B_l) - y'P B_j P B_l P y`;
    for ML the traces use :math:`M^{-1}`.

    Parameters
    ----------
    blocks : sequence of Block
    g : (m,) components; M must stay positive definite
    method : "ML" or "REML"

    Raises
    ------
    FitError
        If a marginal covariance is not positive definite or X'M^-1 X is singular.

    References
    ----------
    Searle SR, Casella G, McCulloch CE. Variance Components. Wiley, 1992, ch. 6.
    """
    inverses = []
    log_det = 0.0
    p = blocks[0].x.shape[1]
    information = np.zeros((p, p))
    cross = np.zeros((p, p))
    score = np.zeros(p)
    for block in blocks:
        inverse, one_log_det = _inverse(marginal(block, g))
        inverses.append(inverse)
        log_det += one_log_det
        information += block.x.T @ inverse @ block.x
        cross += block.x.T @ block.x
        score += block.x.T @ inverse @ block.y
    cov, log_information = _inverse(information)
    beta = cov @ score
    gradient, hessian, q = _derivatives(blocks, inverses, cov, beta, method)
    k = sum(block.y.size for block in blocks)
    ml = -0.5 * (k * math.log(2.0 * math.pi) + log_det + q)
    log_cross = float(np.linalg.slogdet(cross)[1])
    reml = ml + 0.5 * (p * math.log(2.0 * math.pi) + log_cross - log_information)
    return Evaluation(ml, reml, gradient, hessian, beta, cov, q)


def _derivatives(
    blocks: Sequence[Block], inverses: Sequence[Array], cov: Array, beta: Array, method: str
) -> tuple[Array, Array, float]:
    """Return gradient and Hessian in g, and r'M^-1 r, by sums over clusters."""
    m, p = blocks[0].bases.shape[0], cov.shape[0]
    trace1, trace2 = np.zeros(m), np.zeros((m, m))
    quad1, quad2 = np.zeros(m), np.zeros((m, m))
    s1, s2, s3 = np.zeros((m, p, p)), np.zeros((m, m, p, p)), np.zeros((m, p))
    q = 0.0
    for block, inverse in zip(blocks, inverses, strict=True):
        u = inverse @ (block.y - block.x @ beta)
        q += float(u @ (block.y - block.x @ beta))
        mx = inverse @ block.x
        mb = inverse @ block.bases
        bu = block.bases @ u
        bx = block.bases @ mx
        trace1 += np.einsum("jii->j", mb)
        trace2 += np.einsum("jab,lba->jl", mb, mb)
        quad1 += bu @ u
        quad2 += bu @ inverse @ bu.T
        s1 += np.einsum("ap,jaq->jpq", mx, bx)
        s2 += np.einsum("jap,ab,lbq->jlpq", bx, inverse, bx)
        s3 += bu @ mx
    if method == "REML":
        cs = cov @ s1
        trace1 -= np.einsum("jpp->j", cs)
        trace2 += np.einsum("jpq,lqp->jl", cs, cs) - 2.0 * np.einsum("pq,jlqp->jl", cov, s2)
    quad2 -= s3 @ cov @ s3.T
    hessian = 0.5 * trace2 - quad2
    return 0.5 * (quad1 - trace1), 0.5 * (hessian + hessian.T), q
