"""The methods as they were run, and the proof by simulation."""

from __future__ import annotations

from typing import Any

from mgmeta.report import simulation
from mgmeta.report.inputs import Inputs
from mgmeta.report.methods import methods


def content(inputs: Inputs) -> dict[str, Any]:
    """Return selection, assumptions, priors, seed and versions; ``proof`` is None without its table."""
    return {
        "methods": methods(inputs.config, inputs.results, inputs.versions, inputs.published),
        "proof": _proof(inputs),
    }


def _proof(inputs: Inputs) -> dict[str, Any] | None:
    table = inputs.results.simulation
    if not table:
        return None
    found = simulation.summaries(table)
    return {
        "design": simulation.design_sentence(table),
        "verdicts": simulation.verdict_sentences(table, found),
        "base": simulation.base_page_table(found),
        "violations": simulation.violations_page_table(table),
    }
