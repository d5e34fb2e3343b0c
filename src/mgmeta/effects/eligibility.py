"""Whether a trial meets an analysis's criteria, and the reason when it does not."""

from __future__ import annotations

from dataclasses import dataclass

from mgmeta.config import Select
from mgmeta.evidence.records import Trial

LISTED = (
    "randomised",
    "blinding",
    "comparator",
    "cointervention",
    "setting",
    "bp_status",
    "design",
    "bp_treatment",
    "diabetes",
    "mg_status",
)


@dataclass(frozen=True)
class Verdict:
    """Eligible or not; every criterion that failed or was unclear, in words."""

    eligible: bool
    failed: tuple[str, ...]
    unclear: tuple[str, ...]


def judged_by(trial: Trial) -> tuple[object, ...]:
    """Return all of a trial that :func:`judge` looks at: trials that share it share every verdict."""
    return (*(getattr(trial, column) for column in LISTED), trial.duration_weeks, trial.year)


def judge(trial: Trial, select: Select) -> Verdict:
    """Judge one trial by the criteria of one analysis.

    A criterion is met, failed or unclear; ``select.unclear`` says whether
    unclear passes (an abstract's silence is not a violation) or fails. In the
    columns of ``select.stated`` it always fails.
    """
    must_say = select.stated or ()
    failed: list[str] = []
    unclear: list[str] = []
    for column in LISTED:
        allowed = getattr(select, column)
        value = getattr(trial, column)
        if allowed is None or value in allowed:
            continue
        silent = value in ("unclear", "") and column not in must_say
        (unclear if silent else failed).append(f"{column} {value or 'not stated'}")
    if select.duration_weeks_min is not None:
        if trial.duration_weeks is None:
            unclear.append("duration not stated")
        elif trial.duration_weeks < select.duration_weeks_min:
            failed.append(f"{trial.duration_weeks:g} weeks, under {select.duration_weeks_min:g}")
    if select.year_max is not None:
        if trial.year is None or trial.year in select.year_unclear:
            unclear.append(f"year {trial.year or 'not stated'}")
        elif trial.year > select.year_max:
            failed.append(f"year {trial.year}, after {select.year_max}")
    passes = not failed and (select.unclear == "pass" or not unclear)
    return Verdict(passes, tuple(failed), tuple(unclear))
