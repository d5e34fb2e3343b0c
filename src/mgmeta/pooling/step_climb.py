"""The climb to the maximum of a step-function selection model, from many starts."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mgmeta.errors import FitError
from mgmeta.pooling.maximise import Maximum, maximise
from mgmeta.pooling.step_likelihood import StepProblem, StepValue, step_loglik

Array = NDArray[np.float64]

MAX_WEIGHT = 100.0
"""Relative weights are kept in (0, 100]: with an empty interval the likelihood climbs for ever."""


def climb(problem: StepProblem, fixed: Array | None, common: bool) -> tuple[Maximum, StepValue, Array]:
    """Maximise over mu, tau = root of tau2, and angles with weight = 100 sin^2(angle).

    Both ends of a weight and tau2 = 0 are regular points on these scales.

    Parameters
    ----------
    problem : rows sorted into numbers and bounds
    fixed : (m,) weights that are not estimated, or None
    common : true for no heterogeneity

    Returns
    -------
    The maximum on the scale of the climb; likelihood and derivatives there; mu, tau2 and the weights.

    Raises
    ------
    FitError
        If no start converges.
    """
    m = problem.intervals
    free = m - 1 if fixed is None else 0
    keep = [0] + ([] if common else [1]) + list(range(2, 2 + free))

    def natural(theta: Array) -> tuple[float, float, Array, Array, Array]:
        full = np.zeros(1 + m)
        full[keep] = theta
        sine = np.sin(full[2:])
        weights = np.concatenate([[1.0], MAX_WEIGHT * sine**2]) if fixed is None else fixed
        slope = np.concatenate([[1.0, 2.0 * full[1]], MAX_WEIGHT * np.sin(2.0 * full[2:])])
        curve = np.concatenate([[0.0, 2.0], 2.0 * MAX_WEIGHT * np.cos(2.0 * full[2:])])
        return float(full[0]), float(full[1] ** 2), weights, slope, curve

    def objective(theta: Array) -> tuple[float, Array, Array]:
        mu, tau2, weights, slope, curve = natural(theta)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            at = step_loglik(problem, mu, tau2, weights)
        if not (math.isfinite(at.value) and np.isfinite(at.hessian).all()):
            return -math.inf, np.zeros(len(keep)), -np.eye(len(keep))
        hessian = at.hessian * np.outer(slope, slope) + np.diag(at.gradient * curve)
        return at.value, (at.gradient * slope)[keep], hessian[np.ix_(keep, keep)]

    tops = [maximise(objective, start) for start in _starts(problem, keep, free)]
    done = [top for top in tops if top.converged and math.isfinite(top.value)]
    if not done:
        raise FitError("the selection model did not converge; use fewer steps or fixed weights")
    best = max(done, key=lambda top: top.value)
    mu, tau2, weights, _, _ = natural(best.point)
    # What the climb leaves at 1e-40 is the boundary.
    tau2 = 0.0 if tau2 < 1e-12 * float(np.median(problem.variances)) else tau2
    weights = np.where(weights < 1e-12, 0.0, weights)
    return best, step_loglik(problem, mu, tau2, weights), np.concatenate([[mu, tau2], weights])


def _starts(problem: StepProblem, keep: list[int], free: int) -> list[Array]:
    """Spread starts over means, heterogeneity and strength of selection; such likelihoods have humps."""
    guesses = np.concatenate([problem.y, _middles(problem)])
    weight = 1.0 / problem.variances
    mean = float(weight @ guesses / weight.sum())
    spread = max(float(np.std(guesses)), 0.1 * math.sqrt(float(np.median(problem.variances))))
    starts = []
    for strength in (1.0, 0.2, 5.0) if free else (1.0,):
        angle = math.asin(math.sqrt(strength / MAX_WEIGHT))
        for tau, shift in ((spread, 0.0), (0.2 * spread, 0.0), (spread, -0.5), (spread, 0.5)):
            full = np.concatenate([[mean + shift * spread, tau], np.full(free, angle)])
            starts.append(full[keep])
    return starts


def _middles(problem: StepProblem) -> Array:
    """Return a plain guess for each bound: the mean of its finite ends."""
    ends = np.concatenate([problem.bound_low, problem.bound_high], axis=1)
    inside = np.concatenate([problem.bound_high > problem.bound_low] * 2, axis=1) & np.isfinite(ends)
    return np.asarray(np.where(inside, ends, 0.0).sum(axis=1) / np.maximum(inside.sum(axis=1), 1))
