"""``mgmeta export``: results for other programs."""

from __future__ import annotations

from pathlib import Path

import click

from mgmeta.cli.places import config_option, headline_option, raw_of_config_option


@click.command(name="export", epilog="Example: mgmeta export --out results/export")
@config_option
@headline_option
@click.option(
    "--slices", default="data/processed/slices", show_default=True, help="Folder of the rows each pools."
)
@click.option(
    "--analysis",
    "analyses",
    multiple=True,
    help="Analysis whose effects to write; repeat it for more (default: each that varies no other).",
)
@click.option("--tables", default="results/tables", show_default=True, help="Folder of CSV tables.")
@click.option(
    "--table",
    "chosen",
    multiple=True,
    help="One CSV table for the spreadsheet; repeat it (default: the folder).",
)
@click.option(
    "--effects", default="data/processed/effects.csv", show_default=True, help="Every derived effect."
)
@raw_of_config_option
@click.option("--out", default="results/export", show_default=True, help="Folder to write.")
def command(
    config_path: str,
    headline: str,
    slices: str,
    analyses: tuple[str, ...],
    tables: str,
    chosen: tuple[str, ...],
    effects: str,
    raw: str | None,
    out: str,
) -> None:
    """Write the results for other programs.

    summary.json is the headline for machines; effects_<analysis>.csv has a row a trial and outcome for
    metafor or RevMan, effects_bounds_<analysis>.csv the rows that are known only within bounds.
    tables.xlsx has every table as a sheet, references.bib the trials and reviews.
    """
    from mgmeta import io
    from mgmeta.cli.results import csv_rows, csv_table
    from mgmeta.config import load_config
    from mgmeta.errors import ConfigError
    from mgmeta.evidence.load import load_evidence
    from mgmeta.export.effects import BOUND_COLUMNS, EFFECT_COLUMNS, split_effects
    from mgmeta.export.references import bibliography
    from mgmeta.export.summary import summary
    from mgmeta.export.workbook import workbook
    from mgmeta.report.headline import group_of, headline_from_json

    folder, settings = Path(out), load_config(config_path)
    names = list(settings.analyses)
    unknown = [name for name in analyses if name not in names]
    if unknown:
        raise ConfigError(f"{config_path}: no analysis {unknown[0]!r}; expected one of {', '.join(names)}")
    io.write_json(folder / "summary.json", summary(headline_from_json(io.read_json(headline))))
    for name in analyses or [name for name in names if group_of(name, names) == name]:
        numbers, bounds = split_effects(csv_rows(Path(slices) / f"{name}.csv"))
        io.write_csv(folder / f"effects_{name}.csv", EFFECT_COLUMNS, numbers)
        io.write_csv(folder / f"effects_bounds_{name}.csv", BOUND_COLUMNS, bounds)
        click.echo(f"{name}: {len(numbers)} effects, {len(bounds)} bounds -> {out}")
    paths = [*(sorted(map(Path, chosen)) or sorted(Path(tables).glob("*.csv"))), Path(effects)]
    io.write_bytes(folder / "tables.xlsx", workbook({path.stem: csv_table(path) for path in paths}))
    io.write_text(folder / "references.bib", bibliography(load_evidence(Path(raw or settings.raw))))
