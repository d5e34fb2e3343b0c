"""Every combination of choices: how many, where they lie, that shares are no probabilities."""

from __future__ import annotations

from typing import Any

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.report.htmltable import HtmlTable, columns, rows
from mgmeta.report.inputs import Inputs
from mgmeta.report.pooled import Json


def content(inputs: Inputs) -> dict[str, Any] | None:
    """Return sentences and the table of level means; None where it was not run."""
    if "multiverse" not in inputs.results.reproduction:
        return None
    found = inputs.results.reproduced("multiverse")
    return {
        "texts": [sentence(key, item) for key, item in found["outcomes"].items()],
        "label": found["label"],
        "table": levels_page_table(found),
    }


def sentence(outcome: str, item: Json) -> str:
    """Return how far the specifications reach and what moves them, for one outcome."""
    moves = sorted(item["moves"], key=lambda move: -move["total"])[:3]
    said = words.listing([f"{move['name']} ({words.percent(move['total'])})" for move in moves])
    below, above = item["share_interval_below_0"], item["share_interval_above_0"]
    return (
        f"For {OUTCOMES[outcome].name} {words.integer(item['specifications'])} specifications pool "
        f"{words.integer(item['distinct'])} different sets of numbers. Their estimates run from "
        f"{words.fixed(item['quantiles']['0'])} to {words.fixed(item['quantiles']['1'])} mmHg; "
        f"{words.percent(below)} of the intervals lie wholly below 0, {words.percent(above)} wholly above. "
        f"The answer is moved most by {said}, as shares of the variance with all interactions."
    )


def levels_page_table(found: Json) -> HtmlTable:
    """Return the mean estimate at every level of every choice."""
    outcomes = found["outcomes"]
    means = {
        (key, move["key"], level): mean
        for key, item in outcomes.items()
        for move in item["moves"]
        for level, mean in move["level_means"].items()
    }
    lines = [
        (
            choice["name"],
            level + (" (protocol)" if index == 0 else ""),
            *(words.fixed(means[key, choice["key"], level]) for key in outcomes),
        )
        for choice in found["choices"]
        for index, level in enumerate(choice["levels"])
    ]
    heads = [words.capital(f"{OUTCOMES[key].name}, mmHg") for key in outcomes]
    caption = "Mean estimate over all specifications at each level of each choice."
    return HtmlTable("table-levels", caption, columns("Choice", "Level", *heads, numeric=heads), rows(lines))
