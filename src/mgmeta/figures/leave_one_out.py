"""Each trial left out: what the pool of numbers and words would be without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.figures.columns import (
    Columns,
    Mark,
    draw_columns,
    heads,
    interval_cells,
    joined,
    parts,
    reasons,
)
from mgmeta.figures.ends import excludes_zero
from mgmeta.figures.results import Cells, Json, Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Without:
    """The figure: columns, which trial moves each outcome most and to where, what cannot be shown.

    ``crossing`` counts, for each outcome, the trials without which the interval includes 0 if it does
    not, or excludes 0 if it does not.
    """

    columns: Columns
    most: tuple[tuple[str, float], ...]
    crossing: tuple[int, ...]
    missing: str


def prepare(results: Results, analysis: str, outcome: str) -> Without:
    """Collect every outcome (*outcome* does not matter here).

    Raises
    ------
    DataError
        If the robustness was not read.
    """
    found = parts(results, analysis, "leave_one_out")
    full = [item["full"] for item in found.values()]
    columns = Columns(
        outcomes=tuple(found),
        lines=joined([(row, _mark(row)) for row in item["leave_one_out"]] for item in found.values()),
        centres=tuple((item["estimate"], item["ci_low"], item["ci_high"]) for item in full),
        level=float(results.robust(analysis)["level"]),
    )
    return Without(
        columns,
        tuple(_most(item) for item in found.values()),
        tuple(_crossing(item) for item in found.values()),
        reasons(results, analysis, "leave_one_out"),
    )


def _mark(row: Json) -> Mark:
    return Mark(row["estimate"], row["ci_low"], row["ci_high"], "words" if row["bound"] else "number")


def _most(item: Json) -> tuple[str, float]:
    """Return the trial whose absence moves the estimate most, and the estimate without it."""
    full = item["full"]["estimate"]
    row = max(item["leave_one_out"], key=lambda row: abs(row["estimate"] - full))
    return str(row["label"]), float(row["estimate"])


def _crossing(item: Json) -> int:
    return sum(excludes_zero(row) != excludes_zero(item["full"]) for row in item["leave_one_out"])


def draw(data: Without) -> Figure:
    """Draw the figure: a row a trial, its mark where the pool lies without it."""
    return draw_columns(data.columns, "Left out")


def caption(data: Without) -> str:
    """Return the caption: how far the estimate moves, and whether its interval changes sides."""
    texts = [
        f"The pool of numbers and words without each trial, {words.level(data.columns.level)} intervals; "
        "line and band: with all of them. Filled: a trial that prints a number; hollow: one told in words."
    ]
    columns = data.columns
    for index, key in enumerate(columns.outcomes):
        found = [mark.estimate for line in columns.lines if (mark := line.marks[index]) is not None]
        name, without = data.most[index]
        texts.append(
            f"{words.capital(OUTCOMES[key].name)} runs from {words.fixed(min(found))} to "
            f"{words.fixed(max(found))} mmHg around {words.fixed(columns.centres[index][0])}; most is moved "
            f"by {name} ({words.fixed(without)} without it). {_changes(data.crossing[index])}"
        )
    return " ".join([*texts, data.missing]).strip()


def _changes(n: int) -> str:
    if n == 0:
        return "No single trial decides whether the interval includes 0."
    return f"Leaving out any of {words.count(n, 'trial')} changes whether the interval includes 0."


def alt(data: Without) -> str:
    """Return the text that stands for the figure."""
    return f"Intervals, one row for each trial left out. {caption(data)}"


def table(data: Without) -> Cells:
    """Return the figure as a table, the whole pool first."""
    columns = data.columns
    whole = ("none", *(words.with_interval(*centre) for centre in columns.centres))
    return heads("Left out", columns.outcomes), [whole, *interval_cells(columns.lines)]
