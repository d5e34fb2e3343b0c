"""How certain the evidence is, domain by domain, and the flow from trials found to trials pooled."""

from __future__ import annotations

from typing import Any

from mgmeta.report import reproduction_tables
from mgmeta.report.findings import findings_page_table
from mgmeta.report.inputs import Inputs
from mgmeta.report.pooled import Json


def content(inputs: Inputs) -> dict[str, Any] | None:
    """Return sentences and tables; None where certainty was not assessed."""
    if "certainty" not in inputs.results.reproduction:
        return None
    outcomes = inputs.results.reproduced("certainty")["outcomes"]
    return {
        "findings": findings_page_table(inputs.results.reproduced("certainty")),
        "grades": [grade_sentence(item) for item in outcomes.values()],
        "tables": [reproduction_tables.certainty_page_table(key, item) for key, item in outcomes.items()],
        "unassessed": not any(item["rob"] for item in outcomes.values()),
        "rob": [
            table
            for key, item in outcomes.items()
            if (table := reproduction_tables.rob_page_table(key, item)) is not None
        ],
        "flow": reproduction_tables.flow_page_table(outcomes),
    }


def grade_sentence(item: Json) -> str:
    """Return the grade of one outcome in one sentence."""
    most = "at most " if item["at_most"] else ""
    text = f"For {item['name']} the certainty is {most}{item['grade']}"
    if item["grade"] != item["computed"]:
        text += f" (the rule alone: {most}{item['computed']})"
    unassessed = [domain["name"] for domain in item["domains"] if domain["levels"] is None]
    return f"{text}; not assessed: {', '.join(unassessed)}." if item["at_most"] else f"{text}."
