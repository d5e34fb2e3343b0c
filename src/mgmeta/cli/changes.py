"""``mgmeta changes``: what changed since the last release."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mgmeta.cli.places import config_option, quiet_option, raw_option

if TYPE_CHECKING:
    from mgmeta.evidence.records import Evidence
    from mgmeta.report.changes import Changes

EPILOG = """\b
Examples:
  mgmeta changes                                what changed, and what the changelog may say
  mgmeta changes --out results/changes.json     as the report reads it

\b
Exit status: 0 compared (or no release yet, which is said), 2 results missing or broken.
"""


def result_options(function: click.decorators.FC) -> click.decorators.FC:
    """Add the options that say where configuration, tables, results and release are."""
    for decorate in (
        click.option("--release", default="release", show_default=True, help="Folder of the pinned results."),
        click.option("--results", default="results", show_default=True, help="Folder of the results."),
        raw_option,
        config_option,
    ):
        function = decorate(function)
    return function


@click.command("changes", epilog=EPILOG)
@result_options
@click.option("--out", help="Write the changes to this JSON file instead of printing them.")
@quiet_option
def command(config_path: str, raw: str, results: str, release: str, out: str | None, quiet: bool) -> None:
    """Compare the results as built with those of the last release.

    Trials added, corrected or removed, by a digest of every raw row; every main result before and after;
    verdicts that changed, of the headline, the ledger and the claims.
    """
    from mgmeta.io import write_json
    from mgmeta.report.change_words import changelog, lead

    document, rows, evidence = present(config_path, raw, results, "")
    changes = compared(Path(release), document, rows, evidence)
    if out is not None:
        write_json(out, changes.document())
    elif not quiet:
        click.echo(lead(changes))
        for line in changelog(changes):
            click.echo(line)


def present(
    config_path: str, raw: str, results: str, name: str
) -> tuple[Any, list[dict[str, str]], Evidence]:
    """Return the release document, the digests and the tables as they are now.

    Raises
    ------
    DataError
        If a result is missing.
    """
    from mgmeta import io
    from mgmeta.cli.results import read_results
    from mgmeta.config import load_config
    from mgmeta.evidence.load import load_evidence
    from mgmeta.report.release import raw_rows, release_document

    folder = Path(results)
    settings = load_config(config_path)
    evidence = load_evidence(Path(raw))
    reproduced = (folder / "reproduction/ledger.json").is_file()
    found = read_results(settings, folder / "fits", folder / "bayes", folder / "headline.json")
    parts = ("ledger", "claims") if reproduced else ()
    reproduction = {part: io.read_json(folder / f"reproduction/{part}.json") for part in parts}
    document = release_document(name, found.headline, found.fits, found.bayes, reproduction)
    return document, raw_rows(evidence), evidence


def compared(folder: Path, document: Any, rows: Sequence[dict[str, str]], evidence: Evidence) -> Changes:
    """Return the changes since the release pinned in *folder*; empty ones where there is none.

    Raises
    ------
    DataError
        If a pinned file is broken, or one of the two is missing.
    """
    from mgmeta import io
    from mgmeta.cli.results import csv_rows
    from mgmeta.errors import DataError
    from mgmeta.report.changes import Changes, compare

    headline, pinned = folder / "headline.json", folder / "rows.csv"
    if not headline.is_file() and not pinned.is_file():
        return Changes("")
    release = io.read_json(headline)
    try:
        return compare(release, csv_rows(pinned), document, rows, evidence)
    except (KeyError, TypeError, AttributeError) as problem:
        advice = "restore it from the tag, or pin the release again"
        raise DataError(f"{folder}: not as `mgmeta release` writes it ({problem!r}); {advice}") from problem
