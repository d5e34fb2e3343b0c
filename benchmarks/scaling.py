"""Time and memory of each stage at 1, 10, 100 and 1,000 times the trials: docs/simulation/scaling.csv.

Run: python benchmarks/scaling.py [--most 85000] [--stages check,effects] [--out docs/simulation/scaling.csv]

The tables are the real ones with their trials repeated under new ids and numbers of people moved a little, so
that every route and check is met as often as in the real table. Each stage runs in a process of its own, on
one thread. The multiverse is its first reading of the table (of 108, each as much work). Rows of stages
that are not asked for stay as they are in the file.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from mgmeta.io import write_csv

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = ("stage", "trials", "cpu_seconds", "wall_seconds", "memory_mb", "exponent", "commit")
TIMES = (1, 10, 100, 1000)

STAGES = {
    "check": "from mgmeta.evidence.crosscheck import check_folder\ncheck_folder(raw)",
    "effects": """
from mgmeta.config import load_config
from mgmeta.effects import tables
from mgmeta.evidence.load import load_evidence
config = load_config(root / "config/config.yaml")
one = config.analyses["update"]
config = dataclasses.replace(config, analyses={"update": one})
evidence = load_evidence(raw)
derived = tables.derive_all(evidence, config)
tables.build_slices(evidence, config, derived)""",
    "pool": """
from mgmeta.pooling.pool import pool
pool(y, v)""",
    "bounds_ml": """
from mgmeta.pooling.bounded import fit_bounded
words = np.arange(y.size) % 3 == 0
half = 1.96 * np.sqrt(v)
low, high = np.where(words, -half, np.nan), np.where(words, half, np.nan)
fit_bounded(np.where(words, np.nan, y), np.sqrt(v), low, high)""",
    "multiverse": """
from mgmeta.config import load_config
from mgmeta.evidence.load import load_evidence
from mgmeta.reproduce.multiverse import run_multiverse
from mgmeta.reproduce.worlds import all_readings
run_multiverse(load_evidence(raw), load_config(root / "config/config.yaml"), all_readings()[:1])""",
}
HEAD = """
import dataclasses, resource, sys, time
from pathlib import Path
import numpy as np
root, raw, k = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
rng = np.random.default_rng(20160324)
v = rng.uniform(0.5, 9.0, k)
y = rng.normal(-2.0, np.sqrt(4.0 + v))
def used():
    own = resource.getrusage(resource.RUSAGE_SELF)
    return own.ru_utime + own.ru_stime
{imports}
start, wall = used(), time.perf_counter()
{body}
print(used() - start, time.perf_counter() - wall, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def multiply(folder: Path, times: int) -> int:
    """Write the raw tables with every trial, report and source *times* over; return the number of trials."""
    trials = 0
    for source in sorted((ROOT / "data/raw").glob("*.csv")):
        with source.open(encoding="utf-8", newline="") as handle:
            header, *rows = csv.reader(handle)
        ids = [
            i
            for i, name in enumerate(header)
            if name in ("trial_id", "report_id", "source_id", "overlaps_with")
        ]
        own = [i for i, name in enumerate(header) if name in ("doi", "pmid", "registry_id", "first_author")]
        people = [i for i, name in enumerate(header) if name in ("n_mg", "n_control")]
        whole = header.index("n_randomised") if "n_randomised" in header else None
        copied = source.name in ("trials.csv", "reports.csv", "sources.csv")
        made = []
        for copy in range(times if copied else 1):
            for row in rows:
                cells = list(row)
                for i in ids if copy else ():
                    head, dash, tail = cells[i].partition("-")
                    cells[i] = f"{head}_{copy}{dash}{tail}" if cells[i] else ""
                for i in own if copy else ():  # what would make a copy a double of its original
                    cells[i] = f"{cells[i]} {copy}" if header[i] == "first_author" else ""
                if copy and source.name == "trials.csv":
                    for i in [*people, *([whole] if whole is not None else [])]:
                        cells[i] = str(int(cells[i]) + 2 * (copy % 500)) if cells[i] else ""
                made.append(cells)
        trials = len(made) if source.name == "trials.csv" else trials
        with (folder / source.name).open("w", encoding="utf-8", newline="") as handle:
            csv.writer(handle, lineterminator="\n").writerows([header, *made])
    return trials


def measure(stage: str, raw: Path, k: int) -> tuple[float, float, float]:
    """Run one stage in a process of its own; CPU and wall seconds beside imports, and peak memory in MB."""
    body = STAGES[stage].strip()
    imports = "\n".join(line for line in body.split("\n") if line.startswith("from "))
    rest = "\n".join(line for line in body.split("\n") if not line.startswith("from "))
    script = HEAD.format(imports=imports, body=rest)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, str(ROOT), str(raw), str(k)],
        capture_output=True,
        text=True,
        timeout=7200,
        env={**os.environ, **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")},
    )
    if done.returncode:
        raise SystemExit(f"{stage}, {k} trials: {done.stderr.strip().splitlines()[-1]}")
    seconds, wall, memory = (float(part) for part in done.stdout.split())
    return seconds, wall, memory


def kept(path: Path, stages: list[str]) -> list[dict[str, object]]:
    """Return the rows of the file there is, but those of stages that are measured anew."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as handle:
        return [dict(row) for row in csv.DictReader(handle) if row["stage"] not in stages]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--most", type=int, default=85_000)
    parser.add_argument("--stages", default=",".join(STAGES))
    parser.add_argument("--out", default="docs/simulation/scaling.csv")
    options = parser.parse_args()
    stages = options.stages.split(",")
    rows = kept(Path(options.out), stages)
    said = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
    before: dict[str, tuple[int, float]] = {}
    for times in TIMES:
        with tempfile.TemporaryDirectory() as name:
            trials = multiply(Path(name), times)
            if trials > options.most * 1.05:
                break
            for stage in stages:
                seconds, wall, memory = measure(stage, Path(name), trials)
                row: dict[str, object] = {"stage": stage, "trials": trials, "cpu_seconds": round(seconds, 3)}
                row |= {"wall_seconds": round(wall, 3), "memory_mb": round(memory)}
                if stage in before:
                    k, earlier = before[stage]
                    row["exponent"] = round(math.log(seconds / earlier) / math.log(trials / k), 2)
                before[stage] = trials, seconds
                rows.append(row | {"commit": said.stdout.strip()})
                print(json.dumps(rows[-1]), flush=True)
                order = list(STAGES)
                rows.sort(key=lambda row: (order.index(str(row["stage"])), int(str(row["trials"]))))
                write_csv(options.out, COLUMNS, rows)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
