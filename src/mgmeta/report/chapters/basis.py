"""What everything rests on: pooled trials and those left out, decisions, checks, sources."""

from __future__ import annotations

from typing import Any

from mgmeta.figures import words
from mgmeta.report import evidence_tables
from mgmeta.report.htmltable import Link
from mgmeta.report.inputs import Inputs
from mgmeta.report.pooled import Json
from mgmeta.report.provenance import provenances


def evidence(inputs: Inputs) -> dict[str, Any]:
    """Return the tables of the trials: how many, which, and which not and why."""
    main = inputs.main
    trials = evidence_tables.trials_page_table(inputs.results.fits, main, inputs.evidence)
    linked = frozenset(cell.href[1:] for row in trials.shown for cell in row if isinstance(cell, Link))
    return {
        "flow": evidence_tables.flow_page_table(inputs.flow, main),
        "behind": provenances(inputs.results.fits, main, inputs.evidence, inputs.decisions, linked),
        "trials": trials,
        "excluded": evidence_tables.excluded_page_table(inputs.flow, main, inputs.evidence),
    }


def decisions(inputs: Inputs) -> dict[str, Any]:
    """Return the table of the decisions between print and effect."""
    return {"table": evidence_tables.decisions_page_table(inputs.decisions)}


def checks(inputs: Inputs) -> dict[str, Any]:
    """Return what the checks of the raw tables found."""
    return {
        "findings": _findings(inputs.check),
        "table": evidence_tables.findings_page_table(inputs.check),
    }


def _findings(check: Json) -> str:
    counts = [
        words.count(len(check["errors"]), "error"),
        words.count(len(check["ambiguities"]), "acknowledged ambiguity", "acknowledged ambiguities"),
        words.count(len(check["notes"]), "note"),
    ]
    return f"The checks of the raw tables found {words.listing(counts)}."


def sources(inputs: Inputs) -> dict[str, Any]:
    """Return where each value was read."""
    return {
        "sources": evidence_tables.sources_page_table(inputs.evidence),
        "intakes": evidence_tables.intakes_page_table(inputs.evidence),
    }
