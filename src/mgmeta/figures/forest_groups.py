"""The forest plot by group: trials under the level of a moderator, each level with its own pool."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from mgmeta.figures import forest, words
from mgmeta.figures.forest import Forest, Pool, Section, alt, caption, draw, table
from mgmeta.figures.results import Json, Results
from mgmeta.figures.rows import TrialRow

__all__ = ["alt", "caption", "draw", "prepare", "table"]

# The codes of `hypertensive` in the order of the fit's two levels.
CODES = (1, 0)
NOT_STATED = "Mixed or not stated"


def prepare(results: Results, analysis: str, outcome: str) -> Forest:
    """Collect the forest plot of one analysis and outcome by blood pressure status at entry.

    Raises
    ------
    DataError
        If the fit has no subgroups.
    """
    whole = forest.prepare(results, analysis, outcome)
    found = results.subgroups(analysis, outcome, "hypertension")
    sections = [
        Section(words.capital(str(level["level"])), rows, _subtotal(level))
        for level, code in zip(found["levels"], CODES, strict=True)
        if (rows := _with(whole.rows, code))
    ]
    rest = _with(whole.rows, None)
    if rest:
        sections.append(Section(NOT_STATED, rest))
    return replace(whole, sections=tuple(sections), note=interaction_sentence(found, whole))


def _with(rows: Sequence[TrialRow], code: int | None) -> tuple[TrialRow, ...]:
    return tuple(row for row in rows if row.hypertensive == code)


def _subtotal(level: Json) -> Pool | None:
    """Return the pool with words of one level, or nothing where it could not be fitted."""
    pool = level["bounded"]
    if not pool or pool["estimate"] is None:
        return None
    low, high = pool["ci_low"], pool["ci_high"]
    return Pool(
        "headline",
        f"{words.capital(str(level['level']))}, ML (k = {pool['k']})",
        float(pool["estimate"]),
        -math.inf if low is None else float(low),
        math.inf if high is None else float(high),
    )


def interaction_sentence(found: Json, data: Forest) -> str:
    """Return the difference between the two levels, in the unit of the outcome, and its caution."""
    item = found["interaction"]
    if not item or item["estimate"] is None:
        return "The difference between the groups cannot be estimated."
    value = words.with_interval(item["estimate"], item["ci_low"], item["ci_high"])
    return (
        f"Hypertensive minus other: {value} {data.unit}, {words.p_value(item['p_value'])}; between trials, "
        "not within them."
    )
