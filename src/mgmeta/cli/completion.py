"""``mgmeta completion``: the script that lets a shell complete verbs and options."""

from __future__ import annotations

import click


@click.command(
    "completion",
    epilog="\b\nExamples:\n"
    '  eval "$(mgmeta completion bash)"                           this shell; the line belongs in ~/.bashrc\n'
    '  eval "$(mgmeta completion zsh)"                            ~/.zshrc\n'
    "  mgmeta completion fish > ~/.config/fish/completions/mgmeta.fish",
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the script by which SHELL completes verbs, options and their choices."""
    from click.shell_completion import get_completion_class

    from mgmeta.cli import cli

    kind = get_completion_class(shell)
    assert kind is not None
    complete = kind(cli, {}, "mgmeta", "_MGMETA_COMPLETE")
    click.echo(complete.source_template % complete.source_vars())
