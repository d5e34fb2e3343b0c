"""Estimator of the monotone curve: additive tau2, ML, profile intervals over the cone."""

from __future__ import annotations

import math

import numpy as np

from mgmeta.dose.comparisons import calibrated, nonlinearity_lr, null_loglik
from mgmeta.dose.cone import find_cone, profile_cone
from mgmeta.dose.curves import Monotone
from mgmeta.dose.fit_linear import design, line_loglik
from mgmeta.dose.fitted import Coned
from mgmeta.dose.result import Coefficients, Core
from mgmeta.dose.rows import DoseRows, independent
from mgmeta.errors import ConfigError, FitError
from mgmeta.stats.distributions import quantile


def coned(given: DoseRows, curve: Monotone, test: str) -> Coned:
    """Return the maximum alone; see :func:`cone_ml`.

    Raises
    ------
    ConfigError, FitError
        If the test is neither t nor z; if there are too few rows for the curve.
    """
    if test not in ("t", "z"):
        raise ConfigError(f"test {test!r} does not go with profile intervals; choose t or z")
    p = len(curve.terms)
    if given.y.size < p + 2:
        raise FitError(
            f"{given.y.size} rows for {p} parameters and tau2: at least {p + 2} are needed; "
            "use a simpler curve"
        )
    rows = independent(given)
    cone = find_cone(rows, rows.turn @ design(given, curve), curve, null_loglik(rows))
    return Coned(curve, cone, math.inf if test == "z" else float(given.y.size - p))


def cone_ml(given: DoseRows, curve: Monotone, level: float, test: str) -> tuple[Core, Coned]:
    """Fit by ML with additive tau2; numbers and bounds.

    ``test`` "t" calibrates profiles by t(k - p) squared, "z" by chi-squared; p counts every
    coefficient, also those held at 0, so intervals are rather too wide than too narrow.

    Parameters
    ----------
    given : rows with doses in mg/d (or weeks) and effects in mmHg
    curve : which curve
    level : of the intervals, such as 0.95
    test : how intervals and P values are judged

    Raises
    ------
    FitError
        If there are too few rows, or the likelihood has no maximum.
    """
    fitted = coned(given, curve, test)
    cone, df, p = fitted.cone, fitted.df, len(curve.terms)
    peak = cone.best.peak
    drop = quantile(level, df) ** 2
    ends = np.array([profile_cone(cone, row, (drop,))[0] for row in np.eye(p)])
    missing = np.full(p, np.nan)
    core = Core(
        coefficients=Coefficients(
            curve.terms, cone.beta, missing, ends[:, 0], ends[:, 1], missing, np.full((p, p), np.nan)
        ),
        tau2=peak.tau2,
        psi=None,
        loglik=peak.loglik,
        parameters=p + 1,
        q=math.nan,
        q_df=given.y.size - p,
        q_p=math.nan,
        effect=calibrated("LR", 2.0 * (peak.loglik - cone.null), p, df, "signs are held: P is conservative"),
        nonlinearity=nonlinearity_lr(curve, peak.loglik, line_loglik(given, peak.rows, curve), df),
        method="ML",
        test=f"profile_{test}",
    )
    return core, fitted
