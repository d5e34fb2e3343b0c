"""P values of several tests at once: Holm's and Benjamini and Hochberg's adjustments."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mgmeta.errors import DataError

Array = NDArray[np.float64]


def holm(p: Sequence[float]) -> Array:
    r"""Adjust P values so that the chance of any false rejection is controlled.

    :math:`\tilde p_{(i)} = \max_{j \le i} \min(1, (m - j + 1) p_{(j)})` over the m sorted P values.

    Parameters
    ----------
    p : (m,) P values in [0, 1]

    Returns
    -------
    (m,) adjusted P values in the order given

    Raises
    ------
    DataError
        If a value is not in [0, 1].

    References
    ----------
    Holm S. Scand J Stat 1979;6:65-70.
    """
    values = _checked(p)
    order = np.argsort(values, kind="stable")
    m = len(values)
    scaled = np.minimum(1.0, (m - np.arange(m)) * values[order])
    adjusted = np.empty(m)
    adjusted[order] = np.maximum.accumulate(scaled)
    return adjusted


def benjamini_hochberg(p: Sequence[float]) -> Array:
    r"""Adjust P values so that the expected share of false rejections is controlled.

    :math:`\tilde p_{(i)} = \min_{j \ge i} \min(1, m p_{(j)} / j)` over the m sorted P values.

    Parameters
    ----------
    p : (m,) P values in [0, 1]

    Returns
    -------
    (m,) adjusted P values in the order given

    Raises
    ------
    DataError
        If a value is not in [0, 1].

    References
    ----------
    Benjamini Y, Hochberg Y. J R Stat Soc B 1995;57:289-300.
    """
    values = _checked(p)
    order = np.argsort(values, kind="stable")
    m = len(values)
    scaled = np.minimum(1.0, m * values[order] / np.arange(1, m + 1))
    adjusted = np.empty(m)
    adjusted[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    return adjusted


def _checked(p: Sequence[float]) -> Array:
    for value in p:
        if not (math.isfinite(value) and 0.0 <= value <= 1.0):
            raise DataError(f"multiplicity: found P = {value!r}, expected a number between 0 and 1")
    return np.asarray(p, dtype=float)
