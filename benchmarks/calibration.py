"""Coverage and bias of every interval over the grid: docs/simulation/calibration.csv.

Run: python benchmarks/calibration.py [--replicates 2000] [--out docs/simulation/calibration.csv]
     python benchmarks/calibration.py --part dose --replicates 400     (bands of dose-response curves alone)

The commit it was made from stands in every row; an uncommitted tree is refused. Rows of the part that is not
asked for stay as they are. The pointwise intervals of 18 cells of docs/simulation/dose.csv are taken over
from there, with the last commit of that table.
"""

from __future__ import annotations

import argparse
import csv
import math
import subprocess
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from mgmeta.io import write_csv
from mgmeta.simulate.calibration import COLUMNS, calibrate, calibration_grid
from mgmeta.simulate.dose_bands import SIZES, calibrate_bands, dose_grid

STUDY = Path("docs/simulation/dose.csv")


def git(*words: str) -> str:
    """Return what git says."""
    return subprocess.run(["git", *words], capture_output=True, text=True, check=True).stdout.strip()


def table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table, none if it is not there."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def from_study() -> list[dict[str, object]]:
    """Return the 18 cells of the study of curves in the columns of this table."""
    commit, rows = git("log", "-1", "--format=%h", "--", str(STUDY)), []
    for row in table(STUDY):
        runs, covered = int(row["runs"]), float(row["covered"])
        rows.append(
            {
                "cell": f"dose_{row['curve']}_words{100 * float(row['verbal_share']):g}",
                "k": row["k"],
                "tau": row["tau"],
                "sizes": SIZES,
                "interval": f"dose_pointwise_{float(row['dose_mg_per_day']):g}",
                "of": f"curve at {float(row['dose_mg_per_day']):g} mg/d",
                "words": "yes" if float(row["verbal_share"]) else "no",
                "replicates": runs,
                "usable": runs - int(row["failed"]),
                "bias": row["bias"],
                "coverage": covered,
                "coverage_mcse": math.sqrt(covered * (1.0 - covered) / runs),
                "width": row["width"],
                "seed": row["seed"],
                "commit": commit,
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replicates", type=int, default=2000)
    parser.add_argument("--part", choices=["all", "pools", "dose"], default="all")
    parser.add_argument("--seed", type=int, default=20160324)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", default="docs/simulation/calibration.csv")
    options = parser.parse_args()
    if git("status", "--porcelain", "src"):
        raise SystemExit(
            "src has changes that are not committed: the table names the commit it was made from"
        )
    commit = git("rev-parse", "--short", "HEAD")
    before = table(Path(options.out))
    rows: list[dict[str, object]] = []
    for part, one, grid in (
        ("pools", calibrate, calibration_grid()),
        ("dose", calibrate_bands, dose_grid()),
    ):
        if options.part not in ("all", part):
            rows += [dict(row) for row in before if row["cell"].startswith("dose_") == (part == "dose")]
            continue
        run = partial(one, replicates=options.replicates, seed=options.seed)
        with ProcessPoolExecutor(options.workers) as pool:
            for found in pool.map(run, grid):
                rows += [row | {"commit": commit} for row in found]
                print(found[0]["cell"], flush=True)
        rows += from_study() if part == "dose" else []
    write_csv(options.out, (*COLUMNS, "commit"), rows)


if __name__ == "__main__":
    main()
