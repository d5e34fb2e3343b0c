"""``mgmeta robustness``: how far one analysis depends on single trials, small-study effects and priors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mgmeta.cli.places import config_option, raw_of_config_option


@click.command(
    "robustness",
    epilog="\b\nExamples:\n  mgmeta robustness\n"
    "  mgmeta robustness --analysis update --out results/robustness/update.json",
)
@config_option
@raw_of_config_option
@click.option("--analysis", default="zhang2016", show_default=True, help="Named analysis.")
@click.option("--out", default="-", show_default=True, help="JSON file, or - for a summary on the terminal.")
def command(config_path: str, raw: str | None, analysis: str, out: str) -> None:
    """Check how far one analysis depends on its parts.

    Each trial left out, added by year and in every subset; the funnel and the
    methods for small-study effects; the exact posterior under 232 priors, without each
    trial, and with doubtful rows counting in part. Takes some 20 s an outcome.
    """
    from mgmeta.cli.missing import analysis_of
    from mgmeta.config import load_config
    from mgmeta.evidence.load import load_evidence
    from mgmeta.io import jsonable, write_json
    from mgmeta.robustness.study import study_robustness

    config = load_config(config_path)
    chosen = analysis_of(config, analysis)
    found = study_robustness(load_evidence(Path(raw or config.raw)), config, chosen)
    if out != "-":
        write_json(out, found)
        return
    for outcome, tables in jsonable(found)["outcomes"].items():
        _show(outcome, tables)


def _show(outcome: str, tables: dict[str, Any]) -> None:
    """Print the range of the answer over each kind of check."""
    from rich.console import Console
    from rich.table import Table

    table = Table("check", "lowest", "highest", title=f"{outcome}: {tables['k']} trials")
    spans = {
        "each trial left out (numbers and words)": [row["estimate"] for row in tables["leave_one_out"] or ()],
        "each trial left out (Bayes)": [row["mean"] for row in (tables["left_out"] or {"rows": ()})["rows"]],
        "priors": [row["mean"] for row in (tables["prior_grid"] or {"rows": ()})["rows"]],
        "rows read second-hand count 0 to 1": [
            row["mean"] for row in (tables["power"] or {"rows": ()})["rows"]
        ],
        "rows that may be no contrasts": [row["mean"] for row in (tables["mixture"] or {"rows": ()})["rows"]],
        "small-study methods": [row["estimate"] for row in tables["small_study"]["methods"]],
    }
    for name, values in spans.items():
        known = [value for value in values if value is not None]
        table.add_row(name, *(f"{value:.2f}" for value in (min(known), max(known))) if known else ("", ""))
    Console().print(table)
