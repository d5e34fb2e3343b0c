"""The posterior mean under every pair of priors, a row for each prior of the between-trial SD."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.figures.columns import Columns, Line, Mark, draw_columns, heads, parts, reasons
from mgmeta.figures.results import Cells, Json, Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Priors:
    """The figure: columns (a row a prior of tau; ghosts are the other priors of the mean), pairs, priors."""

    columns: Columns
    pairs: int
    means: tuple[str, ...]
    own: tuple[str, str]
    below: tuple[tuple[float, float], ...]
    missing: str


def prepare(results: Results, analysis: str, outcome: str) -> Priors:
    """Collect every outcome (*outcome* does not matter here).

    Raises
    ------
    DataError
        If the robustness was not read.
    """
    found = parts(results, analysis, "prior_grid")
    document = results.robust(analysis)
    own = str(document["priors"]["mu"])
    grids = {key: item["prior_grid"] for key, item in found.items()}
    first: Json = next(iter(grids.values()), {"rows": (), "pairs": 0})
    taus = list(dict.fromkeys(str(row["tau"]) for row in first["rows"]))
    means = tuple(dict.fromkeys(str(row["mu"]) for row in first["rows"]))
    lines = tuple(
        Line(
            tau,
            tuple(_mark([row for row in grid["rows"] if row["tau"] == tau], own) for grid in grids.values()),
        )
        for tau in taus
    )
    return Priors(
        Columns(
            tuple(grids), lines, tuple(_centre(item) for item in found.values()), float(document["level"])
        ),
        int(first["pairs"]),
        means,
        (own, str(document["priors"]["tau"])),
        tuple((grid["p_below_0_min"], grid["p_below_0_max"]) for grid in grids.values()),
        reasons(results, analysis, "prior_grid"),
    )


def _centre(item: Json) -> tuple[float, float | None, float | None]:
    """Return the posterior under the priors of the analysis, or what the grid has in its place."""
    row = item["shrinkage"]["mu"] if item["shrinkage"] else item["prior_grid"]["rows"][0]
    return row["mean"], row["ci_low"], row["ci_high"]


def _mark(rows: list[Json], own: str) -> Mark | None:
    """Return the span of all intervals, the mean under the analysis's prior of the mean, and the others."""
    known = [row for row in rows if row["mean"] is not None]
    if not known:
        return None
    chosen = next((row for row in known if row["mu"] == own), known[0])
    others = tuple(float(row["mean"]) for row in known if row is not chosen)
    low, high = min(row["ci_low"] for row in known), max(row["ci_high"] for row in known)
    return Mark(float(chosen["mean"]), low, high, "bayes", others)


def draw(data: Priors) -> Figure:
    """Draw the figure: a row a prior of tau, a mark a prior of the mean."""
    return draw_columns(data.columns, "Prior of tau, mmHg")


def probability(p: float) -> str:
    """Return a probability in percent; one that is not certain is never called 100%."""
    return "over 99.9%" if 0.9995 <= p < 1.0 else words.percent(p, 1)


def caption(data: Priors) -> str:
    """Return the caption: how far means and intervals reach over all priors."""
    columns = data.columns
    others = ", ".join(name for name in data.means if name != data.own[0])
    texts = [
        f"Posterior means under {words.count(data.pairs, 'pair')} of priors, exact. Square: the mean effect "
        f"~ {data.own[0]}; circles: its other priors ({others}). Bars run from the lowest to the highest end "
        f"of their {words.level(columns.level)} intervals; line and band: the priors of this analysis (tau ~ "
        f"{data.own[1]})."
    ]
    for index, key in enumerate(columns.outcomes):
        marks = [mark for line in columns.lines if (mark := line.marks[index]) is not None]
        values = [value for mark in marks for value in (mark.estimate, *mark.ghosts)]
        low, high = data.below[index]
        texts.append(
            f"{words.capital(OUTCOMES[key].name)}: means from {words.fixed(min(values))} to "
            f"{words.fixed(max(values))} mmHg, P(mean below 0) from {probability(low)} to "
            f"{probability(high)}."
        )
    return " ".join([*texts, data.missing]).replace(":-", f":{words.MINUS}").strip()


def alt(data: Priors) -> str:
    """Return the text that stands for the figure."""
    return f"Bars and marks, one row for each prior of the between-trial SD. {caption(data)}"


def table(data: Priors) -> Cells:
    """Return the figure as a table: of each row the span of the means and of the intervals."""
    columns = data.columns
    names = ["Prior of tau"]
    for head in heads("", columns.outcomes)[1:]:
        names += [f"{head}: means", f"{head}: intervals reach"]
    rows: list[tuple[str, ...]] = []
    for line in columns.lines:
        cells = [line.label]
        for mark in line.marks:
            if mark is None:
                cells += ["improper", words.MISSING]
            else:
                values = (mark.estimate, *mark.ghosts)
                cells += [words.interval(min(values), max(values)), words.interval(mark.low, mark.high)]
        rows.append(tuple(cells))
    last = ["P(mean below 0) over all"]
    for low, high in data.below:
        last += [f"{probability(low)} to {probability(high)}", words.MISSING]
    return tuple(names), [*rows, tuple(last)]
