"""Profile likelihood of each coefficient: intervals and tests.

The interval holds every b with ``2 (l_max - l_profile(b)) <= c``. All ends of all
coefficients are sought together: each pass maximises the constrained likelihood of
every open end at once, and the root of ``sqrt(2 (l_max - l_profile(b))) = sqrt(c)``,
nearly a straight line in b, is taken by Newton steps kept inside a bracket
(derivative by the envelope theorem: ``d l_profile / d b = d l / d b``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgmeta.pooling.bounded_likelihood import Array, Problem
from mgmeta.pooling.bounded_newton import Mask, Maximum, information, maximise, maximise_by_tau2, movable

Terms = NDArray[np.intp]

# An end further out than this many standard errors (or typical standard errors of a row,
# whichever is larger) is reported as unbounded.
REACH = 1e6
MAX_PASSES = 100
# Curvature (internal units, and relative to the other parameters) taken as none.
FLAT = 1e-14


class BetterMaximumError(Exception):
    """A constrained fit beat the supposed maximum; ``theta`` is where."""

    def __init__(self, theta: Array) -> None:
        self.theta = theta
        super().__init__("a profile fit found a higher likelihood")


@dataclass(frozen=True)
class End:
    """One end sought: coefficient, side (-1 lower, +1 upper) and the drop ``c`` in 2 log-likelihood."""

    term: int
    side: float
    drop: float


def constrained(problem: Problem, term: Terms, value: Array, warm: Array) -> Maximum:
    """Maximise with ``beta[term] = value`` fixed.

    Parameters
    ----------
    problem
        The rows.
    term
        Which coefficient is fixed in each fit, shape (s,), integers.
    value
        At what, internal units, shape (s,).
    warm
        Start, shape (s, p + 1).
    """
    rows = np.arange(len(warm))
    start, free = warm.copy(), np.ones(warm.shape, dtype=bool)
    start[rows, term] = value
    free[rows, term] = False
    return maximise(problem, start, free)


def constrained_global(problem: Problem, best: Maximum, term: Terms, value: Array, warm: Array) -> Maximum:
    """Like :func:`constrained`, the best from the warm start and from a spread of tau2.

    Parameters
    ----------
    problem : rows and scale of the likelihood
    best : the free maximum
    term : (s,) place of the coefficient that is held in each search
    value : (s,) what it is held at, in units of the scaled problem
    warm : (s, p + 1) where each search begins
    """
    s = len(warm)
    far = (value - best.theta[0, term]) ** 2 * _x_unit(problem)[term] ** 2
    tau2 = best.theta[0, -1]
    starts = np.stack([warm] * 5)
    starts[1, :, -1] = 0.0
    starts[2, :, -1] = 0.2 * tau2 + 0.01 * far
    starts[3, :, -1] = tau2 + 0.1 * far
    starts[4, :, -1] = 2.0 * tau2 + far
    starts[:, np.arange(s), term] = value
    free = np.ones(starts.shape, dtype=bool)
    free[:, np.arange(s), term] = False
    found = maximise_by_tau2(problem, starts.reshape(5 * s, -1), free.reshape(5 * s, -1))
    pick = np.argmax(found.loglik.reshape(5, s), axis=0) * s + np.arange(s)
    return Maximum(*(getattr(found, name)[pick] for name in Maximum.__dataclass_fields__))


def _x_unit(problem: Problem) -> Array:
    """Root mean square of each column: what one unit of a coefficient moves a row by."""
    unit: Array = np.sqrt(np.mean(problem.x**2, axis=0))
    return unit


def likelihood_ratio(problem: Problem, best: Maximum, terms: Terms) -> Array:
    """Return ``2 (l_max - l_profile(0))`` of each coefficient in *terms*, shape as *terms*."""
    warm = _predict(best, terms, -best.theta[0, terms])
    found = constrained_global(problem, best, terms, np.zeros(len(terms)), warm)
    return _deviance(best, found)


def _deviance(best: Maximum, found: Maximum) -> Array:
    """Return the drop in 2 log-likelihood; a rise beyond rounding is news about the maximum."""
    top = int(np.argmax(found.loglik))
    if found.loglik[top] > best.loglik[0] + 1e-9 * (1.0 + abs(best.loglik[0])):
        raise BetterMaximumError(found.theta[top])
    drop: Array = np.maximum(2.0 * (best.loglik[0] - found.loglik), 0.0)
    return drop


def _predict(best: Maximum, term: Terms, shift: Array) -> Array:
    """Move the other parameters along their regression on the fixed one, from the maximum."""
    inverse = covariance(best)
    theta: Array = best.theta[0] + inverse[:, term].T / inverse[term, term][:, None] * shift[:, None]
    theta[:, -1] = np.maximum(theta[:, -1], 0.0)
    return theta


def covariance(best: Maximum) -> Array:
    """Return the inverse observed information, tau2 held where it sits at zero.

    Directions in which the likelihood is flat (relative curvature below FLAT) get a
    variance that is large but finite; :func:`flat_terms` tells them.
    """
    keep = movable(best.theta, best.gradient, np.ones_like(best.theta, dtype=bool))
    a = information(best, keep)[0]
    d = np.sqrt(np.maximum(np.diag(a), FLAT))
    value, vector = np.linalg.eigh(a / np.outer(d, d))
    inverse: Array = (vector / np.maximum(value, FLAT)) @ vector.T / np.outer(d, d)
    inverse[~keep[0], :] = inverse[:, ~keep[0]] = 0.0
    return inverse


def flat_terms(problem: Problem, best: Maximum) -> NDArray[np.bool_]:
    """Return which coefficients have a standard error beyond REACH typical rows: unseen by any row."""
    row_unit = np.sqrt(np.median(problem.v)) / _x_unit(problem)
    flat: NDArray[np.bool_] = np.sqrt(np.diag(covariance(best))[:-1]) > REACH * row_unit
    return flat


def interval_ends(problem: Problem, best: Maximum, ends: list[End]) -> Array:
    """Return the ends, internal units.

    Infinite where the profile never drops far enough, NaN where the end was not located
    (seen in none of some 3,000 random data sets).

    Raises
    ------
    BetterMaximumError
        If a constrained fit has a higher likelihood than *best*.
    """
    search = _Search(problem, best, ends)
    everything = np.arange(len(ends))
    search.run(everything, spread=False)
    # The search follows one branch in tau2 outwards from the maximum. Where it ends between two
    # branches, or another is higher at the end found, the end is sought again over all branches.
    again = everything[search.missed(everything) | search.beaten(everything)]
    if again.size:
        search.restart(again)
        search.run(again, spread=True)
        search.answer[search.missed(everything)] = np.nan
    return search.answer


class _Search:
    """State of the root search: one entry an end; distances are from the maximum."""

    def __init__(self, problem: Problem, best: Maximum, ends: list[End]) -> None:
        self.problem, self.best = problem, best
        self.term = np.array([end.term for end in ends], dtype=np.intp)
        self.side = np.array([end.side for end in ends])
        self.target = np.sqrt([end.drop for end in ends])
        self.centre = best.theta[0, self.term]
        row_unit = np.sqrt(np.median(problem.v)) / _x_unit(problem)[self.term]
        self.step = np.sqrt(np.diag(covariance(best))[self.term])
        self.reach = REACH * np.maximum(self.step, row_unit)
        self.answer = np.full(len(ends), np.nan)
        self.inner, self.outer, self.distance, self.moved = np.empty((4, len(ends)))
        self.warm = np.empty((len(ends), best.theta.shape[1]))
        self.reached = np.empty(len(ends))
        self.restart(np.arange(len(ends)))

    def restart(self, which: Terms) -> None:
        """Begin again at the ends a parabola would have."""
        self.inner[which], self.outer[which], self.moved[which] = 0.0, np.inf, np.inf
        self.distance[which] = np.minimum(self.target * self.step, self.reach)[which]
        shift = (self.side * self.distance)[which]
        self.warm[which] = _predict(self.best, self.term[which], shift)

    def fit(self, which: Terms, spread: bool) -> Maximum:
        """Maximise with each end's coefficient fixed at its present distance."""
        value = (self.centre + self.side * self.distance)[which]
        if spread:
            return constrained_global(self.problem, self.best, self.term[which], value, self.warm[which])
        return constrained(self.problem, self.term[which], value, self.warm[which])

    def run(self, todo: Terms, spread: bool) -> None:
        """Bring every end in *todo* to its root or out of reach."""
        for _ in range(MAX_PASSES):
            found = self.fit(todo, spread)
            self.warm[todo], self.reached[todo] = found.theta, found.loglik
            root = np.sqrt(_deviance(self.best, found))
            rise = -self.side[todo] * found.gradient[np.arange(len(todo)), self.term[todo]]
            low, distance = root < self.target[todo], self.distance[todo]
            self.inner[todo[low]], self.outer[todo[~low]] = distance[low], distance[~low]
            bracket = self.inner[todo], self.outer[todo]
            following = _next(distance, *bracket, root, rise, self.target[todo], self.moved[todo])
            self.moved[todo] = np.abs(following - distance)
            unbounded = low & (distance >= self.reach[todo])
            # Newton's error is squared by each step: the one from 1e-7 away lands near rounding.
            near = np.abs(following - distance) <= 1e-7 * np.minimum(distance, self.step[todo])
            shut = self.outer[todo] - self.inner[todo] <= 1e-13 * distance  # between two branches
            settled = shut | (near & (np.abs(root - self.target[todo]) <= 1e-4))
            following = np.where(unbounded, np.inf, following)
            self.answer[todo] = self.centre[todo] + self.side[todo] * following
            self.distance[todo] = np.where(
                settled | unbounded, distance, np.minimum(following, self.reach[todo])
            )
            todo = todo[~(settled | unbounded)]
            if todo.size == 0:
                return

    def beaten(self, which: Terms) -> Mask:
        """Return at which ends another branch in tau2 has a higher likelihood."""
        found = self.fit(which, spread=True)
        _deviance(self.best, found)
        higher: Mask = found.loglik > self.reached[which] + 1e-9 * (1.0 + np.abs(found.loglik))
        return higher

    def missed(self, which: Terms) -> Mask:
        """Return which finite ends do not have the deviance sought."""
        drop = 2.0 * (self.best.loglik[0] - self.reached[which])
        missed: Mask = np.isfinite(self.answer[which]) & (np.abs(drop - self.target[which] ** 2) > 1e-5)
        return missed


def _next(
    distance: Array, inner: Array, outer: Array, root: Array, rise: Array, target: Array, moved: Array
) -> Array:
    """Return the next distance: a Newton step if it stays in the bracket, else halve or double.

    ``rise`` is the outward slope of half the deviance, so that of its root is ``rise / root``.
    Once the root is bracketed each step must be at most half of the last (*moved*), or the
    bracket is halved: Newton alone can run in circles.
    """
    newton = distance + (target - root) * root / np.where(rise > 0.0, rise, 1.0)
    closed = np.isfinite(outer)
    far = np.where(closed, outer, 0.0)
    # Geometric where the bracket spans decades: far out the profile falls with the logarithm.
    middle = np.where(far > 4.0 * inner, np.sqrt(far * np.maximum(inner, 1e-2 * far)), 0.5 * (inner + far))
    step = np.abs(newton - distance)
    inside = np.where(
        closed, (newton > inner) & (newton < far) & (step <= 0.5 * moved), newton < 8.0 * distance
    )
    tiny = step <= 1e-9 * distance  # at the root, where the bracket is only rounding
    outwards = np.where(rise > 0.0, 8.0, 2.0) * distance
    return np.where((rise > 0.0) & (inside | tiny), newton, np.where(closed, middle, outwards))
