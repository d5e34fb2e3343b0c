"""The answer: one sentence, one figure, and how firm it is."""

from __future__ import annotations

from typing import Any

from mgmeta.report import firmness, sentences
from mgmeta.report.inputs import Inputs


def content(inputs: Inputs) -> dict[str, Any]:
    """Return what other choices give; the lead, the verdicts and the figure are of the page."""
    return {
        "scenarios": sentences.scenario_sentences(inputs.headline),
        "choices": firmness.choice_sentences(inputs),
        "untestable": firmness.untestable(inputs),
        "table": firmness.sd_page_table(inputs),
    }


def scenarios(inputs: Inputs) -> dict[str, Any]:
    """Return which scenarios change nothing because they affect no trial."""
    return {"unaffected": firmness.unaffected_sentence(inputs.headline)}
