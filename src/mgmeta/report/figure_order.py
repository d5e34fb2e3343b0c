"""The order of the figures in the page: as the templates of the chapters place them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import resources

_CALL = re.compile(r"\{\{\s*figures\(([^)]*)\)")
_NAME = re.compile(r"""["']([a-z0-9_]+)["']""")


def placed(template: str) -> tuple[str, ...]:
    """Return the figures that a chapter's template places, in order."""
    return tuple(name for call in _CALL.findall(template) for name in _NAME.findall(call))


def figure_order(chapters: Iterable[str]) -> tuple[str, ...]:
    """Return the figures of all chapters (keys, in the order of the page), each once."""
    folder = resources.files("mgmeta.report").joinpath("templates", "chapters")
    names = (
        name
        for key in chapters
        for name in placed(folder.joinpath(f"{key}.html.j2").read_text(encoding="utf-8"))
    )
    return tuple(dict.fromkeys(names))
