"""Is there an effect at any dose, and is it a straight line? Likelihood-ratio and Wald tests of curves."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, fdtrc

from mgmeta.dose.curves import Basis, Curve, Fractional, LogLinear, Monotone, Polynomial
from mgmeta.dose.emax import Emax
from mgmeta.dose.rows import Independent
from mgmeta.pooling.bounded_likelihood import prepare
from mgmeta.pooling.bounded_newton import maximise

Array = NDArray[np.float64]

# A likelihood ratio below this is none: the two maxima are one.
_ROUNDING = 1e-8


@dataclass(frozen=True)
class CurveTest:
    """A test of nested curves.

    Attributes
    ----------
    kind : "LR" or "Wald"
    statistic : chi-squared scale
    df : restrictions tested
    df_residual : of the F reference for statistic / df; infinite for chi-squared
    p_value : NaN where not defined
    note : what a reader must know ("" = nothing)
    """

    kind: str
    statistic: float
    df: int
    df_residual: float
    p_value: float
    note: str = ""


def calibrated(kind: str, statistic: float, df: int, residual: float, note: str = "") -> CurveTest:
    """Refer statistic / df to F(df, residual), as the profile intervals do with one restriction.

    The square of t(k - p) is F(1, k - p); the same allowance for an estimated tau2 is made with more.

    Parameters
    ----------
    kind : "LR" or "Wald"
    statistic : chi-squared scale; below 0 by rounding counts as 0
    df : restrictions tested
    residual : df of the reference; infinite is chi-squared
    note : what a reader must know
    """
    statistic = max(statistic, 0.0)
    if math.isinf(residual):
        p = float(chdtrc(df, statistic))
    else:
        p = float(fdtrc(df, residual, statistic / df)) if residual > 0 else math.nan
    return CurveTest(kind, statistic, df, residual, p, note)


def null_loglik(rows: Independent) -> float:
    """Return the log-likelihood of no effect at any dose, maximised over tau2."""
    problem = prepare(rows.y, rows.se, rows.lower, rows.upper, np.ones((rows.y.size, 1)))
    size = float(np.mean(problem.y**2)) if problem.y.size else float(np.median(problem.v))
    start = np.zeros((4, 2))
    start[:, 1] = [0.0, 0.2 * size, size, 4.0 * size]
    free = np.zeros(start.shape, dtype=bool)
    free[:, 1] = True
    top = float(np.max(maximise(problem, start, free).loglik))
    return top - problem.k_numeric * float(np.log(problem.scale)) + rows.log_jacobian


def straight_line(curve: Curve) -> tuple[int, str]:
    """Return the restrictions that make a curve a straight line, and a note; 0 where it never is one."""
    if isinstance(curve, Emax):
        if curve.sigmoid:
            return 2, "the line lies at the end of the range of ED50: P is conservative"
        return 1, "the line lies at the end of the range of ED50: P is halved"
    if isinstance(curve, Monotone):
        return len(curve.terms) - 1, "the signs of coefficients are held: P is conservative"
    if isinstance(curve, LogLinear):
        return 0, "a log-linear curve does not contain the straight line; compare AIC"
    if isinstance(curve, Fractional):
        if curve.selected:
            return 2 * len(curve.powers) - 1, "powers chosen from the data count as parameters"
        if 1.0 in curve.powers and len(curve.powers) > 1:
            return len(curve.powers) - 1, ""
        return 0, "these powers do not contain the straight line; compare AIC"
    if isinstance(curve, Polynomial) and curve.degree == 1:
        return 0, "the curve is a straight line"
    return len(curve.terms) - 1, ""


def nonlinearity_lr(curve: Curve, loglik: float, line: float, residual: float) -> CurveTest:
    """Test the curve against the straight line by their log-likelihoods.

    Parameters
    ----------
    curve : the fitted curve
    loglik, line : maximised log-likelihoods of the curve and of the straight line
    residual : k - p of the curve
    """
    restrictions, note = straight_line(curve)
    if restrictions == 0:
        return CurveTest("LR", math.nan, 0, residual, math.nan, note)
    test = calibrated("LR", 2.0 * (loglik - line), restrictions, residual, note)
    if isinstance(curve, Emax) and not curve.sigmoid:
        # Half the time the maximum is the line itself (Self & Liang 1987, JASA 82:605).
        halved = 0.5 * test.p_value if test.statistic > _ROUNDING else 1.0
        return CurveTest(test.kind, test.statistic, test.df, test.df_residual, halved, note)
    return test


def nonlinearity_wald(curve: Basis, beta: Array, cov: Array, residual: float) -> CurveTest:
    """Test that all coefficients but that of the dose itself are 0.

    Parameters
    ----------
    curve : the fitted curve, the dose itself its first term
    beta, cov : (p,) coefficients and (p, p) covariance
    residual : df of the reference; infinite is chi-squared
    """
    if len(curve.terms) < 2 or curve.terms[0] != "dose":
        note = straight_line(curve)[1] if isinstance(curve, Curve) else ""
        note = note or "this curve has no linear term of its own; compare curves by ML in one stage"
        return CurveTest("Wald", math.nan, 0, residual, math.nan, note)
    return wald(beta[1:], cov[1:, 1:], residual)


def wald(beta: Array, cov: Array, residual: float) -> CurveTest:
    """Test that all of *beta* is 0: beta' cov^-1 beta.

    Parameters
    ----------
    beta, cov : (p,) coefficients and (p, p) covariance
    residual : df of the reference; infinite is chi-squared
    """
    return calibrated("Wald", float(beta @ np.linalg.solve(cov, beta)), beta.size, residual)
