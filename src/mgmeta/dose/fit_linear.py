"""Estimators of curves that are linear in their coefficients."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mgmeta.dose.comparisons import calibrated, nonlinearity_lr, nonlinearity_wald, null_loglik, wald
from mgmeta.dose.curves import BasisCurve, Monotone, Polynomial
from mgmeta.dose.fitted import Linear, Profiled
from mgmeta.dose.peak import HigherPeakError, find_peak, profile_combinations
from mgmeta.dose.result import Coefficients, Core
from mgmeta.dose.rows import DoseRows, Independent, independent
from mgmeta.errors import ConfigError, FitError
from mgmeta.pooling.bounded import fit_bounded
from mgmeta.pooling.components import Block, evaluate
from mgmeta.pooling.model import fit_model
from mgmeta.stats.distributions import quantile, two_sided_p
from mgmeta.stats.heterogeneity import heterogeneity

Array = NDArray[np.float64]


def design(rows: DoseRows, curve: BasisCurve | Monotone) -> Array:
    """Return x(dose) - x(reference), (k, p)."""
    return curve.columns(rows.dose) - curve.columns(rows.reference)


def choose(given: DoseRows, curves: Sequence[BasisCurve]) -> BasisCurve:
    """Return the candidate of the highest additive ML; those that these doses cannot fit drop out.

    Raises
    ------
    FitError
        If there are too few rows, or none of the candidates can be fitted.
    """
    if len(curves) == 1:
        return curves[0]
    needed = len(curves[0].terms) + curves[0].selected + 1
    if given.y.size < needed:
        raise FitError(f"{given.y.size} rows cannot choose powers too: at least {needed} are needed")
    rows = independent(given)
    best, top, last = None, -math.inf, None
    for curve in curves:
        try:
            fit = fit_bounded(
                rows.y,
                rows.se,
                rows.lower,
                rows.upper,
                rows.turn @ design(given, curve),
                level=0.95,  # plays no part in estimates
                names=curve.terms,
                term_profile=False,
            )
        except FitError as error:
            last = error
            continue
        if fit.loglik > top + 1e-9:
            best, top = curve, fit.loglik
    if best is None:
        raise FitError(f"none of {len(curves)} sets of powers can be fitted: {last}")
    return best


def additive_ml(
    given: DoseRows, curve: BasisCurve, level: float, test: str, higher: HigherPeakError | None = None
) -> tuple[Core, Profiled]:
    """Fit by ML with additive tau2 and profile intervals; numbers and bounds.

    ``test`` "t" calibrates by t(k - p) squared, "z" by chi-squared. *higher* is where a profile of an
    earlier fit found a higher likelihood.

    Parameters
    ----------
    given : rows with doses in mg/d (or weeks) and effects in mmHg
    curve : which curve
    level : of the intervals, such as 0.95
    test : how intervals and P values are judged
    higher : where a profile of an earlier fit found a higher likelihood; None: nowhere

    Raises
    ------
    HigherPeakError
        If a profile finds a higher likelihood.
    """
    rows = independent(given)
    return _profiled(given, rows, rows.turn @ design(given, curve), curve, level, test, higher)


def slope_ml(
    given: DoseRows, curve: BasisCurve, level: float, test: str, higher: HigherPeakError | None = None
) -> tuple[Core, Profiled]:
    r"""Fit a curve of one coefficient that varies between trials, numbers and bounds, one row a trial.

    :math:`y_i \sim N(x_i \beta, s_i^2 + x_i^2 \psi)` is the additive model of y / x with SE s / |x|.

    Parameters
    ----------
    given : rows with doses in mg/d (or weeks) and effects in mmHg
    curve : which curve
    level : of the intervals, such as 0.95
    test : how intervals and P values are judged
    higher : where a profile of an earlier fit found a higher likelihood; None: nowhere

    Raises
    ------
    FitError
        If the curve has more than one coefficient, a trial more than one row, or there are too few rows.
    """
    if len(curve.terms) > 1 or any(trial.y.size > 1 for trial in given.trials):
        raise FitError(
            "random slopes with bounds: only curves of one coefficient, and one row a trial; use "
            "--heterogeneity additive"
        )
    x = design(given, curve)[:, 0]
    size, low, high = np.abs(x), given.lower / x, given.upper / x
    rows = Independent(
        y=given.y / x,
        se=np.sqrt(np.array([trial.covariance[0, 0] for trial in given.trials])) / size,
        lower=np.minimum(low, high),
        upper=np.maximum(low, high),
        turn=np.eye(x.size),
        log_jacobian=-float(np.log(size[given.numeric]).sum()),
    )
    return _profiled(given, rows, np.ones((x.size, 1)), curve, level, test, higher, by_dose=True)


def _profiled(
    given: DoseRows,
    rows: Independent,
    x: Array,
    curve: BasisCurve,
    level: float,
    test: str,
    higher: HigherPeakError | None,
    *,
    by_dose: bool = False,
) -> tuple[Core, Profiled]:
    """Fit, and profile every coefficient."""
    free = x.shape[0] - x.shape[1] - curve.selected
    if free < 1:
        raise FitError(
            f"{x.shape[0]} rows for {x.shape[1] + curve.selected} parameters and tau2; use a simpler curve"
        )
    df = _df(test, free)
    peak = find_peak(rows, x, curve.terms, None if higher is None else (higher.beta, higher.tau2))
    profiles = profile_combinations(peak, np.eye(x.shape[1]), (quantile(level, df) ** 2,))
    p_value = np.array([two_sided_p(math.sqrt(ratio), df) for ratio in profiles.ratio])
    low, high = profiles.ends[:, 0, 0], profiles.ends[:, 0, 1]
    se = np.sqrt(np.diag(peak.cov))
    coefficients = Coefficients(curve.terms, peak.beta, se, low, high, p_value, peak.cov)
    psi = np.array([[peak.tau2]]) if by_dose else None
    q, q_df, q_p = _residual(given, rows, x)
    core = Core(
        coefficients=coefficients,
        tau2=None if by_dose else peak.tau2,
        psi=psi,
        loglik=peak.loglik,
        parameters=x.shape[1] + curve.selected + 1,
        q=q,
        q_df=q_df,
        q_p=q_p,
        effect=calibrated("LR", 2.0 * (peak.loglik - null_loglik(rows)), x.shape[1] + curve.selected, df),
        nonlinearity=nonlinearity_lr(curve, peak.loglik, line_loglik(given, rows, curve, by_dose), df),
        method="ML",
        test=f"profile_{test}",
    )
    spread = psi if psi is not None else peak.tau2
    return core, Profiled(curve, peak.beta, peak.cov, spread, df, peak)


def line_loglik(given: DoseRows, rows: Independent, curve: object, by_dose: bool = False) -> float:
    """Return the log-likelihood of the straight line under the additive model."""
    line = Polynomial(1)
    if by_dose or curve == line:
        return math.nan
    return find_peak(rows, rows.turn @ design(given, line), line.terms).loglik


def _df(test: str, df: int) -> float:
    """Return the df of the calibration: infinite for z."""
    if test not in ("t", "z"):
        raise ConfigError(f"test {test!r} does not go with profile intervals; choose t or z")
    return math.inf if test == "z" else float(df)


def _residual(given: DoseRows, rows: Independent, x: Array) -> tuple[float, int, float]:
    """Return Q, df, P of numbers; NaN where there are bounds."""
    k, p = x.shape
    if not given.numeric.all() or k <= p:
        return math.nan, k - p, math.nan
    found = heterogeneity(rows.y, rows.se**2, x)
    return found.q, found.q_df, found.q_p


def additive_reml(given: DoseRows, curve: BasisCurve, level: float, test: str) -> tuple[Core, Linear]:
    """Fit numbers by REML with additive tau2; *test* z, t, knha or kr of the pool.

    Parameters
    ----------
    given : rows, all of them numbers
    curve : linear in its coefficients
    level : of the intervals, e.g. 0.95
    test : z, t, knha or kr of the pool

    Raises
    ------
    FitError
        If some rows are bounds or there are too few.
    """
    if not given.numeric.all():
        raise FitError("REML is for numbers; bounds need --method ML")
    rows = independent(given)
    x = rows.turn @ design(given, curve)
    model = fit_model(rows.y, rows.se**2, x, method="REML", test=test)
    df = float(np.min(model.inference.df))
    eye = np.eye(1)[None]
    blocks = [
        Block(rows.y[[i]], x[[i]], eye[0] * rows.se[i] ** 2, eye, np.array([i])) for i in range(rows.y.size)
    ]
    at = evaluate(blocks, np.array([model.tau2]), "REML")
    cov, beta = model.inference.cov, model.fit.beta
    core = Core(
        coefficients=wald_coefficients(curve.terms, beta, cov, df, level),
        tau2=float(model.tau2),
        psi=None,
        loglik=at.reml + rows.log_jacobian,
        parameters=x.shape[1] + curve.selected + 1,
        q=model.residual.q,
        q_df=model.residual.q_df,
        q_p=model.residual.q_p,
        effect=wald(beta, cov, df),
        nonlinearity=nonlinearity_wald(curve, beta, cov, df),
        method="REML",
        test=test,
        warnings=("AIC of REML compares no two curves; use ML for that",),
    )
    return core, Linear(curve, beta, cov, float(model.tau2), df)


def wald_coefficients(
    terms: tuple[str, ...], beta: Array, cov: Array, df: float, level: float
) -> Coefficients:
    """Return coefficients with t or normal intervals.

    Parameters
    ----------
    terms : names of the coefficients
    beta : (p,) coefficients, mmHg per unit of the basis
    cov : (p, p) their covariance, in those units squared
    df : degrees of freedom; infinite: normal
    level : of the intervals, such as 0.95
    """
    se = np.sqrt(np.diag(cov))
    half = quantile(level, df) * se
    p_value = np.array([two_sided_p(float(b / e), df) for b, e in zip(beta, se, strict=True)])
    return Coefficients(terms, beta, se, beta - half, beta + half, p_value, cov)
