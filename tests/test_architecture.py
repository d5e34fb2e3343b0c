"""ARCHITECTURE.md says how the house is built; these tests keep it true."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mgmeta.modules import imported

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src/mgmeta"
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
FILES = sorted(SOURCE.rglob("*.py"))


def name(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts)


def layers() -> dict[str, int]:
    """Return the layer of every top-level module and package, left to right."""
    line = re.search(r"## Import direction.*?\n`(.+?)`", TEXT, re.DOTALL)
    assert line
    groups = line[1].replace("\n", " ").split("|")
    return {word.strip(): place for place, group in enumerate(groups) for word in group.split(",")}


def tree() -> dict[str, str]:
    """Return path -> description of every line of the tree."""
    block = re.search(r"## Tree.*?```\n(.*?)```", TEXT, re.DOTALL)
    assert block
    found: dict[str, str] = {}
    folder, last = "", ""
    for line in block[1].splitlines():
        indent = len(line) - len(line.lstrip())
        if indent > 4:  # a description that goes on
            found[last] += " " + line.strip()
            continue
        names, _, description = line.strip().partition("  ")
        for item in names.split():
            last = (folder if indent else "") + item
            found[last] = description.strip()
        if not indent:
            folder = names if names.endswith("/") else ""
    return found


def test_every_path_of_the_tree_exists() -> None:
    paths = tree()
    assert len(paths) > 15
    assert not [path for path in paths if not (ROOT / path).exists()]


def test_every_package_and_rule_file_is_named() -> None:
    paths = tree()
    packages = {f"{path.parent.relative_to(ROOT).as_posix()}/" for path in SOURCE.glob("*/__init__.py")}
    modules = {path.relative_to(ROOT).as_posix() for path in SOURCE.glob("*.py")} - {"src/mgmeta/__init__.py"}
    assert len(packages) > 5
    assert not (packages | modules) - set(paths)
    rules = re.findall(r"\w+", paths["workflow/rules/"])
    assert not [path.name for path in (ROOT / "workflow/rules").glob("*.smk") if path.stem not in rules]


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert said
    assert said.splitlines()[0].endswith((".", ":", "?"))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_imports_point_leftwards(path: Path) -> None:
    order = layers()
    parts = path.relative_to(SOURCE).with_suffix("").parts
    if parts[0] == "__init__":
        assert not list(imported(path))
        return
    here = order[parts[0]]
    for target in imported(path):
        other = target.split(".")[1] if "." in target else ""
        if other in order:
            assert order[other] <= here, f"{name(path)} imports {target}, which stands to its right"


# package -> where alone it may be imported
ONLY_IN = {
    "pymc": {"bayes"},
    "arviz": {"bayes"},
    "pytensor": {"bayes"},
    "nutpie": {"bayes"},
    "matplotlib": {"figures"},
    "jinja2": {"report"},
    "click": {"cli"},
    "snakemake": set(),
}
NEVER_IN = {"stats": {"pandas", "statsmodels", "pandera", "formulaic"}, "pooling": {"statsmodels", "pandera"}}


@pytest.mark.parametrize("path", FILES, ids=name)
def test_heavy_packages_stay_in_their_rooms(path: Path) -> None:
    room = path.relative_to(SOURCE).with_suffix("").parts[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            packages = {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            packages = {node.module.split(".")[0]}
        else:
            continue
        for package in packages:
            assert room in ONLY_IN.get(package, {room}), f"{package} belongs in {ONLY_IN[package]}"
            assert package not in NEVER_IN.get(room, set()), f"{package} does not belong in {room}"


@pytest.mark.parametrize("path", FILES, ids=name)
def test_modules_stay_readable(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def loaded(statement: str) -> set[str]:
    """Return the modules a fresh interpreter has loaded after *statement*."""
    script = f"import sys, json\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize(
    "statement",
    [
        "import mgmeta.stats, mgmeta.pooling.pool",
        "import mgmeta.cli\nfor verb in ('fit', 'slices', 'check'): mgmeta.cli.cli.get_command(None, verb)",
    ],
    ids=["kernels", "verbs"],
)
def test_the_hot_path_loads_nothing_heavy(statement: str) -> None:
    heavy = {"pandas", "matplotlib", "statsmodels", "scipy.stats", "pymc", "arviz", "pandera"}
    assert not loaded(statement) & heavy


def test_every_kernel_loads_nothing_heavy() -> None:
    kernels = [name(path) for path in FILES if path.parent.name in ("stats", "pooling")]
    heavy = {"pandas", "matplotlib", "statsmodels", "pymc", "arviz"}
    assert not loaded("import " + ", ".join(kernels)) & heavy


def test_import_takes_no_time() -> None:
    script = "import time; t = time.process_time(); import mgmeta; print(time.process_time() - t)"
    runs = [
        float(
            subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
        )
        for _ in range(5)
    ]
    assert min(runs) < 0.15
