"""``mgmeta claims``: every statement people meet, checked by one rule."""

from __future__ import annotations

from pathlib import Path

import click

from mgmeta.cli.places import config_option, raw_of_config_option


@click.command("claims", epilog="\b\nExamples:\n  mgmeta claims\n  mgmeta claims --out claims.json")
@config_option
@raw_of_config_option
@click.option("--out", default="-", show_default=True, help="JSON file, or - for sentences on the terminal.")
@click.option("--csv", "csv_path", default=None, help="CSV file of the claims.")
def command(config_path: str, raw: str | None, out: str, csv_path: str | None) -> None:
    """Check the statements commonly made about magnesium and blood pressure.

    Supported: the interval excludes 0 in the primary, strict, permissive and
    silent-as-not-significant analyses. Not supported: it lies within 0.5 mmHg of 0 or
    on the other side. Not testable here: fewer than 5 trials per level. Else uncertain.
    """
    from mgmeta import io
    from mgmeta.config import load_config
    from mgmeta.evidence.load import load_evidence
    from mgmeta.reproduce.claim_table import CLAIM_COLUMNS, claim_rows
    from mgmeta.reproduce.claims import check_claims

    config = load_config(config_path)
    claims = check_claims(load_evidence(Path(raw or config.raw)), config)
    if csv_path:
        io.write_csv(csv_path, CLAIM_COLUMNS, claim_rows(claims))
    if out != "-":
        io.write_json(out, claims)
        return
    for claim in claims.claims:
        click.echo(f"{claim.text}.")
        for item in claim.tested:
            click.echo(f"  {item.name}: {item.verdict}; {item.reason}.")
    for outside in claims.outside:
        click.echo(outside.statement)
        click.echo(f"  {' '.join(outside.sentences)}")
    click.echo(claims.disclaimer)
