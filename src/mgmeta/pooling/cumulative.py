"""The pool as trials come in, one after the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.errors import DataError, FitError
from mgmeta.pooling.bounded import fit_bounded
from mgmeta.pooling.pool import check_effects
from mgmeta.pooling.pool_rows import PoolRow, bounded_rows, pool_rows


def check_order(order: Sequence[int] | NDArray[np.intp], k: int) -> NDArray[np.intp]:
    """Return *order* as an index array if it is a permutation of 0..k-1, else raise DataError.

    Raises
    ------
    DataError
        If it is no permutation of 0..k-1.
    """
    index = np.asarray(order, dtype=int)
    if index.shape != (k,) or not np.array_equal(np.sort(index), np.arange(k)):
        raise DataError(f"the order must name each of the {k} rows once")
    return index


def cumulative(
    y: ArrayLike,
    v: ArrayLike,
    *,
    order: Sequence[int] | NDArray[np.intp],
    method: str = "REML",
    test: str = "z",
    level: float,
) -> list[PoolRow]:
    """Pool the first 1, 2, ..., k trials of *order*.

    Parameters
    ----------
    y, v : (k,) effects and sampling variances
    order : permutation of 0..k-1, e.g. ``numpy.argsort(year, kind="stable")``
    method, test, level : as in :func:`mgmeta.pooling.pool.pool`

    Returns
    -------
    list of PoolRow, one a step

    References
    ----------
    Lau J et al. N Engl J Med 1992;327:248-254.
    """
    effects, variances = check_effects(y, v)
    index = check_order(order, effects.size)
    mask = np.tri(effects.size, dtype=bool)
    return pool_rows(effects[index], variances[index], mask, method=method, test=test, level=level)


def cumulative_bounded(
    y: ArrayLike,
    se: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    *,
    order: Sequence[int] | NDArray[np.intp],
    level: float,
) -> list[PoolRow | None]:
    """Fit numbers and bounds as they come in; a step that cannot be fitted is None.

    The first steps may hold nothing but one-sided bounds, whose likelihood has no maximum.

    Parameters
    ----------
    y, se, lower, upper : (k,) effects (NaN = bound), standard errors, ends of the bounds (infinite = open)
    order : (k,) rows in the order in which they come in
    level : of the intervals, e.g. 0.95
    """
    columns = [np.asarray(column, dtype=float) for column in (y, se, lower, upper)]
    index = check_order(order, columns[0].size)
    rows: list[PoolRow | None] = []
    for step in range(1, index.size + 1):
        try:
            fit = fit_bounded(*(column[index[:step]] for column in columns), level=level)
            rows.extend(bounded_rows([fit]))
        except FitError:
            rows.append(None)
    return rows
