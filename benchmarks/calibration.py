"""Coverage and bias of every interval over the grid: docs/simulation/calibration.csv.

Run: python benchmarks/calibration.py [--replicates 2000] [--out docs/simulation/calibration.csv]

The commit it was made from stands in every row; an uncommitted tree is refused.
"""

from __future__ import annotations

import argparse
import subprocess
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from mgmeta.io import write_csv
from mgmeta.simulate.calibration import COLUMNS, calibrate, calibration_grid


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replicates", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=20160324)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", default="docs/simulation/calibration.csv")
    options = parser.parse_args()
    dirty = subprocess.run(
        ["git", "status", "--porcelain", "src"], capture_output=True, text=True, check=True
    )
    if dirty.stdout:
        raise SystemExit(
            "src has changes that are not committed: the table names the commit it was made from"
        )
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
    )
    one = partial(calibrate, replicates=options.replicates, seed=options.seed)
    rows = []
    with ProcessPoolExecutor(options.workers) as pool:
        for found in pool.map(one, calibration_grid()):
            rows += [row | {"commit": commit.stdout.strip()} for row in found]
            print(found[0]["cell"], flush=True)
    write_csv(options.out, (*COLUMNS, "commit"), rows)


if __name__ == "__main__":
    main()
