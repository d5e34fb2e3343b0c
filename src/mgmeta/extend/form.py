"""The one-page form: safe YAML in, a draft out, every cell as typed and with its line.

The text is composed into nodes and never constructed: ``no`` stays ``no``, ``0.050`` keeps its zero, and no
tag can make an object. Anchors, aliases and tags are refused, so nothing expands.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mgmeta.errors import DataError
from mgmeta.evidence.findings import quoted, shown
from mgmeta.extend.draft import Cell, Draft

if TYPE_CHECKING:
    import yaml

MAX_BYTES = 200_000
MAX_DEPTH = 12
SECTIONS = ("trial", "sources", "results")


def read_form(path: Path) -> list[Draft]:
    """Return the trials of a form: one YAML document each, ``---`` between them.

    Parameters
    ----------
    path : Path
        A UTF-8 file of at most 200 kB with the sections ``trial``, ``sources`` and ``results``.

    Raises
    ------
    DataError
        With ``file:line:key`` if it cannot be read, is not YAML, uses anchors, aliases or tags, repeats a
        key, nests too deep or has another shape.
    """
    return drafts_of(form_text(path), path.name)


def form_text(path: Path) -> str:
    """Return the text of a form.

    Raises
    ------
    DataError
        If it cannot be read, is too large or is not UTF-8.
    """
    try:
        with path.open("rb") as handle:
            data = handle.read(MAX_BYTES + 1)
    except OSError as problem:
        raise DataError(f"{path}: cannot be read ({problem.strerror}); expected a filled form") from None
    if len(data) > MAX_BYTES:
        raise DataError(f"{path}: larger than {MAX_BYTES} bytes; a form holds one page a trial")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise DataError(f"{path}: byte {problem.start} is not UTF-8; save the form again as UTF-8") from None


def drafts_of(text: str, file: str) -> list[Draft]:
    """Return the trials of a form given as text; *file* is its name in messages.

    Raises
    ------
    DataError
        As :func:`read_form`.
    """
    roots = safe_nodes(text, file)
    if not roots:
        raise DataError(f"{file}: found nothing, expected a filled form; `mgmeta add --template` prints one")
    return [_draft(root, file) for root in roots]


def safe_nodes(text: str, file: str) -> list[yaml.Node]:
    """Return the root nodes of a YAML text that holds nothing but mappings, lists and plain values.

    Raises
    ------
    DataError
        Where it holds anything else.
    """
    import yaml

    bad = {yaml.AnchorToken: "an anchor (&)", yaml.AliasToken: "an alias (*)", yaml.TagToken: "a tag (!)"}
    depth = 0
    try:
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            if type(token) in bad:
                raise DataError(
                    f"{_at(file, token.start_mark)}: found {bad[type(token)]}, expected plain values; "
                    "put a text that begins with such a sign in quotes"
                )
            depth += "Start" in type(token).__name__ and "Stream" not in type(token).__name__
            depth -= isinstance(
                token, yaml.BlockEndToken | yaml.FlowMappingEndToken | yaml.FlowSequenceEndToken
            )
            if depth > MAX_DEPTH:
                raise DataError(f"{_at(file, token.start_mark)}: nested deeper than {MAX_DEPTH} levels")
        roots = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError) as problem:
        mark = getattr(problem, "problem_mark", None)
        where = _at(file, mark) if mark is not None else file
        why = getattr(problem, "problem", None) or problem
        raise DataError(
            f"{where}: not valid YAML ({why}); put a text with `: ` or ` #` in it in quotes"
        ) from None
    return [root for root in roots if root is not None]


def _at(file: str, mark: Any) -> str:
    return f"{file}:{mark.line + 1}:{mark.column + 1}"


def mapping(node: yaml.Node, file: str, what: str) -> dict[str, yaml.Node]:
    """Return the keys of a mapping node.

    Raises
    ------
    DataError
        If it is no mapping, or a key is repeated or not plain.
    """
    import yaml

    if isinstance(node, yaml.ScalarNode) and node.value in ("", "~"):
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise DataError(f"{_at(file, node.start_mark)}: found another thing, expected {what} as `key: value`")
    found: dict[str, yaml.Node] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise DataError(f"{_at(file, key.start_mark)}: found a key that is no word")
        if key.value in found:
            raise DataError(f"{_at(file, key.start_mark)}: found the key {quoted(key.value)} twice; keep one")
        found[key.value] = value
    return found


def _draft(root: yaml.Node, file: str) -> Draft:
    parts = mapping(root, file, "the form")
    for name, node in parts.items():
        if name not in SECTIONS:
            found = f"found the section {quoted(name)}, expected {', '.join(SECTIONS)}"
            raise DataError(f"{_at(file, node.start_mark)}: {found}")
    return Draft(
        _at(file, root.start_mark).rpartition(":")[0],
        _block(parts["trial"], file, "trial") if "trial" in parts else {},
        _blocks(parts["sources"], file, "sources") if "sources" in parts else (),
        _blocks(parts["results"], file, "results") if "results" in parts else (),
    )


def _blocks(node: yaml.Node, file: str, name: str) -> tuple[dict[str, Cell], ...]:
    import yaml

    if isinstance(node, yaml.ScalarNode) and node.value in ("", "~"):
        return ()
    if not isinstance(node, yaml.SequenceNode):
        raise DataError(
            f"{_at(file, node.start_mark)}: found another thing, expected {name} as a list (`- `)"
        )
    blocks = [_block(item, file, f"each of {name}") for item in node.value]
    return tuple(block for block in blocks if any(block.values()))


def _block(node: yaml.Node, file: str, what: str) -> dict[str, Cell]:
    import yaml

    cells = {}
    for key, value in mapping(node, file, what).items():
        place = shown(f"{file}:{value.start_mark.line + 1}:{key}")
        if not isinstance(value, yaml.ScalarNode):
            raise DataError(f"{place}: found a list or mapping, expected one value")
        empty = value.style is None and value.value == "~"
        cells[key] = Cell("" if empty else value.value.strip(), place)
    return cells
