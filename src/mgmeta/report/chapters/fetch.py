"""Fetch these papers first: what each would add, and what they would add together."""

from __future__ import annotations

from typing import Any

from mgmeta.report import fetch
from mgmeta.report.inputs import Inputs


def content(inputs: Inputs) -> dict[str, Any] | None:
    """Return the first papers, their joint worth and the whole list; None if no list was made."""
    found = inputs.results.missing
    if not found:
        return None
    outcomes = fetch.outcomes_of(found, list(inputs.headline.outcomes))
    return {
        "first": fetch.first_papers(found, outcomes),
        "unknown": fetch.UNKNOWN,
        "joint": fetch.joint_sentence(found, outcomes),
        "basis": fetch.basis_sentence(found, str(inputs.results.fit(str(found["analysis"]))["title"])),
        "bare": fetch.nothing_known(found),
        "table": fetch.fetch_page_table(found, outcomes),
    }
