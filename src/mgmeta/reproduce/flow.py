"""From trials found to trials pooled: the counts of a PRISMA flow diagram, from the fate of every trial."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from mgmeta.effects.fates import Status
from mgmeta.effects.slices import Flow

# Why an eligible trial is not pooled, in the order of a table, and in words.
LEFT: dict[Status, str] = {
    "same_participants": "same participants as another trial",
    "row_left_out": "their rows stay out",
    "within_arm_only": "only the magnesium arm's own change is printed",
    "unusable": "cannot be placed",
    "silent": "say nothing on this pressure",
}


@dataclass(frozen=True)
class FlowCounts:
    """One outcome of one analysis.

    Attributes
    ----------
    found : int
        Trials in the table.
    excluded : dict
        First criterion that a trial fails -> trials.
    eligible : int
        Trials that meet every criterion.
    left : dict
        Why an eligible trial is not pooled -> trials.
    numeric, verbal, pooled : int
        Trials pooled with a number, with words only, together.
    """

    found: int
    excluded: dict[str, int]
    eligible: int
    left: dict[str, int]
    numeric: int
    verbal: int
    pooled: int


def count_flow(flow: Iterable[Flow], outcome: str) -> FlowCounts:
    """Count the fates of one outcome; every trial is counted exactly once."""
    mine = [entry for entry in flow if entry.outcome == outcome]
    status = Counter(entry.status for entry in mine)
    first = Counter(_criterion(entry.reason) for entry in mine if entry.status == "not_eligible")
    numeric, verbal = status["pooled_estimate"], status["pooled_bound"]
    return FlowCounts(
        found=len(mine),
        excluded=dict(sorted(first.items(), key=lambda item: (-item[1], item[0]))),
        eligible=len(mine) - status["not_eligible"],
        left={name: status[name] for name in LEFT if status[name]},
        numeric=numeric,
        verbal=verbal,
        pooled=numeric + verbal,
    )


def _criterion(reason: str) -> str:
    """Return the criterion that comes first in a reason such as ``blinding open; year 2017, after 2015``."""
    first = reason.split(";")[0]
    return "duration" if "weeks" in first or first.startswith("duration") else first.split()[0]
