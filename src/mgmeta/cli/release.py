"""``mgmeta release``: pin the results of a release, so that later ones can be compared with it."""

from __future__ import annotations

from pathlib import Path

import click

from mgmeta.cli.changes import compared, present, result_options
from mgmeta.cli.places import quiet_option

EPILOG = """\b
Examples:
  mgmeta release --name 0.1.0                pin the results as built, show what the changelog may say
  mgmeta release --name 0.2.0 --dry-run      show only what changed since the last release
  git add release && git commit && git tag v0.1.0   afterwards

\b
Exit status: 0 pinned, 2 refused (results missing, not built from these tables, or a name that cannot be).
"""


@click.command("release", epilog=EPILOG)
@click.option("--name", required=True, help="Of the release, such as 0.1.0.")
@result_options
@click.option("--dry-run", is_flag=True, help="Write nothing.")
@quiet_option
def command(
    name: str, config_path: str, raw: str, results: str, release: str, dry_run: bool, quiet: bool
) -> None:
    """Pin headline, verdicts and the raw rows behind them in release/.

    Commit the two files with the tag. From then on the report opens with what changed since: trials added or
    corrected, headline before and after, verdicts that flipped.
    """
    import re

    from mgmeta.config import load_config
    from mgmeta.errors import ConfigError, DataError
    from mgmeta.io import write_csv, write_json
    from mgmeta.report.change_words import changelog, lead
    from mgmeta.report.release import ROW_COLUMNS, stale

    if re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z.+-]{0,31}", name) is None:
        raise ConfigError(f"--name: found {name!r}, expected letters, digits, dots and dashes, such as 0.1.0")
    document, rows, evidence = present(config_path, raw, results, name)
    behind = stale(document, evidence, load_config(config_path))
    if behind:
        raise DataError(
            f"{results}: {', '.join(behind)} was not built from {raw} as it stands; run `snakemake` first"
        )
    changes = compared(Path(release), document, rows, evidence)
    if not dry_run:
        write_csv(Path(release) / "rows.csv", ROW_COLUMNS, rows)
        write_json(Path(release) / "headline.json", document)
    if quiet:
        return
    click.echo(lead(changes) if changes.release else "The first release: nothing to compare with.")
    for line in changelog(changes):
        click.echo(line)
    done = "would pin" if dry_run else "pinned"
    click.echo(f"{done} {name}: {len(document['verdicts'])} verdicts, {len(rows)} raw rows in {release}/")
