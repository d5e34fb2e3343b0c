"""The answer: one sentence, one figure, and how firm it is."""

from __future__ import annotations

from typing import Any

from mgmeta.report import sentences
from mgmeta.report.inputs import Inputs


def content(inputs: Inputs) -> dict[str, Any]:
    """Return how the scenarios range; the lead, the verdicts and the figure are of the page."""
    return {"scenarios": sentences.scenario_sentences(inputs.headline)}
