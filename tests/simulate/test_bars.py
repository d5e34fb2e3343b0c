"""Cells near a bar: found on either side of it, and the second run counts."""

from __future__ import annotations

import csv
from pathlib import Path

from click.testing import CliRunner

from mgmeta.cli.simulate import command
from mgmeta.simulate.bars import BASE, NEAR, counting, near_bars
from mgmeta.simulate.cells import Cell
from mgmeta.simulate.study import run_cell


def row(cell: str, bias: float, grid: str = BASE, method: str = "bounded_ml", k: int = 10) -> dict[str, str]:
    return {"cell": cell, "grid": grid, "method": method, "k": str(k), "bias": str(bias), "bias_mcse": "0.05"}


def test_near_is_two_monte_carlo_errors_on_either_side() -> None:
    table = [row("over", -0.34), row("under", 0.16), row("far_over", 0.36), row("far_under", -0.14)]
    table += [
        row("other_method", 0.25, method="bayes"),
        row("no_bar", 0.25, k=5),
        row("broken", 0.25, "violations"),
    ]
    assert near_bars(table) == ["over", "under"]


def test_the_second_run_counts_for_the_methods_it_has() -> None:
    first, other, again = row("a", 0.26), row("a", 0.1, method="bayes"), row("a", 0.24, NEAR)
    assert counting([first, other, row("b", 0.3, "violations"), again]) == [again, other]


def test_fewer_methods_are_the_same_methods() -> None:
    """Data come first from the generator, so a method that draws nothing gives the same numbers alone."""
    cell = Cell("made", 12, -2.0, 2.0, 0.6)
    every = {r["method"]: r for r in run_cell(cell, BASE, 30, 5)}
    (alone,) = run_cell(cell, BASE, 30, 5, methods=("bounded_ml",))
    assert alone == every["bounded_ml"]


def test_the_verb_runs_near_cells_again(tmp_path: Path) -> None:
    table, out, joined = (tmp_path / name for name in ("coverage.csv", "near.csv", "joined.csv"))
    done = CliRunner().invoke(
        command, ["--cell", "k10_mu2_tau0_silent80", "--replicates", "4", "--quiet", "--out", str(table)]
    )
    assert done.exit_code == 0, done.output
    lines = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    for line in lines:
        line |= {"bias": "0.26", "bias_mcse": "0.05"}
    with table.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, lines[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    arguments = ["--near", str(table), "--replicates", "3", "--seed", "9", "--quiet", "--out", str(out)]
    assert CliRunner().invoke(command, arguments).exit_code == 0
    assert CliRunner().invoke(command, ["--gather", str(joined), str(table), str(out)]).exit_code == 0
    found = [(r["grid"], r["method"]) for r in csv.DictReader(joined.read_text("utf-8").splitlines())]
    assert found[8:] == [(NEAR, "bounded_ml"), (NEAR, "complete_ml")]
