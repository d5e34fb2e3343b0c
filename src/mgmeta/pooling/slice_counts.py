"""How much evidence slice rows hold: trials by kind of statement, people, dose, duration."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from mgmeta.pooling.slice_input import Row


def counts(rows: Sequence[Row]) -> dict[str, Any]:
    """Return how many rows of each kind, people, and the median dose and duration.

    ``n_total`` is over the trials that print both arms (a crossover's people are the
    same in both periods and count once); ``n_unknown_trials`` is how many do not.
    Medians are over the rows that have the value; None without any.
    """
    bounds = [row for row in rows if row["kind"] == "bound"]
    two_sided = [row for row in bounds if row["yi_low"] is not None and row["yi_high"] is not None]
    people = [people_in(row) for row in rows]
    doses = [row["dose_mg_per_day"] for row in rows if row["dose_mg_per_day"] is not None]
    weeks = [row["timepoint_weeks"] for row in rows if row["timepoint_weeks"] is not None]
    return {
        "k": len(rows),
        "k_numeric": len(rows) - len(bounds),
        "k_bounds": len(bounds),
        "k_two_sided": len(two_sided),
        "k_one_sided": len(bounds) - len(two_sided),
        "n_total": sum(n for n in people if n is not None),
        "n_unknown_trials": sum(n is None for n in people),
        "dose_median_mg_per_day": median(doses) if doses else None,
        "duration_median_weeks": median(weeks) if weeks else None,
    }


def people_in(row: Row) -> int | None:
    """Return the people in a row (of a crossover: once), None where an arm's size is not known."""
    if row["n_mg"] is None or row["n_control"] is None:
        return None
    return int(row["n_mg"] if row["design"] == "crossover" else row["n_mg"] + row["n_control"])
