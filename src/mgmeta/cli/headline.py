"""``mgmeta headline``: the fits beside the published result."""

from __future__ import annotations

from pathlib import Path

import click

from mgmeta.cli.places import bayes_option, config_option, fits_option


@click.command(
    name="headline",
    epilog="Example: mgmeta headline --out results/headline.json --tables results/tables",
)
@config_option
@click.option("--raw", default="data/raw", show_default=True, help="Folder with reviews.csv.")
@fits_option
@bayes_option
@click.option(
    "--slices", default="data/processed/slices.json", show_default=True, help="Checksums of the slices."
)
@click.option(
    "--models", default="results/models", show_default=True, help="Folder of `mgmeta model`; may be empty."
)
@click.option("--out", default="results/headline.json", show_default=True, help="JSON file to write.")
@click.option("--tables", default="results/tables", show_default=True, help="Folder for CSV and JSON tables.")
def command(
    config_path: str, raw: str, fits: str, bayes: str, slices: str, models: str, out: str, tables: str
) -> None:
    """Put the fits beside the published result, with every scenario and the verdict."""
    from mgmeta import io
    from mgmeta.cli.results import read_models, read_results
    from mgmeta.config import load_config
    from mgmeta.evidence.load import load_evidence
    from mgmeta.report.headline import build_headline
    from mgmeta.report.published import published_target
    from mgmeta.report.tables import all_tables

    settings = load_config(config_path)
    reviews = load_evidence(Path(raw)).reviews
    results = read_results(settings, fits=fits, bayes=bayes)
    targets = {
        outcome: published_target(reviews, settings.target.review, settings.target.subset, outcome)
        for outcome in settings.pressures
    }
    headline = build_headline(
        results.fits,
        results.bayes,
        targets,
        settings.target.analysis,
        io.read_json(slices),
        read_models(models),
    )
    io.write_json(out, headline)
    for table in all_tables(headline, results.fits, results.bayes):
        io.write_csv(Path(tables) / f"{table.name}.csv", table.columns, table.rows)
        rows = [{column: row.get(column) for column in table.columns} for row in table.rows]
        io.write_json(Path(tables) / f"{table.name}.json", {"columns": table.columns, "rows": rows})
    for item in headline.outcomes.values():
        click.echo(item.sentence)
