"""Contrasts that share one control arm: their covariance and their GLS average."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.errors import FitError


@dataclass(frozen=True)
class SharedControlAverage:
    """GLS average of contrasts against one control arm.

    Attributes
    ----------
    estimate, se : float
        Average and its SE, in the unit of the contrasts.
    weights : ndarray, shape (m,)
        GLS weights; they sum to 1.
    """

    estimate: float
    se: float
    weights: NDArray[np.float64]


def shared_control_covariance(se: ArrayLike, n_treated: ArrayLike, n_control: float) -> NDArray[np.float64]:
    r"""Return the covariance of m mean differences that share a control arm.

    Each contrast's per-person SD follows from its SE,
    :math:`s_j = SE_j / \sqrt{1/n_j + 1/n_c}`; the control mean is common, so
    :math:`\mathrm{cov}(d_j, d_l) = s_j s_l / n_c` and the variances are SE squared.

    Parameters
    ----------
    se : array_like, shape (m,)
        Standard errors of the contrasts.
    n_treated : array_like, shape (m,)
        People in each treated arm.
    n_control : float
        People in the control arm.

    Returns
    -------
    ndarray, shape (m, m)

    Raises
    ------
    FitError
        If a size or an SE is not positive.

    References
    ----------
    Gleser LJ, Olkin I. Stochastically dependent effect sizes. In: The Handbook of
    Research Synthesis and Meta-Analysis, 2nd ed. 2009:357-376.
    """
    s = np.asarray(se, dtype=float)
    n = np.asarray(n_treated, dtype=float)
    if np.any(~(s > 0)) or np.any(~(n > 0)) or not n_control > 0:
        raise FitError("shared control: SEs and arm sizes must be positive")
    per_person = s / np.sqrt(1.0 / n + 1.0 / n_control)
    covariance = np.outer(per_person, per_person) / n_control
    np.fill_diagonal(covariance, s**2)
    return covariance


def average_shared_control(
    contrasts: ArrayLike, se: ArrayLike, n_treated: ArrayLike, n_control: float
) -> SharedControlAverage:
    r"""Average contrasts against one control arm by generalised least squares.

    :math:`\bar d = (1^T V^{-1} d) / (1^T V^{-1} 1)`, variance
    :math:`1 / (1^T V^{-1} 1)`, V from :func:`shared_control_covariance`.

    Parameters
    ----------
    contrasts, se : (m,) effects against the shared control and their standard errors, same unit
    n_treated : (m,) people in each arm
    n_control : people in the shared control
    """
    d = np.asarray(contrasts, dtype=float)
    solved = np.linalg.solve(shared_control_covariance(se, n_treated, n_control), np.ones_like(d))
    total = float(solved.sum())
    weights = solved / total
    return SharedControlAverage(float(weights @ d), total**-0.5, weights)
