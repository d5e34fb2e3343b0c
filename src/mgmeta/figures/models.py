"""The mean effect by every hierarchical model, beside the headline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mgmeta.errors import DataError
from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.figures.columns import Columns, Line, Mark, draw_columns, heads, interval_cells
from mgmeta.figures.results import Cells, Json, Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class ModelFigure:
    """The figure: an interval a model and outcome, the headline as line and band."""

    columns: Columns


def prepare(results: Results, analysis: str, outcome: str) -> ModelFigure:
    """Collect every model that was run on an analysis (*outcome* does not matter here).

    Raises
    ------
    DataError
        If no model was run on it.
    """
    name = results.analysis(analysis)
    outcomes = tuple(results.headline["outcomes"])
    found = {model["title"]: model["analyses"].get(name, {}) for model in results.models.values()}
    if not any(found.values()):
        raise DataError(f"no models of {name!r}; run `mgmeta model FAMILY --analysis {name}`")
    headline = [results.headline["outcomes"][key]["bounded"] for key in outcomes]
    normal = tuple(_mark((results.sample(name, key) or {}).get("overall")) for key in outcomes)
    lines = [Line("Normal effects", normal)] if any(normal) else []
    lines += [
        Line(title, tuple(_mark(part.get(key)) for key in outcomes)) for title, part in found.items() if part
    ]
    return ModelFigure(
        Columns(
            outcomes=outcomes,
            lines=tuple(lines),
            centres=tuple((item["estimate"] or 0.0, item["ci_low"], item["ci_high"]) for item in headline),
            level=float(results.headline["level"]),
        )
    )


def _mark(item: Json | None) -> Mark | None:
    if not item:
        return None
    return Mark(item["mu"]["mean"], item["mu"]["ci_low"], item["mu"]["ci_high"], "bayes")


def draw(data: ModelFigure) -> Figure:
    """Draw the figure: a row a model."""
    return draw_columns(data.columns, "Model")


def caption(data: ModelFigure) -> str:
    """Return the caption: the range of the models around the headline."""
    columns = data.columns
    texts = [
        f"Posterior means with {words.level(columns.level)} intervals; line and band: the headline (maximum "
        "likelihood, profile interval)."
    ]
    for index, key in enumerate(columns.outcomes):
        found = [mark.estimate for line in columns.lines if (mark := line.marks[index]) is not None]
        if found:
            name = words.capital(OUTCOMES[key].name)
            texts.append(
                f"{name}: {words.fixed(min(found))} to {words.fixed(max(found))} "
                f"mmHg around {words.fixed(columns.centres[index][0])}."
            )
    return " ".join(texts)


def alt(data: ModelFigure) -> str:
    """Return the text that stands for the figure."""
    return f"Intervals, one row a model. {caption(data)}"


def table(data: ModelFigure) -> Cells:
    """Return the figure as a table, the headline first."""
    columns = data.columns
    first = ("Headline", *(words.with_interval(*centre) for centre in columns.centres))
    return heads("Model", columns.outcomes), [first, *interval_cells(columns.lines)]
