"""``mgmeta fill``: retrieved numbers of a trial that is in the tables, as new rows with their own source."""

from __future__ import annotations

from pathlib import Path

import click

from mgmeta.cli.add import drafts_from, raw_option, report
from mgmeta.cli.places import quiet_option
from mgmeta.errors import DataError

EPILOG = """\b
Examples:
  mgmeta fill banjanin2018 --template > numbers.yaml   an empty form for its numbers
  mgmeta fill banjanin2018 numbers.yaml                check and write them
  mgmeta fill banjanin2018 numbers.yaml --dry-run      show the rows, write nothing
  mgmeta remove banjanin2018 --report banjanin2018-sbp-2   take one of them out again

\b
Exit status: 0 written, 2 refused: every problem is told, nothing was written.
"""


@click.command("fill", epilog=EPILOG)
@click.argument("trial")
@click.argument("form", required=False, type=click.Path(path_type=Path))
@raw_option
@click.option("--template", is_flag=True, help="Print the empty form and stop.")
@click.option("--dry-run", is_flag=True, help="Check and show the rows, but write nothing.")
@quiet_option
def command(trial: str, form: Path | None, folder: Path, template: bool, dry_run: bool, quiet: bool) -> None:
    """Add retrieved numbers of TRIAL from a filled FORM.

    The numbers become new rows of reports.csv with their own row in sources.csv. Rows that are there stay:
    a result told in words that a number of the same measurement replaces is no longer used, and the
    decisions say so.
    """
    if template:
        from mgmeta.evidence.load import load_evidence
        from mgmeta.extend.template import fill_template

        load_evidence(folder).trial(trial)
        click.echo(fill_template(trial), nl=False)
        return
    from mgmeta.extend.addition import plan_fill

    drafts = drafts_from(form)
    if len(drafts) != 1:
        raise DataError(f"{form}: found {len(drafts)} documents, expected one: `mgmeta fill` is of one trial")
    report(folder, plan_fill(folder, trial, drafts[0]), dry_run, quiet)
