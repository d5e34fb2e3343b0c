"""The methods as they were run."""

from __future__ import annotations

from typing import Any

from mgmeta.report.inputs import Inputs
from mgmeta.report.methods import methods


def content(inputs: Inputs) -> dict[str, Any]:
    """Return selection, assumptions, priors, seed and versions."""
    return {"methods": methods(inputs.config, inputs.results, inputs.versions, inputs.published)}
