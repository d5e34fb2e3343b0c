"""Shrinkage: what each trial prints, and what its own effect is likely to be given all the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.figures.columns import Columns, Mark, draw_columns, heads, joined, parts, reasons
from mgmeta.figures.results import Cells, Json, Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Shrunk:
    """The figure: columns (the ghost of a mark is the printed effect), between-trial SDs, priors."""

    columns: Columns
    taus: tuple[float, ...]
    priors: tuple[str, str]
    missing: str


def prepare(results: Results, analysis: str, outcome: str) -> Shrunk:
    """Collect every outcome (*outcome* does not matter here).

    Raises
    ------
    DataError
        If the robustness was not read.
    """
    found = parts(results, analysis, "shrinkage")
    document = results.robust(analysis)
    tables = [
        [(row, mark) for row in item["shrinkage"]["rows"] if (mark := _mark(row)) is not None]
        for item in found.values()
    ]
    mus = [item["shrinkage"]["mu"] for item in found.values()]
    return Shrunk(
        Columns(
            outcomes=tuple(found),
            lines=joined(tables),
            centres=tuple((mu["mean"], mu["ci_low"], mu["ci_high"]) for mu in mus),
            level=float(document["level"]),
        ),
        tuple(item["shrinkage"]["tau"]["median"] for item in found.values()),
        (str(document["priors"]["mu"]), str(document["priors"]["tau"])),
        reasons(results, analysis, "shrinkage"),
    )


def _mark(row: Json) -> Mark | None:
    if row["mean"] is None:
        return None
    printed = () if row["yi"] is None else (float(row["yi"]),)
    style = "bayes" if printed else "words"
    return Mark(row["mean"], row["ci_low"], row["ci_high"], style, printed)


def draw(data: Shrunk) -> Figure:
    """Draw the figure: a row a trial, the printed effect as a hollow circle."""
    return draw_columns(data.columns, "Trial")


def caption(data: Shrunk) -> str:
    """Return the caption: how far trials are pulled, and why."""
    columns = data.columns
    texts = [
        f"The effect in each trial given all of them, with {words.level(columns.level)} intervals (exact; mu "
        f"~ {data.priors[0]}, tau ~ {data.priors[1]}). Circle: what the trial prints; hollow square: a trial "
        "told in words. Line and band: the mean effect."
    ]
    for index, key in enumerate(columns.outcomes):
        found = [(line.label, mark) for line in columns.lines if (mark := line.marks[index]) and mark.ghosts]
        text = (
            f"{words.capital(OUTCOMES[key].name)}: the SD between trials is "
            f"{words.fixed(data.taus[index])} mmHg (median)"
        )
        if found:
            label, mark = max(found, key=lambda item: abs(item[1].estimate - item[1].ghosts[0]))
            pulled = f"{words.fixed(mark.ghosts[0])} to {words.fixed(mark.estimate)}"
            text += f"; {label} is pulled most, from {pulled}"
        texts.append(f"{text}.")
    return " ".join([*texts, data.missing]).strip()


def alt(data: Shrunk) -> str:
    """Return the text that stands for the figure."""
    return f"Intervals, one row a trial, beside what the trials print. {caption(data)}"


def table(data: Shrunk) -> Cells:
    """Return the figure as a table: printed effect, then effect given all."""
    columns = data.columns
    names = ["Trial"]
    for head in heads("", columns.outcomes)[1:]:
        names += [f"{head}: printed", f"{head}: given all trials"]
    rows: list[tuple[str, ...]] = []
    for line in columns.lines:
        cells = [line.label]
        for mark in line.marks:
            if mark is None:
                cells += [words.MISSING, words.MISSING]
            else:
                printed = words.fixed(mark.ghosts[0]) if mark.ghosts else "in words"
                cells += [printed, words.with_interval(mark.estimate, mark.low, mark.high)]
        rows.append(tuple(cells))
    last = ["mean effect and SD between trials"]
    for centre, tau in zip(columns.centres, data.taus, strict=True):
        last += [f"tau {words.fixed(tau)}", words.with_interval(*centre)]
    return tuple(names), [*rows, tuple(last)]
