"""``mgmeta add``: a new trial from a form, a spreadsheet or questions, checked before a byte is written."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mgmeta.cli.places import quiet_option
from mgmeta.errors import ConfigError

if TYPE_CHECKING:
    from mgmeta.extend.addition import Addition
    from mgmeta.extend.draft import Draft

EPILOG = """\b
Examples:
  mgmeta add --template > new.yaml        an empty one-page form, with help beside every key
  mgmeta add new.yaml                     check it as a whole, then write its rows
  mgmeta add                              asked question by question, on a terminal
  mgmeta add new.yaml --dry-run           check it and show the rows, write nothing
  mgmeta add trials.xlsx --sheet 2026     a spreadsheet with the keys of the form as column names
  mgmeta add export.csv --mapping revman  an export; metafor, covidence, or a mapping file of your own
  mgmeta add new.yaml --distinct ali2013  it looks like that trial, and is another
  mgmeta add --recover                    finish a change that was interrupted

\b
Exit status: 0 written (or nothing to do), 2 refused: every problem is told, nothing was written.
"""


def raw_option(function: click.decorators.FC) -> click.decorators.FC:
    """Add ``--raw``, the folder the verbs that change the tables work on."""
    return click.option(
        "--raw",
        "folder",
        type=click.Path(path_type=Path),
        default=Path("data/raw"),
        show_default=True,
        help="Folder of the raw tables.",
    )(function)


def sheet_options(function: click.decorators.FC) -> click.decorators.FC:
    """Add ``--mapping`` and ``--sheet``: how a spreadsheet is read."""
    function = click.option("--sheet", help="Sheet of an XLSX file  [default: the first].")(function)
    return click.option(
        "--mapping", help="Which column is which key: metafor, revman, covidence, or a YAML file."
    )(function)


@click.command("add", epilog=EPILOG)
@click.argument("form", required=False, type=click.Path(path_type=Path))
@raw_option
@sheet_options
@click.option("--template", is_flag=True, help="Print the empty form and stop.")
@click.option("--guided", is_flag=True, help="Ask question by question, even where this is no terminal.")
@click.option("--distinct", multiple=True, metavar="TRIAL", help="A trial this one looks like but is not.")
@click.option("--dry-run", is_flag=True, help="Check and show the rows, but write nothing.")
@click.option("--recover", is_flag=True, help="Finish a change of the tables that was interrupted.")
@quiet_option
def command(
    form: Path | None,
    folder: Path,
    mapping: str | None,
    sheet: str | None,
    template: bool,
    guided: bool,
    distinct: tuple[str, ...],
    dry_run: bool,
    recover: bool,
    quiet: bool,
) -> None:
    """Add trials to the raw tables.

    FORM is a filled one-page form, or a spreadsheet (.csv, .tsv, .xlsx) with a row a result. Everything is
    checked before anything is written: every cell, the trial against those in the tables (DOI, PMID,
    registration, author with year and size, title), the tables as they would be. Then all tables change or
    none; rows and format of the rest stay as they are.
    """
    if template:
        from mgmeta.extend.template import form_template

        click.echo(form_template(), nl=False)
        return
    if recover:
        _recover(folder, quiet)
        return
    if guided or (form is None and sys.stdin.isatty() and sys.stdout.isatty()):
        form = _asked()
        if not click.confirm("check and write it now?", default=True):
            click.echo(f"kept in {form}; `mgmeta preview {form}`, `mgmeta add {form}`")
            return
    from mgmeta.extend.addition import plan_trials

    report(folder, plan_trials(folder, drafts_from(form, mapping, sheet), distinct), dry_run, quiet)


def _asked() -> Path:
    """Ask for a trial and return the form the answers are kept in."""
    from mgmeta.extend.guided import interview, problem
    from mgmeta.extend.template import Field
    from mgmeta.io import write_text

    def ask(section: str, field: Field) -> str:
        if field.help:
            click.secho(f"  {field.help}", dim=True)
        while True:
            shown = field.key if not field.default else f"{field.key} [{field.default}]"
            text: str = click.prompt(shown, default="", show_default=False).strip()
            text = text or (field.default if field.key in ("printed", "more") else "")
            wrong = problem(section, field.key, text)
            if not wrong:
                return text
            click.secho(f"  {wrong}", fg="red")

    click.echo("One trial, as its source prints it. Enter alone leaves a question empty; Ctrl-C stops.")
    found = interview(ask)
    path = Path(f"{found.name}.yaml")
    number = 2
    while path.exists():
        path, number = Path(f"{found.name}_{number}.yaml"), number + 1
    write_text(path, found.form())
    click.echo(f"kept in {path}")
    return path


def _recover(folder: Path, quiet: bool) -> None:
    from mgmeta.extend.journal import locked
    from mgmeta.extend.journal import recover as finish

    with locked(folder):
        done = finish(folder)
    if not quiet:
        click.echo("the interrupted change is finished" if done else "nothing was interrupted")


def drafts_from(form: Path | None, mapping: str | None = None, sheet: str | None = None) -> list[Draft]:
    """Return the trials of a form or a spreadsheet.

    Raises
    ------
    ConfigError
        If no file is named.
    """
    if form is None:
        raise ConfigError(
            "found no form, expected a file; `mgmeta add --template > new.yaml` makes one to fill in"
        )
    if form.suffix.lower() in (".csv", ".tsv", ".xlsx"):
        from mgmeta.extend.mapping import load_mapping
        from mgmeta.extend.spreadsheet import read_sheet

        return read_sheet(form, load_mapping(mapping) if mapping else None, sheet)
    if mapping or sheet:
        raise ConfigError(f"--mapping and --sheet are of spreadsheets (.csv, .tsv, .xlsx), found {form.name}")
    from mgmeta.extend.form import read_form

    return read_form(form)


def report(folder: Path, addition: Addition, dry_run: bool, quiet: bool) -> None:
    """Write the rows unless *dry_run*, and say what was done."""
    from mgmeta.extend.journal import commit

    if not dry_run:
        commit(folder, addition.changes)
    if quiet:
        return
    for remark in addition.remarks:
        click.echo(remark, err=True)
    if dry_run:
        for entry in addition.entries:
            for file, rows in entry.rows.items():
                for row in rows:
                    cells = ", ".join(f"{column} {text}" for column, text in row.items() if text)
                    click.echo(f"{file}: {cells}")
    names = ", ".join(entry.trial_id for entry in addition.entries)
    counts = ", ".join(f"{count} in {file}" for file, count in addition.counts.items() if count)
    click.echo(f"{names}: {'would add' if dry_run else 'added'} {counts}")
    if not dry_run and sys.stdout.isatty():
        click.echo("next: `make headline` for the new numbers; `mgmeta remove` undoes it")
