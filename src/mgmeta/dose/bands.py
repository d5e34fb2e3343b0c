"""Critical values of pointwise and simultaneous bands, and the curve on a grid of doses."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, fdtri

from mgmeta.dose.fitted import Fitted
from mgmeta.dose.spread import spread
from mgmeta.stats.distributions import quantile, two_sided_p

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Predictions:
    """The curve on a grid; all arrays (g,).

    Attributes
    ----------
    dose, estimate, se : se is NaN where a curve has no linearised one
    ci_low, ci_high : pointwise interval of the mean curve
    band_low, band_high : simultaneous band: covers the whole curve at once
    pi_low, pi_high : interval of the true effect in a new trial at this dose
    slope, slope_low, slope_high : effect of ``per`` more of the dose, and its interval
    """

    dose: Array
    estimate: Array
    se: Array
    ci_low: Array
    ci_high: Array
    band_low: Array
    band_high: Array
    pi_low: Array
    pi_high: Array
    slope: Array
    slope_low: Array
    slope_high: Array
    per: float


def predict(fitted: Fitted, dose: Array, *, level: float, per: float) -> Predictions:
    """Return the curve with its intervals at doses of 0 or more.

    Parameters
    ----------
    fitted : a fit
    dose : (g,) doses, in the unit of the rows that were fitted
    level : of all intervals and bands
    per : the slope is per this much more of the dose

    Notes
    -----
    The prediction interval is that of N(f, tau^2 + se^2) averaged over the confidence distribution of
    tau (:mod:`mgmeta.dose.spread`), on each side with the se that this side of the pointwise interval
    stands for, so that it never lies inside a lopsided profile interval. Where coefficients vary between
    trials, and by REML, it is f +- t(df - 1) sqrt(between-trial variance + se^2) (Higgins, Thompson &
    Spiegelhalter 2009, JRSS A 172:137), too short where trials differ little.
    """
    point, joint = quantile(level, fitted.df), simultaneous(fitted, float(dose.max(initial=0.0)), level)
    ends = fitted.ends(dose, (point**2, joint**2))
    estimate, se = fitted.effect(dose), fitted.se(dose)
    implied = np.where(np.isfinite(se), se, (ends[:, 0, 1] - ends[:, 0, 0]) / (2.0 * point))
    sides = np.abs(ends[:, 0] - estimate[:, None]) / point
    tangent = fitted.tangent()
    if tangent is None:
        half = quantile(level, fitted.df - 1.0) * np.sqrt(fitted.between(dose)[:, None] + sides**2)
    else:
        half = spread(tangent).half_width(sides, level)
    half = np.where(dose[:, None] > 0.0, half, 0.0)
    slope, slope_se = fitted.slope(dose)
    return Predictions(
        dose=dose,
        estimate=estimate,
        se=implied,
        ci_low=ends[:, 0, 0],
        ci_high=ends[:, 0, 1],
        band_low=ends[:, 1, 0],
        band_high=ends[:, 1, 1],
        pi_low=estimate - half[:, 0],
        pi_high=estimate + half[:, 1],
        slope=per * slope,
        slope_low=per * (slope - point * slope_se),
        slope_high=per * (slope + point * slope_se),
        per=per,
    )


def simultaneous(fitted: Fitted, top: float, level: float) -> float:
    """Return the critical value of the simultaneous band over doses from 0 to *top*.

    The smaller of Scheffe's sqrt(p F) and, for curves linear in their coefficients, the tube bound
    (Naiman 1986, Annals of Statistics 14:896): both are never too small.

    Parameters
    ----------
    fitted : a fitted curve
    top : largest dose of the band
    level : of the band, e.g. 0.95
    """
    p = fitted.coefficients
    if p == 1:
        return quantile(level, fitted.df)
    values = [scheffe(p, fitted.df, level)]
    path = fitted.path(np.linspace(0.0, top, 2001)[1:]) if top > 0.0 else None
    if path is not None:
        values.append(tube(path, fitted.df, level))
    return min(values)


def scheffe(p: int, df: float, level: float) -> float:
    """Return sqrt(p F(p, df)), sqrt(chi-squared(p)) where df is infinite; NaN where df is 0.

    Parameters
    ----------
    p : number of coefficients
    df : residual degrees of freedom
    level : of the band, e.g. 0.95
    """
    if math.isinf(df):
        return float(np.sqrt(chdtri(p, 1.0 - level)))
    return float(np.sqrt(p * fdtri(p, df, level))) if df > 0 else math.nan


def tube(path: Array, df: float, level: float) -> float:
    r"""Return c with :math:`\kappa/\pi (1 + c^2/\nu)^{-\nu/2} + P(|t_\nu| > c) = 1 - level`.

    *path* (n, p) holds unit vectors along the curve; :math:`\kappa` is its length. Sun & Loader
    1994 (Annals of Statistics 22:1328) show the formula to be near exact.

    Parameters
    ----------
    path : (n, p) unit vectors along the curve
    df : degrees of freedom, infinite for the normal
    level : of the band, e.g. 0.95
    """
    steps = np.clip(np.einsum("ij,ij->i", path[1:], path[:-1]), -1.0, 1.0)
    kappa = float(np.arccos(steps).sum())

    def excess(c: float) -> float:
        tail = math.exp(-0.5 * c * c) if math.isinf(df) else (1.0 + c * c / df) ** (-0.5 * df)
        return kappa / math.pi * tail + two_sided_p(c, df) - (1.0 - level)

    return _falling_root(excess, quantile(level, df)) if df > 0 else math.nan


def _falling_root(excess: Callable[[float], float], low: float) -> float:
    """Solve excess(c) = 0 above *low* by doubling and halving."""
    high = 2.0 * low + 1.0
    while excess(high) > 0.0:
        low, high = high, 2.0 * high
    while high - low > 1e-13 * high:
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if excess(middle) > 0.0 else (low, middle)
    return high
