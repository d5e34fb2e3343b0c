"""One function per route from printed numbers to an effect with an SE.

A route returns None where the row does not print what it needs, so a caller can
try all of them. Rounding is carried: `se_low` and `se_high` are the SE at the
edges of the printed digits, and the variance of rounding the effect itself
(step squared / 12, the variance of a uniform error) is added to every SE.

References
----------
Higgins JPT, Li T, Deeks JJ. Cochrane Handbook for Systematic Reviews of
Interventions, chapter 6 (2019): 6.3 SE from a confidence interval or a P value,
6.5.2 SDs of change. Elbourne DR et al. Int J Epidemiol 2002;31:140-149: crossovers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from mgmeta.effects.arms import Arms
from mgmeta.effects.statements import RouteResult
from mgmeta.evidence.records import Report
from mgmeta.stats.student import t_quantile

# Rounding may move an SE got from an exact P by at most this factor; beyond it
# (d = 0, P near 1) the printed digits do not determine an SE.
P_ROUTE_MAX_FACTOR = 1.5


def with_rounding(se: float, step: float) -> float:
    r"""Return :math:`\sqrt{SE^2 + step^2/12}`: SE with the rounding of the effect."""
    return math.sqrt(se**2 + step**2 / 12.0)


def arm_values(report: Report, quantity: str) -> tuple[float, float] | None:
    """Return (magnesium, control) means of ``change`` or ``final``, or None."""
    mg = getattr(report, f"mg_{quantity}_mean")
    control = getattr(report, f"control_{quantity}_mean")
    return None if mg is None or control is None else (mg, control)


@dataclass(frozen=True)
class PrintedEffect:
    """An effect as print gives it.

    Attributes
    ----------
    value : float
        Magnesium minus control.
    step : float
        Root sum of squares of the rounding steps behind it: its rounding variance
        is step squared / 12.
    half_width : float
        How far rounding can have moved it: half of the sum of the steps.
    """

    value: float
    step: float
    half_width: float


def _printed(report: Report, value: float, *columns: str) -> PrintedEffect:
    steps = [report.step(column) for column in columns]
    return PrintedEffect(value, math.hypot(*steps), sum(steps) / 2.0)


def printed_effect(report: Report) -> PrintedEffect | None:
    """Return the effect of a contrast, or None.

    The printed difference comes first, then the midpoint of a printed interval,
    then changes by arm, baselines and finals by arm (parallel), finals by arm.
    """
    if report.difference is not None:
        return _printed(report, report.difference, "difference")
    if report.ci_low is not None and report.ci_high is not None:
        step = max(report.step("ci_low"), report.step("ci_high"))
        return PrintedEffect((report.ci_low + report.ci_high) / 2.0, step, step / 2.0)
    changes = arm_values(report, "change")
    if changes is not None:
        return _printed(report, changes[0] - changes[1], "mg_change_mean", "control_change_mean")
    finals = arm_values(report, "final")
    if finals is None:
        return None
    columns = ["mg_final_mean", "control_final_mean"]
    baselines = arm_values(report, "baseline")
    if baselines is None or report.contrast != "parallel":
        return _printed(report, finals[0] - finals[1], *columns)
    value = (finals[0] - baselines[0]) - (finals[1] - baselines[1])
    return _printed(report, value, *columns, "mg_baseline_mean", "control_baseline_mean")


def from_ci(report: Report, arms: Arms) -> RouteResult | None:
    r"""Route 1: difference with a confidence interval.

    :math:`SE = (U - L) / (2 t_{1-\alpha/2, df})`, the normal quantile where the arm
    sizes are unknown. Each limit may be off by half a unit of its last digit.
    """
    if report.ci_low is None or report.ci_high is None:
        return None
    effect = printed_effect(report)
    assert effect is not None
    alpha = 1.0 - (report.ci_level or 0.95)
    critical = -t_quantile(alpha / 2.0, arms.df)
    width = report.ci_high - report.ci_low
    slack = (report.step("ci_low") + report.step("ci_high")) / 2.0
    se, low, high = (w / (2.0 * critical) for w in (width, max(width - slack, 0.0), width + slack))
    return RouteResult("1_ci", effect.value, with_rounding(se, effect.step), low, high, arms.df)


def from_se(report: Report, arms: Arms) -> RouteResult | None:
    """Route 2: difference with its standard error."""
    if report.difference is None or report.difference_se is None:
        return None
    half = report.step("difference_se") / 2.0
    se = with_rounding(report.difference_se, report.step("difference"))
    low, high = report.difference_se - half, report.difference_se + half
    return RouteResult("2_se", report.difference, se, max(low, 0.0), high, arms.df)


def from_p(report: Report, arms: Arms) -> RouteResult | None:
    r"""Routes 3 and 7: effect with an exact P value of the comparison.

    :math:`SE = |d| / t_{1-P/2, df}`, df = n1 + n2 - 2, or n - 1 within people
    (route 7). Refused without arm sizes, and where rounding of d and P lets the SE
    vary by more than :data:`P_ROUTE_MAX_FACTOR`, which covers d = 0 and P near 1.
    """
    effect = printed_effect(report)
    if effect is None or report.p_value is None or report.p_relation != "=" or arms.df is None:
        return None
    d, half_d, half_p = effect.value, effect.half_width, report.step("p_value") / 2.0
    p_small, p_large = max(report.p_value - half_p, report.p_value / 10.0), report.p_value + half_p
    if abs(d) <= half_d or not 0.0 < p_small < p_large < 1.0:
        return None
    low = (abs(d) - half_d) / -t_quantile(p_small / 2.0, arms.df)
    high = (abs(d) + half_d) / -t_quantile(p_large / 2.0, arms.df)
    if high > P_ROUTE_MAX_FACTOR * low:
        return None
    se = abs(d) / -t_quantile(report.p_value / 2.0, arms.df)
    route = "7_crossover_p" if arms.crossover else "3_p"
    return RouteResult(route, d, with_rounding(se, effect.step), low, high, arms.df)


def _spread_pair(report: Report, quantity: str) -> tuple[float, float] | None:
    """Return the two printed spreads of a quantity, or None."""
    mg = getattr(report, f"mg_{quantity}_sd")
    control = getattr(report, f"control_{quantity}_sd")
    return None if mg is None or control is None else (mg, control)


def _mean_errors(spreads: tuple[float, float], arms: Arms, dispersion: str) -> tuple[float, float] | None:
    """Return the SEs of the two arm means under a reading of the spread."""
    if dispersion == "se":
        return spreads
    if arms.n_mg is None or arms.n_control is None:
        return None
    return spreads[0] / math.sqrt(arms.n_mg), spreads[1] / math.sqrt(arms.n_control)


def _combine(errors: tuple[float, float], arms: Arms, correlation: float) -> float:
    """Return the SE of a difference of two means; correlated within people."""
    r = correlation if arms.crossover else 0.0
    variance = errors[0] ** 2 + errors[1] ** 2 - 2.0 * r * errors[0] * errors[1]
    return math.sqrt(max(variance, 0.0))


def from_changes(report: Report, arms: Arms, dispersion: str, correlation: float) -> RouteResult | None:
    r"""Route 4: mean change by arm with its SD or SE.

    :math:`SE^2 = s_1^2/n_1 + s_2^2/n_2`; within people less twice the covariance
    at the assumed correlation.

    Parameters
    ----------
    report : the printed result
    arms : sizes, means and spreads by arm, in the unit of the outcome
    dispersion : how the spreads are read: sd or se
    correlation : assumed correlation within people or rows, no unit
    """
    means, spreads = arm_values(report, "change"), _spread_pair(report, "change")
    errors = None if spreads is None else _mean_errors(spreads, arms, dispersion)
    if means is None or errors is None:
        return None
    step = math.hypot(report.step("mg_change_mean"), report.step("control_change_mean"))
    se = with_rounding(_combine(errors, arms, correlation), step)
    route = "7_crossover_sd" if arms.crossover else "4_changes"
    return RouteResult(route, means[0] - means[1], se, se, se, arms.df)


def from_baseline_final(
    report: Report, arms: Arms, dispersion: str, correlation: float
) -> RouteResult | None:
    r"""Route 5: baselines and finals by arm with their SDs (parallel groups).

    :math:`s_{change}^2 = s_b^2 + s_f^2 - 2 r s_b s_f` in each arm, r from the config.

    Parameters
    ----------
    report : the printed result
    arms : sizes, means and spreads by arm, in the unit of the outcome
    dispersion : how the spreads are read: sd or se
    correlation : assumed correlation within people or rows, no unit
    """
    if report.contrast != "parallel":
        return None
    finals, baselines = arm_values(report, "final"), arm_values(report, "baseline")
    spread_f, spread_b = _spread_pair(report, "final"), _spread_pair(report, "baseline")
    if finals is None or baselines is None or spread_f is None or spread_b is None:
        return None
    error_f, error_b = _mean_errors(spread_f, arms, dispersion), _mean_errors(spread_b, arms, dispersion)
    if error_f is None or error_b is None:
        return None
    variance = sum(f**2 + b**2 - 2.0 * correlation * f * b for f, b in zip(error_f, error_b, strict=True))
    effect = (finals[0] - baselines[0]) - (finals[1] - baselines[1])
    columns = ("mg_final_mean", "control_final_mean", "mg_baseline_mean", "control_baseline_mean")
    se = with_rounding(math.sqrt(variance), math.hypot(*(report.step(c) for c in columns)))
    return RouteResult("5_baseline_final", effect, se, se, se, arms.df)


def from_finals(report: Report, arms: Arms, dispersion: str, correlation: float) -> RouteResult | None:
    r"""Route 6 (and 7 without a P): final means with SDs.

    Parallel: :math:`SE^2 = s_1^2/n_1 + s_2^2/n_2`. Crossover period means: less
    :math:`2 r s_1 s_2 / n` at the assumed within-person correlation.

    Parameters
    ----------
    report : the printed result
    arms : sizes, means and spreads by arm, in the unit of the outcome
    dispersion : how the spreads are read: sd or se
    correlation : assumed correlation within people or rows, no unit
    """
    means, spreads = arm_values(report, "final"), _spread_pair(report, "final")
    errors = None if spreads is None else _mean_errors(spreads, arms, dispersion)
    if means is None or errors is None:
        return None
    step = math.hypot(report.step("mg_final_mean"), report.step("control_final_mean"))
    se = with_rounding(_combine(errors, arms, correlation), step)
    route = "7_crossover_sd" if arms.crossover else "6_finals"
    return RouteResult(route, means[0] - means[1], se, se, se, arms.df)


InferenceRoute = Callable[[Report, Arms], RouteResult | None]
ArmRoute = Callable[[Report, Arms, str, float], RouteResult | None]

# In the order of the protocol: printed inference first, then the first arm route.
INFERENCE_ROUTES: tuple[InferenceRoute, ...] = (from_ci, from_se, from_p)
ARM_ROUTES: tuple[ArmRoute, ...] = (from_changes, from_baseline_final, from_finals)

# Route name -> what it means, for tables and the report.
ROUTES: dict[str, str] = {
    "1_ci": "difference with its confidence interval",
    "2_se": "difference with its standard error",
    "3_p": "difference with an exact P value",
    "4_changes": "change by arm with its spread",
    "5_baseline_final": "baseline and final by arm with their spread",
    "6_finals": "final value by arm with its spread",
    "7_crossover_p": "crossover effect with an exact P value",
    "7_crossover_sd": "crossover period means with their spread",
    "8_borrowed_sd": "effect without a standard error; SE from the SD model",
    "9_shared_control": "average of contrasts that share a control arm",
    "9_map_pp": "converted from mean arterial and pulse pressure",
    "10_words": "result in words: a bound, SE from the SD model",
    "10_silent": "nothing printed: taken as not significant",
}
