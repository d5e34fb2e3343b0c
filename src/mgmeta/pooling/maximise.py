"""Newton's method with a safeguard, run until the figures stop moving."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Objective = Callable[[Array], tuple[float, Array, Array]]

MAX_ITERATIONS = 300
STEP_TOLERANCE = 1e-13
"""Relative step at which the iteration counts as standing still."""


@dataclass(frozen=True)
class Maximum:
    """Where the climb ended: point, value, gradient, Hessian, iterations, converged."""

    point: Array
    value: float
    gradient: Array
    hessian: Array
    iterations: int
    converged: bool


def _ascent(gradient: Array, hessian: Array) -> Array:
    """Return the Newton step, with every non-concave direction turned uphill."""
    values, vectors = np.linalg.eigh(-0.5 * (hessian + hessian.T))
    floor = 1e-10 * max(float(np.abs(values).max()), 1e-300)
    return np.asarray(vectors @ ((vectors.T @ gradient) / np.maximum(np.abs(values), floor)))


def maximise(objective: Objective, start: Array) -> Maximum:
    """Climb from *start* to a local maximum of *objective*.

    Parameters
    ----------
    objective : callable
        Point -> (value, gradient, Hessian); may return -inf outside its domain.
    start : (t,) where the value is finite

    Returns
    -------
    Maximum
        ``converged`` is False only if 300 steps did not suffice.
    """
    point = np.asarray(start, dtype=float)
    value, gradient, hessian = objective(point)
    for iteration in range(1, MAX_ITERATIONS + 1):
        step = _ascent(gradient, hessian)
        scale = 1.0
        while True:
            candidate = point + scale * step
            trial = objective(candidate)
            # Near the top the value cannot rise by more than rounding; a full Newton
            # step is then right if the gradient shrinks.
            flat = abs(trial[0] - value) <= 1e-12 * (1.0 + abs(value))
            if trial[0] > value or (flat and np.abs(trial[1]).max() < np.abs(gradient).max()):
                break
            scale *= 0.5
            if scale < 1e-12:
                return Maximum(point, value, gradient, hessian, iteration, True)
        moved = float(np.abs(candidate - point).max())
        point, (value, gradient, hessian) = candidate, trial
        if moved <= STEP_TOLERANCE * (1.0 + float(np.abs(point).max())):
            return Maximum(point, value, gradient, hessian, iteration, True)
    return Maximum(point, value, gradient, hessian, MAX_ITERATIONS, False)
