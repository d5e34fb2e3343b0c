"""Every command and every line of Python in README.md and docs/ is run, or checked where it takes minutes."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from mgmeta.cli import VERBS
from mgmeta.cli.reference import command_of, examples

ROOT = Path(__file__).resolve().parents[2]
OTHER_PROGRAMS = {"git", "cd", "source", "python3"}


def test_a_page_runs_as_written(run_page: str, play: Callable[[str], Any]) -> None:
    copy = play(run_page)
    for name in re.findall(r'plot\.save\("(.+?)"\)', (ROOT / run_page).read_text(encoding="utf-8")):
        pictures = re.findall(r"\]\((\S*images/\S+)\)", (ROOT / run_page).read_text(encoding="utf-8"))
        if run_page == "README.md":  # its pictures are of the results
            continue
        shown = (ROOT / run_page).parent / pictures[0]
        if os.environ.get("MGMETA_REDRAW"):
            shown.write_bytes((copy.folder / name).read_bytes())
        assert (copy.folder / name).read_bytes() == shown.read_bytes(), f"{shown}: make pictures"


def test_commands_that_take_minutes_are_real_ones(checked_block: Any) -> None:
    targets = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    for line in checked_block.text.splitlines():
        words = command_words(line)
        if not words or words[0] in OTHER_PROGRAMS:
            continue
        if words[0] == "make":
            assert not set(words[1:]) - targets, line
        elif words[0] == "snakemake":
            assert words[1:] in ([], ["-n"]), line
        else:
            assert words[0] == "mgmeta", line
            parse(words[1:])


@pytest.mark.parametrize("verb", list(VERBS))
def test_the_examples_of_every_verb_have_options_it_knows(verb: str) -> None:
    found = examples(command_of(verb))
    assert any(line.startswith(f"mgmeta {verb}") for line in found), f"no example: mgmeta {verb} --help"
    for line in found:
        words = command_words(line)
        assert words[0] == "mgmeta" and words[1] in VERBS, line
        parse(words[1:])


def command_words(line: str) -> list[str]:
    """Return the words of the first command of a line."""
    return shlex.split(re.split(r"[|>]", line, maxsplit=1)[0], comments=True)


def parse(arguments: list[str]) -> None:
    """Parse a command line as the verb does, without running it."""
    command = command_of(arguments[0])
    with command.make_context(arguments[0], list(arguments[1:])):
        pass


def test_parsing_refuses_what_a_verb_does_not_know() -> None:
    with pytest.raises(click.UsageError):
        parse(["pool", "x.csv", "--metod", "DL"])
