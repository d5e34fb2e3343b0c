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


@dataclass(frozen=True)
class Face:
    """Columns that are free, and the maximum over them."""

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
    top = cone.best.peak.loglik
    ends = np.empty((len(drops), 2))
    for i, drop in enumerate(drops):
        held = [float(combination @ cone.beta)]
        if 2.0 * (top - cone.null) <= drop:
            held.append(0.0)
        for face in cone.faces:
            left = drop - 2.0 * (top - face.peak.loglik)
            if left > 0.0:
                held += _held(face, combination[list(face.columns)], left)
        ends[i] = min(held), max(held)
    return ends


def _held(face: Face, combination: Array, drop: float) -> list[float]:
    """Return the ends of one face's interval at which its coefficients have one sign."""
    if not np.any(combination):
        return [0.0] if one_sign(face.peak.beta) else []
    try:
        ends, betas = profile_path(face.peak, combination, drop)
    except HigherPeakError as higher:
        old = face.peak
        terms = [str(j) for j in face.columns]
        better = find_peak(old.rows, old.x, terms, (higher.beta, higher.tau2))
        ends, betas = profile_path(better, combination, drop + 2.0 * (better.loglik - old.loglik))
    return [float(end) for end, beta in zip(ends, betas, strict=True) if math.isinf(end) or one_sign(beta)]
