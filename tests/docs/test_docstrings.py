"""Public functions say what they take and what they refuse, in numpydoc sections."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

import mgmeta.api

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = [
    (path.relative_to(ROOT / "src").as_posix(), node)
    for package in ("api", "stats")
    for path in sorted((ROOT / f"src/mgmeta/{package}").glob("*.py"))
    for node in ast.parse(path.read_text(encoding="utf-8")).body
    if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
]


def sections(text: str) -> dict[str, str]:
    """Return heading -> text of the numpydoc sections of a docstring."""
    parts = re.split(r"^(\w[\w ]*)\n-{3,}\n", inspect.cleandoc(text), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("name", ["pool", "bayes", "dose", "forest"])
def test_the_api_documents_every_argument_result_and_error(name: str) -> None:
    function = getattr(mgmeta.api, name)
    found = sections(function.__doc__ or "")
    assert {"Parameters", "Returns", "Raises", "Examples"} <= found.keys()
    headings = re.findall(r"^(\w[\w, ]*?)(?: :.*)?$", found["Parameters"], flags=re.M)
    named = {part.strip() for heading in headings for part in heading.split(",")}
    assert not set(inspect.signature(function).parameters) - named


@pytest.mark.parametrize(("path", "node"), FUNCTIONS, ids=lambda x: getattr(x, "name", x))
def test_functions_of_several_arguments_say_what_each_is(path: str, node: ast.FunctionDef) -> None:
    text = ast.get_docstring(node) or ""
    arguments = [argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)]
    if len(arguments) > 2:
        assert "Parameters" in sections(text) or "arameters as" in text or "rguments" in text, path
    own_errors = [
        raised.exc.func.id
        for raised in ast.walk(node)
        if isinstance(raised, ast.Raise)
        and isinstance(raised.exc, ast.Call)
        and isinstance(raised.exc.func, ast.Name)
    ]
    if own_errors:
        assert "Raises" in sections(text), path
        assert not [error for error in own_errors if error not in sections(text)["Raises"]], path
