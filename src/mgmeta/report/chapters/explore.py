"""The explorable part: the pooled rows of every analysis, for the page to pool as the reader likes."""

from __future__ import annotations

from typing import Any

from mgmeta.report.explore import explore_data, script_json
from mgmeta.report.inputs import Inputs


def content(inputs: Inputs) -> dict[str, Any]:
    """Return the data the page computes with, safe to stand in a script element."""
    data = explore_data(inputs.results.fits, inputs.target, inputs.headline.level, inputs.evidence)
    return {"data": script_json(data)}
