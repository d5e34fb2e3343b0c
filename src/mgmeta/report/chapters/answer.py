"""The answer: one sentence, one figure, and how firm it is."""

from __future__ import annotations

from typing import Any

from mgmeta.report import firmness, robustness_words, sentences
from mgmeta.report.inputs import Inputs


def content(inputs: Inputs) -> dict[str, Any]:
    """Return what other choices give; the lead, the verdicts and the figure are of the page."""
    return {
        "scenarios": sentences.scenario_sentences(inputs.headline),
        "choices": firmness.choice_sentences(inputs),
        "untestable": firmness.untestable(inputs),
        "small_trials": _small_trials(inputs),
        "table": firmness.sd_page_table(inputs),
    }


def _small_trials(inputs: Inputs) -> str:
    found = inputs.results.robustness.get(inputs.target)
    return robustness_words.small_trials_sentence(dict(found["outcomes"])) if found else ""


def scenarios(inputs: Inputs) -> dict[str, Any]:
    """Return which scenarios change nothing because they affect no trial."""
    return {"unaffected": firmness.unaffected_sentence(inputs.headline)}
