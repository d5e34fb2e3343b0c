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
# Steps in a row without a rise above rounding after which a start is left: the likelihood is flat.
STALLS = 8


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
    state = (at.loglik, at.gradient, at.hessian, at.curvature)
    converged = np.zeros(len(theta), dtype=bool)
    todo = np.arange(len(theta))
    typical = float(np.median(problem.v))
    stalled = np.zeros(len(theta), dtype=int)
    for _ in range(MAX_ITERATIONS):
        step, decrement = newton_step(theta[todo], state[1][todo], state[2][todo], free[todo])
        path = _Path.along(theta[todo], step, typical)
        moved = path.at(path.longest)
        at = problem.derivatives(moved)
        done = (decrement <= TOLERANCE) & (path.longest >= 1.0)
        rounding = 1e-13 * (1.0 + np.abs(state[0][todo]))
        wanted = state[0][todo] - rounding
        short = np.flatnonzero(~done & ~(at.loglik - 1e-4 * path.longest * decrement >= wanted))
        if short.size:
            moved[short], stuck = _backtrack(problem, path.take(short), wanted[short], decrement[short])
            done[short[stuck]] = True  # nothing rises along an ascent direction: at rounding
            for slot, value in zip(at.parts(), problem.derivatives(moved[short]).parts(), strict=True):
                slot[short] = value
        stalled[todo] = np.where(at.loglik - state[0][todo] > rounding, 0, stalled[todo] + 1)
        done |= stalled[todo] >= STALLS
        theta[todo] = moved
        for slot, value in zip(state, at.parts(), strict=True):
            slot[todo] = value
        converged[todo[done]] = decrement[done] <= ACCEPTABLE
        todo = todo[~done]
        if todo.size == 0:
            break
    return Maximum(theta, *state, converged)


def maximise_by_tau2(problem: Problem, start: Array, free: Mask) -> Maximum:
    """Like :func:`maximise`, after first maximising over beta alone at each start's tau2.

    At a fixed tau2 the likelihood is concave in beta, so that only tau2 decides which of
    several maxima a start leads to.

    Parameters
    ----------
    problem : rows and scale of the likelihood
    start : (s, p + 1) starts: beta and tau2, in units of the scaled problem
    free : (s, p + 1) which parameters may move
    """
    only_beta = free.copy()
    only_beta[:, -1] = False
    return maximise(problem, maximise(problem, start, only_beta).theta, free)


def movable(theta: Array, gradient: Array, free: Mask) -> Mask:
    """Return *free* less tau2 where it sits at 0 and the gradient points outside.

    Parameters
    ----------
    theta : (s, p + 1) beta and tau2, in units of the scaled problem
    gradient : (s, p + 1) gradient of the log likelihood
    free : (s, p + 1) which parameters may move
    """
    held = free.copy()
    held[:, -1] &= ~((theta[:, -1] <= 0.0) & (gradient[:, -1] <= 0.0))
    return held


def newton_step(theta: Array, gradient: Array, hessian: Array, free: Mask) -> tuple[Array, Array]:
    """Return the ascent step and its decrement; negative curvature is turned over.

    Parameters
    ----------
    theta : (s, p + 1) beta and tau2, in units of the scaled problem
    gradient : (s, p + 1) gradient of the log likelihood
    hessian : (s, p + 1, p + 1) its second derivatives
    free : (s, p + 1) which parameters may move
    """
    keep = movable(theta, gradient, free)
    g = np.where(keep, gradient, 0.0)
    a = np.where(keep[:, :, None] & keep[:, None, :], -hessian, 0.0)
    # On the boundary tau2 steps by its own curvature only: a joint step could point outside.
    edge = theta[:, -1] <= 0.0
    a[edge, -1, :-1] = a[edge, :-1, -1] = 0.0
    diagonal = np.einsum("sii->si", a)
    d = np.sqrt(np.maximum(np.abs(diagonal), 1e-100))
    d = np.where(keep, d, 1.0)
    a = a / (d[:, :, None] * d[:, None, :])
    np.einsum("sii->si", a)[~keep] = 1.0
    eigenvalue, q = np.linalg.eigh(a)
    turned = np.maximum(np.abs(eigenvalue), 1e-12)
    rotated = np.einsum("sij,si->sj", q, g / d) / turned
    step = np.einsum("sij,sj->si", q, rotated) / d
    return step, np.einsum("si,si->s", g, step)


@dataclass(frozen=True)
class _Path:
    """Straight ways from *origin* along *step*: where tau2 reaches 0, and how far to go at most."""

    origin: Array
    step: Array
    to_zero: Array
    longest: Array

    @classmethod
    def along(cls, origin: Array, step: Array, typical: float) -> _Path:
        """Limit steps to tau2 = 0 below and to tenfold growth above."""
        tau2, change = origin[:, -1], step[:, -1]
        moving = np.where(change == 0.0, 1.0, change)
        to_zero = np.where(change < 0.0, -tau2 / moving, np.inf)
        to_cap = np.where(change > 0.0, 10.0 * (tau2 + typical) / moving, np.inf)
        return cls(origin, step, to_zero, np.minimum(1.0, np.minimum(to_zero, to_cap)))

    def take(self, index: NDArray[np.intp]) -> _Path:
        """Return the ways of some starts."""
        return _Path(self.origin[index], self.step[index], self.to_zero[index], self.longest[index])

    def at(self, alpha: Array) -> Array:
        """Return the points a fraction *alpha* along, with tau2 exactly 0 where it is reached."""
        point: Array = self.origin + alpha[:, None] * self.step
        point[:, -1] = np.where(alpha >= self.to_zero, 0.0, np.maximum(point[:, -1], 0.0))
        return point


def _backtrack(problem: Problem, path: _Path, wanted: Array, decrement: Array) -> tuple[Array, Mask]:
    """Halve steps until the likelihood rises; return the points and which starts found none."""
    alpha = 0.5 * path.longest
    trying = np.arange(len(alpha))
    for _ in range(60):
        ways = path.take(trying)
        gain = problem.loglik(ways.at(alpha[trying])) - 1e-4 * alpha[trying] * decrement[trying]
        trying = trying[~(gain >= wanted[trying])]
        if trying.size == 0:
            break
        alpha[trying] *= 0.5
    stuck = np.zeros(len(alpha), dtype=bool)
    stuck[trying] = True
    alpha[stuck] = 0.0
    return path.at(alpha), stuck


def information(at: Maximum | Derivatives, keep: Mask) -> Array:
    """Return the observed information with rows and columns that may not move set to the identity."""
    a = np.where(keep[:, :, None] & keep[:, None, :], -at.hessian, 0.0)
    np.einsum("sii->si", a)[~keep] = 1.0
    return a
