"""The report of a dose-response fit; its fields are the keys of ``mgmeta dose --format json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgmeta.dose.bands import Predictions
from mgmeta.dose.comparisons import CurveTest
from mgmeta.dose.reach import Reach
from mgmeta.dose.support import DoseBin

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Coefficients:
    """Parameters of a curve, (p,) each; ``cov`` (p, p).

    ``ci_low``, ``ci_high`` are infinite where unbounded; what is undefined is NaN.
    """

    terms: tuple[str, ...]
    estimate: Array
    se: Array
    ci_low: Array
    ci_high: Array
    p_value: Array
    cov: Array


@dataclass(frozen=True)
class DoseFit:
    """A fitted dose-response curve.

    Attributes
    ----------
    curve, title, formula, settings : which curve, and what fixes it (knots, powers, shift, scale, offset)
    stage : 1 or 2
    heterogeneity : "additive" (tau2 on every effect) or "slopes" (Psi on the coefficients)
    method, test, level : ML, REML or FE; what intervals come from; their level
    k, k_numeric, k_bounds, trials : rows and trials
    df : of the t tests; infinite for the normal
    coefficients : see :class:`Coefficients`
    tau2, psi : between-trial variance (additive) or covariance (slopes); the other is None
    loglik, parameters, aic : of the likelihood that was maximised; only ML of one stage compares curves
    q, q_df, q_p : residual heterogeneity; NaN where rows are bounds
    effect : test of no effect at any dose
    nonlinearity : test against a straight line
    predictions : the curve on a grid
    reaches : doses that reach shares of the plateau
    bins : rows per bin of dose
    warnings : what a reader should know
    """

    curve: str
    title: str
    formula: str
    settings: Mapping[str, Any]
    stage: int
    heterogeneity: str
    method: str
    test: str
    level: float
    k: int
    k_numeric: int
    k_bounds: int
    trials: int
    df: float
    coefficients: Coefficients
    tau2: float | None
    psi: Array | None
    loglik: float
    parameters: int
    aic: float
    q: float
    q_df: int
    q_p: float
    effect: CurveTest
    nonlinearity: CurveTest
    predictions: Predictions
    reaches: tuple[Reach, ...]
    bins: tuple[DoseBin, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Core:
    """What an estimator hands to the report; see :class:`DoseFit` for the fields."""

    coefficients: Coefficients
    tau2: float | None
    psi: Array | None
    loglik: float
    parameters: int
    q: float
    q_df: int
    q_p: float
    effect: CurveTest
    nonlinearity: CurveTest
    method: str
    test: str
    warnings: tuple[str, ...] = ()
