"""The explorable part: the pooled rows of every analysis, for the page to pool as the reader likes."""

from __future__ import annotations

from typing import Any

from mgmeta.report.explore import explore_data, script_json
from mgmeta.report.inputs import Inputs

LARGEST = 5000
"""Most rows that the page pools itself; a browser would need seconds for each answer above."""


def content(inputs: Inputs) -> dict[str, Any]:
    """Return the data the page computes with, safe to stand in a script element, or why there are none."""
    data = explore_data(inputs.results.fits, inputs.target, inputs.headline.level, inputs.evidence)
    count = len(data["rows"])
    if count > LARGEST:
        return {"data": None, "why": f"{count:,} rows are too many to pool in a page (limit {LARGEST:,})."}
    return {"data": script_json(data), "why": ""}
