"""Simulated trials of known dose-response, and how often the intervals of a fit hold the truth."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.dose.curves import Curve, Monotone
from mgmeta.dose.emax import Emax
from mgmeta.dose.fit_cone import coned
from mgmeta.dose.fit_linear import additive_ml, choose
from mgmeta.dose.fit_shape import shaped
from mgmeta.dose.fitted import Fitted
from mgmeta.dose.peak import HigherPeakError
from mgmeta.dose.registry import CurveOptions, build_curves
from mgmeta.dose.rows import DoseRows, contrast_rows
from mgmeta.dose.shape_peak import HigherShapeError
from mgmeta.errors import FitError
from mgmeta.stats.distributions import quantile

Array = NDArray[np.float64]
Truth = Callable[[Array], Array]
T = TypeVar("T")


@dataclass(frozen=True)
class Design:
    """Trials to simulate.

    ``k`` single-contrast trials; doses uniform from ``low`` to ``high``; per-arm sizes uniform from
    ``n_low`` to ``n_high``, SD of change ``sd``; between-trial SD ``tau``; ``verbal`` is the share of
    results with P > 0.05 that print no number, only "no significant difference".
    """

    k: int = 40
    low: float = 100.0
    high: float = 1000.0
    n_low: int = 20
    n_high: int = 100
    sd: float = 10.0
    tau: float = 1.0
    verbal: float = 0.3


@dataclass(frozen=True)
class Coverage:
    """Share of runs whose interval holds the truth, at each dose; arrays as ``dose``.

    ``bias`` is the mean error, ``width`` the mean length of finite intervals; ``failed`` runs (no fit)
    count as misses.
    """

    dose: Array
    covered: Array
    bias: Array
    width: Array
    runs: int
    failed: int


def simulate_rows(truth: Truth, design: Design, rng: np.random.Generator) -> DoseRows:
    """Draw the trials of one run."""
    dose = rng.uniform(design.low, design.high, design.k)
    n = rng.integers(design.n_low, design.n_high + 1, design.k)
    se = design.sd * np.sqrt(2.0 / n)
    y = truth(dose) + rng.normal(0.0, design.tau, design.k) + rng.normal(0.0, 1.0, design.k) * se
    edge = quantile(0.95, None) * se
    silent = (np.abs(y) < edge) & (rng.random(design.k) < design.verbal)
    open_ = np.full(design.k, np.nan)
    return contrast_rows(
        np.where(silent, np.nan, y),
        se,
        dose,
        lower=np.where(silent, -edge, open_),
        upper=np.where(silent, edge, open_),
    )


def coverage(
    curve: str, truth: Truth, dose: ArrayLike, *, runs: int, seed: int, level: float, design: Design
) -> Coverage:
    """Fit *curve* to simulated trials and count how often its pointwise interval holds the truth.

    Emax is fitted over its closed range, ends included, so that every run counts.

    Parameters
    ----------
    curve : name of the curve
    truth : curve and spread the trials are drawn from, mmHg
    dose : (n,) doses, in the unit of the curve (mg/d, or weeks on the axis of time)
    runs : how many data sets to simulate
    seed : of the generator; the same seed gives the same numbers
    level : of the intervals, such as 0.95
    design : doses (mg/d) and sizes of the trials
    """
    doses = np.asarray(dose, dtype=float)
    rng = np.random.default_rng(seed)
    value = truth(doses)
    covered, bias, width = np.zeros(doses.size), np.zeros(doses.size), np.zeros(doses.size)
    failed = 0
    for _ in range(runs):
        rows = simulate_rows(truth, design, rng)
        try:
            estimate, ends = ask_fit(curve, rows, level, lambda fitted: _pointwise(fitted, doses, level))
        except FitError:
            failed += 1
            continue
        covered += (ends[:, 0] <= value) & (value <= ends[:, 1])
        bias += estimate - value
        width += ends[:, 1] - ends[:, 0]
    done = max(runs - failed, 1)
    return Coverage(doses, covered / runs, bias / done, width / done, runs, failed)


def _pointwise(fitted: Fitted, dose: Array, level: float) -> tuple[Array, Array]:
    """Return the estimates and their intervals (n, 2)."""
    return fitted.effect(dose), fitted.ends(dose, (quantile(level, fitted.df) ** 2,))[:, 0]


def ask_fit(curve: str, rows: DoseRows, level: float, ask: Callable[[Fitted], T]) -> T:
    """Fit *curve* and return what *ask* makes of the fit.

    An interval that finds a higher peak of the likelihood sends the fit there and asks again, five times.

    Parameters
    ----------
    curve : name of the curve
    rows : doses in mg/d (or weeks) and effects in mmHg
    level : of the intervals, such as 0.95
    ask : makes the answer of the fit

    Raises
    ------
    FitError
        If the rows do not allow the fit.
    """
    curves = build_curves(curve, rows.arm_doses, CurveOptions())
    hint: HigherPeakError | HigherShapeError | None = None
    for _ in range(5):
        try:
            return ask(_fitted(curves, rows, level, hint))
        except (HigherPeakError, HigherShapeError) as higher:
            hint = higher
    raise FitError("the likelihood has several maxima that could not be told apart")


def _fitted(
    curves: Sequence[Curve], rows: DoseRows, level: float, hint: HigherPeakError | HigherShapeError | None
) -> Fitted:
    first = curves[0]
    if isinstance(first, Monotone):
        return coned(rows, first, "t")
    if isinstance(first, Emax):
        return shaped(rows, first, "t", hint if isinstance(hint, HigherShapeError) else None)
    basis = choose(rows, [c for c in curves if not isinstance(c, Emax | Monotone)])
    return additive_ml(rows, basis, level, "t", hint if isinstance(hint, HigherPeakError) else None)[1]


def emax_truth(emax: float, ed50: float) -> Truth:
    """Return E d / (ED50 + d)."""
    return lambda dose: emax * dose / (ed50 + dose)


def linear_truth(per_100: float) -> Truth:
    """Return a straight line of *per_100* per 100 more of the dose."""
    return lambda dose: per_100 * dose / 100.0


def monte_carlo_error(share: float, runs: int) -> float:
    """Return the standard error of a simulated share."""
    return math.sqrt(share * (1.0 - share) / runs)
