"""Estimator of Emax and sigmoid Emax: additive tau2, ML, profile intervals."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mgmeta.dose.comparisons import calibrated, nonlinearity_lr, null_loglik
from mgmeta.dose.emax import HILL, Emax
from mgmeta.dose.fit_linear import line_loglik
from mgmeta.dose.fitted import Shaped, covariance_inside
from mgmeta.dose.reach import emax_interval
from mgmeta.dose.result import Coefficients, Core
from mgmeta.dose.rows import DoseRows, independent
from mgmeta.dose.shape_likelihood import ShapeLikelihood
from mgmeta.dose.shape_peak import HigherShapeError, ShapePeak, find_shape_peak, profile_shape
from mgmeta.dose.shape_profile import profile_level
from mgmeta.errors import ConfigError, FitError
from mgmeta.stats.distributions import quantile

Array = NDArray[np.float64]


def shape_ml(
    given: DoseRows,
    curve: Emax,
    level: float,
    test: str,
    *,
    unbounded: str,
    hint: HigherShapeError | None,
) -> tuple[Core, Shaped]:
    """Fit by ML with additive tau2; numbers and bounds.

    Parameters
    ----------
    given, curve, level : rows, family, level of the intervals
    test : "t" calibrates profiles by t(k - p) squared, "z" by chi-squared
    unbounded : "refuse" raises where the data show no plateau, "keep" fits on and says so
    hint : a higher likelihood found by a profile of an earlier fit

    Raises
    ------
    FitError
        If there are too few rows or doses, or *unbounded* is "refuse" and the profile likelihood of
        ED50 is unbounded.
    """
    if unbounded not in ("refuse", "keep"):
        raise ConfigError(f"unbounded {unbounded!r} is unknown; choose refuse or keep")
    fitted = shaped(given, curve, test, hint)
    peak, df, k, rows = fitted.peak, fitted.df, given.y.size, fitted.peak.likelihood.rows
    warnings: list[str] = []
    coefficients = _emax(fitted, level, unbounded, warnings)
    loglik = peak.point.loglik
    note = "under no effect the shape has no meaning: P is approximate"
    core = Core(
        coefficients=coefficients,
        tau2=float(peak.point.value[-1]),
        psi=None,
        loglik=loglik,
        parameters=curve.parameters + 1,
        q=math.nan,
        q_df=k - curve.parameters,
        q_p=math.nan,
        effect=calibrated("LR", 2.0 * (loglik - null_loglik(rows)), curve.parameters, df, note),
        nonlinearity=nonlinearity_lr(curve, loglik, line_loglik(given, rows, curve), df),
        method="ML",
        test=f"profile_{test}",
        warnings=tuple(warnings),
    )
    return core, fitted


def shaped(given: DoseRows, curve: Emax, test: str, hint: HigherShapeError | None = None) -> Shaped:
    """Return the maximum alone; see :func:`shape_ml`."""
    _check(given, curve, test)
    anchor = float(given.dose.max())  # where a steep curve still has an effect to speak of
    likelihood = ShapeLikelihood.of(independent(given), given.dose, given.reference, curve)
    peak = find_shape_peak(likelihood, anchor, None if hint is None else _moved(curve, hint, anchor))
    return Shaped(curve, peak, math.inf if test == "z" else float(given.y.size - curve.parameters))


def _moved(curve: Emax, hint: HigherShapeError, anchor: float) -> Array:
    """Return the hint's parameters with the level at *anchor*."""
    share = curve.share(np.array([anchor]), hint.value[1:-1], hint.anchor)[0][0]
    return np.concatenate([[hint.value[0] * share], hint.value[1:]])


def _check(given: DoseRows, curve: Emax, test: str) -> None:
    if test not in ("t", "z"):
        raise ConfigError(f"test {test!r} does not go with profile intervals; choose t or z")
    different = np.unique(given.dose[given.dose > 0.0]).size
    if different < curve.parameters:
        raise FitError(
            f"{different} different doses cannot show {curve.parameters} parameters; use a simpler curve"
        )
    if given.y.size < curve.parameters + 2:
        raise FitError(
            f"{given.y.size} rows for {curve.parameters} parameters and tau2: at least "
            f"{curve.parameters + 2} are needed; use a simpler curve"
        )
    if not given.numeric.any() and not np.any(np.isfinite(given.lower) & np.isfinite(given.upper)):
        raise FitError("every row is a bound open on one side: the likelihood rises without end")


def _emax(fitted: Shaped, level: float, unbounded: str, warnings: list[str]) -> Coefficients:
    """Return Emax, ED50 and perhaps h with profile intervals; refuse what has no plateau."""
    curve, peak = fitted.curve, fitted.peak
    ed50 = curve.ed(peak.point.shape)
    low, high = emax_interval(fitted, 0.5, level)
    reason = _no_plateau(ed50, high, level)
    if reason and unbounded == "refuse":
        raise FitError(f"{reason}; use a curve without a plateau, or --keep-unbounded to see the band alone")
    if reason:
        warnings.append(reason)
    drop = quantile(level, fitted.df) ** 2
    if math.isinf(high):
        emax_ends = np.array([-math.inf, math.inf])
    else:
        emax_ends = profile_level(peak, math.inf, (drop,))[0]
    estimates = [math.nan if math.isinf(ed50) else float(peak.moved(peak.point, math.inf)[0]), ed50]
    ends = [emax_ends, np.array([low, high])]
    terms: tuple[str, ...] = ("emax", "ed50")
    if curve.sigmoid:
        terms = (*terms, "h")
        estimates.append(curve.hill(peak.point.shape))
        ends.append(np.array(profile_shape(peak, 1, drop)))
        if not HILL[0] < ends[-1][0] or not ends[-1][1] < HILL[1]:
            warnings.append(f"h is not determined within its range, {HILL[0]:g} to {HILL[1]:g}")
    cov = _natural(peak, curve)
    p = len(terms)
    return Coefficients(
        terms=terms,
        estimate=np.array(estimates),
        se=np.sqrt(np.diag(cov)),
        ci_low=np.array([pair[0] for pair in ends]),
        ci_high=np.array([pair[1] for pair in ends]),
        p_value=np.full(p, np.nan),
        cov=cov,
    )


def _no_plateau(ed50: float, high: float, level: float) -> str:
    """Say why ED50 is not estimated, or ""."""
    if math.isinf(ed50):
        return (
            "the likelihood keeps rising as ED50 grows: these doses show no plateau, and Emax and ED50 have "
            "no estimate"
        )
    if ed50 == 0.0:
        return (
            "the likelihood keeps rising as ED50 falls to 0: the effect is the same at every dose tried, and "
            "ED50 has no estimate"
        )
    if math.isinf(high):
        return (
            f"the profile likelihood of ED50 is unbounded above: at level {level:g} these doses do not "
            "exclude a curve without a plateau"
        )
    return ""


def _natural(peak: ShapePeak, curve: Emax) -> Array:
    """Return the covariance of (Emax, ED50[, h]) by the delta method; NaN at the end of a range."""
    p, ed = curve.parameters, curve.ed(peak.point.shape)
    inner = None
    if 0.0 < ed < math.inf:
        at = peak.likelihood.at(peak.moved(peak.point, math.inf), math.inf)
        inner = covariance_inside(peak, at)
    if inner is None:
        return np.full((p, p), np.nan)
    u, h = float(peak.point.shape[0]), curve.hill(peak.point.shape)
    jacobian = np.eye(p)
    jacobian[1, 1] = ed / (h * u * (1.0 - u))
    if curve.sigmoid:
        jacobian[1, 2] = -ed * math.log(u / (1.0 - u)) / h**2
    return np.asarray(jacobian @ inner[:p, :p] @ jacobian.T)
