"""Kenward-Roger covariance, degrees of freedom and F test for random-effects models fitted by REML."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgmeta.stats.wls import Wls

Array = NDArray[np.float64]


@dataclass(frozen=True)
class KenwardRoger:
    """Small-sample inference with tau2 estimated.

    Attributes
    ----------
    cov : (p, p) adjusted covariance
    df : (p,) degrees of freedom of each coefficient
    information : (p, p) X'W^2X, the derivative of X'WX by tau2 with its sign turned
    tau2_var : variance of tau2, the inverse of its expected information
    """

    cov: Array
    df: Array
    information: Array
    tau2_var: float


def kenward_roger(fit: Wls, v: Array, x: Array, tau2: float) -> KenwardRoger:
    """Kenward & Roger 1997, Biometrics 53:983, with the one variance parameter tau2.

    With Phi = (X'WX)^-1, P = X'W^2X, Q = X'W^3X (the model's covariance is linear
    in tau2, so no second derivatives) and Var(tau2) = 2 / tr(PP) from the expected
    information, the covariance is C = Phi + 2 Var(tau2) Phi (Q - P Phi P) Phi. For
    coefficient c the degrees of freedom are 2 / A, A = Var(tau2) ((C P C)_cc / C_cc)^2.
    A is evaluated at C, as Partlett & Riley 2017 (Stat Med 36:301) and the programs
    for meta-analysis do; the original evaluates it at Phi, which gives a few per
    cent more degrees of freedom.

    Parameters
    ----------
    fit : weighted fit at weights 1 / (v + tau2)
    v : (k,) variances
    x : (k, p) design
    tau2 : REML estimate
    """
    w = 1.0 / (v + tau2)
    phi = fit.cov
    first, second = x.T @ (x * (w**2)[:, None]), x.T @ (x * (w**3)[:, None])
    phi_first = phi @ first
    trace2 = (
        float(np.sum(w**2)) - 2.0 * float(np.trace(phi @ second)) + float(np.trace(phi_first @ phi_first))
    )
    floor = (len(w) - len(phi)) * float(w.min()) ** 2  # below which only rounding can bring it
    variance = 2.0 / max(trace2, floor)
    # Q - P Phi P as R'WR, R what is left of WX after regression on X: cannot turn negative by rounding.
    rest = x * w[:, None] - x @ phi_first
    cov = phi + 2.0 * variance * phi @ (rest.T @ (rest * w[:, None])) @ phi
    ratio = np.diag(cov @ first @ cov) / np.diag(cov)
    return KenwardRoger(cov, 2.0 / (variance * ratio**2), first, variance)


def kenward_roger_df(kr: KenwardRoger, contrast: Array) -> float:
    """Degrees of freedom of contrast (p,) times the coefficients."""
    spread = kr.cov @ contrast
    ratio = float(spread @ kr.information @ spread) / float(contrast @ spread)
    return 2.0 / (kr.tau2_var * ratio**2)


def kenward_roger_f(kr: KenwardRoger, beta: Array, columns: NDArray[np.intp]) -> tuple[float, float]:
    """Scaled F statistic that coefficients *columns* are all zero, and its denominator df.

    Kenward & Roger 1997, section 3: lambda F is referred to F(l, m). For one
    coefficient lambda is 1 and m is its df.

    Parameters
    ----------
    kr : quantities of the fit, from this module
    beta : (p,) coefficients
    columns : (q,) which of them are tested together

    Returns
    -------
    (F, m), the scaled statistic and its denominator degrees of freedom
    """
    n = len(columns)
    chosen, block = beta[columns], np.ix_(columns, columns)
    projected = np.linalg.solve(kr.cov[block], (kr.cov @ kr.information @ kr.cov)[block])
    a1 = kr.tau2_var * float(np.trace(projected)) ** 2
    a2 = kr.tau2_var * float(np.trace(projected @ projected))
    b = (a1 + 6.0 * a2) / (2.0 * n)
    g = ((n + 1.0) * a1 - (n + 4.0) * a2) / ((n + 2.0) * a2)
    base = 3.0 * n + 2.0 * (1.0 - g)
    c1, c2, c3 = g / base, (n - g) / base, (n + 2.0 - g) / base
    mean = 1.0 / (1.0 - a2 / n)
    variance = 2.0 / n * (1.0 + c1 * b) / ((1.0 - c2 * b) ** 2 * (1.0 - c3 * b))
    rho = variance / (2.0 * mean**2)
    m = 4.0 + (n + 2.0) / (n * rho - 1.0)
    scale = m / (mean * (m - 2.0))
    wald = float(chosen @ np.linalg.solve(kr.cov[block], chosen))
    return scale * wald / n, m
