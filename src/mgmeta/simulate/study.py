"""One cell of the simulation study: bias, RMSE, coverage and width of each method."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from zlib import crc32

import numpy as np

from mgmeta.errors import DataError
from mgmeta.io import csv_text
from mgmeta.simulate.cells import GRIDS, Cell
from mgmeta.simulate.contenders import CONTENDERS, Interval, run_all
from mgmeta.simulate.generate import generate

COLUMNS = (
    "cell",
    "grid",
    "k",
    "mu",
    "tau",
    "silence",
    "se_factor",
    "near_factor",
    "fall_factor",
    "absent",
    "method",
    "replicates",
    "usable",
    "bias",
    "bias_mcse",
    "rmse",
    "coverage",
    "coverage_mcse",
    "width",
    "seed",
)
CHUNK = 200

Row = dict[str, object]


def run_cell(
    cell: Cell,
    grid: str,
    replicates: int,
    seed: int,
    tick: Callable[[int], None] = lambda done: None,
    methods: Collection[str] = tuple(CONTENDERS),
) -> list[Row]:
    """Simulate one cell and return one row a method, of those asked for.

    The generator is seeded by the study's seed and the cell's name, so a cell
    gives the same numbers whichever job runs it, as long as it runs the same methods.

    Parameters
    ----------
    cell : truth and design of the simulated reviews
    grid : name of the grid the cell is of
    replicates : how many reviews to draw
    seed : of the generator; the same seed gives the same numbers
    tick : called with the number of reviews done
    methods : those that are asked for
    """
    rng = np.random.default_rng([seed, crc32(cell.name.encode())])
    collected: dict[str, list[Interval]] = {name: [] for name in CONTENDERS if name in methods}
    done = 0
    while done < replicates:
        size = min(CHUNK, replicates - done)
        for name, interval in run_all(generate(cell, size, rng), rng, methods).items():
            collected[name].append(interval)
        done += size
        tick(size)
    return [_summary(cell, grid, name, chunks, replicates, seed) for name, chunks in collected.items()]


def _summary(cell: Cell, grid: str, method: str, chunks: list[Interval], replicates: int, seed: int) -> Row:
    """Return bias, RMSE, coverage and mean width with their Monte Carlo errors."""
    estimate, low, high = (np.concatenate([chunk[i] for chunk in chunks]) for i in range(3))
    ok = np.isfinite(estimate) & np.isfinite(low) & np.isfinite(high)
    usable = int(ok.sum())
    row: Row = {
        "cell": cell.name,
        "grid": grid,
        "method": method,
        "replicates": replicates,
        "usable": usable,
        "seed": seed,
        **{key: value for key, value in asdict(cell).items() if key in COLUMNS},
    }
    if usable < 2:
        return row
    error = estimate[ok] - cell.mu
    covered = float(((low[ok] <= cell.mu) & (cell.mu <= high[ok])).mean())
    row |= {
        "bias": float(error.mean()),
        "bias_mcse": float(error.std(ddof=1) / np.sqrt(usable)),
        "rmse": float(np.sqrt((error**2).mean())),
        "coverage": covered,
        "coverage_mcse": float(np.sqrt(covered * (1.0 - covered) / usable)),
        "width": float((high[ok] - low[ok]).mean()),
    }
    return row


def gather_parts(paths: Sequence[str]) -> str:
    """Join the tables of several jobs, cells in the order of their grids.

    Raises
    ------
    DataError
        If a file is missing or is not a table of this study.
    """
    order = {(grid, cell.name): i for grid, cells in GRIDS.items() for i, cell in enumerate(cells())}
    rows: list[dict[str, str]] = []
    for path in paths:
        try:
            with open(path, encoding="utf-8", newline="") as handle:
                reader = csv.DictReader(handle)
                found = list(reader)
        except FileNotFoundError:
            raise DataError(f"{path}: no such file; `mgmeta simulate --out` writes it") from None
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise DataError(f"{path}:1: not a table of `mgmeta simulate`")
        rows += found
    position = {name: i for i, name in enumerate(CONTENDERS)}
    rows.sort(key=lambda r: (r["grid"], order[r["grid"], r["cell"]], position[r["method"]]))
    return csv_text(COLUMNS, rows)
