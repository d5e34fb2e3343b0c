"""``mgmeta paper``: tables and methods for a manuscript."""

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


@click.command(name="paper", epilog="Example: mgmeta paper --out results/paper")
@config_option
@raw_option
@processed_option
@fits_option
@bayes_option
@headline_option
@click.option(
    "--reproduction",
    default="results/reproduction",
    show_default=True,
    help="Ledger, claims and certainty; their tables are left out if they are not there.",
)
@click.option("--out", default="results/paper", show_default=True, help="Folder to write.")
def command(
    config_path: str,
    raw: str,
    processed: str,
    fits: str,
    bayes: str,
    headline: str,
    reproduction: str,
    out: str,
) -> None:
    """Write the tables and the methods section of a manuscript.

    tables/<name>.tex are LaTeX tables that compile as they are (their first lines name the packages);
    tables.html has the same tables for Word or LibreOffice. methods.md and references.bib make the methods
    section: pandoc --citeproc --bibliography references.bib methods.md -o methods.docx. The figures are in
    results/figures, as PDF.
    """
    from mgmeta import io
    from mgmeta.cli.results import csv_rows, read_results
    from mgmeta.cli.versions import package_versions
    from mgmeta.config import load_config
    from mgmeta.evidence.load import load_evidence
    from mgmeta.export.paper_tables import latex, paper_tables, short_name, word_page
    from mgmeta.export.references import bibliography
    from mgmeta.report.methods_text import methods_markdown

    folder, settings = Path(out), load_config(config_path)
    evidence = load_evidence(Path(raw))
    there = (Path(reproduction) / "ledger.json").is_file()
    results = read_results(settings, fits, bayes, headline, raw, reproduction=reproduction if there else None)
    tables = paper_tables(results, evidence, csv_rows(Path(processed) / "flow.csv"))
    for table in tables:
        io.write_text(folder / "tables" / f"{short_name(table)}.tex", latex(table))
    io.write_text(folder / "tables.html", word_page(tables))
    rob = any(
        item["rob"] for item in results.reproduction.get("certainty", {"outcomes": {}})["outcomes"].values()
    )
    text = methods_markdown(settings, len(evidence.trials), package_versions(), rob)
    io.write_text(folder / "methods.md", text)
    io.write_text(folder / "references.bib", bibliography(evidence))
    click.echo(f"{len(tables)} tables, methods and references -> {out}")
