"""Statements that no trial in the table can test: two plain sentences each, with its source in the tables.

Every number is looked up in the row that prints it. Where the tables hold no source
for a statement, that is what is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mgmeta import words
from mgmeta.errors import DataError
from mgmeta.evidence.records import Evidence, Intake, Parameter


@dataclass(frozen=True)
class Reference:
    """The row of a raw table behind a sentence."""

    file: str
    row: int
    text: str
    url: str


@dataclass(frozen=True)
class Outside:
    """One statement, two sentences about it, and the rows they rest on (none = the tables hold none)."""

    id: str
    statement: str
    sentences: tuple[str, str]
    sources: tuple[Reference, ...]


def outside_statements(evidence: Evidence) -> tuple[Outside, ...]:
    """Return every statement outside what the trials can show.

    Raises
    ------
    DataError
        If a row that a sentence quotes is no longer in the tables.
    """
    makers: tuple[Callable[[Evidence], Outside], ...] = (
        _calcium,
        _nitric_oxide_synthase,
        _side_effects,
        _limit,
        _half_below,
        _food,
        _migraine,
        _one_person,
    )
    return tuple(make(evidence) for make in makers)


def _intakes(evidence: Evidence, quantity: str, population: str = "") -> tuple[Intake, ...]:
    rows = tuple(
        row
        for row in evidence.intakes
        if row.quantity == quantity and row.population.startswith(population) and row.value is not None
    )
    if not rows:
        raise DataError(
            f"reference_intakes.csv: no row with quantity {quantity!r} and population {population!r}; "
            "a sentence of the claims quotes it"
        )
    return rows


def _intake_sources(rows: Iterable[Intake]) -> tuple[Reference, ...]:
    return tuple(
        Reference(
            "reference_intakes.csv",
            row.row,
            f"{row.quantity}, {row.population}: {words.plain(row.value)} {row.unit} ({row.authority})",
            row.source_url,
        )
        for row in rows
    )


def _calcium(evidence: Evidence) -> Outside:
    return Outside(
        "calcium",
        "Magnesium works by competing with calcium in the walls of blood vessels",
        (
            "No trial in the tables measures this, so they say nothing for or against it.",
            "A trial can show that pressure falls, not by which way; the tables hold no other source.",
        ),
        (),
    )


def _nitric_oxide_synthase(evidence: Evidence) -> Outside:
    measured = {row.trial_id for row in evidence.reports if row.outcome == "nitric_oxide"}
    rows = [row for row in evidence.reports if row.outcome == "nitric_oxide"]
    return Outside(
        "synthases",
        "Magnesium acts on the enzymes that make nitric oxide (eNOS, iNOS)",
        (
            f"{words.count(len(measured), 'trial')} of the tables measured nitric oxide in blood; "
            "none measured the enzymes.",
            "What an enzyme does cannot be read from a level in blood, and the tables hold no other source.",
        ),
        tuple(
            Reference("reports.csv", row.row, row.report_id, evidence.source_by_id[row.source_id].url)
            for row in rows
        ),
    )


def _side_effects(evidence: Evidence) -> Outside:
    low = _intakes(evidence, "loael_supplement_low")
    high = _intakes(evidence, "loael_supplement_high")
    return Outside(
        "side_effects",
        "Magnesium supplements can cause side effects such as diarrhoea",
        (
            f"The tables put the lowest supplement dose at which an adverse effect was seen at "
            f"{words.plain(low[0].value)} to {words.plain(high[0].value)} mg/d ({low[0].authority}).",
            "They do not name the effect, and no trial's count of side effects was collected: how often "
            "it happens cannot be said here.",
        ),
        _intake_sources((*low, *high)),
    )


def _limit(evidence: Evidence) -> Outside:
    limits = _intakes(evidence, "ul_supplement")
    low = _intakes(evidence, "loael_supplement_low")
    values = words.listing(
        [f"{words.plain(row.value)} mg/d ({row.authority}, {row.population})" for row in limits]
    )
    highest = max(row.value or 0.0 for row in limits)
    below = "They lie below" if highest < (low[0].value or 0.0) else "They do not all lie below"
    return Outside(
        "limit",
        "Why is there a limit for supplements, when the recommended intake is as high or higher?",
        (
            f"The limits in the tables, {values}, are for magnesium on top of the usual diet, not in food.",
            f"{below} the lowest supplement dose with an adverse effect, {words.plain(low[0].value)} mg/d "
            f"({low[0].authority}); a recommended intake counts food as well.",
        ),
        _intake_sources((*limits, *low)),
    )


def _half_below(evidence: Evidence) -> Outside:
    ears = _intakes(evidence, "ear")
    values = words.listing(
        [f"{words.plain(row.value)} mg/d for {row.population.replace(' y ', ' years ')}" for row in ears]
    )
    return Outside(
        "half_below_ear",
        "About half of people eat less magnesium than the estimated average requirement",
        (
            f"The tables hold the estimated average requirement, {values}.",
            "They hold no survey of what people eat, so that the half is neither confirmed nor denied here.",
        ),
        _intake_sources(ears),
    )


def _food(evidence: Evidence) -> Outside:
    limits = [row for row in _intakes(evidence, "ul_supplement") if "not food" in row.note]
    return Outside(
        "food_first",
        "Food first: nuts, pulses, whole grains and greens before pills",
        (
            "No trial in the tables compares food with a supplement, so they cannot say which is better.",
            "What the tables do say is that the limit for supplements does not count magnesium in food."
            if limits
            else "The tables hold no other source on food.",
        ),
        _intake_sources(limits),
    )


def _migraine(evidence: Evidence) -> Outside:
    return Outside(
        "migraine",
        "Magnesium helps against migraine",
        (
            "This is another question: the tables hold trials that measured blood pressure, serum magnesium "
            "or blood vessels.",
            "They hold no source on migraine.",
        ),
        (),
    )


def _one_person(evidence: Evidence) -> Outside:
    home = [
        row
        for row in evidence.parameters
        if row.quantity == "sd_change_home_sbp_mmhg" and "no intervention" in row.population
    ]
    if not home:
        raise DataError(
            "reference_parameters.csv: no row sd_change_home_sbp_mmhg without intervention; "
            "a sentence of the claims quotes it"
        )
    row: Parameter = home[0]
    return Outside(
        "one_person",
        "Would a fall of 2 mmHg matter to me?",
        (
            f"In {row.population}, systolic home averages of five days changed within 3 weeks with a "
            f"standard deviation of {words.plain(row.value)} mmHg between people: in one person a fall of "
            "2 mmHg cannot be told from chance.",
            "What such a fall means for heart attacks and strokes, in one person or in many, is in none of "
            "the tables.",
        ),
        (
            Reference(
                "reference_parameters.csv",
                row.row,
                f"{row.quantity}, {row.population}: {words.plain(row.value)}",
                row.source_url,
            ),
        ),
    )
