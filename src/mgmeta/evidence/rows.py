"""What one row of ``reports.csv`` says about itself: coding that contradicts itself, and numbers that do.

Contradictions of coding and impossible numbers are errors. A source that
disagrees with itself beyond the rounding of its digits is an acknowledged
ambiguity: the routes decide by protocol, the row stays as printed.
"""

from __future__ import annotations

from collections.abc import Iterator

from mgmeta.evidence.findings import Finding, Level, quoted
from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.evidence.records import Report, Review

FILE = "reports.csv"

# (low, high, largest effect) of a mean of the outcomes that are reported but not pooled: mmHg, mmol/L,
# percentage points of flow-mediated dilation, umol/L.
OTHER_PLAUSIBLE: dict[str, tuple[float, float, float]] = {
    "map": (45.0, 190.0, 35.0),
    "pp": (15.0, 130.0, 30.0),
    "serum_mg": (0.2, 3.0, 1.0),
    "fmd": (-10.0, 60.0, 30.0),
    "nitric_oxide": (0.0, 200.0, 100.0),
}

_BETWEEN = ("difference", "difference_se", "ci_low", "ci_high", "p_value", "significance")
_STATED = ("difference", "p_value", "p_within_mg", "significance")


def remark(report: Report, level: Level, column: str, message: str) -> Finding:
    """Return a finding on one cell of a report."""
    return Finding(level, FILE, report.row, column, message)


def spread_columns(report: Report) -> list[str]:
    """Return the ``_sd`` columns that hold a number."""
    return [column for column in report.printed if column.endswith("_sd")]


def half_step(record: Report | Review, *columns: str) -> float:
    """Return how far rounding may have moved the sum of the named cells: half a step each.

    A billionth is added so that a number exactly half a step away counts as within rounding.
    """
    return sum(record.step(column) for column in columns) / 2.0 * (1.0 + 1e-9)


def plausible(outcome: str) -> tuple[float, float, float]:
    """Return (low, high, largest effect) believable for a mean of *outcome*, in its unit."""
    if outcome in OUTCOMES:
        entry = OUTCOMES[outcome]
        return entry.plausible_low, entry.plausible_high, entry.plausible_effect
    return OTHER_PLAUSIBLE[outcome]


def coding_findings(report: Report) -> Iterator[Finding]:
    """Yield contradictions between cells that code the same thing."""
    if report.contrast == "before_after":
        for column in _BETWEEN:
            if getattr(report, column) not in (None, ""):
                found = f"found {getattr(report, column)!r}, expected nothing: contrast is before_after"
                yield remark(
                    report, "error", column, f"{found}, and this column is magnesium against control"
                )
    if report.certainty == "ambiguous" and not report.ambiguity:
        yield remark(report, "error", "ambiguity", "found nothing, expected what can be read in two ways")
    if report.certainty == "clear" and report.ambiguity:
        found = f"found {quoted(report.ambiguity)}, expected nothing: certainty is clear"
        yield remark(report, "error", "ambiguity", found)
    yield from _relation_findings(report, "p_value", "p_relation")
    yield from _relation_findings(report, "p_within_mg", "p_within_mg_relation")
    spreads = spread_columns(report)
    if spreads and not report.dispersion:
        found = f"found nothing, expected sd, se or unclear: {spreads[0]} is filled"
        yield remark(report, "error", "dispersion", found)
    for column in spreads:
        if getattr(report, column.replace("_sd", "_mean")) is None:
            yield remark(report, "ambiguity", column, "found a spread without its mean")


def _relation_findings(report: Report, column: str, relation_column: str) -> Iterator[Finding]:
    value, relation = getattr(report, column), getattr(report, relation_column)
    if (value is None) != (relation == ""):
        missing = relation_column if value is not None else column
        yield remark(
            report, "error", missing, f"found nothing, expected it beside the other of {column} and sign"
        )
    elif value is not None and ((relation == "<" and value <= 0.0) or (relation == ">" and value >= 1.0)):
        found = f"found P {relation} {value:g}, expected a probability that can be"
        yield remark(report, "error", column, found)
    elif value == 0.0:
        found = f"found P = {report.printed[column]}, which only rounding can print"
        yield remark(report, "ambiguity", column, found)


def stated_findings(report: Report) -> Iterator[Finding]:
    """Yield what the row itself acknowledges: ambiguous reading, undefined spread, no result."""
    if report.ambiguity:
        note = " ".join(report.note.split()) or "the note does not say how"
        yield remark(report, "ambiguity", "ambiguity", f"{report.ambiguity}: {note}")
    spreads = spread_columns(report)
    if report.dispersion == "unclear" and spreads:
        found = f"{', '.join(spreads)}: the source does not say whether SD or SE"
        yield remark(report, "ambiguity", "dispersion", found)
    if report.dispersion and not spreads:
        found = f"found {quoted(report.dispersion)} though no spread is printed"
        yield remark(report, "note", "dispersion", found)
    if not report.printed.keys() - {"timepoint_weeks", "dose_mg_per_day", "n_mg", "n_control"} and not any(
        getattr(report, column) not in (None, "") for column in _STATED
    ):
        yield remark(report, "note", "", "states no number and no significance: kept as a record only")


def interval_findings(record: Report | Review, estimate_column: str, file: str) -> Iterator[Finding]:
    """Yield what is wrong with an interval: order, an estimate outside, a lopsided estimate.

    The estimate must lie inside within the rounding of the printed digits (half a step of each of the two
    numbers compared). It is called lopsided when it is off the middle by more than rounding allows plus a
    tenth of the half-width: ratios and transformed scales do that, mean differences do not.
    """

    def say(level: Level, column: str, message: str) -> Finding:
        return Finding(level, file, record.row, column, message)

    low, high = record.ci_low, record.ci_high
    estimate = getattr(record, estimate_column)
    if low is None and high is None:
        return
    if low is None or high is None:
        missing = "ci_low" if low is None else "ci_high"
        yield say("ambiguity", missing, "found one end of an interval only")
        return
    if low - high > half_step(record, "ci_low", "ci_high"):
        found = (
            f"found {record.printed['ci_low']} above ci_high {record.printed['ci_high']}, expected it below"
        )
        yield say("error", "ci_low", found)
        return
    if estimate is None:
        yield say("ambiguity", estimate_column, "found an interval without its estimate")
        return
    shown = f"[{record.printed['ci_low']}, {record.printed['ci_high']}]"
    found = f"found {record.printed[estimate_column]}, expected a value inside its interval {shown}"
    below = low - estimate > half_step(record, "ci_low", estimate_column)
    above = estimate - high > half_step(record, "ci_high", estimate_column)
    if below or above:
        yield say("error", estimate_column, found)
        return
    off = abs((low + high) / 2.0 - estimate)
    rounding = half_step(record, "ci_low", "ci_high") / 2.0 + half_step(record, estimate_column)
    if off > rounding + 0.1 * (high - low) / 2.0:
        message = f"{record.printed[estimate_column]} is {off:.3g} off the middle of its interval {shown}"
        yield say("ambiguity", estimate_column, message)


def plausibility_findings(report: Report) -> Iterator[Finding]:
    """Yield means, changes, differences and spreads that no group of people has."""
    if report.outcome not in OUTCOMES and report.outcome not in OTHER_PLAUSIBLE:
        return
    low, high, effect = plausible(report.outcome)
    clear: Level = "ambiguity" if report.certainty == "ambiguous" else "error"
    for column in report.printed:
        value = getattr(report, column)
        if column.endswith(("baseline_mean", "final_mean")):
            if not low <= value <= high:
                found = (
                    f"found {report.printed[column]}, expected a mean {report.outcome} of {low:g} to {high:g}"
                )
                yield remark(report, clear, column, found)
        elif column.endswith("_mean") or column in ("difference", "ci_low", "ci_high"):
            if abs(value) > effect:
                found = f"{report.printed[column]} is larger than a supplement's effect is likely to be"
                yield remark(report, "ambiguity", column, f"{found} ({effect:g} on {report.outcome})")
        elif column.endswith("_sd") and value > (high - low) / 4.0:
            found = f"{report.printed[column]} is wider than a quarter of the range {low:g} to {high:g}"
            yield remark(report, "ambiguity", column, f"{found} of a mean {report.outcome}")
