"""Every way of handling words, on one pool, side by side.

The wrong answers are kept and labelled: dropping words (what a numeric-only pool
does) and setting them to zero are what readers would otherwise be given.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mgmeta.errors import FitError
from mgmeta.incomplete.imputation import Estimator, dersimonian_laird, impute, reml_hksj
from mgmeta.incomplete.pooled_rows import numeric_only, zeros_for_words
from mgmeta.incomplete.printing import Rows, fit_printing
from mgmeta.pooling.bounded import fit_bounded
from mgmeta.stats.student import t_two_sided


@dataclass(frozen=True)
class Settings:
    """What the methods need beside the rows: all of it explicit."""

    level: float
    seed: int
    imputations: int = 200
    prior_tau_scale: float = 5.0


@dataclass(frozen=True)
class MethodResult:
    """One method's answer.

    ``role`` is ``primary``, ``check`` (a second sound method), ``comparison`` (known
    to under-cover) or ``wrong`` (biased, shown for what it does).
    """

    key: str
    label: str
    role: str
    k: int
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    note: str = ""


Answer = tuple[int, float, float, float, str]


def _complete(rows: Rows, estimator: Estimator, level: float) -> Answer:
    """Run a complete-data estimator on numeric rows."""
    k = rows.y.size
    if k < 2:
        raise FitError(f"{k} numeric rows: at least 2 are needed")
    beta, variance, df = estimator(rows.y, rows.se**2, np.ones((k, 1)))
    half = t_two_sided(1.0 - level, df) * math.sqrt(float(variance[0]))
    return k, float(beta[0]), float(beta[0]) - half, float(beta[0]) + half, ""


def _bounded(rows: Rows, settings: Settings) -> Answer:
    fit = fit_bounded(rows.y, rows.se, rows.low, rows.high, level=settings.level)
    return fit.k, float(fit.beta[0]), float(fit.ci_low[0]), float(fit.ci_high[0]), "; ".join(fit.warnings)


def _chi2(rows: Rows, settings: Settings) -> Answer:
    fit = fit_bounded(rows.y, rows.se, rows.low, rows.high, level=settings.level)
    return fit.k, float(fit.beta[0]), float(fit.ci_low_chi2[0]), float(fit.ci_high_chi2[0]), ""


def _penalised(rows: Rows, settings: Settings) -> Answer:
    fit = fit_printing(rows, penalised=True, level=settings.level)
    return fit.k, fit.estimate, fit.ci_low, fit.ci_high, f"tau {fit.tau:.2f}"


def _imputed(estimator: Estimator, proper: bool) -> Callable[[Rows, Settings], Answer]:
    def run(rows: Rows, settings: Settings) -> Answer:
        done = impute(
            rows.y,
            rows.se,
            rows.low,
            rows.high,
            estimator=estimator,
            imputations=settings.imputations,
            seed=settings.seed,
            level=settings.level,
            proper=proper,
            prior_tau_scale=settings.prior_tau_scale,
        )
        note = (
            f"{done.imputations} imputations, Monte Carlo error {done.monte_carlo_error[0]:.2f}, "
            f"df {done.df[0]:.1f}, missing information {done.fraction_missing[0]:.0%}"
        )
        return rows.y.size, float(done.beta[0]), float(done.ci_low[0]), float(done.ci_high[0]), note

    return run


@dataclass(frozen=True)
class Method:
    """A registry entry: label, role and the function that answers."""

    label: str
    role: str
    run: Callable[[Rows, Settings], Answer]


METHODS: dict[str, Method] = {
    "bounded_ml": Method("Maximum likelihood with bounds, t-calibrated profile", "primary", _bounded),
    "penalised_ml": Method("Penalised maximum likelihood with bounds", "check", _penalised),
    "mi_reml": Method(
        "Proper multiple imputation, REML with Hartung-Knapp", "check", _imputed(reml_hksj, True)
    ),
    "mi_dl": Method(
        "Proper multiple imputation, DerSimonian-Laird", "check", _imputed(dersimonian_laird, True)
    ),
    "bounded_chi2": Method("Maximum likelihood with bounds, chi-squared profile", "comparison", _chi2),
    "mi_improper": Method(
        "Imputation at the point estimate, REML with Hartung-Knapp", "comparison", _imputed(reml_hksj, False)
    ),
    "numeric_reml": Method(
        "Words dropped, REML with Hartung-Knapp",
        "wrong",
        lambda rows, s: _complete(numeric_only(rows), reml_hksj, s.level),
    ),
    "numeric_dl": Method(
        "Words dropped, DerSimonian-Laird",
        "wrong",
        lambda rows, s: _complete(numeric_only(rows), dersimonian_laird, s.level),
    ),
    "zero_reml": Method(
        "Words set to zero, REML with Hartung-Knapp",
        "wrong",
        lambda rows, s: _complete(zeros_for_words(rows), reml_hksj, s.level),
    ),
}


def compare_methods(rows: Rows, settings: Settings) -> list[MethodResult]:
    """Run every method of :data:`METHODS`; one that cannot run says why."""
    results: list[MethodResult] = []
    for key, method in METHODS.items():
        try:
            k, estimate, low, high, note = method.run(rows, settings)
        except FitError as error:
            results.append(MethodResult(key, method.label, method.role, 0, None, None, None, str(error)))
            continue
        results.append(MethodResult(key, method.label, method.role, k, estimate, low, high, note))
    return results
