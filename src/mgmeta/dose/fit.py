"""Fit one dose-response curve and report it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgmeta.dose.bands import Predictions, predict
from mgmeta.dose.curves import Curve, Monotone
from mgmeta.dose.emax import Emax
from mgmeta.dose.fit_cone import cone_ml
from mgmeta.dose.fit_linear import additive_ml, additive_reml, choose, slope_ml
from mgmeta.dose.fit_shape import shape_ml
from mgmeta.dose.fit_slopes import random_slopes
from mgmeta.dose.fitted import Coned, Linear, Shaped
from mgmeta.dose.peak import HigherPeakError
from mgmeta.dose.psi import STRUCTURES
from mgmeta.dose.reach import Reach, reach_coned, reach_linear, reach_shaped
from mgmeta.dose.registry import DOSE_CURVES, CurveOptions, DoseCurve, build_curves
from mgmeta.dose.result import Core, DoseFit
from mgmeta.dose.rows import DoseRows
from mgmeta.dose.shape_peak import HigherShapeError
from mgmeta.dose.support import DoseBin, dose_bins, thin_warnings
from mgmeta.errors import ConfigError, FitError
from mgmeta.stats.distributions import check_level

Array = NDArray[np.float64]

HETEROGENEITY = ("additive", "slopes")
GRID_POINTS = 21
"""Doses of the default grid: from 0 to the largest dose."""


def fit_dose(
    rows: DoseRows,
    curve: str = "linear",
    *,
    level: float,
    stage: int = 1,
    heterogeneity: str | None = None,
    method: str | None = None,
    psi: str = "unstructured",
    test: str | None = None,
    options: CurveOptions | None = None,
    grid: ArrayLike | None = None,
    per: float = 100.0,
    shares: Sequence[float] = (0.5, 0.8),
    edges: Sequence[float] | None = None,
    unbounded: str = "refuse",
) -> DoseFit:
    r"""Fit a dose-response curve through zero dose = zero effect.

    Parameters
    ----------
    rows : from :func:`mgmeta.dose.rows.contrast_rows` or :func:`mgmeta.dose.rows.arm_rows`
    curve : key of :data:`mgmeta.dose.registry.DOSE_CURVES`
    level : of all intervals, e.g. 0.95
    stage : 1, or 2 (each trial by itself, then their coefficients)
    heterogeneity : "additive", :math:`\tau^2` on every effect (one stage; the default there), or
        "slopes", coefficients that vary between trials (always so in two stages)
    method : ML (default of one stage), REML (default of slopes) or FE (slopes only)
    psi : "unstructured" or "diagonal" covariance of slopes
    test : "t" (default) or "z"; additive REML: also "knha" (its default) and "kr"
    options : knots, powers, shift, offset of the curve
    grid : doses of the predictions; default 21 from 0 to the largest
    per : slopes are per this much more of the dose
    shares : of the plateau, for the doses that reach them
    edges : of the bins in which rows are counted
    unbounded : Emax whose ED50 has no bounded profile likelihood: "refuse" or "keep"

    Returns
    -------
    DoseFit

    Raises
    ------
    ConfigError
        If an option is unknown or does not go with the others.
    FitError
        If the rows cannot support the curve: too few doses or rows, coincident knots, bounds where only
        numbers serve, an unbounded profile likelihood.

    Notes
    -----
    One stage, additive: :math:`y_i \sim N(f(d_i) - f(r_i), S_i + \tau^2 R_i)` over trials, R with ones on
    the diagonal and one half off it; a bound contributes the probability of its interval. This is
    meta-regression through the origin. ML intervals are profile-likelihood intervals calibrated by
    t(k - p) squared, k all rows and p the curve's parameters, chosen powers included.
    """
    if not (np.isfinite(per) and per > 0.0):
        raise ConfigError(f"per is {per:g}; an amount of dose above 0 is needed")
    plan = _plan(rows, stage, heterogeneity, method, psi, test, level, unbounded)
    chosen = CurveOptions() if options is None else options
    curves = build_curves(curve, rows.arm_doses, chosen)
    doses = _grid(rows, grid)
    hint: Hint = None
    for _ in range(5):
        try:
            core, fitted = _estimate(rows, curves, plan, hint)
            predictions = predict(fitted, doses, level=level, per=per)
            reaches = _reaches(fitted, shares, float(rows.dose.max()), level)
        except (HigherPeakError, HigherShapeError) as higher:
            hint = higher
            continue
        bins = dose_bins(rows.dose, rows.numeric, edges)
        warnings = (*core.warnings, *_warnings(rows, core, fitted, doses), *thin_warnings(bins))
        return _report(rows, DOSE_CURVES[curve], core, fitted, plan, predictions, reaches, bins, warnings)
    raise FitError("the likelihood of this curve has several maxima that could not be told apart")


Hint = HigherPeakError | HigherShapeError | None


@dataclass(frozen=True)
class Plan:
    """How to fit: the options of :func:`fit_dose` with their defaults filled in."""

    stage: int
    heterogeneity: str
    method: str
    psi: str
    test: str
    level: float
    unbounded: str


def _plan(
    rows: DoseRows,
    stage: int,
    heterogeneity: str | None,
    method: str | None,
    psi: str,
    test: str | None,
    level: float,
    unbounded: str,
) -> Plan:
    """Fill in defaults and refuse what does not go together."""
    if stage not in (1, 2):
        raise ConfigError(f"stage {stage!r} is unknown; choose 1 or 2")
    spread = heterogeneity or ("slopes" if stage == 2 else "additive")
    if spread not in HETEROGENEITY:
        raise ConfigError(f"heterogeneity {spread!r} is unknown; choose one of {', '.join(HETEROGENEITY)}")
    if stage == 2 and spread == "additive":
        raise ConfigError(
            "two stages pool coefficients, so heterogeneity is of slopes; additive needs one stage"
        )
    usual = "REML" if spread == "slopes" and rows.numeric.all() else "ML"
    how = method or usual
    if how not in ("ML", "REML", "FE") or (how == "FE" and spread == "additive"):
        raise ConfigError(f"method {how!r}: choose ML or REML, or FE with slopes")
    if psi not in STRUCTURES:
        raise ConfigError(f"psi {psi!r} is unknown; choose one of {', '.join(STRUCTURES)}")
    return Plan(
        stage=stage,
        heterogeneity=spread,
        method=how,
        psi=psi,
        test=test or ("knha" if spread == "additive" and how == "REML" else "t"),
        level=check_level(level),
        unbounded=unbounded,
    )


def _estimate(
    rows: DoseRows, curves: Sequence[Curve], plan: Plan, hint: Hint
) -> tuple[Core, Linear | Shaped | Coned]:
    """Send the rows to the estimator of this curve and plan."""
    first = curves[0]
    if isinstance(first, Emax | Monotone):
        if plan.stage == 2 or plan.heterogeneity == "slopes" or plan.method != "ML":
            raise ConfigError(
                "Emax, sigmoid and monotone curves are fitted in one stage by ML with additive heterogeneity"
            )
        if isinstance(first, Monotone):
            return cone_ml(rows, first, plan.level, plan.test)
        start = hint if isinstance(hint, HigherShapeError) else None
        return shape_ml(rows, first, plan.level, plan.test, unbounded=plan.unbounded, hint=start)
    basis = [curve for curve in curves if not isinstance(curve, Emax | Monotone)]
    chosen = choose(rows, basis)
    start_peak = hint if isinstance(hint, HigherPeakError) else None
    if plan.heterogeneity == "slopes":
        if plan.stage == 1 and plan.method == "ML" and not rows.numeric.all():
            return slope_ml(rows, chosen, plan.level, plan.test, start_peak)
        return random_slopes(
            rows,
            chosen,
            plan.level,
            stage=plan.stage,
            method=plan.method,
            structure=plan.psi,
            test=plan.test,
        )
    if plan.method == "REML":
        return additive_reml(rows, chosen, plan.level, plan.test)
    return additive_ml(rows, chosen, plan.level, plan.test, start_peak)


def _grid(rows: DoseRows, grid: ArrayLike | None) -> Array:
    """Return the doses of the predictions."""
    if grid is None:
        return np.linspace(0.0, float(rows.dose.max()), GRID_POINTS)
    doses = np.asarray(grid, dtype=float).ravel()
    if doses.size == 0 or not np.all(np.isfinite(doses) & (doses >= 0.0)):
        raise ConfigError("the grid needs doses of 0 or more")
    return doses


def _reaches(
    fitted: Linear | Shaped | Coned, shares: Sequence[float], top: float, level: float
) -> tuple[Reach, ...]:
    if not all(0.0 < share < 1.0 for share in shares):
        raise ConfigError("shares of the plateau must lie between 0 and 1")
    if isinstance(fitted, Shaped):
        return tuple(reach_shaped(fitted, share, level) for share in shares)
    if isinstance(fitted, Coned):
        return tuple(reach_coned(fitted, share, top, level) for share in shares)
    return tuple(reach_linear(fitted, share, top, level) for share in shares)


def _warnings(rows: DoseRows, core: Core, fitted: Linear | Shaped | Coned, doses: Array) -> list[str]:
    """Say what else a reader should know before trusting the numbers."""
    notes = []
    top = float(rows.dose.max())
    if float(doses.max()) > top:
        notes.append(f"doses above {top:g} are beyond all trials: the curve there is extrapolated")
    if fitted.df < 4:
        notes.append(f"{fitted.df:g} degrees of freedom: intervals lean on the t distribution's far tail")
    if not isinstance(fitted, Linear) and fitted.coefficients > 2:
        notes.append("the simultaneous band is Scheffe's and wider than need be")
    unbounded = [
        term
        for term, low, high in zip(
            core.coefficients.terms, core.coefficients.ci_low, core.coefficients.ci_high, strict=True
        )
        if np.isinf(low) or np.isinf(high)
    ]
    if unbounded:
        notes.append(f"unbounded interval: {', '.join(unbounded)}")
    return notes


def _report(
    rows: DoseRows,
    kind: DoseCurve,
    core: Core,
    fitted: Linear | Shaped | Coned,
    plan: Plan,
    predictions: Predictions,
    reaches: tuple[Reach, ...],
    bins: tuple[DoseBin, ...],
    warnings: tuple[str, ...],
) -> DoseFit:
    numeric = int(rows.numeric.sum())
    return DoseFit(
        curve=kind.name,
        title=kind.title,
        formula=kind.formula,
        settings=fitted.curve.settings,
        stage=plan.stage,
        heterogeneity=plan.heterogeneity,
        method=core.method,
        test=core.test,
        level=plan.level,
        k=rows.y.size,
        k_numeric=numeric,
        k_bounds=rows.y.size - numeric,
        trials=len(rows.trials),
        df=fitted.df,
        coefficients=core.coefficients,
        tau2=core.tau2,
        psi=core.psi,
        loglik=core.loglik,
        parameters=core.parameters,
        aic=2.0 * core.parameters - 2.0 * core.loglik,
        q=core.q,
        q_df=core.q_df,
        q_p=core.q_p,
        effect=core.effect,
        nonlinearity=core.nonlinearity,
        predictions=predictions,
        reaches=reaches,
        bins=bins,
        warnings=warnings,
    )
