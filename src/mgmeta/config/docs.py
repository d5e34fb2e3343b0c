"""The key list of ``config/README.md``, written from the schema by ``make docs``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mgmeta.config.check import schema

MARK = "<!-- Below: `make docs`, from src/mgmeta/config.schema.yaml. -->\n"

_BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "above",
    "exclusiveMaximum": "below",
}


def rewrite(text: str) -> str:
    """Return *text* with everything after the mark replaced by the current key list.

    Raises
    ------
    ValueError
        If the mark is not in the text.
    """
    before, mark, _ = text.partition(MARK)
    if not mark:
        raise ValueError(f"the line {MARK.strip()} is missing")
    return before + mark + "\n" + key_list()


def key_list() -> str:
    """Return the Markdown table of all keys, what they may hold and what they mean."""
    rows = ["| key | holds | meaning |", "|---|---|---|"]
    rows += [f"| `{key}` | {holds} | {meaning} |" for key, holds, meaning in _rows(schema(), "")]
    return "\n".join(rows) + "\n"


def _rows(block: dict[str, Any], above: str) -> Iterator[tuple[str, str, str]]:
    for name, written in block.get("properties", {}).items():
        key = f"{above}{name}"
        node = _resolved(written)
        yield key, _holds(node), node["description"]
        if written.get("$ref") != "#/$defs/assume" or not above:  # the same keys again: once is enough
            yield from _rows(node, f"{key}.")
        if isinstance(inner := node.get("additionalProperties"), dict):
            yield from _rows(_resolved(inner), f"{key}.<name>.")


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    """Return a node with the definition it refers to laid under it."""
    reference = node.get("$ref")
    return {**schema()["$defs"][reference.rpartition("/")[2]], **node} if reference else node


def _holds(node: dict[str, Any]) -> str:
    """Return in words what a key may hold."""
    if "enum" in node:
        return ", ".join(f"`{value}`" for value in node["enum"])
    kinds = node.get("type", "object")
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    words = []
    for kind in kinds:
        if kind == "array":
            words.append(f"list of {_holds(_resolved(node['items']))}")
        elif kind in ("number", "integer"):
            limits = [f"{word} {node[rule]}" for rule, word in _BOUNDS.items() if rule in node]
            words.append(
                " ".join(["whole number" if kind == "integer" else "number", ", ".join(limits)]).strip()
            )
        elif kind == "string":
            words.append("text")
        else:
            words.append({"object": "block", "boolean": "`true` or `false`", "null": "`null`"}[kind])
    return "; or ".join(words)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(rewrite(target.read_text(encoding="utf-8")), encoding="utf-8")
