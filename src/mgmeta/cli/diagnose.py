"""``mgmeta diagnose``: what each trial, each subset and each cluster does to the result."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from mgmeta.cli.effect_options import effect_options, naming, numbers, tell

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = ("leave1out", "influence", "cumulative", "gosh", "baujat", "robust", "multilevel", "bivariate")
# Stands here so that --help and a mistyped option need no numpy; a test holds it to the engine's.


@click.command(
    epilog="Examples: mgmeta diagnose trials.csv --what influence; "
    "mgmeta diagnose trials.csv --what cumulative --order year --format json; "
    "mgmeta diagnose trials.csv --what gosh --rows subsets.csv; "
    "mgmeta diagnose arms.csv --what multilevel --cluster trial --correlation 0.5; "
    "mgmeta diagnose bp.csv --what bivariate --cluster trial --outcome outcome --correlation 0.3,0.5,0.7"
)
@effect_options
@click.option("--what", type=click.Choice(KINDS), required=True, help="Which diagnosis.")
@click.option(
    "--order",
    default="file",
    show_default=True,
    metavar="COLUMN",
    help="cumulative: a numeric column, or file, precision, effect.",
)
@click.option("--descending", is_flag=True, help="cumulative: largest first.")
@click.option(
    "--subsets",
    type=click.IntRange(1),
    default=100_000,
    show_default=True,
    help="gosh: how many to sample when there are more than 2^20.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=20160324, show_default=True, help="gosh: of the sample."
)
@click.option("--rows", metavar="OUT.csv", help="gosh: write every subset's pool to this file.")
@click.option("--cluster", metavar="COLUMN", help="robust, multilevel, bivariate: rows that belong together.")
@click.option("--outcome", metavar="COLUMN", help="bivariate: which of the two outcomes a row is.")
@click.option(
    "--correlation",
    metavar="R[,R...]",
    callback=numbers,
    help="Within-cluster correlation of sampling errors: multilevel (default 0), bivariate (several = "
    "sensitivity).",
)
@click.option(
    "--cr",
    type=click.Choice(["CR0", "CR1", "CR2"]),
    default="CR2",
    show_default=True,
    help="robust, multilevel: kind of robust errors.",
)
def command(
    file: str,
    yi: str,
    vi: str | None,
    sei: str | None,
    study: str | None,
    method: str,
    test: str,
    level: float,
    numbers_only: bool,
    format_: str,
    what: str,
    order: str,
    descending: bool,
    subsets: int,
    seed: int,
    rows: str | None,
    cluster: str | None,
    outcome: str | None,
    correlation: tuple[float, ...] | None,
    cr: str,
) -> None:
    """Find out what carries the result in FILE.csv.

    leave1out, influence, baujat: one trial at a time. cumulative: as trials come in. gosh: every
    subset. robust, multilevel, bivariate: rows that are not independent. Leave-one-out and
    cumulative fits use bounds (blank yi with yi_low, yi_high); the others leave them out and say so.
    """
    from mgmeta.pooling.diagnose_answer import DiagnoseOptions, diagnose
    from mgmeta.pooling.table_input import read_effects

    options = DiagnoseOptions(
        what=what,
        method=method,
        test=test,
        level=level,
        order=order,
        descending=descending,
        numbers_only=numbers_only,
        subsets=subsets,
        seed=seed,
        cluster=cluster,
        outcome=outcome,
        correlation=correlation or (),
        kind=cr,
    )
    effects = read_effects(file, yi=yi, vi=vi, sei=sei, study=study)
    with naming(file), _bar(what) as progress:
        result = diagnose(effects, options, progress)
    table = result.pop("table", None)
    if rows is not None and table is not None:
        _write_subsets(rows, [row["study"] for row in result["rows"]], table)
    tell(file, result, format_, "diagnose_table")


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """Show a progress bar on standard error if it is a terminal and there is something to wait for."""
    if what != "gosh" or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("subsets", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _write_subsets(path: str, studies: list[str], table: Any) -> None:
    """Write one line a subset: its members as 0 and 1, and its pool."""
    from mgmeta.io import write_csv

    columns = ["k", "estimate", "tau2", "i2", "h2", "q"]
    members = [f"in_{i + 1}_{name}" for i, name in enumerate(studies)]
    parts = [table.member.astype(int).tolist(), *(getattr(table, key).tolist() for key in columns)]
    lines = (
        dict(zip(columns, rest, strict=True)) | dict(zip(members, member, strict=True))
        for member, *rest in zip(*parts, strict=True)
    )
    write_csv(path, columns + members, lines)
