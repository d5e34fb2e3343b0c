"""``mgmeta page``: the one-page report of a project for another exposure."""

from __future__ import annotations

from pathlib import Path

import click

from mgmeta.cli.places import config_option, processed_option, quiet_option, raw_option


@click.command("page", epilog="Example: mgmeta page --out results/report.html")
@config_option
@raw_option
@processed_option
@click.option("--answer", default="results/answer.csv", show_default=True, help="What `mgmeta answer` wrote.")
@click.option("--figures", default="results/figures", show_default=True, help="Folder of the forest plots.")
@click.option("--out", default="results/report.html", show_default=True, help="HTML file to write.")
@quiet_option
def command(
    config_path: str, raw: str, processed: str, answer: str, figures: str, out: str, quiet: bool
) -> None:
    """Write the report of a project made by `mgmeta init`: one file that needs no network.

    The answer of the main analysis, all pooled results, forest plots, what became of every trial, every
    decision, and what was selected and assumed.
    """
    from mgmeta import __version__, io
    from mgmeta.cli.results import csv_rows, text_of
    from mgmeta.config import load_config
    from mgmeta.evidence.exposure import read_exposure
    from mgmeta.report.project import project_page
    from mgmeta.report.render import render_project

    settings = load_config(config_path)
    svgs = {
        (analysis, outcome): text_of(
            Path(figures) / f"forest_{analysis}_{outcome}.svg",
            f"mgmeta forest results/fits/{analysis}.json --outcome {outcome}",
        )
        for analysis in settings.analyses
        for outcome in settings.outcomes
    }
    page = project_page(
        settings,
        read_exposure(Path(raw)),
        csv_rows(Path(answer)),
        csv_rows(Path(processed) / "flow.csv"),
        csv_rows(Path(processed) / "decisions.csv"),
        svgs,
        __version__,
    )
    path = io.write_text(out, render_project(page))
    if not quiet:
        click.echo(f"{path}")
