"""Time and memory of the report at 1, 10 and 100 times the trials: docs/simulation/scaling.csv.

Run after `make`: python benchmarks/scaling_report.py [--most 8600]

The raw tables are multiplied as in scaling.py; so are the rows of decisions, flow and of every fit. Pools and
figures stay as they are: they were measured by themselves. The report is made as a user makes it.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from scaling import COLUMNS, ROOT, STAGES, TIMES, kept, multiply

from mgmeta.io import write_csv

ROWS = ("decisions.csv", "flow.csv")


def renamed(row: dict[str, Any], copy: int) -> dict[str, Any]:
    """Return a row under the id that *multiply* gives the copy of its trial."""
    return row | {"trial_id": f"{row['trial_id']}_{copy}"} if copy else row


def enlarge(folder: Path, times: int) -> int:
    """Lay out a project with everything the report reads, rows *times* over; return the number of trials."""
    for name in ("results", "config", "docs/simulation", "data/processed"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "data/raw").mkdir(parents=True)
    trials = multiply(folder / "data/raw", times)
    for name in ROWS:
        path = folder / "data/processed" / name
        with path.open(encoding="utf-8", newline="") as handle:
            reader = csv.DictReader(handle)
            rows = [renamed(row, copy) for row in reader for copy in range(times)]
        write_csv(path, tuple(reader.fieldnames or ()), rows)
    for path in (folder / "results/fits").glob("*.json"):
        fit = json.loads(path.read_text(encoding="utf-8"))
        for out in fit["outcomes"].values():
            out["rows"] = [renamed(row, copy) for row in out["rows"] for copy in range(times)]
        path.write_text(json.dumps(fit), encoding="utf-8")
    return trials


def measure(folder: Path) -> tuple[float, float, float, float]:
    """Return CPU and wall seconds, peak memory and size of the page, both in MB, of `mgmeta report` there."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [Path(sys.executable).parent / "mgmeta", "report"]
    one_thread = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env={**os.environ, **one_thread}
    )
    if done.returncode:
        raise SystemExit(f"report: {done.stderr.strip()[-2000:]}")
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    size = (folder / "results/report/index.html").stat().st_size / 1e6
    return cpu, wall, after.ru_maxrss / 1024, size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--most", type=int, default=8600)
    parser.add_argument("--out", default="docs/simulation/scaling.csv")
    options = parser.parse_args()
    rows = kept(Path(options.out), ["report"])
    said = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
    earlier: tuple[int, float] | None = None
    for times in TIMES:
        with tempfile.TemporaryDirectory() as name:
            trials = enlarge(Path(name), times)
            if trials > options.most:
                break
            cpu, wall, memory, size = measure(Path(name))
        row: dict[str, object] = {"stage": "report", "trials": trials, "cpu_seconds": round(cpu, 3)}
        row |= {"wall_seconds": round(wall, 3), "memory_mb": round(memory), "commit": said.stdout.strip()}
        if earlier:
            row["exponent"] = round(math.log(cpu / earlier[1]) / math.log(trials / earlier[0]), 2)
        earlier = trials, cpu
        rows.append(row)
        print(json.dumps(row | {"page_mb": round(size, 1)}), flush=True)
    order = [*STAGES, "report"]
    rows.sort(key=lambda row: (order.index(str(row["stage"])), int(str(row["trials"]))))
    write_csv(options.out, COLUMNS, rows)


if __name__ == "__main__":
    main()
