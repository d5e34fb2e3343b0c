"""The pool without each trial in turn."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mgmeta.errors import FitError
from mgmeta.pooling.bounded import fit_bounded
from mgmeta.pooling.pool import check_effects
from mgmeta.pooling.pool_rows import PoolRow, bounded_rows, pool_rows


def leave_one_out(
    y: ArrayLike, v: ArrayLike, *, method: str = "REML", test: str = "z", level: float
) -> list[PoolRow]:
    """Pool the other k - 1 trials, once for each trial left out.

    Parameters
    ----------
    y, v : (k,) effects and sampling variances
    method, test, level : as in :func:`mgmeta.pooling.pool.pool`

    Returns
    -------
    list of PoolRow, in the order of the trials left out

    Raises
    ------
    FitError
        If k = 1.
    """
    effects, variances = check_effects(y, v)
    if effects.size < 2:
        raise FitError("leave-one-out needs at least 2 effects; 1 was given")
    mask = ~np.eye(effects.size, dtype=bool)
    return pool_rows(effects, variances, mask, method=method, test=test, level=level)


def leave_one_out_bounded(
    y: ArrayLike, se: ArrayLike, lower: ArrayLike, upper: ArrayLike, *, level: float
) -> list[PoolRow]:
    """Leave each row out of the maximum-likelihood fit of numbers and bounds.

    Parameters
    ----------
    y, se, lower, upper : (k,) as in :func:`mgmeta.pooling.bounded.fit_bounded`

    Raises
    ------
    FitError
        If a deletion leaves nothing that can be fitted; says which row.
    """
    columns = [np.asarray(column, dtype=float) for column in (y, se, lower, upper)]
    fits = []
    for i in range(columns[0].size):
        try:
            fits.append(fit_bounded(*(np.delete(column, i) for column in columns), level=level))
        except FitError as error:
            raise FitError(f"without row {i + 1}: {error}") from error
    return bounded_rows(fits)
