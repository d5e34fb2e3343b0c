"""The headline beside the published result, and the claims people meet."""

from __future__ import annotations

from typing import Any

from mgmeta.figures import words
from mgmeta.report import readers, result_tables
from mgmeta.report.inputs import Inputs
from mgmeta.report.verdict import MAX_DIFFERENCE, MAX_HALF_WIDTH, MIN_SHARE_OF_TRIALS


def content(inputs: Inputs) -> dict[str, Any]:
    """Return the table of results and the thresholds of the verdict."""
    return {
        "table": result_tables.headline_page_table(inputs.headline),
        "share": words.percent(MIN_SHARE_OF_TRIALS),
        "half_width": words.plain(MAX_HALF_WIDTH),
        "difference": words.plain(MAX_DIFFERENCE),
    }


def claims(inputs: Inputs) -> dict[str, Any]:
    """Return what the evidence says of the claims people read."""
    return {
        "claims": [
            readers.claim_effect(inputs.headline),
            readers.claim_moderators(inputs.outcomes, inputs.headline.level),
        ]
    }
