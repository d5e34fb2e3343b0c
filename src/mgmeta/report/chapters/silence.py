"""What silence does: words dropped, words counted."""

from __future__ import annotations

from typing import Any

from mgmeta.report import sentences
from mgmeta.report.inputs import Inputs


def content(inputs: Inputs) -> dict[str, Any]:
    """Return one sentence an outcome on what counting the words changes."""
    headline = inputs.headline
    texts = [sentences.silence_sentence(item, headline.level) for item in headline.outcomes.values()]
    return {"silence": texts}
