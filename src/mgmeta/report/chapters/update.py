"""The main analyses other than the one that answers the target."""

from __future__ import annotations

from typing import Any

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.report import sentences
from mgmeta.report.inputs import Inputs


def content(inputs: Inputs) -> dict[str, Any] | None:
    """Return a sentence an analysis and outcome, and where its prediction interval misleads.

    None if the target is the only main analysis.
    """
    headline = inputs.headline
    texts = [
        text
        for name in inputs.main
        if name != inputs.target
        for scenario in headline.scenarios
        if scenario.analysis == name
        for text in (
            sentences.analysis_sentence(OUTCOMES[scenario.outcome].name, scenario, headline.level),
            sentences.narrower_prediction(OUTCOMES[scenario.outcome].name, scenario.bounded),
        )
        if text
    ]
    return {"update": texts} if texts else None
