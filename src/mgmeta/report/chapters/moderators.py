"""In whom: sentences and the table of all moderator models."""

from __future__ import annotations

from typing import Any

from mgmeta.report import readers, result_tables
from mgmeta.report.inputs import Inputs


def content(inputs: Inputs) -> dict[str, Any]:
    """Return what the trials show on hypertension, and every moderator model."""
    level = inputs.headline.level
    return {
        "hypertension": [
            readers.moderator_sentence(out, readers.HYPERTENSION, level) for out in inputs.outcomes.values()
        ],
        "table": result_tables.moderator_page_table(inputs.results.fits, inputs.results.bayes),
    }
