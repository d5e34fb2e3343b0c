"""From one printed row that carries its own SE to one estimate, under one set of assumptions.

Such rows come first, because the SDs they imply are what the rows without one borrow
(:mod:`mgmeta.effects.worded`).
"""

from __future__ import annotations

from dataclasses import dataclass

from mgmeta.config import Assume
from mgmeta.effects.arms import Arms, arms_of
from mgmeta.effects.decisions import Decision, DecisionLog
from mgmeta.effects.dispersion import Reading, agrees, read_arms
from mgmeta.effects.routes import INFERENCE_ROUTES
from mgmeta.effects.sd_model import METHOD_GROUPS
from mgmeta.effects.statements import (
    Estimate,
    RouteResult,
    Statement,
)
from mgmeta.evidence.records import Report, Trial


@dataclass(frozen=True)
class Candidate:
    """A printed row with what it amounts to and the routes that were open.

    ``routes`` maps route name -> SE for every route that applied; ``partners``
    are the other rows a conversion needed.
    """

    report: Report
    arms: Arms
    statement: Statement
    routes: dict[str, float]
    assumed: str = ""
    partners: tuple[Report, ...] = ()

    @property
    def reports(self) -> tuple[Report, ...]:
        """Return every raw row behind the statement."""
        return (self.report, *self.partners)


def decide(report: Report, step: str, chosen: str, **more: object) -> Decision:
    """Return a decision on one row; *more* are further fields of :class:`Decision`."""
    return Decision(report.trial_id, report.outcome, report.report_id, step, chosen, **more)  # type: ignore[arg-type]


def log_arm_size(report: Report, arms: Arms, log: DecisionLog) -> None:
    """Record where the arm sizes came from when the row does not print them."""
    if arms.origin == "row" or report.contrast == "before_after":
        return
    sizes = f"{arms.n_mg} and {arms.n_control}"
    words = {
        "trial": ("the trial's arm sizes", f"{sizes}; the row prints none"),
        "split": ("total split over the arms", f"{sizes}; only the total is printed"),
        "missing": ("no arm sizes anywhere", "normal quantile where an SE is printed, else unusable"),
    }[arms.origin]
    log.add(decide(report, "arm_size", words[0], value=arms.n_mg, unit="people", reason=words[1]))


def _log_reading(report: Report, reading: Reading, log: DecisionLog) -> None:
    """Record how an undefined spread was read, and the correlation it took."""
    result = reading.result
    if result is None:
        return
    if report.dispersion not in ("sd", "se"):
        other = "se" if reading.dispersion == "sd" else "sd"
        log.add(
            decide(
                report,
                "dispersion",
                f"plus-minus read as {reading.dispersion.upper()}",
                value=result.se,
                unit="SE",
                alternative=f"read as {other.upper()}",
                alternative_value=reading.other,
                reason=reading.reason,
            )
        )


def _uses_correlation(route: str) -> bool:
    return route in ("5_baseline_final", "7_crossover_sd")


def _resolve(report: Report, options: list[RouteResult], assume: Assume, log: DecisionLog) -> RouteResult:
    """Pick one SE: the first route, or the largest (smallest) where they conflict."""
    first = options[0]
    smallest = min(options, key=lambda r: r.se)
    largest = max(options, key=lambda r: r.se)
    chosen = first
    if largest.se > (1.0 + assume.conflict_tolerance) * smallest.se:
        chosen = largest if assume.conflict == "largest_se" else smallest
        other = smallest if chosen is largest else largest
        log.add(
            decide(
                report,
                "conflict",
                f"SE of route {chosen.route}",
                value=chosen.se,
                unit="SE",
                alternative=f"route {other.route}",
                alternative_value=other.se,
                reason=f"SEs differ by more than {assume.conflict_tolerance:.0%}: "
                + assume.conflict.replace("_", " "),
            )
        )
    return chosen


def numeric_statement(
    report: Report, trial: Trial, assume: Assume, external_sd: float, log: DecisionLog
) -> Candidate | None:
    """Return the estimate a row prints with enough to get its SE, or None.

    Parameters
    ----------
    report : Report
        The printed row.
    trial : Trial
        The trial it belongs to.
    assume : Assume
        Assumptions of the analysis.
    external_sd : float
        SD of change against which an undefined spread is judged last, in the unit of the outcome.
    log : DecisionLog
        Gets every choice that is made.
    """
    arms = arms_of(report, trial)
    inference = [r for route in INFERENCE_ROUTES if (r := route(report, arms)) is not None and r.se > 0]
    reading = read_arms(report, arms, assume.correlation, inference[0] if inference else None, external_sd)
    options = inference + ([reading.result] if reading.result is not None and reading.result.se > 0 else [])
    if not options:
        return None
    log_arm_size(report, arms, log)
    _log_reading(report, reading, log)
    chosen = _resolve(report, options, assume, log)
    if _uses_correlation(chosen.route):
        log.add(
            decide(
                report,
                "correlation",
                f"r = {assume.correlation:g}",
                value=assume.correlation,
                unit="1",
                reason=f"route {chosen.route} needs it; median of 21 trials in Curtin 2002",
            )
        )
    if agrees(report, chosen) is False:
        log.add(
            decide(
                report,
                "consistency",
                "the number stands",
                value=chosen.se,
                unit="SE",
                reason="the printed significance or P inequality disagrees with this estimate and SE",
            )
        )
    estimate = options[0].estimate if inference else chosen.estimate
    log.add(
        decide(
            report,
            "route",
            chosen.route,
            value=estimate,
            unit="effect",
            reason="; ".join(f"{r.route}: SE {r.se:.4g}" for r in options),
        )
    )
    statement = Estimate(estimate, chosen.se, chosen.se_low, chosen.se_high, chosen.df, chosen.route)
    assumed = f"correlation {assume.correlation:g}" if _uses_correlation(chosen.route) else ""
    return Candidate(report, arms, statement, {r.route: r.se for r in options}, assumed)


def is_resting(report: Report) -> bool:
    """Say whether the method is a resting measurement that can be pooled."""
    return report.method in METHOD_GROUPS
