"""Maximise the likelihood of numbers and bounds: safeguarded Newton, many starts in one pass.

The log-likelihood is concave in beta for a fixed tau2 (an interval's probability is
log-concave in its mean), but not in tau2. Negative curvature is turned over, steps
backtrack until the likelihood rises, and tau2 = 0 is an active constraint that is
released when its gradient points inside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgmeta.pooling.bounded_likelihood import Array, Derivatives, Problem

Mask = NDArray[np.bool_]

MAX_ITERATIONS = 200
# Newton decrement g' H^-1 g: the squared distance to the maximum in standard errors. The
# step that meets it is still taken and, convergence being quadratic, lands near rounding.
TOLERANCE = 1e-18
# Where rounding stops the climb earlier, a maximum this near (1e-5 standard errors) still counts.
ACCEPTABLE = 1e-10


@dataclass(frozen=True)
class Maximum:
    """Result of :func:`maximise`, one row a start."""

    theta: Array  # (s, p + 1): beta, tau2 (internal units)
    loglik: Array  # (s,)
    gradient: Array  # (s, p + 1)
    hessian: Array  # (s, p + 1, p + 1)
    curvature: Array  # (s, k)
    converged: Mask  # (s,)

    def row(self, index: int) -> Maximum:
        """Return one start as a Maximum of one row."""
        i = slice(index, index + 1)
        return Maximum(
            self.theta[i],
            self.loglik[i],
            self.gradient[i],
            self.hessian[i],
            self.curvature[i],
            self.converged[i],
        )


def maximise(problem: Problem, start: Array, free: Mask) -> Maximum:
    """Maximise over the free parameters from every start.

    Parameters
    ----------
    problem
        The rows.
    start
        Parameters (beta, tau2) to start from, shape (s, p + 1), tau2 >= 0.
    free
        Which of them may move, shape (s, p + 1).
    """
    theta = start.copy()
    at = problem.derivatives(theta)
    state = [at.loglik.copy(), at.gradient.copy(), at.hessian.copy(), at.curvature.copy()]
    converged = np.zeros(len(theta), dtype=bool)
    todo = np.arange(len(theta))
    for _ in range(MAX_ITERATIONS):
        step, decrement = newton_step(theta[todo], state[1][todo], state[2][todo], free[todo])
        moved, done = _search(problem, theta[todo], step, decrement, state[0][todo])
        theta[todo] = moved
        at = problem.derivatives(moved)
        for slot, value in zip(state, (at.loglik, at.gradient, at.hessian, at.curvature), strict=True):
            slot[todo] = value
        converged[todo[done]] = decrement[done] <= ACCEPTABLE
        todo = todo[~done]
        if todo.size == 0:
            break
    return Maximum(theta, state[0], state[1], state[2], state[3], converged)


def movable(theta: Array, gradient: Array, free: Mask) -> Mask:
    """Return *free* less tau2 where it sits at 0 and the gradient points outside."""
    held = free.copy()
    held[:, -1] &= ~((theta[:, -1] <= 0.0) & (gradient[:, -1] <= 0.0))
    return held


def newton_step(theta: Array, gradient: Array, hessian: Array, free: Mask) -> tuple[Array, Array]:
    """Return the ascent step and its decrement; negative curvature is turned over."""
    keep = movable(theta, gradient, free)
    g = np.where(keep, gradient, 0.0)
    a = np.where(keep[:, :, None] & keep[:, None, :], -hessian, 0.0)
    # On the boundary tau2 steps by its own curvature only: a joint step could point outside.
    edge = theta[:, -1] <= 0.0
    a[edge, -1, :-1] = a[edge, :-1, -1] = 0.0
    diagonal = np.einsum("sii->si", a)
    d = np.sqrt(np.maximum(np.abs(diagonal), 1e-300))
    d = np.where(keep, d, 1.0)
    a = a / (d[:, :, None] * d[:, None, :])
    np.einsum("sii->si", a)[~keep] = 1.0
    eigenvalue, q = np.linalg.eigh(a)
    turned = np.maximum(np.abs(eigenvalue), 1e-12)
    rotated = np.einsum("sij,si->sj", q, g / d) / turned
    step = np.einsum("sij,sj->si", q, rotated) / d
    return step, np.einsum("si,si->s", g, step)


def _search(
    problem: Problem, theta: Array, step: Array, decrement: Array, loglik: Array
) -> tuple[Array, Mask]:
    """Move along *step* until the likelihood rises; return the new points and which have converged."""
    tau2, d_tau2 = theta[:, -1], step[:, -1]
    typical = np.median(problem.v)
    with np.errstate(divide="ignore", invalid="ignore"):
        to_zero = np.where(d_tau2 < 0.0, -tau2 / d_tau2, np.inf)
        to_cap = np.where(d_tau2 > 0.0, 10.0 * (tau2 + typical) / d_tau2, np.inf)
    limit = np.minimum(to_zero, to_cap)
    alpha = np.minimum(1.0, limit)
    done = (decrement <= TOLERANCE) & (limit >= 1.0)
    moved = _at(theta, step, alpha, to_zero)
    noise = 1e-13 * (1.0 + np.abs(loglik))
    open_ = np.flatnonzero(~done)
    for _ in range(60):
        if open_.size == 0:
            break
        gain = problem.loglik(moved[open_]) - loglik[open_]
        short = ~(gain >= 1e-4 * alpha[open_] * decrement[open_] - noise[open_])
        open_ = open_[short]
        alpha[open_] *= 0.5
        moved[open_] = _at(theta[open_], step[open_], alpha[open_], to_zero[open_])
    moved[open_] = theta[open_]
    done[open_] = True  # nothing rises along an ascent direction: at rounding
    return moved, done


def _at(theta: Array, step: Array, alpha: Array, to_zero: Array) -> Array:
    """Return theta + alpha step, with tau2 exactly 0 where the step reaches it."""
    moved: Array = theta + alpha[:, None] * step
    moved[:, -1] = np.where(alpha >= to_zero, 0.0, np.maximum(moved[:, -1], 0.0))
    return moved


def information(at: Maximum | Derivatives, keep: Mask) -> Array:
    """Return the observed information with rows and columns that may not move set to the identity."""
    a = np.where(keep[:, :, None] & keep[:, None, :], -at.hessian, 0.0)
    np.einsum("sii->si", a)[~keep] = 1.0
    return a
