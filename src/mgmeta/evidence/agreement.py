"""Do the numbers of one row of ``reports.csv`` agree with each other, within the rounding of their digits?

A printed P value and a printed spread each imply a standard error of the
difference; so do a confidence interval and "no significant difference". Where
two of them are further apart than rounding and 15 % (the tolerance of the
protocol for two routes) the source disagrees with itself. That is an
acknowledged ambiguity, never an error: the routes carry both.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from mgmeta.evidence.findings import Finding
from mgmeta.evidence.records import Report, Trial
from mgmeta.evidence.rows import half_step, remark
from mgmeta.stats.student import t_two_sided

TOLERANCE = 1.15  # ratio of two standard errors that counts as disagreement (protocol, section 5)
ALPHA = 0.05  # "significant" means two-sided P below this (protocol, section 2)


@dataclass(frozen=True)
class Span:
    """A number with the range its printed digits leave open."""

    what: str
    low: float
    value: float
    high: float


def arm_sizes(report: Report, trial: Trial | None) -> tuple[int | None, int | None]:
    """Return (n_mg, n_control) of the row, else of the trial; None where neither is printed."""
    n_mg = report.n_mg if report.n_mg is not None or trial is None else trial.n_mg
    n_control = report.n_control if report.n_control is not None or trial is None else trial.n_control
    return n_mg, n_control


def degrees_of_freedom(report: Report, trial: Trial | None) -> float | None:
    """Return df of the between-group test; None (normal) where the arm sizes are not known.

    Two-sample t: n1 + n2 - 2. Paired t of a crossover: n - 1.
    """
    n_mg, n_control = arm_sizes(report, trial)
    if report.contrast == "crossover":
        return n_mg - 1.0 if n_mg is not None and n_mg > 1 else None
    if n_mg is None or n_control is None or n_mg + n_control < 3:
        return None
    return n_mg + n_control - 2.0


def effect_span(report: Report) -> Span | None:
    """Return the effect: the printed difference, else the difference of changes, else of finals.

    Finals stand for the effect only where no baseline is printed: with one, the test is on the changes.
    """
    if report.difference is not None:
        half = half_step(report, "difference")
        return Span("difference", report.difference - half, report.difference, report.difference + half)
    pairs = [("mg_change_mean", "control_change_mean")]
    if report.mg_baseline_mean is None and report.control_baseline_mean is None:
        pairs.append(("mg_final_mean", "control_final_mean"))
    for mg, control in pairs:
        if mg in report.printed and control in report.printed:
            value = float(getattr(report, mg) - getattr(report, control))
            half = half_step(report, mg, control)
            return Span(mg.removeprefix("mg_").replace("_mean", "s"), value - half, value, value + half)
    return None


def se_spans(report: Report, trial: Trial | None) -> list[Span]:
    """Return the SEs of the difference that printed numbers imply; alternatives if the spread is unclear."""
    spans = []
    if report.difference_se is not None:
        half = half_step(report, "difference_se")
        low = max(report.difference_se - half, 0.0)
        spans.append(Span("difference_se", low, report.difference_se, report.difference_se + half))
    if report.ci_low is not None and report.ci_high is not None and report.ci_level is not None:
        crit = t_two_sided(1.0 - report.ci_level, degrees_of_freedom(report, trial))
        width, half = report.ci_high - report.ci_low, half_step(report, "ci_low", "ci_high")
        low, value, high = (max(w, 0.0) / (2.0 * crit) for w in (width - half, width, width + half))
        spans.append(Span("confidence interval", low, value, high))
    if not spans and report.contrast == "parallel":
        spans = _arm_spans(report, trial)
    return spans


def _arm_spans(report: Report, trial: Trial | None) -> list[Span]:
    effect = effect_span(report)
    when = "change" if effect is None or effect.what != "finals" else "final"
    mg, control = f"mg_{when}_sd", f"control_{when}_sd"
    if mg not in report.printed or control not in report.printed:
        return []
    spans = []
    if report.dispersion in ("se", "unclear"):
        spans.append(_quadrature(report, mg, control, 1.0, 1.0, "SE"))
    n_mg, n_control = arm_sizes(report, trial)
    if report.dispersion in ("sd", "unclear"):
        if n_mg is None or n_control is None:
            return []
        spans.append(_quadrature(report, mg, control, math.sqrt(n_mg), math.sqrt(n_control), "SD"))
    return spans


def _quadrature(
    report: Report, mg: str, control: str, mg_divisor: float, control_divisor: float, read_as: str
) -> Span:
    ends = []
    for sign in (-1.0, 0.0, 1.0):
        parts = [
            max(getattr(report, column) + sign * half_step(report, column), 0.0) / divisor
            for column, divisor in ((mg, mg_divisor), (control, control_divisor))
        ]
        ends.append(math.hypot(*parts))
    return Span(f"spread read as {read_as}", *ends)


def p_span(report: Report) -> tuple[float, float] | None:
    """Return the range of P that the printed relation and digits leave open."""
    if report.p_value is None or not report.p_relation:
        return None
    half = half_step(report, "p_value")
    if report.p_relation == "<":
        return 0.0, report.p_value
    if report.p_relation == ">":
        return report.p_value, 1.0
    return max(report.p_value - half, 0.0), min(report.p_value + half, 1.0)


def p_agrees(report: Report, trial: Trial | None) -> Iterator[Finding]:
    """Yield a finding where the printed P does not fit the effect and its printed SE."""
    limits, effect = p_span(report), effect_span(report)
    if limits is None or effect is None or effect.low <= 0.0 <= effect.high:
        return
    yield from _fits(
        report, trial, effect, limits, "p_value", f"P {report.p_relation} {report.printed['p_value']}"
    )


def significance_agrees(report: Report, trial: Trial | None) -> Iterator[Finding]:
    """Yield findings where the verbal result does not fit the printed P, effect or SE."""
    if not report.significance:
        return
    limits, effect, word = p_span(report), effect_span(report), report.significance
    if limits is not None and (limits[1] < ALPHA if word == "ns" else limits[0] > ALPHA):
        found = f"{word!r} does not fit P {report.p_relation} {report.printed['p_value']}"
        yield remark(report, "ambiguity", "significance", found)
    if effect is None:
        return
    if (word == "lower" and effect.low > 0.0) or (word == "higher" and effect.high < 0.0):
        found = f"{word!r} does not fit the {effect.what}: magnesium minus control is {effect.value:.3g}"
        yield remark(report, "ambiguity", "significance", found)
    elif limits is None and not effect.low <= 0.0 <= effect.high:
        implied = (ALPHA, 1.0) if word == "ns" else (0.0, ALPHA)
        yield from _fits(report, trial, effect, implied, "significance", repr(word))
    elif limits is None and word != "ns" and effect.what == "difference" and effect.value == 0.0:
        yield remark(report, "ambiguity", "significance", f"{word!r} does not fit a difference of 0")


def _fits(
    report: Report,
    trial: Trial | None,
    effect: Span,
    limits: tuple[float, float],
    column: str,
    statement: str,
) -> Iterator[Finding]:
    """Compare the SEs that a P within *limits* allows with those that are printed."""
    spans = se_spans(report, trial)
    if not spans:
        return
    df = degrees_of_freedom(report, trial)
    near, far = sorted((abs(effect.low), abs(effect.high)))
    low, high = _se_at(near, limits[0], df), _se_at(far, limits[1], df)
    if any(span.low <= high * TOLERANCE and low <= span.high * TOLERANCE for span in spans):
        return
    # The middle of what P allows, where it is bounded on both sides; else its one bound.
    if low > 0.0 and math.isfinite(high):
        implied = f"an SE near {math.sqrt(low * high):.2g}"
    else:
        implied = f"an SE below {high:.2g}" if low == 0.0 else f"an SE above {low:.2g}"
    printed = ", ".join(f"{span.what} {span.value:.2g}" for span in spans)
    found = f"{statement} with {effect.what} {effect.value:.3g} implies {implied}; printed: {printed}"
    yield remark(report, "ambiguity", column, found)


def _se_at(effect: float, p_value: float, df: float | None) -> float:
    """Return the SE at which ``|d| / SE`` has this P: 0 for a P of 0, infinite for a P of 1."""
    if p_value <= 0.0:
        return 0.0
    critical = t_two_sided(p_value, df) if p_value < 1.0 else 0.0
    return effect / critical if critical > 0.0 else math.inf


def arms_agree(report: Report) -> Iterator[Finding]:
    """Yield findings where the arms' means do not fit the printed changes or difference.

    A change should be final minus baseline; the difference should have the sign of the crude difference of
    changes (of finals where no baseline is printed). Adjustment and drop-out are legitimate reasons, so these
    are ambiguities, and only the sign of a difference is compared.
    """
    for arm in ("mg", "control"):
        names = _arm_columns(arm)
        if all(name in report.printed for name in names):
            change, final, baseline = (getattr(report, name) for name in names)
            if abs(final - baseline - change) > half_step(report, *names):
                found = f"{report.printed[names[0]]} is not final minus baseline ({final - baseline:.3g})"
                yield remark(report, "ambiguity", names[0], found)
    crude = _crude_difference(report)
    if report.difference is not None and crude is not None:
        half = half_step(report, "difference")
        wrong_sign = max(crude.low * report.difference, crude.high * report.difference) < 0.0
        if wrong_sign and abs(report.difference) > half:
            found = f"{report.printed['difference']} has the other sign than the crude {crude.what}"
            yield remark(report, "ambiguity", "difference", f"{found} ({crude.value:.3g})")


def _arm_columns(arm: str) -> tuple[str, str, str]:
    return f"{arm}_change_mean", f"{arm}_final_mean", f"{arm}_baseline_mean"


def _crude_difference(report: Report) -> Span | None:
    """Return magnesium minus control of changes, else of final minus baseline, else of finals alone."""
    (mg_change, mg_final, mg_base), (change, final, base) = _arm_columns("mg"), _arm_columns("control")
    printed = report.printed.keys()
    if {mg_change, change} <= printed:
        terms, what = {mg_change: 1, change: -1}, "difference of changes"
    elif {mg_final, final, mg_base, base} <= printed:
        terms, what = {mg_final: 1, mg_base: -1, final: -1, base: 1}, "difference of final minus baseline"
    elif {mg_final, final} <= printed and not {mg_base, base} & printed:
        terms, what = {mg_final: 1, final: -1}, "difference of finals"
    else:
        return None
    value = float(sum(sign * getattr(report, column) for column, sign in terms.items()))
    half = half_step(report, *terms)
    return Span(what, value - half, value, value + half)
