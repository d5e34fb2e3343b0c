"""The statements people meet, each by one rule; and those no trial here can test."""

from __future__ import annotations

from typing import Any

from mgmeta.figures import words
from mgmeta.report import reproduction_tables
from mgmeta.report.inputs import Inputs
from mgmeta.reproduce.claim_rule import CLAIM_VERDICTS, MIN_TRIALS, NEGLIGIBLE


def content(inputs: Inputs) -> dict[str, Any] | None:
    """Return the rule's numbers, the table and the statements outside; None where they were not checked."""
    if "claims" not in inputs.results.reproduction:
        return None
    claims = inputs.results.reproduced("claims")
    tested = [item for claim in claims["claims"] for item in claim["tested"]]
    counts = [(word, sum(item["verdict"] == word for item in tested)) for word in CLAIM_VERDICTS]
    return {
        "counts": words.listing([f"{n} {word}" for word, n in counts if n]),
        "tested": words.count(len(tested), "statement on one outcome", "statements on one outcome each"),
        "min_trials": MIN_TRIALS,
        "negligible": words.plain(NEGLIGIBLE),
        "table": reproduction_tables.claims_page_table(claims),
        "outside": [
            {
                "statement": item["statement"],
                "text": " ".join(item["sentences"]),
                "sources": reproduction_tables.sources_of(item),
            }
            for item in claims["outside"]
        ],
        "disclaimer": claims["disclaimer"],
    }
