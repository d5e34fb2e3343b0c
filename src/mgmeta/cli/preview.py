"""``mgmeta preview``: what new rows would do, before they are written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mgmeta.cli.add import drafts_from, raw_option, sheet_options
from mgmeta.cli.places import config_option

if TYPE_CHECKING:
    from mgmeta.extend.addition import Addition
    from mgmeta.extend.draft import Draft

EPILOG = """\b
Examples:
  mgmeta preview new.yaml                       effect, place, surprise, headline before and after
  mgmeta preview new.yaml --analysis update     one named analysis
  mgmeta preview numbers.yaml --fill ali2013    retrieved numbers of a trial in the tables
  mgmeta preview export.csv --mapping revman    a spreadsheet
  mgmeta preview new.yaml --format json

\b
Exit status: 0 shown, 2 refused: what `mgmeta add` would refuse is refused here.
"""


@click.command("preview", epilog=EPILOG)
@click.argument("form", type=click.Path(path_type=Path))
@raw_option
@sheet_options
@config_option
@click.option("--fill", "trial", metavar="TRIAL", help="The form holds retrieved numbers of this trial.")
@click.option("--distinct", multiple=True, metavar="TRIAL", help="A trial this one looks like but is not.")
@click.option(
    "--analysis", "chosen", multiple=True, help="Named analysis [default: those that vary no other]."
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="What is printed.",
)
def command(
    form: Path,
    folder: Path,
    mapping: str | None,
    sheet: str | None,
    config_path: str,
    trial: str | None,
    distinct: tuple[str, ...],
    chosen: tuple[str, ...],
    style: str,
) -> None:
    """Show what the rows of FORM would do, without writing them.

    For each main analysis: whether the trial enters and why not; its effect and the route it was derived by;
    its rank in the forest and its place in the funnel; whether it surprises, given what all other trials
    predict for a result of its precision; the headline before and after, by the exact posterior and by the
    headline's maximum likelihood.
    """
    from dataclasses import asdict

    from mgmeta.config import load_config
    from mgmeta.evidence.load import load_evidence
    from mgmeta.extend.preview import main_analyses, preview
    from mgmeta.extend.preview_words import lines
    from mgmeta.io import dumps

    settings = load_config(config_path)
    addition = _planned(folder, form, drafts_from(form, mapping, sheet), trial, distinct)
    names = [entry.trial_id for entry in addition.entries]
    looks = preview(load_evidence(folder), addition.after, settings, names, chosen or main_analyses(settings))
    if style == "json":
        click.echo(dumps({"trials": names, "looks": [asdict(look) for look in looks]}), nl=False)
        return
    for remark in addition.remarks:
        click.echo(remark, err=True)
    for line in lines(looks):
        click.echo(line)


def _planned(
    folder: Path, form: Path, drafts: list[Draft], trial: str | None, distinct: tuple[str, ...]
) -> Addition:
    from mgmeta.errors import DataError
    from mgmeta.extend.addition import plan_fill, plan_trials

    if trial is None:
        return plan_trials(folder, drafts, distinct)
    if len(drafts) != 1:
        raise DataError(f"{form}: found {len(drafts)} documents, expected one: --fill is of one trial")
    return plan_fill(folder, trial, drafts[0])
