"""The pool as trials come in, year by year: when the answer settled, if it did."""

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
class Growing:
    """The figure: columns; for each outcome the first number, and since when 0 is excluded (None: not)."""

    columns: Columns
    first_number: tuple[str | None, ...]
    settled: tuple[tuple[str, int] | None, ...]
    missing: str


def prepare(results: Results, analysis: str, outcome: str) -> Growing:
    """Collect every outcome (*outcome* does not matter here).

    Raises
    ------
    DataError
        If the robustness was not read.
    """
    found = parts(results, analysis, "cumulative")
    tables = [
        [(row, mark) for row in item["cumulative"] if (mark := _mark(row)) is not None]
        for item in found.values()
    ]
    last = [item["cumulative"][-1] for item in found.values()]
    columns = Columns(
        outcomes=tuple(found),
        lines=joined(tables),
        centres=tuple((row["estimate"], row["ci_low"], row["ci_high"]) for row in last),
        level=float(results.robust(analysis)["level"]),
    )
    return Growing(
        columns,
        tuple(_first(item) for item in found.values()),
        tuple(_settled(item) for item in found.values()),
        reasons(results, analysis, "cumulative"),
    )


def _mark(row: Json) -> Mark | None:
    if row["estimate"] is None:
        return None
    return Mark(row["estimate"], row["ci_low"], row["ci_high"], "words" if row["bound"] else "number")


def _first(item: Json) -> str | None:
    return next((str(row["label"]) for row in item["cumulative"] if not row["bound"]), None)


def _settled(item: Json) -> tuple[str, int] | None:
    """Return the trial from which on the interval has excluded 0 without a break, and its place."""
    rows = item["cumulative"]
    start = len(rows)
    while start and rows[start - 1]["estimate"] is not None and excludes_zero(rows[start - 1]):
        start -= 1
    return (str(rows[start]["label"]), start + 1) if start < len(rows) else None


def draw(data: Growing) -> Figure:
    """Draw the figure: a row a trial, its mark the pool of all trials down to it."""
    return draw_columns(data.columns, "Up to")


def caption(data: Growing) -> str:
    """Return the caption: since when the interval excludes 0, and where it stands now."""
    columns = data.columns
    texts = [
        "The pool of numbers and words as trials come in, by year; each row holds all trials down to it, "
        f"with {words.level(columns.level)} intervals. Filled: the trial added prints a number; hollow: "
        "words. Line and band: all trials. Arrowheads: the interval goes on."
    ]
    for index, key in enumerate(columns.outcomes):
        text = (
            f"{words.capital(OUTCOMES[key].name)} is now {words.with_interval(*columns.centres[index])} mmHg"
        )
        settled = data.settled[index]
        if settled is None:
            text += "; the interval includes 0."
        else:
            text += f"; the interval has excluded 0 since {settled[0]} (trial {words.integer(settled[1])})."
        if data.first_number[index] is None:
            text += " No trial prints a number."
        texts.append(text)
    return " ".join([*texts, data.missing]).strip()


def alt(data: Growing) -> str:
    """Return the text that stands for the figure."""
    return f"Intervals, one row for each trial added. {caption(data)}"


def table(data: Growing) -> Cells:
    """Return the figure as a table."""
    rows = interval_cells(data.columns.lines)
    whole = ("all trials", *(words.with_interval(*centre) for centre in data.columns.centres))
    return heads("Up to", data.columns.outcomes), [*rows, whole]
