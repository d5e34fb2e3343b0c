"""The verbs as a page of the documentation: a hook of MkDocs that writes what is said in the code."""

from __future__ import annotations

import re
from typing import Any

import click

from mgmeta.cli import VERBS, cli

MARK = "{{ verbs }}"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put the verbs where a page has the mark; MkDocs calls this for every page."""
    return markdown.replace(MARK, verbs_markdown()) if MARK in markdown else markdown


def verbs_markdown() -> str:
    """Return every verb in the order of work: what it does, its options, its examples."""
    parts = ["| verb | |", "|---|---|"]
    parts += [f"| [`{verb}`](#mgmeta-{verb}) | {text} |" for verb, (_, text) in VERBS.items()]
    for verb, (module, _) in VERBS.items():
        shown = "\n".join(examples(command_of(verb)))
        parts.append(
            f"\n::: mkdocs-click\n    :module: mgmeta.cli.{module}\n    :command: command\n"
            f"    :prog_name: mgmeta {verb}\n    :depth: 1\n    :style: plain\n\n```sh\n{shown}\n```\n"
        )
    return "\n".join(parts)


def command_of(verb: str) -> click.Command:
    """Return the command of a verb."""
    command = cli.get_command(click.Context(cli), verb)
    assert command is not None
    return command


def examples(command: click.Command) -> list[str]:
    """Return the command lines a verb's help gives as examples; what it says beside one is a comment."""
    _, _, said = re.sub(r"\\\n\s*", "", command.epilog or "").partition("Example")
    found = (line.strip().rstrip(".") for line in re.findall(r"(?m)(?:^|[;:])\s*(mgmeta [^;\n]+)", said))
    return [re.sub(r"\s{2,}(?=\w)", "  # ", line) for line in found]
