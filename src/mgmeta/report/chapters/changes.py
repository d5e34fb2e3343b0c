"""What changed since the last release: trials, headline, verdicts, and what the changelog may say."""

from __future__ import annotations

from typing import Any

from mgmeta.report import change_words
from mgmeta.report.inputs import Inputs


def content(inputs: Inputs) -> dict[str, Any] | None:
    """Return a lead, tables and the proposed changelog; None where nothing was compared at all."""
    changes = inputs.changes
    if changes is None:
        return None
    compared = bool(changes.release) and not changes.nothing
    return {
        "lead": change_words.lead(changes),
        "headline": change_words.headline_table(changes) if compared else None,
        "reasons": change_words.reasons(changes) if compared else [],
        "trials": change_words.trial_table(changes),
        "verdicts": change_words.verdict_table(changes),
        "changelog": list(change_words.changelog(changes)),
    }
