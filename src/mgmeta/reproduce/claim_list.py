"""The statements people meet that trials could test: what is said, and how it is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mgmeta.evidence.records import Evidence
from mgmeta.pooling.slice_input import Row

ONE_MONTH_WEEKS = 4.4  # 4.345 weeks, rounded as the table rounds durations
LOW_DOSE = 300.0  # mg/d, as the statement has it


@dataclass(frozen=True)
class Claim:
    """One statement.

    Attributes
    ----------
    id, text : str
        Its id, and how it is commonly said; numbers in braces are looked up in the tables.
    outcomes : tuple of str
        Outcomes it is about; each gets its own verdict.
    claimed : int
        -1 = lower, +1 = higher.
    level_of : callable
        ``(row, evidence) -> level`` of a trial; None leaves it out (not stated).
    levels : tuple of str
        One level: its mean is tested. Two: the first less the second.
    all_years : bool
        False for a statement about the published review: its years only.
    note : str
        What the test can and cannot say.
    """

    id: str
    text: str
    outcomes: tuple[str, ...]
    claimed: int
    level_of: Callable[[Row, Evidence], str | None]
    levels: tuple[str, ...]
    all_years: bool = True
    note: str = ""


PRESSURES = ("sbp", "dbp")
ALL = "in hand"


def _all(row: Row, evidence: Evidence) -> str | None:
    return ALL


def _hypertension(row: Row, evidence: Evidence) -> str | None:
    return {1: "in hypertensive people", 0: "in people without hypertension"}.get(row["hypertensive"])


def _status(row: Row, evidence: Evidence) -> str | None:
    status = evidence.trial(row["trial_id"]).mg_status
    known = {"deficient": "in people low in magnesium", "replete": "in other people"}
    return {**known, "unselected": "in other people"}.get(status)


def _low_dose(row: Row, evidence: Evidence) -> str | None:
    dose = _elemental(row)
    return "at 300 mg/d or less" if dose is not None and dose <= LOW_DOSE else None


def _month(row: Row, evidence: Evidence) -> str | None:
    weeks = row["timepoint_weeks"]
    return "of one month or less" if weeks is not None and weeks <= ONE_MONTH_WEEKS else None


def _limit(row: Row, evidence: Evidence) -> str | None:
    dose = _elemental(row)
    if dose is None:
        return None
    return "above the limit" if dose > supplement_limit(evidence) else "at or below the limit"


def _elemental(row: Row) -> float | None:
    """Return the dose where it is known to be elemental magnesium."""
    return row["dose_mg_per_day"] if row["dose_per_100mg"] is not None else None


def supplement_limit(evidence: Evidence) -> float:
    """Return the highest limit for supplements of adults in reference_intakes.csv, mg/d (350, US)."""
    limits = [
        row.value
        for row in evidence.intakes
        if row.quantity == "ul_supplement" and row.population == "adults" and row.value is not None
    ]
    return max(limits)


BETWEEN = "a comparison between trials, which differ in more than this"

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "published_effect",
        "A median of {dose} mg of magnesium a day lowers systolic pressure by {sbp} and diastolic by {dbp} "
        "mmHg",
        PRESSURES,
        -1,
        _all,
        (ALL,),
        all_years=False,
        note="the rule asks whether there is a fall; whether it is this large is the ledger's verdict",
    ),
    Claim("lowers", "Magnesium lowers blood pressure", PRESSURES, -1, _all, (ALL,)),
    Claim(
        "hypertension",
        "The effect is larger in people with hypertension",
        PRESSURES,
        -1,
        _hypertension,
        ("in hypertensive people", "in people without hypertension"),
        note=BETWEEN,
    ),
    Claim(
        "deficient",
        "The effect is larger in people low in magnesium",
        PRESSURES,
        -1,
        _status,
        ("in people low in magnesium", "in other people"),
        note=BETWEEN,
    ),
    Claim(
        "low_dose",
        "300 mg a day is enough",
        PRESSURES,
        -1,
        _low_dose,
        ("at 300 mg/d or less",),
        note="tested in the trials whose elemental dose is known and at most 300 mg/d",
    ),
    Claim(
        "one_month",
        "One month is enough",
        PRESSURES,
        -1,
        _month,
        ("of one month or less",),
        note="tested in the trials of at most one month",
    ),
    Claim(
        "above_limit",
        "It takes more than the {limit} mg a day that are the limit for supplements",
        PRESSURES,
        -1,
        _limit,
        ("above the limit", "at or below the limit"),
        note=BETWEEN,
    ),
    Claim("fmd", "Magnesium improves the function of blood vessels", ("fmd",), 1, _all, (ALL,)),
    Claim("nitric_oxide", "Magnesium raises nitric oxide", ("nitric_oxide",), 1, _all, (ALL,)),
    Claim("serum_mg", "Magnesium supplements raise serum magnesium", ("serum_mg",), 1, _all, (ALL,)),
)
