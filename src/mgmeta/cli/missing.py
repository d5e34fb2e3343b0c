"""``mgmeta missing``: which papers to fetch first, and why."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mgmeta.cli.places import config_option, raw_of_config_option

if TYPE_CHECKING:
    from mgmeta.config import Analysis, Config


@click.command(
    "missing",
    epilog="\b\nExamples:\n  mgmeta missing\n  mgmeta missing --analysis zhang2016 --top 10\n"
    "  mgmeta missing --csv results/missing.csv --json results/missing.json",
)
@config_option
@raw_of_config_option
@click.option("--analysis", default="update", show_default=True, help="Pool whose precision counts.")
@click.option(
    "--draws", type=click.IntRange(20), default=400, show_default=True, help="Imagined futures a trial."
)
@click.option("--chance", type=click.FloatRange(0, 1), default=0.5, show_default=True,
              help="Probability that the paper of a silent trial reports the outcome.")  # fmt: skip
@click.option("--top", type=click.IntRange(1), default=15, show_default=True, help="Rows shown.")
@click.option("--csv", "csv_path", default=None, help="Write the whole list as CSV.")
@click.option("--json", "json_path", default=None, help="Write the list and the joint value as JSON.")
@click.option("--quiet", is_flag=True, help="No progress bar and no table.")
def command(
    config_path: str,
    raw: str | None,
    analysis: str,
    draws: int,
    chance: float,
    top: int,
    csv_path: str | None,
    json_path: str | None,
    quiet: bool,
) -> None:
    """List every trial, what it did not print, and what its numbers would be worth.

    The worth is the expected fall of the posterior SD of the mean effect if the
    numbers were retrieved, by preposterior analysis; the best papers come first.
    """
    from mgmeta.config import load_config
    from mgmeta.evidence.load import load_evidence
    from mgmeta.incomplete.fetch_list import COLUMNS, fetch_list
    from mgmeta.io import write_csv, write_json

    config = load_config(config_path)
    chosen = analysis_of(config, analysis)
    evidence = load_evidence(Path(raw or config.raw))
    trials = 2 * len(evidence.trials)
    with click.progressbar(length=trials, label="imagining", file=sys.stderr, hidden=quiet) as bar:
        found = fetch_list(evidence, chosen, draws=draws, chance=chance, tick=bar.update)
        bar.update(trials)
    if csv_path:
        write_csv(csv_path, COLUMNS, found.rows)
    if json_path:
        write_json(json_path, found)
    if quiet:
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("rank", "trial", "paper", "printed (SBP)", "absent (SBP)", "worth", title=chosen.title)
    for row in found.rows[:top]:
        paper = f"doi:{row['doi']}" if row["doi"] else f"PMID {row['pmid']}" if row["pmid"] else "no id"
        worth = f"{float(str(row['worth'])):.1%}" if row["worth"] else "-"
        cells = [row["rank"] or "-", row["label"], paper, row["printed_sbp"], row["absent_sbp"], worth]
        table.add_row(*(escape(str(cell)) for cell in cells))
    Console().print(table)
    for outcome, value in found.best.items():
        today = found.sd_today[outcome]
        click.echo(
            f"{outcome}: the first {len(found.best_trials)} together would narrow the SD of the mean "
            f"from {today:.2f} to {today - value.fall:.2f} (+- {value.error:.2f})"
        )


def analysis_of(config: Config, name: str) -> Analysis:
    """Return a named analysis.

    Raises
    ------
    ConfigError
        If the configuration has no analysis of that name.
    """
    from mgmeta.errors import ConfigError

    if name not in config.analyses:
        known = ", ".join(config.analyses)
        raise ConfigError(f"--analysis {name}: not in the configuration; expected one of {known}")
    return config.analyses[name]
