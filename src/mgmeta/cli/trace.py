"""``mgmeta trace``: from a headline number to its cells and sources."""

from __future__ import annotations

import csv
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from mgmeta.cli.places import fits_option, processed_option, raw_option


@click.command(
    "trace",
    epilog="\b\nExamples:\n  mgmeta trace\n  mgmeta trace --outcome dbp --trial witteman1994\n"
    "  mgmeta trace --analysis update --format json",
)
@click.option("--analysis", default="zhang2016", show_default=True, help="Named analysis.")
@click.option("--outcome", default="sbp", show_default=True, help="Outcome.")
@click.option("--trial", default=None, help="Only this trial_id.")
@raw_option
@fits_option
@processed_option
@click.option(
    "--format",
    "style",
    type=click.Choice(["tree", "json"]),
    default="tree",
    show_default=True,
    help="What is printed.",
)
def command(
    analysis: str, outcome: str, trial: str | None, raw: str, fits: str, processed: str, style: str
) -> None:
    """Follow a headline number to its trials, raw cells and sources.

    For every pooled trial: its effect or bound and weight, the route taken, every
    number assumed on the way, and the printed cells with file, line and source.
    """
    from mgmeta.errors import DataError
    from mgmeta.evidence.load import load_evidence
    from mgmeta.io import dumps, read_json
    from mgmeta.report.trace import trace

    fit = read_json(Path(fits) / f"{analysis}.json")
    path = Path(processed) / "decisions.csv"
    if not path.is_file():
        raise DataError(f"{path}: no such file; run `snakemake` first")
    with path.open(encoding="utf-8", newline="") as handle:
        decisions = list(csv.DictReader(handle))
    traces = trace(load_evidence(Path(raw)), fit, decisions, outcome, trial)
    if style == "json":
        steps = [asdict(step) for step in traces]
        click.echo(dumps({"analysis": analysis, "outcome": outcome, "trials": steps}), nl=False)
    else:
        _print_tree(fit, outcome, traces, raw, fits)


def _number(value: Any) -> str:
    return "" if value is None else f"{value:.2f}"


def _statement(row: dict[str, Any]) -> str:
    if row["kind"] == "estimate":
        return f"{_number(row['yi'])} (SE {_number(row['sei'])})"
    low, high = _number(row["yi_low"]), _number(row["yi_high"])
    sides = f"above {low}" if not high else f"below {high}" if not low else f"between {low} and {high}"
    return f"words only: {sides}"


def _print_tree(fit: dict[str, Any], outcome: str, traces: list[Any], raw: str, fits: str) -> None:
    """Print the path as a tree (plain text when piped)."""
    from rich.console import Console
    from rich.markup import escape
    from rich.tree import Tree

    from mgmeta.effects.routes import ROUTES

    result = fit["outcomes"][outcome]
    best = result["bounded"]
    head = f"{fit['analysis']}, {outcome}: "
    head += (
        f"{_number(best['estimate'])} "
        f"({_number(best['ci_low'])}, {_number(best['ci_high'])}) {result['unit']}, "
        f"k = {best['k']} ({best['k_numeric']} numbers, {best['k_bounds']} bounds)"
        if best
        else str(result.get("bounded_reason"))
    )
    tree = Tree(escape(f"{head}  [{fits}/{fit['analysis']}.json]"))
    for step in traces:
        row = step.row
        weight = "" if row.get("weight_percent") is None else f", weight {row['weight_percent']:.1f} %"
        branch = tree.add(escape(f"{row['label']}: {_statement(row)}{weight}  [{raw}/{step.trial_place}]"))
        branch.add(escape(f"route {row['route']}: {ROUTES.get(row['route'], '')}"))
        for decision in step.decisions:
            value = f" {float(decision['value']):.4g} {decision['unit']}" if decision["value"] else ""
            branch.add(
                escape(
                    f"decision [{decision['assumption_set']}] {decision['step']}: {decision['chosen']}{value}"
                    f" ({decision['reason']})"
                )
            )
        for printed in step.printed:
            cells = ", ".join(f"{column} {text}" for column, text in printed.cells.items())
            leaf = branch.add(escape(f"{printed.report_id}  [{raw}/{printed.place}]  {cells}"))
            where = f"{printed.source.citation}, {printed.locator}  [{raw}/{printed.source_place}]"
            leaf.add(escape(f"{where} {printed.source.url}"))
    # A tree cuts its lines at the width; piped, or on a narrow terminal, a cut would lose the source.
    console = Console(highlight=False)
    console = console if console.is_terminal else Console(highlight=False, width=10_000)
    console.print(tree)
