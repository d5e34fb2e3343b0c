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
from mgmeta.pooling.bounded_newton import Maximum, information, maximise, movable

Terms = NDArray[np.intp]

# An end further out than this many standard errors (or typical standard errors of a row,
# whichever is larger) is reported as unbounded.
REACH = 1e6
MAX_PASSES = 100


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


def profile_drop(problem: Problem, best: Maximum, term: Terms, value: Array, warm: Array) -> Maximum:
    """Maximise with ``beta[term] = value`` fixed, from the warm start and over a spread of tau2.

    Parameters
    ----------
    problem, best
        The rows and their overall maximum (one row).
    term
        Which coefficient is fixed in each fit, shape (s,), integers.
    value
        At what, internal units, shape (s,).
    warm
        Start, shape (s, p + 1).
    """
    s, d = warm.shape
    rows = np.arange(s)
    far = (value - best.theta[0, term]) ** 2 * _x_unit(problem)[term] ** 2
    tau2 = best.theta[0, -1]
    starts = np.stack([warm] * 4)
    starts[1, :, -1] = 0.0
    starts[2, :, -1] = tau2 + 0.3 * far
    starts[3, :, -1] = 0.2 * tau2 + 0.01 * far
    starts[:, rows, term] = value
    free = np.ones((s, d), dtype=bool)
    free[rows, term] = False
    found = maximise(problem, starts.reshape(4 * s, d), np.tile(free, (4, 1)))
    pick = np.argmax(found.loglik.reshape(4, s), axis=0) * s + rows
    return Maximum(*(getattr(found, name)[pick] for name in Maximum.__dataclass_fields__))


def _x_unit(problem: Problem) -> Array:
    """Root mean square of each column: what one unit of a coefficient moves a row by."""
    unit: Array = np.sqrt(np.mean(problem.x**2, axis=0))
    return unit


def likelihood_ratio(problem: Problem, best: Maximum, terms: Terms) -> Array:
    """Return ``2 (l_max - l_profile(0))`` of each coefficient in *terms*, shape as *terms*."""
    warm = _predict(best, terms, -best.theta[0, terms])
    found = profile_drop(problem, best, terms, np.zeros(len(terms)), warm)
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
    move = inverse[:, term].T / inverse[term, term][:, None] * shift[:, None]
    theta: Array = best.theta[0] + move
    theta[:, -1] = np.maximum(theta[:, -1], 0.0)
    return theta


def covariance(best: Maximum) -> Array:
    """Return the inverse observed information, tau2 held where it sits at zero."""
    keep = movable(best.theta, best.gradient, np.ones_like(best.theta, dtype=bool))
    inverse = np.linalg.pinv(information(best, keep)[0], hermitian=True)
    inverse[~keep[0], :] = inverse[:, ~keep[0]] = 0.0
    return inverse


def interval_ends(problem: Problem, best: Maximum, ends: list[End]) -> Array:
    """Return the ends (internal units; infinite where the profile never drops far enough).

    Raises
    ------
    BetterMaximumError
        If a constrained fit has a higher likelihood than *best*.
    """
    term = np.array([end.term for end in ends])
    side = np.array([end.side for end in ends])
    target = np.sqrt([end.drop for end in ends])
    centre = best.theta[0, term]
    step = np.sqrt(np.maximum(np.diag(covariance(best))[term], 1e-300))
    reach = REACH * np.maximum(step, np.sqrt(np.median(problem.v)) / _x_unit(problem)[term])
    inner, outer = np.zeros(len(ends)), np.full(len(ends), np.inf)  # distances from the centre
    distance = np.minimum(target * step, reach)
    warm = _predict(best, term, side * distance)
    answer = np.full(len(ends), np.nan)
    todo = np.arange(len(ends))
    for _ in range(MAX_PASSES):
        value = centre[todo] + side[todo] * distance[todo]
        found = profile_drop(problem, best, term[todo], value, warm[todo])
        warm[todo] = found.theta
        root = np.sqrt(_deviance(best, found))
        rise = -side[todo] * found.gradient[np.arange(len(todo)), term[todo]]  # of deviance / 2, outwards
        low = root < target[todo]
        inner[todo[low]], outer[todo[~low]] = distance[todo[low]], distance[todo[~low]]
        following = _next(distance[todo], inner[todo], outer[todo], root, rise, target[todo])
        unbounded = low & (distance[todo] >= reach[todo])
        settled = np.abs(following - distance[todo]) <= 1e-13 * np.abs(centre[todo]) + 1e-12 * step[todo]
        answer[todo] = np.where(unbounded, side[todo] * np.inf, centre[todo] + side[todo] * following)
        distance[todo] = np.minimum(following, reach[todo])
        todo = todo[~(settled | unbounded)]
        if todo.size == 0:
            break
    return answer


def _next(distance: Array, inner: Array, outer: Array, root: Array, rise: Array, target: Array) -> Array:
    """Return the next distance to try: a Newton step if it stays in the bracket, else halve or double."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        newton = distance + (target - root) * root / rise
    fallback = np.where(
        np.isfinite(outer), 0.5 * (inner + np.where(np.isfinite(outer), outer, 0.0)), 2.0 * distance
    )
    cap = np.where(np.isfinite(outer), outer, 8.0 * distance)
    near = np.abs(newton - distance) <= 1e-9 * distance  # at the root, where the bracket is only rounding
    usable = np.isfinite(newton) & (rise > 0.0) & (((newton > inner) & (newton < cap)) | near)
    return np.where(usable, newton, np.where(np.isfinite(outer) | (rise <= 0.0), fallback, cap))
