"""Are these rows fit to be fitted? Checks of numbers and bounds before any likelihood is climbed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.errors import FitError
from mgmeta.pooling.bounded_likelihood import Array, Problem


@dataclass(frozen=True)
class Rows:
    """Checked rows: y (k,) NaN for bounds; se, lower, upper (k,); x (k, p); names (p,)."""

    y: Array
    se: Array
    lower: Array
    upper: Array
    x: Array
    names: tuple[str, ...]


def check_rows(
    y: ArrayLike,
    se: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    x: ArrayLike | None,
    level: float,
    names: Sequence[str] | None,
) -> Rows:
    """Return the rows as arrays, or say which row is wrong and why.

    Parameters
    ----------
    y : (k,) effects, NaN where a row is a bound, in any one unit
    se : (k,) standard errors, in the unit of the effects
    lower : (k,) lower ends of what is allowed, in the unit of the effects; infinite where open
    upper : (k,) upper ends, in the unit of the effects; infinite where open
    x : (k, p) design matrix; None: the mean alone
    level : of the intervals, such as 0.95
    names : what each row is called in messages

    Raises
    ------
    FitError
        On any value or shape that :func:`mgmeta.pooling.bounded.fit_bounded` cannot use.
    """
    y_, se_, low, high = (np.array(values, dtype=np.float64).ravel() for values in (y, se, lower, upper))
    k = y_.size
    if k == 0:
        raise FitError("no rows to fit; at least one number or bound is needed")
    sizes = (y_.size, se_.size, low.size, high.size)
    if len(set(sizes)) > 1:
        raise FitError(f"y, se, lower and upper have {sizes} values; give one of each for every row")
    if not 0.0 < level < 1.0:
        raise FitError(f"level is {level:g}; give a fraction between 0 and 1, e.g. 0.95")
    design = np.ones((k, 1)) if x is None else np.array(x, dtype=np.float64)
    if design.ndim != 2 or design.shape[0] != k:
        raise FitError(f"x has shape {design.shape}; expected ({k}, number of coefficients)")
    low, high = np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)
    bound = np.isnan(y_)
    _check_values(y_, se_, low, high, bound)
    _check_design(design)
    labels = tuple(names) if names is not None else _default_names(design)
    if len(labels) != design.shape[1]:
        raise FitError(f"{len(labels)} names for {design.shape[1]} coefficients")
    return Rows(y_, se_, low, high, design, labels)


def _check_values(y: Array, se: Array, low: Array, high: Array, bound: NDArray[np.bool_]) -> None:
    """Refuse values that are no numbers, variances that are not positive and empty bounds."""
    problems = (
        (~(np.isfinite(se) & (se > 0.0)), se, "se is {}; expected a positive number"),
        (np.isinf(y), y, "y is {}; expected a finite number, or NaN for a bound"),
        (bound & (low >= high), low, "lower is {}, not below upper; swap them or leave the row out"),
        (
            bound & np.isinf(low) & np.isinf(high),
            low,
            "neither a number nor a bound; a row that says nothing must be left out",
        ),
    )
    for wrong, values, text in problems:
        if wrong.any():
            i = int(np.argmax(wrong))
            raise FitError(f"row {i + 1}: " + text.format(f"{values[i]:g}"))


def _check_design(x: Array) -> None:
    """Refuse missing values, too few rows and collinear columns."""
    k, p = x.shape
    if not np.isfinite(x).all():
        i, j = np.argwhere(~np.isfinite(x))[0]
        raise FitError(f"row {i + 1}: moderator column {j + 1} is missing; leave the row out")
    if k < p:
        raise FitError(f"{k} rows for {p} coefficients; at least {p} are needed")
    size = np.max(np.abs(x), axis=0)
    if p == 0 or (size == 0.0).any() or np.linalg.matrix_rank(x / size) < p:
        raise FitError(f"the {p} columns of the design are collinear in these {k} rows; drop a moderator")


def _default_names(x: Array) -> tuple[str, ...]:
    """Name a constant first column ``intercept`` and the others by number."""
    first = "intercept" if np.ptp(x[:, 0]) == 0.0 else "x1"
    return (first, *(f"x{j + 1}" for j in range(1, x.shape[1])))


def climbs_for_ever(problem: Problem) -> str:
    """Return why the likelihood has no maximum, or "" if beta is held in every direction.

    A direction d of beta is free of any hold if numbers and two-sided bounds do not see it
    (x_i d = 0) and every one-sided bound sees it on its open side (direction_i x_i d <= 0).
    """
    n, m = problem.y.size, problem.y.size + problem.edge.size
    holding = np.vstack([problem.x[:n], problem.x[m:]])
    free = _null_space(holding, problem.x.shape[1])
    if free.shape[1] == 0:
        return ""
    away = -problem.direction[:, None] * (problem.x[n:m] @ free)
    if not _has_direction(away):
        return ""
    which = (
        "every row is a bound open on the same side"
        if problem.x.shape[1] == 1
        else ("along some combination of moderators only bounds open on the same side speak")
    )
    return f"{which}: the likelihood rises without end; at least one number or two-sided bound is needed"


def _null_space(a: Array, p: int) -> Array:
    """Return an orthonormal basis (p, q) of the directions that *a* does not see."""
    if a.shape[0] == 0:
        return np.eye(p)
    if a.shape[0] > a.shape[1]:  # R has the same singular values and right vectors, and k x k is never made
        a = np.asarray(np.linalg.qr(a, mode="r"), dtype=float)
    _, singular, vt = np.linalg.svd(a, full_matrices=True)
    rank = int((singular > 1e-10 * max(float(singular[0]), 1e-300)).sum())
    return np.ascontiguousarray(vt[rank:].T)


def _has_direction(away: Array) -> bool:
    """Return whether some d has away @ d >= 0 with at least one entry above 0 (x has full rank)."""
    if away.shape[1] == 1:
        return bool((away >= -1e-12).all() or (away <= 1e-12).all())
    from scipy.optimize import linprog  # rare: bounds that leave two or more directions unheld

    size = away.shape[1]
    found = linprog(-away.sum(axis=0), A_ub=-away, b_ub=np.zeros(len(away)), bounds=[(-1.0, 1.0)] * size)
    return bool(-found.fun > 1e-9)
