"""``mgmeta figure``: one figure as SVG, PNG and PDF."""

from __future__ import annotations

from pathlib import Path

import click

from mgmeta.cli.places import bayes_option, config_option, fits_option, headline_option


@click.command(
    name="figure",
    epilog="\b\nExamples:\n"
    "  mgmeta figure --list\n"
    "  mgmeta figure forest_sbp --out results/figures/forest_sbp.svg",
)
@click.argument("name", required=False)
@click.option("--list", "list_names", is_flag=True, help="Print the names of all figures and stop.")
@click.option("--out", help="SVG file to write.")
@click.option("--png", help="PNG file to write.  [default: beside the SVG]")
@click.option("--pdf", help="PDF file to write.  [default: beside the SVG]")
@config_option
@click.option("--raw", default="data/raw", show_default=True, help="Folder with reference_intakes.csv.")
@fits_option
@bayes_option
@click.option(
    "--posteriors", default="results/posteriors", show_default=True, help="Folder of posterior draws."
)
@click.option("--silence", default="results/silence", show_default=True, help="Folder of `mgmeta silence`.")
@click.option(
    "--missing", default="results/tables/missing.json", show_default=True, help="What `mgmeta missing` wrote."
)
@click.option(
    "--simulation", default="docs/simulation/coverage.csv", show_default=True, help="The simulation study."
)
@click.option(
    "--moderators", default="results/moderators", show_default=True, help="Folder of `mgmeta moderators`."
)
@click.option(
    "--reproduction", default="results/reproduction", show_default=True, help="Ledger, drift, multiverse, ..."
)
@click.option("--dose", default="results/dose", show_default=True, help="Folder of `mgmeta curves`.")
@click.option(
    "--robustness", default="results/robustness", show_default=True, help="Folder of `mgmeta robustness`."
)
@click.option("--models", default="results/models", show_default=True, help="Folder of `mgmeta model`.")
@headline_option
def command(
    name: str | None,
    list_names: bool,
    out: str | None,
    png: str | None,
    pdf: str | None,
    config_path: str,
    raw: str,
    fits: str,
    bayes: str,
    posteriors: str,
    silence: str,
    missing: str,
    simulation: str,
    moderators: str,
    reproduction: str,
    dose: str,
    robustness: str,
    models: str,
    headline: str,
) -> None:
    """Draw one figure as SVG, PNG and PDF."""
    from mgmeta.figures import registry

    if list_names:
        for spec in registry.FIGURES.values():
            click.echo(f"{spec.name}\t{spec.title}")
        return
    if name is None or out is None:
        raise click.UsageError("say which figure (see --list) and where to write it: NAME --out FILE.svg")
    spec = registry.figure_spec(name)
    from mgmeta import io
    from mgmeta.cli.results import read_results
    from mgmeta.config import load_config

    places = {
        registry.DRAWS: {"posteriors": posteriors},
        registry.SILENCE: {"silence": silence},
        registry.MISSING: {"missing": missing},
        registry.SIMULATION: {"simulation": simulation},
        registry.MODERATORS: {"moderators": moderators},
        registry.REPRODUCTION: {"reproduction": reproduction},
        registry.DOSE: {"dose": dose},
        registry.ROB: {"reproduction": reproduction},
        registry.ROBUSTNESS: {"robustness": robustness},
        registry.MODELS: {"models": models},
        registry.SHRUNK: {"models": models, "moderators": moderators},
    }
    results = read_results(load_config(config_path), fits, bayes, headline, raw, **places.get(spec.needs, {}))
    module = spec.load()
    data = module.prepare(results, spec.analysis, spec.outcome)

    from mgmeta.figures.style import pdf_bytes, png_bytes, svg_text

    drawn = module.draw(data)
    io.write_text(out, svg_text(drawn, spec.title, module.alt(data)))
    io.write_bytes(png or Path(out).with_suffix(".png"), png_bytes(drawn))
    io.write_bytes(pdf or Path(out).with_suffix(".pdf"), pdf_bytes(drawn, spec.title))
    click.echo(module.caption(data))
