"""``mgmeta check``: validate the raw tables and say everything there is to say at once."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mgmeta.errors import DataError
from mgmeta.io import write_json

if TYPE_CHECKING:
    from mgmeta.evidence.findings import Finding, Level
    from mgmeta.evidence.records import Evidence

EPILOG = """\b
Examples:
  mgmeta check                          the tables in data/raw, everything listed
  mgmeta check --quiet                  one summary line
  mgmeta check --raw my/tables --json results/check.json
  mgmeta check | grep dispersion        one finding a line when piped

\b
Exit status: 0 no errors (ambiguities are listed, not refused), 2 errors.
"""

# (level, heading) in the order of listing; errors are raised, not listed.
_LISTED: tuple[tuple[Level, str], ...] = (
    ("ambiguity", "acknowledged ambiguities"),
    ("note", "notes"),
)


@click.command(epilog=EPILOG)
@click.option(
    "--raw",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("data/raw"),
    show_default=True,
    help="Folder of the six raw tables; never written to.",
)
@click.option(
    "--json",
    "json_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write all findings and counts to this JSON file, errors or not.",
)
@click.option("--quiet", is_flag=True, help="Print the summary line only; errors are always printed.")
def command(folder: Path, json_path: Path | None, quiet: bool) -> None:
    """Validate the raw tables; every problem at once.

    Errors (a wrong word, text in a number, an unknown or repeated key, an interval without its estimate
    inside, ...) are printed as file:line:column with what was found and what was expected. Acknowledged
    ambiguities (a source that can be read in two ways, or disagrees with itself) are listed and carried on.
    """
    from mgmeta.evidence.crosscheck import check_folder
    from mgmeta.evidence.load import problem_text

    evidence, findings = check_folder(folder)
    if json_path is not None:
        write_json(json_path, findings_document(evidence, findings))
    errors = _of(findings, "error")
    if errors:
        raise DataError(problem_text(errors))
    if not quiet:
        _list(evidence, findings)
    click.echo(summary(evidence, findings))


def findings_document(evidence: Evidence, findings: list[Finding]) -> dict[str, Any]:
    """Return the JSON document of a check: findings by level, and counts of rows and findings."""
    groups: tuple[tuple[str, Level], ...] = (
        ("errors", "error"),
        ("ambiguities", "ambiguity"),
        ("notes", "note"),
    )
    document: dict[str, Any] = {}
    for name, level in groups:
        rows = [asdict(finding) for finding in _of(findings, level)]
        document[name] = [{key: row[key] for key in ("file", "row", "column", "message")} for row in rows]
    document["counts"] = {**_sizes(evidence), **{name: len(document[name]) for name, _ in groups}}
    return document


def summary(evidence: Evidence, findings: list[Finding]) -> str:
    """Return the one line that says how much was read and what was found."""
    sizes = ", ".join(f"{size} {name}" for name, size in _sizes(evidence).items())
    errors, ambiguities, notes = (len(_of(findings, level)) for level in ("error", "ambiguity", "note"))
    return f"{sizes}: {errors} errors, {ambiguities} acknowledged ambiguities, {notes} notes"


def _of(findings: Iterable[Finding], level: str) -> list[Finding]:
    return [finding for finding in findings if finding.level == level]


def _sizes(evidence: Evidence) -> dict[str, int]:
    from mgmeta.evidence.load import TABLES

    return {name: len(getattr(evidence, name)) for name in TABLES}


def _list(evidence: Evidence, findings: list[Finding]) -> None:
    if not sys.stdout.isatty():
        for level, _ in _LISTED:
            for finding in _of(findings, level):
                click.echo(f"{level} {finding}")
        return
    from rich.console import Console

    console = Console()
    names = _row_names(evidence)
    for level, heading in _LISTED:
        # Grouped by what is remarked on: a table and a column.
        listed = sorted(_of(findings, level), key=lambda finding: (finding.file, finding.column, finding.row))
        for (file, column), group in groupby(listed, key=lambda finding: (finding.file, finding.column)):
            console.print(_rich_table(f"{heading}: {file} {column}".rstrip(), list(group), names))
            console.print()


def _row_names(evidence: Evidence) -> dict[tuple[str, int], str]:
    from mgmeta.evidence.load import TABLES

    return {
        (table.file, record.row): getattr(record, table.key[0])
        for attribute, table in TABLES.items()
        for record in getattr(evidence, attribute)
    }


def _rich_table(title: str, findings: list[Finding], names: dict[tuple[str, int], str]) -> Any:
    """Return one group as a table; texts are never read as markup (intervals are printed in brackets)."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(f"{title} ({len(findings)})"), box=box.SIMPLE, title_justify="left", expand=True)
    table.add_column("line", justify="right", no_wrap=True)
    table.add_column("row", no_wrap=True)
    table.add_column("remark", ratio=1)
    for finding in findings:
        name = names.get((finding.file, finding.row), "")
        table.add_row(str(finding.row), Text(name), Text(finding.message))
    return table
