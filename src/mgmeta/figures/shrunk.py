"""All moderators at once under the horseshoe: a row each, its slope alone beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mgmeta.errors import DataError
from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.figures.columns import Columns, Line, Mark, draw_columns, heads, interval_cells
from mgmeta.figures.moderators import compared_words
from mgmeta.figures.results import Cells, Json, Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure


LABEL_END = 2.85  # inches


@dataclass(frozen=True)
class Slopes:
    """The figure: an interval a moderator and outcome; `missing` by outcome: share of values imputed."""

    columns: Columns
    missing: tuple[float, ...]
    left_out: tuple[str, ...]


def prepare(results: Results, analysis: str, outcome: str) -> Slopes:
    """Collect every moderator of every outcome of one analysis (*outcome* does not matter here).

    Raises
    ------
    DataError
        If the horseshoe was not run on it, or its moderators were not worked out.
    """
    name = results.analysis(analysis)
    found = results.models.get("horseshoe", {"analyses": {}})["analyses"].get(name)
    if not found:
        raise DataError(f"no horseshoe of {name!r}; run `mgmeta model horseshoe --analysis {name}`")
    outcomes = tuple(key for key in results.headline["outcomes"] if key in found)
    alone = {
        key: {item["key"]: item for item in results.moderated(name)["outcomes"][key]["singles"]}
        for key in outcomes
    }
    slopes = [{item["key"]: item for item in found[key]["slopes"]} for key in outcomes]
    order = [key for key in alone[outcomes[0]] if any(key in mine for mine in slopes)]
    return Slopes(
        Columns(
            outcomes=outcomes,
            lines=tuple(
                Line(
                    _label(alone[outcomes[0]][key]),
                    tuple(
                        _mark(mine.get(key), alone[name].get(key))
                        for name, mine in zip(outcomes, slopes, strict=True)
                    ),
                )
                for key in order
            ),
            centres=((0.0, 0.0, 0.0),) * len(outcomes),
            level=float(results.models["horseshoe"]["level"]),
        ),
        tuple(_missing(found[key]) for key in outcomes),
        tuple(
            dict.fromkeys(
                str(alone[name][key]["label"]) for name in outcomes for key in found[name]["left_out"]
            )
        ),
    )


def _label(single: Json) -> str:
    """Return what one step of a moderator is, short enough for a column."""
    return compared_words(single) if single["levels"] else f"{single['label']}, {compared_words(single)}"


def _mark(slope: Json | None, single: Json | None) -> Mark | None:
    if slope is None:
        return None
    by_itself = (single or {}).get("difference") or {}
    ghosts = (float(by_itself["estimate"]),) if by_itself.get("estimate") is not None else ()
    return Mark(slope["median"], slope["ci_low"], slope["ci_high"], "bayes", ghosts)


def _missing(item: Json) -> float:
    """Return the share of values that trials do not state."""
    cells = [(slope["missing"], slope["missing"] + slope["stated"]) for slope in item["slopes"]]
    return float(sum(missing for missing, _ in cells) / max(sum(total for _, total in cells), 1))


def draw(data: Slopes) -> Figure:
    """Draw the figure: a row a moderator, its slope alone as a hollow circle."""
    return draw_columns(data.columns, "Step", "per step", LABEL_END)


def caption(data: Slopes) -> str:
    """Return the caption: what is drawn, how many intervals exclude zero, how much is imputed."""
    columns = data.columns
    texts = [
        f"Posterior medians with {words.level(columns.level)} intervals of all slopes in one model, a "
        "regularised horseshoe; hollow circle: the moderator alone (maximum likelihood, in the trials that "
        "state it). Negative: magnesium lowers more."
    ]
    for index, key in enumerate(columns.outcomes):
        marks = [mark for line in columns.lines if (mark := line.marks[index]) is not None]
        apart = sum(
            mark.low is not None and mark.high is not None and mark.low * mark.high > 0.0 for mark in marks
        )
        imputed = words.fixed(100 * data.missing[index], 0)
        texts.append(
            f"{words.capital(OUTCOMES[key].name)}: {apart} of {words.count(len(marks), 'interval')} "
            f"exclude{'s' if apart == 1 else ''} zero; {imputed} % of all values are not stated "
            "and imputed inside the model."
        )
    if data.left_out:
        texts.append(
            f"Not in the model, for too few trials state or vary it: {', '.join(data.left_out).lower()}."
        )
    return " ".join(texts)


def alt(data: Slopes) -> str:
    """Return the text that stands for the figure."""
    return f"Intervals, one row a moderator. {caption(data)}"


def table(data: Slopes) -> Cells:
    """Return the figure as a table."""
    columns = data.columns
    return heads("Step", columns.outcomes), interval_cells(columns.lines)
