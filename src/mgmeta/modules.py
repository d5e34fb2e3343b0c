"""Which source files a module runs through: read from its imports, never guessed.

The workflow lists these files as inputs of its rules, so that a job reruns when
the code behind it changes and not when other code does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = "mgmeta"


def imported(path: Path) -> Iterator[str]:
    """Yield the dotted names a Python file imports from mgmeta.

    Imports inside functions count: they are run when the function is.
    ``from mgmeta.x import y`` yields both ``mgmeta.x`` and ``mgmeta.x.y``, for
    `y` may be a module. Imports under ``if TYPE_CHECKING:`` do not count.
    """
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"), filename=str(path))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            names = []
        yield from (name for name in names if name.split(".")[0] == PACKAGE)
        if not _types_only(node):
            waiting.extend(ast.iter_child_nodes(node))
        elif isinstance(node, ast.If):
            waiting.extend(node.orelse)


def locate(root: Path, name: str) -> Path | None:
    """Return the file of a module or package below *root*, or ``None`` if there is none."""
    stem = root.joinpath(*name.split("."))
    for path in (stem.with_suffix(".py"), stem / "__init__.py"):
        if path.is_file():
            return path
    return None


@cache
def sources(root: Path, name: str) -> tuple[Path, ...]:
    """Return every file a module runs through, sorted: itself, its imports, theirs, and so on.

    Parameters
    ----------
    root : Path
        Folder that holds the package, such as ``Path("src")``. The paths come
        back below it, relative if it is relative.
    name : str
        Dotted name, such as ``mgmeta.cli.fit``.

    Returns
    -------
    tuple of Path
        Python files, and the templates or other data files in folders beside them
        that are not packages. Packages on the way count, but for ``mgmeta.cli``
        itself, which only names the verbs.
    """
    found: set[Path] = set()
    waiting, seen = [name], {"", f"{PACKAGE}.cli"}
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        path = locate(root, module)
        if path is None:
            continue
        found.add(path)
        if path.name == "__init__.py":
            found.update(_data(path.parent))
        waiting.extend(imported(path))
        waiting.append(module.rpartition(".")[0])
    return tuple(sorted(found))


def _types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _data(package: Path) -> Iterator[Path]:
    """Yield the data files of a package, but not those of the root (the config schema decides no number)."""
    if package.name == PACKAGE:
        return
    for path in package.rglob("*"):
        if path.is_file() and path.suffix not in {".py", ".pyc"} and "__pycache__" not in path.parts:
            yield path
