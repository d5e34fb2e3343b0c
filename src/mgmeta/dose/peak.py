"""The additive model of a curve linear in its coefficients: maximum, and profiles of combinations c'beta."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgmeta.dose.rows import Independent
from mgmeta.errors import FitError
from mgmeta.pooling.bounded import fit_bounded
from mgmeta.pooling.bounded_likelihood import Problem, prepare
from mgmeta.pooling.bounded_newton import Maximum, maximise
from mgmeta.pooling.bounded_profile import (
    BetterMaximumError,
    End,
    constrained,
    covariance,
    interval_ends,
    likelihood_ratio,
)
from mgmeta.stats.wls import scaled_qr

Array = NDArray[np.float64]


class HigherPeakError(Exception):
    """A profile passed a point higher than the supposed maximum: ``beta``, ``tau2``."""

    def __init__(self, beta: Array, tau2: float) -> None:
        self.beta, self.tau2 = beta, tau2
        super().__init__("a profile found a higher likelihood")


@dataclass(frozen=True)
class Peak:
    """Maximum of the likelihood of numbers and bounds.

    Attributes
    ----------
    rows, x : what was fitted; x (k, p) is the turned design
    beta, cov : (p,), (p, p) from the observed information in (beta, tau2)
    tau2, loglik : in units of the given rows
    """

    rows: Independent
    x: Array
    beta: Array
    cov: Array
    tau2: float
    loglik: float

    @property
    def df(self) -> int:
        """Rows less coefficients."""
        return int(self.x.shape[0] - self.x.shape[1])


def find_peak(
    rows: Independent, x: Array, terms: Sequence[str], hint: tuple[Array, float] | None = None
) -> Peak:
    """Maximise; *hint* (beta, tau2) replaces the search for a start.

    Parameters
    ----------
    rows : the rows, sorted and checked
    x : (n, p) basis of the curve at the doses
    terms : names of the coefficients
    hint : a start that replaces the search for one; None: search

    Raises
    ------
    FitError
        As :func:`mgmeta.pooling.bounded.fit_bounded`, whose search this is.
    """
    if hint is None:
        # The level plays no part in the search.
        fit = fit_bounded(
            rows.y, rows.se, rows.lower, rows.upper, x, level=0.95, names=terms, term_profile=False
        )
        hint = fit.beta, fit.tau2
    axes = _Axes.of(rows, x, hint[1])
    problem, best = axes.climb(rows, np.eye(x.shape[1]), axes.inward(hint[0]), hint[1])
    tau2 = float(problem.to_units(best.theta[0])[-1])
    inner = covariance(best)[:-1, :-1] * np.outer(problem.beta_unit, problem.beta_unit)
    outward = np.linalg.inv(axes.r)
    return Peak(
        rows=rows,
        x=x,
        beta=outward @ problem.to_units(best.theta[0])[:-1],
        cov=outward @ inner @ outward.T,
        tau2=tau2,
        loglik=float(best.loglik[0]) - problem.k_numeric * float(np.log(problem.scale)) + rows.log_jacobian,
    )


@dataclass(frozen=True)
class _Axes:
    """Coefficients R beta, nearly independent of one another at the weights 1/(se^2 + tau2)."""

    q: Array
    r: Array

    @classmethod
    def of(cls, rows: Independent, x: Array, tau2: float) -> _Axes:
        root = 1.0 / np.sqrt(rows.se**2 + tau2)
        q, r = scaled_qr(x * root[:, None])
        return cls(q / root[:, None], r)

    def inward(self, beta: Array) -> Array:
        """Return R beta."""
        inner: Array = self.r @ beta
        return inner

    def climb(self, rows: Independent, u: Array, inner: Array, tau2: float) -> tuple[Problem, Maximum]:
        """Maximise with the axes rotated by the orthogonal u (p, p), from R beta = *inner*."""
        problem = prepare(rows.y, rows.se, rows.lower, rows.upper, self.q @ u)
        start = np.append(u.T @ inner / problem.beta_unit, tau2 / problem.scale**2)[None]
        best = maximise(problem, start, np.ones(start.shape, dtype=bool))
        if not best.converged[0]:
            raise FitError("the maximum of the likelihood was not reached; fewer knots may help")
        return problem, best


@dataclass(frozen=True)
class Profiles:
    """Profiles of m combinations: ends (m, drops, 2), LR of zero (m,)."""

    ends: Array
    ratio: Array


def profile_combinations(peak: Peak, combinations: Array, drops: Sequence[float]) -> Profiles:
    """Profile the likelihood over c'beta for each row c of *combinations* (m, p).

    Parameters
    ----------
    peak : the maximum
    combinations : (m, p); a row of zeros is known to be 0
    drops : what twice the log-likelihood may fall by inside an interval; one interval each

    Returns
    -------
    Profiles
        ``ratio`` is ``2 (l_max - l_profile(0))``. Infinite ends are unbounded.

    Raises
    ------
    HigherPeakError
        If a profile leads to a higher maximum; :func:`find_peak` from there.
    """
    m, p = combinations.shape
    ends, ratio = np.zeros((m, len(drops), 2)), np.zeros(m)
    axes = _Axes.of(peak.rows, peak.x, peak.tau2)
    inner = axes.inward(peak.beta)
    towards = np.linalg.solve(axes.r.T, combinations.T).T
    length = np.linalg.norm(towards, axis=1)
    if p == 1:  # every combination is a multiple of one coefficient
        if np.any(length > 0.0):
            one, lr = _profile(peak, axes, np.eye(1), inner, drops)
            seen = length > 0.0
            ends[seen] = np.sort(towards[seen, :, None] * one[None], axis=2)
            ratio[seen] = lr
        return Profiles(ends, ratio)
    for i in np.flatnonzero(length > 0.0):
        u = _basis(towards[i] / length[i])
        one, ratio[i] = _profile(peak, axes, u, inner, drops)
        ends[i] = one * length[i]
    return Profiles(ends, ratio)


def _profile(peak: Peak, axes: _Axes, u: Array, inner: Array, drops: Sequence[float]) -> tuple[Array, float]:
    """Profile the first rotated axis: ends (drops, 2) in its unit, and the LR of 0."""
    problem, best = axes.climb(peak.rows, u, inner, peak.tau2)
    with _higher_is_news(axes, u, problem):
        found = _ends(problem, best, drops)
        ratio = float(likelihood_ratio(problem, best, np.zeros(1, dtype=np.intp))[0])
    return found * problem.beta_unit[0], ratio


def _ends(problem: Problem, best: Maximum, drops: Sequence[float]) -> Array:
    """Return the ends of the first axis (drops, 2), internal units."""
    wanted = [End(0, side, drop) for drop in drops for side in (-1.0, 1.0)]
    return interval_ends(problem, best, wanted).reshape(len(drops), 2)


@contextmanager
def _higher_is_news(axes: _Axes, u: Array, problem: Problem) -> Iterator[None]:
    """Turn the profile's complaint about a higher maximum into ours, in the caller's coefficients."""
    try:
        yield
    except BetterMaximumError as better:
        theta = problem.to_units(better.theta)
        beta = np.asarray(np.linalg.solve(axes.r, u @ theta[:-1]), dtype=float)
        raise HigherPeakError(beta, float(theta[-1])) from None


def profile_path(peak: Peak, combination: Array, drops: Sequence[float]) -> tuple[Array, Array]:
    """Profile one combination c'beta and return its ends (drops, 2) with all coefficients there.

    Parameters and errors as :func:`profile_combinations`; *combination* (p,) is not zero. The
    coefficients (drops, 2, p) at an infinite end are NaN.

    Parameters
    ----------
    peak : the maximum
    combination : (p,) weights of the coefficients
    drops : falls of twice the log likelihood that end an interval, no unit
    """
    axes = _Axes.of(peak.rows, peak.x, peak.tau2)
    towards = np.asarray(np.linalg.solve(axes.r.T, combination), dtype=float)
    length = float(np.linalg.norm(towards))
    u = _basis(np.asarray(towards / length))
    problem, best = axes.climb(peak.rows, u, axes.inward(peak.beta), peak.tau2)
    with _higher_is_news(axes, u, problem):
        ends = _ends(problem, best, drops)
    finite = np.isfinite(ends)
    betas = np.full((*ends.shape, combination.size), np.nan)
    if finite.any():
        values = ends[finite]
        warm = np.repeat(best.theta, values.size, axis=0)
        at = constrained(problem, np.zeros(values.size, dtype=np.intp), values, warm)
        betas[finite] = np.linalg.solve(axes.r, u @ problem.to_units(at.theta)[:, :-1].T).T
    return ends * problem.beta_unit[0] * length, betas


def _basis(first: Array) -> Array:
    """Return an orthogonal matrix whose first column is *first* (unit length)."""
    q = np.linalg.qr(np.column_stack([first, np.eye(first.size)]))[0]
    return np.asarray(np.column_stack([first, q[:, 1:]]))
