"""Running the pages of the documentation as they are written, in a copy of the repository.

A fenced block of a page is
- ``sh``: run by bash; with ``title="takes minutes"`` or ``title="after make"`` only checked, line by line;
- ``python``: run, after the page's earlier ones;
- ``text`` right after one that ran: what it prints, to the character; a line ``...`` stands for any lines;
- ``diff``: applied; ``--- file`` once, then hunks, each opened by ``@@``; their old lines stand there once;
- anything else with a ``title``: the content of the file of that name.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOT_RUN = ("takes minutes", "after make")
COPIED = (
    "src",
    "config",
    "data/raw",
    "tests/reference",
    "Makefile",
    "CHANGELOG.md",
    "pyproject.toml",
    "docs",
)


@dataclass(frozen=True)
class Block:
    """A fenced block and where it stands."""

    page: str
    line: int
    language: str
    title: str
    text: str

    @property
    def only_checked(self) -> bool:
        return self.language == "sh" and self.title in NOT_RUN

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w+)(?: title=\"(?P<title>[^\"]+)\")?[^\n]*\n(?P<text>.*?)^ *```$",
    re.M | re.S,
)


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        indent = match["indent"]
        body = "".join(line.removeprefix(indent) for line in match["text"].splitlines(keepends=True))
        line = text.count("\n", 0, match.start()) + 1
        name = page.relative_to(ROOT).as_posix()
        found.append(Block(name, line, match["language"], match["title"] or "", body))
    return found


class Copy:
    """A copy of the repository in which blocks are run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.printed = ""
        self.python: subprocess.Popen[str] | None = None
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environment = {**os.environ, "PATH": path, "PYTHONPATH": str(folder / "src"), "NO_COLOR": "1"}
        for name in COPIED:
            source, target = ROOT / name, folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target)  # compiled files too: dates are kept, so they stay valid
            else:
                shutil.copy(source, target)

    def run(self, block: Block) -> None:
        if block.only_checked:
            return
        if block.language == "sh":
            self.printed = self._command(block, ["bash", "-euo", "pipefail", "-c", block.text])
        elif block.language == "python" and not block.title:
            self.printed = self._interpret(block)
        elif block.language == "text" and not block.title:
            assert_printed(self.printed, block)
        elif block.language == "diff":
            apply_diff(self.folder, block)
        elif block.title:
            target = self.folder / block.title
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")
        else:
            raise AssertionError(f"{block}: a block of {block.language} that is neither run nor a file")

    def _interpret(self, block: Block) -> str:
        if self.python is None:
            command = [sys.executable, "-c", _PYTHON]
            pipe = subprocess.PIPE
            self.python = subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdin=pipe, stdout=pipe, text=True
            )
        assert self.python.stdin and self.python.stdout
        self.python.stdin.write(json.dumps(block.text) + "\n")
        self.python.stdin.flush()
        printed, failed = json.loads(self.python.stdout.readline())
        assert not failed, f"{block}:\n{failed}"
        return str(printed)

    def close(self) -> None:
        if self.python is not None:
            assert self.python.stdin and self.python.stdout
            self.python.stdin.close()
            self.python.stdout.close()
            self.python.wait(timeout=60)

    def _command(self, block: Block, command: list[str]) -> str:
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, f"{block}: exit status {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout


# One interpreter a page: a block sees what earlier ones defined.
_PYTHON = """
import contextlib, io, json, sys, traceback
space = {"__name__": "__main__"}
for line in sys.stdin:
    printed, failed = io.StringIO(), ""
    with contextlib.redirect_stdout(printed):
        try:
            exec(json.loads(line), space)
        except BaseException:
            failed = traceback.format_exc()
    print(json.dumps([printed.getvalue(), failed]), flush=True)
"""


def assert_printed(printed: str, block: Block) -> None:
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "..." else re.escape(line.rstrip()) + r"[ ]*\n"
        for line in block.text.rstrip("\n").splitlines()
    )
    assert re.fullmatch(pattern, printed.rstrip("\n") + "\n"), (
        f"{block}: the page says\n{block.text}\nprinted was\n{printed}"
    )


def apply_diff(folder: Path, block: Block) -> None:
    head, *hunks = re.split(r"^@@.*\n", block.text, flags=re.M)
    name = re.fullmatch(r"--- (\S+)\n", head)
    assert name, f"{block}: a diff starts with '--- file'"
    path = folder / name[1]
    text = path.read_text(encoding="utf-8")
    assert hunks, f"{block}: no hunk; each is opened by @@"
    for hunk in hunks:
        lines = [(line[:1], line[1:]) for line in hunk.splitlines()]
        old = "".join(f"{rest}\n" for mark, rest in lines if mark != "+")
        new = "".join(f"{rest}\n" for mark, rest in lines if mark != "-")
        assert text.count(old) == 1, f"{block}: found {text.count(old)} times in {name[1]}:\n{old}"
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def play(tmp_path: Path) -> Callable[[str], Copy]:
    """Run a page from top to bottom in a copy of the repository; return the copy."""

    def run(page: str) -> Copy:
        copy = Copy(tmp_path / "mgmeta")
        blocks = blocks_of(ROOT / page)
        assert blocks, f"{page}: no block to run"
        try:
            for block in blocks:
                copy.run(block)
        finally:
            copy.close()
        return copy

    return run


def pages() -> Iterator[Path]:
    """Yield every page whose blocks are run or checked."""
    yield ROOT / "README.md"
    yield from sorted((ROOT / "docs").rglob("*.md"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test that asks for them the blocks that are only checked, or the pages that are run."""
    found = {page: blocks_of(page) for page in pages()}
    if "checked_block" in metafunc.fixturenames:
        blocks = [block for page in found.values() for block in page if block.only_checked]
        metafunc.parametrize("checked_block", blocks, ids=str)
    if "run_page" in metafunc.fixturenames:
        run = [p.relative_to(ROOT).as_posix() for p, page in found.items() if any(_runs(b) for b in page)]
        metafunc.parametrize("run_page", run)


def _runs(block: Block) -> bool:
    return block.language in ("sh", "python") and not block.title
