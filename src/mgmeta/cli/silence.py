"""``mgmeta silence``: what each way of handling words does to one analysis."""

from __future__ import annotations

from pathlib import Path

import click

from mgmeta.cli.places import config_option, raw_of_config_option


@click.command(
    "silence",
    epilog="\b\nExamples:\n  mgmeta silence\n"
    "  mgmeta silence --analysis update --out results/silence/update.json",
)
@config_option
@raw_of_config_option
@click.option("--analysis", default="zhang2016", show_default=True, help="Named analysis.")
@click.option("--out", default="-", show_default=True, help="JSON file, or - for a table on the terminal.")
def command(config_path: str, raw: str | None, analysis: str, out: str) -> None:
    """Show what silence does to one analysis.

    Every method of handling words side by side (the wrong ones labelled), unequal
    chances of being printed, tipping points for the silent trials, every other
    reading of an ambiguous report, and each source of the SD left out.
    """
    from mgmeta.cli.missing import analysis_of
    from mgmeta.config import load_config
    from mgmeta.evidence.load import load_evidence
    from mgmeta.incomplete.silence import as_document, study_silence
    from mgmeta.io import write_json

    config = load_config(config_path)
    chosen = analysis_of(config, analysis)
    evidence = load_evidence(Path(raw or config.raw))
    target = config.target
    published = {
        review.outcome: review.estimate
        for review in evidence.reviews
        if (review.review_id, review.subset, review.unit) == (target.review, target.subset, "mmHg")
        and review.estimate is not None
    }
    results = study_silence(evidence, config, chosen, published)
    if out != "-":
        write_json(out, as_document(chosen, results))
        return
    from rich.console import Console
    from rich.table import Table

    for result in results:
        table = Table(
            "method", "role", "k", "estimate", "interval", "note", title=f"{chosen.title}: {result.outcome}"
        )
        for method in result.methods:
            known = method.estimate is not None and method.ci_low is not None and method.ci_high is not None
            interval = f"{method.ci_low:.2f} to {method.ci_high:.2f}" if known else ""
            number = f"{method.estimate:.2f}" if known else ""
            table.add_row(method.label, method.role, str(method.k), number, interval, method.note)
        Console().print(table)
