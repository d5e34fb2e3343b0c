"""CPU time and memory of each stage at 1, 10, 100 and 1,000 times the trials: docs/simulation/scaling.csv.

Run: python benchmarks/scaling.py [--most 85000] [--out docs/simulation/scaling.csv]

The tables are the real ones with their trials repeated under new ids and numbers of people moved a little, so
that every route and check is met as often as in the real table. Each stage runs in a process of its own.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from mgmeta.io import write_csv

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = ("stage", "trials", "cpu_seconds", "memory_mb", "exponent")

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
from mgmeta.stats.batch import pool_batch
mask = rng.random((512, y.size)) < 0.7
pool_batch(y, v, mask, "REML", test="knha")""",
}
HEAD = """
import dataclasses, resource, sys
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
start = used()
{body}
print(used() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
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


def measure(stage: str, raw: Path, k: int) -> tuple[float, float]:
    """Run one stage in a process of its own; CPU seconds beside imports, and peak memory in MB."""
    body = STAGES[stage].strip()
    imports = "\n".join(line for line in body.split("\n") if line.startswith("from "))
    rest = "\n".join(line for line in body.split("\n") if not line.startswith("from "))
    script = HEAD.format(imports=imports, body=rest)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, str(ROOT), str(raw), str(k)],
        capture_output=True,
        text=True,
        timeout=1800,
    )
    if done.returncode:
        raise SystemExit(f"{stage}, {k} trials: {done.stderr.strip().splitlines()[-1]}")
    seconds, memory = (float(part) for part in done.stdout.split())
    return seconds, memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--most", type=int, default=85_000)
    parser.add_argument("--stages", default=",".join(STAGES))
    parser.add_argument("--out", default="docs/simulation/scaling.csv")
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    for times in (1, 10, 100, 1000):
        with tempfile.TemporaryDirectory() as name:
            trials = multiply(Path(name), times)
            if trials > options.most * 1.05:
                break
            for stage in options.stages.split(","):
                seconds, memory = measure(stage, Path(name), trials)
                before = [row for row in rows if row["stage"] == stage]
                exponent = None
                if before:
                    exponent = math.log(seconds / float(before[-1]["cpu_seconds"])) / math.log(10)  # type: ignore[arg-type]
                rows.append(
                    {"stage": stage, "trials": trials, "cpu_seconds": round(seconds, 3)}
                    | {
                        "memory_mb": round(memory),
                        "exponent": None if exponent is None else round(exponent, 2),
                    }
                )
                print(json.dumps(rows[-1]), flush=True)
        write_csv(options.out, COLUMNS, rows)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
