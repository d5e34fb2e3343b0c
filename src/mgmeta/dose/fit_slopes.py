"""Curves whose coefficients vary between trials, numbers only, in one stage or two."""

from __future__ import annotations

import math

from mgmeta.dose.comparisons import nonlinearity_wald, wald
from mgmeta.dose.curves import BasisCurve
from mgmeta.dose.fit_linear import design, wald_coefficients
from mgmeta.dose.fitted import Linear
from mgmeta.dose.result import Core
from mgmeta.dose.rows import DoseRows
from mgmeta.dose.slopes import Slopes, one_stage, two_stage
from mgmeta.errors import ConfigError


def random_slopes(
    given: DoseRows, curve: BasisCurve, level: float, *, stage: int, method: str, structure: str, test: str
) -> tuple[Core, Linear]:
    """Fit numbers with coefficients that vary between trials, in one stage or two.

    With test "t" the reference has (trials - 1) df: the between-trial covariance is known from that many
    deviations of each coefficient. "z" is what dosresmeta does. FE always takes z.

    Parameters
    ----------
    given : rows with doses in mg/d (or weeks) and effects in mmHg
    curve : which curve
    level : of the intervals, such as 0.95
    stage : 1 or 2: one stage, or each trial first
    method : estimator of tau2
    structure : of the between-trial covariance
    test : how intervals and P values are judged

    Raises
    ------
    ConfigError
        If the test is neither t nor z.
    """
    if test not in ("t", "z"):
        raise ConfigError(f"test {test!r} is not defined for random slopes; choose t or z")
    x = design(given, curve)
    if stage == 2:
        fit = two_stage(given, x, curve.terms, method=method, structure=structure)
    else:
        fit = one_stage(given, x, method=method, structure=structure)
    df = float(fit.trials - 1) if test == "t" and method != "FE" else math.inf
    core = Core(
        coefficients=wald_coefficients(curve.terms, fit.beta, fit.cov, df, level),
        tau2=None,
        psi=fit.psi,
        loglik=fit.loglik,
        parameters=fit.parameters + curve.selected,
        q=fit.q,
        q_df=fit.q_df,
        q_p=fit.q_p,
        effect=wald(fit.beta, fit.cov, df),
        nonlinearity=nonlinearity_wald(curve, fit.beta, fit.cov, df),
        method=method,
        test=test if method != "FE" else "z",
        warnings=_slope_warnings(fit, stage),
    )
    return core, Linear(curve, fit.beta, fit.cov, fit.psi, df)


def _slope_warnings(fit: Slopes, stage: int) -> tuple[str, ...]:
    notes = []
    if fit.method != "FE":
        p = fit.beta.size
        free = p * (p + 1) // 2 if fit.structure == "unstructured" else p
        if fit.trials <= free + p:
            notes.append(
                f"{fit.trials} trials for {p} coefficients and {free} of Psi: Psi is barely determined"
            )
    if stage == 2 or fit.method == "REML":
        notes.append("AIC of two stages or of REML compares no two curves; use ML in one stage for that")
    return tuple(notes)
