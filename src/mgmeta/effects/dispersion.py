"""Is an undefined plus-minus an SD or an SE? A fixed rule, never per trial."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mgmeta.effects.arms import Arms
from mgmeta.effects.routes import ARM_ROUTES
from mgmeta.effects.statements import RouteResult
from mgmeta.evidence.records import Report
from mgmeta.stats.student import t_p_value


@dataclass(frozen=True)
class Reading:
    """The arm route under the reading taken, and why.

    ``other`` is the SE under the reading not taken (None if it cannot be had).
    """

    result: RouteResult | None
    dispersion: str
    reason: str
    other: float | None = None


def arm_route(report: Report, arms: Arms, dispersion: str, correlation: float) -> RouteResult | None:
    """Return the first arm route (4, 5, 6) that applies under one reading.

    Parameters
    ----------
    report : the printed result
    arms : sizes, means and spreads by arm, in the unit of the outcome
    dispersion : how the spreads are read: sd or se
    correlation : assumed correlation within people or rows, no unit
    """
    for route in ARM_ROUTES:
        result = route(report, arms, dispersion, correlation)
        if result is not None:
            return result
    return None


def agrees(report: Report, result: RouteResult) -> bool | None:
    """Say whether an SE fits the printed significance or P inequality.

    None where the row prints neither.
    """
    p = t_p_value(result.estimate / result.se, result.df) if result.se > 0 else 0.0
    if report.p_value is not None and report.p_relation == "<":
        return p < report.p_value
    if report.p_value is not None and report.p_relation == ">":
        return p > report.p_value
    if report.significance in ("lower", "higher"):
        right_side = (result.estimate < 0) == (report.significance == "lower")
        return right_side and p < 0.05
    if report.significance == "ns":
        return p >= 0.05
    return None


def read_arms(
    report: Report,
    arms: Arms,
    correlation: float,
    inference: RouteResult | None,
    external_sd: float,
) -> Reading:
    """Return the arm route, settling an undefined spread by the protocol's rule.

    1. nearer (log scale) to the SE of the printed CI, SE or exact P (*inference*);
    2. else the only reading that agrees with the printed significance or P
       inequality;
    3. else the reading whose SD of change is nearer to *external_sd*.

    Parameters
    ----------
    report : the printed result
    arms : sizes, means and spreads by arm, in the unit of the outcome
    correlation : assumed correlation within people or rows, no unit
    inference : what the printed CI, SE or P says; None: nothing
    external_sd : SD of change elsewhere, mmHg
    """
    if report.dispersion in ("sd", "se"):
        result = arm_route(report, arms, report.dispersion, correlation)
        return Reading(result, report.dispersion, "as printed")
    as_sd = arm_route(report, arms, "sd", correlation)
    as_se = arm_route(report, arms, "se", correlation)
    if as_sd is None or as_se is None:
        # Reading as SD needs arm sizes; an undefined spread cannot be settled without them.
        return Reading(None, "unclear", "arm sizes are needed to read an undefined spread")
    if inference is not None:
        distance_sd, distance_se = (abs(math.log(r.se / inference.se)) for r in (as_sd, as_se))
        reason = f"nearer to the SE {inference.se:.3g} of route {inference.route}"
    else:
        fits_sd, fits_se = agrees(report, as_sd), agrees(report, as_se)
        if fits_sd is not None and fits_sd != fits_se:
            distance_sd, distance_se = (0.0, 1.0) if fits_sd else (1.0, 0.0)
            reason = "the only reading that agrees with the printed significance"
        else:
            distance_sd, distance_se = (
                abs(math.log(r.se / arms.scale / external_sd)) for r in (as_sd, as_se)
            )
            reason = f"SD of change nearer to the external {external_sd:.3g}"
    if distance_sd <= distance_se:
        return Reading(as_sd, "sd", reason, as_se.se)
    return Reading(as_se, "se", reason, as_sd.se)
