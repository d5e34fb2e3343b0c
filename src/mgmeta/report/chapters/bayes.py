"""The Bayesian view: priors in words, diagnostics of the sampler."""

from __future__ import annotations

from typing import Any

from mgmeta.report import methods, result_tables
from mgmeta.report.inputs import Inputs


def content(inputs: Inputs) -> dict[str, Any]:
    """Return the priors and the table of diagnostics."""
    return {
        **methods.priors(inputs.config),
        "table": result_tables.diagnostics_page_table(inputs.results.bayes),
    }
