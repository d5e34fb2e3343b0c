"""At which dose and in whom: sentences and the table of all moderator models."""

from __future__ import annotations

from typing import Any

from mgmeta.report import readers, result_tables
from mgmeta.report.inputs import Inputs


def content(inputs: Inputs) -> dict[str, Any]:
    """Return what the trials show on dose and on hypertension."""
    level = inputs.headline.level
    return {
        "dose": _dose(inputs),
        "hypertension": [
            readers.moderator_sentence(out, readers.HYPERTENSION, level) for out in inputs.outcomes.values()
        ],
        "table": result_tables.moderator_page_table(inputs.results.fits, inputs.results.bayes),
    }


def _dose(inputs: Inputs) -> list[str]:
    level, outcomes = inputs.headline.level, inputs.outcomes
    texts = [readers.moderator_sentence(out, readers.DOSE, level) for out in outcomes.values()]
    limits = [
        row
        for row in inputs.evidence.intakes
        if row.quantity == "ul_supplement" and row.population == "adults"
    ]
    trials = {str(row["trial_id"]): row for out in outcomes.values() for row in out["rows"]}
    for limit in sorted(limits, key=lambda row: row.value or 0.0):
        if limit.value is not None:
            texts.append(readers.limit_sentence(list(trials.values()), limit.value, limit.authority))
    return texts
