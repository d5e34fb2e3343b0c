"""Robustness: single trials, small-study effects, priors, rows that count in part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mgmeta.report import robustness_tables as tables
from mgmeta.report import robustness_words as said
from mgmeta.report.inputs import Inputs
from mgmeta.report.pooled import Json


def content(inputs: Inputs) -> dict[str, Any] | None:
    """Return sentences and tables of the target, and those of the other main analyses; None without them."""
    found = inputs.results.robustness
    if inputs.target not in found:
        return None
    return {
        "study": _study(found[inputs.target]),
        "others": [_study(found[name]) for name in inputs.main if name in found and name != inputs.target],
    }


def _study(found: Json) -> dict[str, Any]:
    name, outcomes = str(found["analysis"]), dict(found["outcomes"])

    def each(part: str, sentence: Callable[[str, Json], str]) -> list[str]:
        texts = [sentence(key, item) for key, item in outcomes.items() if item[part]]
        return [text for text in texts if text]

    def having(part: str) -> dict[str, Json]:
        return {key: item for key, item in outcomes.items() if item[part]}

    return {
        "title": found["title"],
        "priors": found["priors"],
        "few": said.few_sentence(outcomes),
        "asymmetry": each(
            "small_study", lambda key, item: said.asymmetry_sentence(key, item, float(found["level"]))
        ),
        "grid": each("prior_grid", said.priors_sentence),
        "left_out": each("left_out", said.left_out_sentence),
        "power": each("power", said.power_sentence),
        "mixture": each("mixture", said.mixture_sentence),
        "averaging": each(
            "averaging", lambda key, item: said.averaging_sentence(key, item, float(found["level"]))
        ),
        "averaging_priors": said.priors_of_averaging(having("averaging")),
        "inclusion_table": tables.inclusion_page_table(name, outcomes),
        "averaging_table": tables.averaging_page_table(name, outcomes),
        "small_study_table": tables.small_study_page_table(name, outcomes),
        "warnings": tables.warnings(outcomes),
        "priors_table": tables.priors_page_table(name, having("prior_grid"))
        if having("prior_grid")
        else None,
        "left_out_table": tables.left_out_page_table(name, having("left_out"))
        if having("left_out")
        else None,
        "power_table": tables.power_page_table(name, outcomes),
        "mixture_table": tables.mixture_page_table(name, outcomes),
        "states_table": tables.states_page_table(name, outcomes),
    }
