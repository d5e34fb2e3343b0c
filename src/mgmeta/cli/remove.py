"""``mgmeta remove``: take a trial out of the tables again, every other byte as it was."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mgmeta.cli.add import raw_option
from mgmeta.cli.places import quiet_option

EPILOG = """\b
Examples:
  mgmeta remove smith2026                            undo `mgmeta add`
  mgmeta remove smith2026 --dry-run                  show the lines that would go
  mgmeta remove banjanin2018 --report banjanin2018-sbp-2   undo one row of `mgmeta fill`

\b
Exit status: 0 removed, 2 refused (no such trial, or other rows name it); nothing was changed.
"""


@click.command("remove", epilog=EPILOG)
@click.argument("trial")
@raw_option
@click.option("--report", "reports", multiple=True, metavar="ID", help="Only this row of reports.csv.")
@click.option("--dry-run", is_flag=True, help="Show the lines, but change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask on a terminal.")
@quiet_option
def command(
    trial: str, folder: Path, reports: tuple[str, ...], dry_run: bool, yes: bool, quiet: bool
) -> None:
    """Remove TRIAL, its sources and its results from the raw tables.

    What `mgmeta add` wrote is gone and the files are byte for byte as before. The lines are printed, so that
    they can be put back.
    """
    from mgmeta.extend.journal import commit
    from mgmeta.extend.removal import plan_removal

    removal = plan_removal(folder, trial, reports)
    count = sum(len(lines) for lines in removal.lines.values())
    if not quiet:
        for file, lines in removal.lines.items():
            for line in lines:
                click.echo(f"{file}:{line.number}: {line.text.rstrip()}")
    if not dry_run:
        if sys.stdin.isatty() and not yes:
            click.confirm(f"remove these {count} lines?", abort=True, err=True)
        commit(folder, removal.changes)
    if not quiet:
        click.echo(f"{trial}: {'would remove' if dry_run else 'removed'} {count} lines")
