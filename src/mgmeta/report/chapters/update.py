"""The main analyses other than the one that answers the target."""

from __future__ import annotations

from typing import Any

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.report import sentences
from mgmeta.report.inputs import Inputs


def content(inputs: Inputs) -> dict[str, Any] | None:
    """Return one sentence an analysis and outcome; None if the target is the only main analysis."""
    headline = inputs.headline
    texts = [
        sentences.analysis_sentence(OUTCOMES[scenario.outcome].name, scenario, headline.level)
        for name in inputs.main
        if name != inputs.target
        for scenario in headline.scenarios
        if scenario.analysis == name
    ]
    return {"update": texts} if texts else None
