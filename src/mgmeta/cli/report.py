"""``mgmeta report``: the HTML report."""

from __future__ import annotations

from pathlib import Path

import click

from mgmeta.cli.places import (
    bayes_option,
    config_option,
    fits_option,
    headline_option,
    processed_option,
    raw_option,
)


@click.command(name="report", epilog="Example: mgmeta report --out results/report/index.html")
@click.option("--out", default="results/report/index.html", show_default=True, help="HTML file to write.")
@config_option
@raw_option
@processed_option
@fits_option
@bayes_option
@headline_option
@click.option("--figures", default="results/figures", show_default=True, help="Folder of the figures (SVG).")
@click.option("--silence", default="results/silence", show_default=True, help="Folder of `mgmeta silence`.")
@click.option(
    "--missing", default="results/tables/missing.json", show_default=True, help="What `mgmeta missing` wrote."
)
@click.option(
    "--moderators", default="results/moderators", show_default=True, help="Folder of `mgmeta moderators`."
)
@click.option(
    "--simulation",
    default="docs/simulation/coverage.csv",
    show_default=True,
    help="The simulation study; the report says so if it is not there.",
)
@click.option(
    "--reproduction",
    default="results/reproduction",
    show_default=True,
    help="Ledger, drift, certainty, claims, multiverse; their chapters are left out if they are not there.",
)
@click.option("--dose", default="results/dose", show_default=True, help="Folder of `mgmeta curves`.")
@click.option(
    "--dose-simulation",
    default="docs/simulation/dose.csv",
    show_default=True,
    help="Coverage of the dose curves by simulation; not quoted if it is not there.",
)
@click.option(
    "--robustness", default="results/robustness", show_default=True, help="Folder of `mgmeta robustness`."
)
@click.option("--models", default="results/models", show_default=True, help="Folder of `mgmeta model`.")
@click.option("--check", default="results/check.json", show_default=True, help="Findings of `mgmeta check`.")
@click.option(
    "--changes",
    default="results/changes.json",
    show_default=True,
    help="What `mgmeta changes` wrote; its chapter is left out if it is not there.",
)
@click.option("--open", "open_page", is_flag=True, help="Open the report in the browser.")
def command(
    out: str,
    config_path: str,
    raw: str,
    processed: str,
    fits: str,
    bayes: str,
    headline: str,
    figures: str,
    silence: str,
    missing: str,
    moderators: str,
    simulation: str,
    reproduction: str,
    dose: str,
    dose_simulation: str,
    robustness: str,
    models: str,
    check: str,
    changes: str,
    open_page: bool,
) -> None:
    """Write the HTML report: one file that needs no network."""
    from mgmeta import io
    from mgmeta.cli.results import csv_rows, read_results, text_of
    from mgmeta.cli.versions import package_versions
    from mgmeta.config import load_config
    from mgmeta.evidence.load import load_evidence
    from mgmeta.figures.registry import FIGURES, figures_of
    from mgmeta.report.changes import changes_from_json
    from mgmeta.report.headline import headline_from_json
    from mgmeta.report.inputs import Inputs
    from mgmeta.report.page import build_page
    from mgmeta.report.render import render

    settings = load_config(config_path)
    simulated = Path(simulation).is_file()
    reproduced = (Path(reproduction) / "ledger.json").is_file()
    assessed = (Path(raw) / "rob.csv").is_file()
    results = read_results(
        settings,
        fits,
        bayes,
        headline,
        raw,
        silence=silence,
        robustness=robustness,
        models=models,
        missing=missing if FIGURES["missing"].fits_in(settings) else None,
        simulation=simulation if simulated else None,
        reproduction=reproduction if reproduced else None,
        dose=dose,
        dose_simulation=dose_simulation if Path(dose_simulation).is_file() else None,
        moderators=moderators,
    )
    inputs = Inputs(
        config=settings,
        evidence=load_evidence(Path(raw)),
        results=results,
        headline=headline_from_json(results.headline),
        decisions=csv_rows(Path(processed) / "decisions.csv"),
        flow=csv_rows(Path(processed) / "flow.csv"),
        check=io.read_json(check),
        svgs={
            name: text_of(Path(figures) / f"{name}.svg", f"mgmeta figure {name}")
            for name in figures_of(settings, simulated, reproduced, assessed)
        },
        versions=package_versions(),
        changes=changes_from_json(io.read_json(changes)) if Path(changes).is_file() else None,
    )
    path = io.write_text(out, render(build_page(inputs)))
    click.echo(f"{path}")
    if open_page:
        click.launch(path.resolve().as_uri())
