"""The multiverse as a document and as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mgmeta.reproduce.choices import CHOICES
from mgmeta.reproduce.multiverse_summary import LABEL, MultiverseSummary

Row = dict[str, object]

MOVE_COLUMNS = ("outcome", "choice", "name", "main", "total", "level", "level_mean")


def document(found: Mapping[str, MultiverseSummary], level: float) -> dict[str, Any]:
    """Return ``results/reproduction/multiverse.json``."""
    return {
        "level": level,
        "label": LABEL,
        "choices": [
            {"key": c.key, "name": c.name, "kind": c.kind, "levels": [name for name, _ in c.levels]}
            for c in CHOICES
        ],
        "outcomes": dict(found),
    }


def move_rows(found: Mapping[str, MultiverseSummary]) -> list[Row]:
    """Return the rows of ``results/tables/multiverse.csv``: one a level of a choice."""
    return [
        {
            "outcome": outcome,
            "choice": move.key,
            "name": move.name,
            "main": move.main,
            "total": move.total,
            "level": level,
            "level_mean": mean,
        }
        for outcome, item in found.items()
        for move in item.moves
        for level, mean in move.level_means.items()
    ]
