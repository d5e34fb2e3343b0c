"""Checks of the reference tables: published pooled results, intakes, SDs and correlations."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator

from mgmeta.evidence.findings import Finding, Level, quoted
from mgmeta.evidence.records import Intake, Parameter, Review
from mgmeta.evidence.rows import interval_findings, plausible

REVIEWS, INTAKES, PARAMETERS = "reviews.csv", "reference_intakes.csv", "reference_parameters.csv"

# Units in which each outcome may be pooled; a standardised mean difference fits any.
_UNITS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("sbp", "dbp", "map", "pp"), ("mmHg", "mmHg_per_10_mmol", "smd")),
    "serum_mg": ("mmol/L", "smd"),
    "fmd": ("percentage points", "smd"),
    "nitric_oxide": ("umol/L", "smd"),
}

# Believable values of an intake or serum line, by unit.
_INTAKE_RANGE = {"mg/d": (10.0, 5000.0), "mmol/L": (0.2, 3.0), "mg/dL": (0.5, 7.5), "g/mol": (1.0, 300.0)}


def _say(review: Review, level: Level, column: str, message: str) -> Finding:
    return Finding(level, REVIEWS, review.row, column, message)


def review_findings(review: Review) -> Iterator[Finding]:
    """Yield what is wrong or doubtful in one published pooled result."""
    yield from interval_findings(review, "estimate", REVIEWS)
    yield from _size_findings(review)
    yield from _date_findings(review)
    allowed = _UNITS[review.outcome]
    if review.unit not in allowed:
        found = f"found {quoted(review.unit)}, expected {' or '.join(allowed)} for {review.outcome}"
        yield _say(review, "error", "unit", found)
    elif review.unit in ("mmHg", "mmol/L") and review.estimate is not None:
        largest = plausible(review.outcome)[2]
        if abs(review.estimate) > largest:
            found = f"{review.estimate:g} is larger than a supplement's effect is likely to be ({largest:g})"
            yield _say(review, "ambiguity", "estimate", found)
    if review.estimate is None:
        yield _say(review, "note", "estimate", f"no pooled {review.outcome} is printed for {review.subset}")


def _size_findings(review: Review) -> Iterator[Finding]:
    k, k_subset = review.k_trials, review.k_subset
    if k is not None and k_subset is not None and k_subset > k:
        found = f"found {k_subset}, more than the review's {k} trials (k_trials)"
        yield _say(review, "ambiguity", "k_subset", found)
    if review.dose_range:
        low, high = (float(end) for end in review.dose_range.split("-"))
        if low > high:
            yield _say(review, "error", "dose_range", f"found {review.dose_range}, expected low-high")
        elif review.dose_mg_per_day_median is not None and not low <= review.dose_mg_per_day_median <= high:
            found = f"{review.dose_mg_per_day_median:g} is outside the printed range {review.dose_range}"
            yield _say(review, "ambiguity", "dose_mg_per_day_median", found)
    ends = (review.ci_low, review.ci_high, review.n_participants)
    if review.unit == "smd" and None not in ends:
        low, high, n = (float(end) for end in ends if end is not None)
        # A standardised difference of n people in two equal arms has an SE of about 2 / sqrt(n).
        least = 2.0 * 1.96 * 2.0 / math.sqrt(n)
        if high - low < 0.9 * least:
            found = (
                f"interval {high - low:.2g} wide; {n:.0f} people in two arms allow no less than {least:.2g}"
            )
            found += ", unless crossovers were counted as pairs"
            yield _say(review, "ambiguity", "ci_low", found)


def _date_findings(review: Review) -> Iterator[Finding]:
    if not review.search_until:
        return
    parts = [int(part) for part in review.search_until.split("-")]
    year, month, day = (*parts, 1, 1)[:3]
    try:
        datetime.date(year, month, day)
    except ValueError:
        yield _say(
            review, "error", "search_until", f"found {review.search_until}, expected a day that exists"
        )
        return
    if review.year is not None and year > review.year:
        found = f"found {review.search_until}, expected no later than the year of publication {review.year}"
        yield _say(review, "error", "search_until", found)


def review_group_findings(reviews: tuple[Review, ...]) -> Iterator[Finding]:
    """Yield rows of one review that disagree on what should be the same in all of them."""
    first: dict[str, Review] = {}
    for review in reviews:
        other = first.setdefault(review.review_id, review)
        for column in ("first_author", "year", "journal", "doi", "pmid"):
            here, there = getattr(review, column), getattr(other, column)
            if here != there:
                found = f"found {here!r}, but {there!r} on line {other.row} of the same review"
                yield _say(review, "ambiguity", column, found)


def intake_findings(intake: Intake) -> Iterator[Finding]:
    """Yield an intake or serum line that no unit of its kind could have."""
    low, high = _INTAKE_RANGE[intake.unit]
    if intake.value is not None and not low <= intake.value <= high:
        found = f"found {intake.value:g} {intake.unit}, expected {low:g} to {high:g}"
        yield Finding("error", INTAKES, intake.row, "value", found)


def parameter_findings(parameter: Parameter) -> Iterator[Finding]:
    """Yield a range that does not hold its value, and an SD or correlation that cannot be."""

    def say(level: Level, column: str, message: str) -> Finding:
        return Finding(level, PARAMETERS, parameter.row, column, message)

    cells = {column: getattr(parameter, column) for column in ("low", "value", "high")}
    filled = {column: value for column, value in cells.items() if value is not None}
    if list(filled.values()) != sorted(filled.values()):
        found = ", ".join(f"{column} {value:g}" for column, value in filled.items())
        yield say("error", next(iter(filled)), f"found {found}, expected low <= value <= high")
    if not filled:
        yield say("note", "value", f"no number of {parameter.quantity} is printed")
    for column, value in filled.items():
        if "correlation" in parameter.quantity and value > 1.0:
            yield say("error", column, f"found {value:g}, expected a correlation of -1 to 1")
        if parameter.quantity.startswith(("sd_", "variance_")) and value <= 0.0:
            yield say("error", column, f"found {value:g}, expected an SD or variance above 0")
