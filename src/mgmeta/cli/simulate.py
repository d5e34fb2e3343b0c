"""``mgmeta simulate``: bias and coverage of every way of handling words."""

from __future__ import annotations

import sys
from collections.abc import Container, Iterable
from pathlib import Path

import click

from mgmeta.cli.places import part_of


@click.command(
    "simulate",
    epilog="\b\nExamples:\n  mgmeta simulate --list\n"
    "  mgmeta simulate --cell k20_mu2_tau2_silent40 --replicates 2000 --out cell.csv\n"
    "  mgmeta simulate --near docs/simulation/coverage.csv --replicates 100000 --seed 7 --out near.csv\n"
    "  mgmeta simulate --grid violations --replicates 500 --out violations.csv",
)
@click.option(
    "--grid",
    type=click.Choice(["base", "violations"]),
    default="base",
    show_default=True,
    help="Cells where the assumptions hold, or where one is violated.",
)
@click.option(
    "--cell", "names", multiple=True, help="Only these cells (repeatable); default: the whole grid."
)
@click.option(
    "--near",
    default=None,
    help="Run again the base cells of this table whose bias is within 2 Monte Carlo SE of its bar.",
)
@click.option("--method", "methods", multiple=True, help="Only these methods (repeatable); default: all.")
@click.option("--part", default="1/1", show_default=True, help="Only part I of N of the cells, as I/N.")
@click.option("--replicates", type=click.IntRange(2), default=2000, show_default=True, help="Reviews a cell.")
@click.option("--seed", type=int, default=20160324, show_default=True, help="Of every random number.")
@click.option("--out", default="-", show_default=True, help="CSV file, or - for standard output.")
@click.option("--gather", default=None, help="Join the CSV files named as arguments into this one.")
@click.argument("parts", nargs=-1, type=click.Path())
@click.option("--list", "list_only", is_flag=True, help="Print the cells and stop.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
def command(
    grid: str,
    names: tuple[str, ...],
    near: str | None,
    methods: tuple[str, ...],
    part: str,
    replicates: int,
    seed: int,
    out: str,
    gather: str | None,
    parts: tuple[str, ...],
    list_only: bool,
    quiet: bool,
) -> None:
    """Simulate reviews of known truth and try every method on them.

    Trials are drawn under a known mean and spread, tested as trials are, and lose
    their numbers when not significant; the table says what each method makes of it.
    """
    from mgmeta.cli.results import csv_rows
    from mgmeta.errors import ConfigError
    from mgmeta.io import csv_text, write_text
    from mgmeta.simulate.bars import NEAR, NEAR_METHODS, near_bars
    from mgmeta.simulate.cells import GRIDS
    from mgmeta.simulate.contenders import CONTENDERS
    from mgmeta.simulate.study import COLUMNS, gather_parts, run_cell

    if gather is not None:
        write_text(gather, gather_parts(parts))
        return
    if parts:
        raise ConfigError(f"{parts[0]}: files are joined only with --gather FILE")
    if near is not None:
        grid, names, methods = NEAR, tuple(near_bars(csv_rows(Path(near)))), methods or NEAR_METHODS
    cells = {cell.name: cell for cell in GRIDS[grid]()}
    _known("--cell", names, cells, f"no such cell of the {grid} grid; `mgmeta simulate --list` has them")
    _known("--method", methods, CONTENDERS, f"no such method; expected one of {', '.join(CONTENDERS)}")
    chosen = [cells[name] for name in names] if names or near else list(cells.values())
    index, count = part_of(part)
    chosen = chosen[index - 1 :: count]
    if list_only:
        click.echo("\n".join(cell.name for cell in chosen))
        return
    rows: list[dict[str, object]] = []
    total = replicates * len(chosen)
    with click.progressbar(length=total, label="simulating", file=sys.stderr, hidden=quiet) as bar:
        for cell in chosen:
            rows += run_cell(cell, grid, replicates, seed, bar.update, methods or tuple(CONTENDERS))
    text = csv_text(COLUMNS, rows)
    if out == "-":
        click.echo(text, nl=False)
    else:
        write_text(out, text)


def _known(option: str, found: Iterable[str], known: Container[str], why: str) -> None:
    """Refuse the first of the names that nothing has."""
    from mgmeta.errors import ConfigError

    for name in found:
        if name not in known:
            raise ConfigError(f"{option} {name}: {why}")
