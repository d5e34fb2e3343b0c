"""Every published review refitted from one table: verdicts, figures, the ledger, the drift."""

from __future__ import annotations

from collections import Counter
from typing import Any

from mgmeta.figures import words
from mgmeta.report import reproduction_tables
from mgmeta.report.inputs import Inputs
from mgmeta.reproduce.verdict import NOT_TESTABLE, VERDICTS


def content(inputs: Inputs) -> dict[str, Any] | None:
    """Return the count of verdicts and the tables; None where no review is reproduced."""
    if "ledger" not in inputs.results.reproduction:
        return None
    ledger = inputs.results.reproduced("ledger")
    return {
        "verdicts": verdicts(ledger["rows"]),
        "table": reproduction_tables.ledger_page_table(ledger),
        "readings": reproduction_tables.readings_page_table(ledger),
        "no_targets": reproduction_tables.no_targets_page_table(ledger),
        "cannot_say": sorted(
            {(row["published"]["label"], row["cannot_say"]) for row in ledger["rows"] if row["cannot_say"]}
        ),
    }


def verdicts(rows: list[Any]) -> str:
    """Return how many results got which verdict, in one sentence."""
    counts = Counter(row["verdict"] for row in rows)
    judged = sum(counts[word] for word in VERDICTS)
    said = words.listing([f"{counts[word]} {word}" for word in VERDICTS if counts[word]])
    reviews = len({row["published"]["review_id"] for row in rows})
    text = (
        f"{words.count(reviews, 'review')} with {words.count(len(rows), 'result')} can be expressed as "
        f"criteria; {words.count(judged, 'result')} can be judged: {said or 'none'}."
    )
    if counts[NOT_TESTABLE] * 2 > judged:
        text += f" Most are {NOT_TESTABLE}: too few trials print enough, or too little for a narrow interval."
    return text
