"""YAML as plain values with the line of every key; a file that would never end is refused."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mgmeta.config.check import Key, Problem
from mgmeta.errors import ConfigError

if TYPE_CHECKING:
    import yaml

# A file beyond these is not read: a hundred megabytes, or nine lists of nine references to each other,
# would keep the reader busy for hours.
MOST_BYTES = 1_000_000
MOST_VALUES = 50_000


def read_yaml(path: str | os.PathLike[str]) -> tuple[Any, list[Problem], Callable[[Key], str]]:
    """Return a YAML file as plain values, its repeated keys, and ``key -> "file:line: "``.

    Raises
    ------
    ConfigError
        If it cannot be read or is not YAML.
    """
    import yaml

    try:
        size = Path(path).stat().st_size
        if size > MOST_BYTES:
            raise ConfigError(
                f"{path}: {size} bytes; a configuration has at most {MOST_BYTES}. Is it the right file?"
            )
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text ({error.reason} at byte {error.start})") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        lines = dict(_bounded(_lines(root, ()))) if root is not None else {}
        repeated = list(_repeated(root, ())) if root is not None else []
        raw = loader.construct_document(root) if root is not None else None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else f"{path}"
        raise ConfigError(f"{where}: not valid YAML ({getattr(error, 'problem', None) or error})") from None
    twice: list[Problem] = [(key, "this key is written twice; keep one") for key in repeated]
    return raw, twice, lambda key: f"{path}:{_line(lines, key)}: "


def _bounded(found: Iterator[tuple[Key, int]]) -> Iterator[tuple[Key, int]]:
    """Stop where aliases of aliases would write out more values than a person means."""
    for count, item in enumerate(found):
        if count >= MOST_VALUES:
            raise ValueError(f"its aliases write out more than {MOST_VALUES} values")
        yield item


def _children(node: yaml.Node, key: Key) -> Iterator[tuple[Key, int, yaml.Node]]:
    """Yield (key, line, value node) of everything directly under a YAML node."""
    import yaml

    if len(key) > 20:  # an anchor that holds itself never ends
        raise RecursionError("nested too deeply")
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            yield (*key, str(name.value)), name.start_mark.line + 1, value
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield (*key, index), value.start_mark.line + 1, value


def _lines(node: yaml.Node, key: Key) -> Iterator[tuple[Key, int]]:
    for child, line, value in _children(node, key):
        yield child, line
        yield from _lines(value, child)


def _repeated(node: yaml.Node, key: Key) -> Iterator[Key]:
    seen: set[Key] = set()
    for child, _, value in _children(node, key):
        if child in seen:
            yield child
        seen.add(child)
        yield from _repeated(value, child)


def _line(lines: Mapping[Key, int], key: Key) -> int:
    """Return the line of a key, or of the nearest block around it."""
    while key and key not in lines:
        key = key[:-1]
    return lines.get(key, 1)
