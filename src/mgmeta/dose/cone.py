r"""Curves whose coefficients are of one sign: maximum and profiles over the faces of a cone.

The coefficients lie in :math:`\{\beta \ge 0\} \cup \{\beta \le 0\}`. A constrained maximum leaves some of
them at 0 and is an ordinary maximum over the others (a face), where they have one sign. So the
maximum is the highest of the faces' own maxima that have one sign, and the end of a profile
interval the furthest of the faces' own ends at which they have one sign: the linear machinery of
:mod:`mgmeta.dose.peak` serves unchanged. With p columns there are 2^p - 1 faces, 7 or at most 31.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mgmeta.dose.curves import Monotone
from mgmeta.dose.peak import HigherPeakError, Peak, find_peak, profile_path
from mgmeta.dose.rows import Independent
from mgmeta.errors import FitError

Array = NDArray[np.float64]

# Coefficients of the wrong sign below this share of the largest are rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Face:
    """Columns that are free, and the maximum over them; compared by identity."""

    columns: tuple[int, ...]
    peak: Peak


@dataclass(frozen=True)
class Cone:
    """The faces, and the highest maximum of one sign.

    Attributes
    ----------
    curve : whose columns these are
    faces : all that the rows determine
    best : face of the maximum
    null : log-likelihood of no effect
    """

    curve: Monotone
    faces: tuple[Face, ...]
    best: Face
    null: float

    @property
    def beta(self) -> Array:
        """All coefficients at the maximum, (p,)."""
        beta = np.zeros(len(self.curve.terms))
        beta[list(self.best.columns)] = self.best.peak.beta
        return beta


def one_sign(beta: Array) -> bool:
    """Return whether no two coefficients have opposite signs."""
    size = float(np.abs(beta).max(initial=0.0)) * _ROUNDING
    return bool(np.all(beta >= -size) or np.all(beta <= size))


def find_cone(rows: Independent, x: Array, curve: Monotone, null: float) -> Cone:
    """Maximise over every face.

    Faces of columns that these rows cannot tell apart drop out: whatever they reach, a face of fewer
    columns reaches (Caratheodory).

    Parameters
    ----------
    rows : the rows, sorted and checked
    x : (n, p) basis of the curve at the doses
    curve : which curve
    null : log likelihood of no effect

    Raises
    ------
    FitError
        If no face can be fitted.
    """
    p = x.shape[1]
    faces, last = [], None
    for size in range(1, p + 1):
        for columns in combinations(range(p), size):
            terms = [curve.terms[j] for j in columns]
            try:
                faces.append(Face(columns, find_peak(rows, x[:, list(columns)], terms)))
            except FitError as error:
                last = error
    able = [face for face in faces if one_sign(face.peak.beta)]
    if not able:
        raise FitError(str(last))
    return Cone(curve, tuple(faces), max(able, key=lambda face: face.peak.loglik), null)


def profile_cone(cone: Cone, combination: Array, drops: Sequence[float]) -> Array:
    """Return the profile intervals of c'beta for one c (p,), shape (drops, 2).

    Parameters
    ----------
    cone : the maximum
    combination : (p,)
    drops : what twice the log-likelihood may fall by inside an interval; one interval each

    """
    top, m = cone.best.peak.loglik, len(drops)
    low = np.full(m, float(combination @ cone.beta))
    high = low.copy()
    _widen(low, high, np.array(drops) >= 2.0 * (top - cone.null), np.zeros(m))
    for face in cone.faces:
        left = np.array(drops) - 2.0 * (top - face.peak.loglik)
        inside = left > 0.0
        if inside.any():
            ends, able = _held(face, combination[list(face.columns)], tuple(left[inside].tolist()))
            for side in (0, 1):
                which = inside.copy()
                which[inside] = able[:, side]
                value = np.zeros(m)
                value[inside] = ends[:, side]
                _widen(low, high, which, value)
    return np.column_stack([low, high])


def _widen(low: Array, high: Array, which: NDArray[np.bool_], value: Array) -> None:
    """Let the intervals in *which* hold their value, in place."""
    low[which] = np.minimum(low, value)[which]
    high[which] = np.maximum(high, value)[which]


def _held(face: Face, combination: Array, drops: tuple[float, ...]) -> tuple[Array, NDArray[np.bool_]]:
    """Return the ends of one face's intervals (drops, 2), and at which its coefficients have one sign."""
    m = len(drops)
    if not np.any(combination):
        return np.zeros((m, 2)), np.full((m, 2), one_sign(face.peak.beta))
    if combination.size == 1:
        return np.sort(combination[0] * _single(face, drops), axis=1), np.ones((m, 2), dtype=bool)
    try:
        ends, betas = profile_path(face.peak, combination, drops)
    except HigherPeakError as higher:
        old = face.peak
        terms = [str(j) for j in face.columns]
        better = find_peak(old.rows, old.x, terms, (higher.beta, higher.tau2))
        rise = 2.0 * (better.loglik - old.loglik)
        ends, betas = profile_path(better, combination, [drop + rise for drop in drops])
    able = np.array([[math.isinf(ends[i, s]) or one_sign(betas[i, s]) for s in (0, 1)] for i in range(m)])
    return ends, able


@lru_cache(maxsize=128)
def _single(face: Face, drops: tuple[float, ...]) -> Array:
    """Return the intervals of the only coefficient of a face, which serve every combination."""
    return profile_path(face.peak, np.ones(1), drops)[0]
