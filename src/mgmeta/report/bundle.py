"""The scripts and style sheets of the page, in order, as one text each."""

from __future__ import annotations

from importlib import resources

# Each script uses only those before it; all share one block, so that none leaves a name in the page.
SCRIPTS = (
    "normal.js",
    "numbers.js",
    "bounds.js",
    "bounded.js",
    "view.js",
    "forest.js",
    "keep.js",
    "explore.js",
    "tables.js",
    "behind.js",
    "contents.js",
    "sideways.js",
)
STYLES = ("explore.css", "tables.css")


def script() -> str:
    """Return all scripts as one, strict and in a scope of its own."""
    return '"use strict";\n{\n' + "\n".join(map(_asset, SCRIPTS)) + "}\n"


def style() -> str:
    """Return the style sheets of the page's parts as one."""
    return "\n".join(map(_asset, STYLES))


def _asset(name: str) -> str:
    return resources.files("mgmeta.report").joinpath("assets", name).read_text(encoding="utf-8")
