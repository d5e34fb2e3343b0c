"""Simulation-based calibration of exact engine and PyMC models: docs/simulation/calibration_bayes.csv.

Run: python benchmarks/calibration_bayes.py [--cases exact,normal] [--repeats 500]

Repeats already made by the same code (build/calibration/<case>.jsonl) are kept, so a run may be broken off
and taken up; those of other code are refused. Table and summary (docs/explanation/bayes.md) are written anew
from all cases with 100 repeats or more; a case without repeats here keeps the rows it has in the table. The
table names the last commit of mgmeta.bayes, so src must be committed.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import subprocess
import time
from dataclasses import asdict
from pathlib import Path

from mgmeta.bayes.calibration import Case, Ranked, repeats
from mgmeta.bayes.calibration_cases import CASES
from mgmeta.bayes.calibration_table import COLUMNS, joined, put_summary, table
from mgmeta.bayes.uniformity import BINS
from mgmeta.io import write_csv
from mgmeta.modules import sources

FOLDER = Path("build/calibration")
TABLE = Path("docs/simulation/calibration_bayes.csv")
PAGE = Path("docs/explanation/bayes.md")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", default=",".join(CASES), help="run these; empty: write the table only")
    parser.add_argument("--repeats", type=int, default=500)
    parser.add_argument("--exact-repeats", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=20160324)
    options = parser.parse_args()
    if run("git", "status", "--porcelain", "src"):
        raise SystemExit("src has changes that are not committed, and the table names a commit")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for key in filter(None, options.cases.split(",")):
        wanted = options.exact_repeats if CASES[key].engine == "exact" else options.repeats
        add(CASES[key], wanted, options.seed)
    commit = run("git", "log", "-1", "--format=%h", "--", "src/mgmeta/bayes")
    found = {key: read(case) for key, case in CASES.items()}
    rows = table(
        {key: (ranked, commit) for key, ranked in found.items() if len(ranked) >= 5 * BINS}, options.seed
    )
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = joined(rows, list(csv.DictReader(file)))
    write_csv(TABLE, COLUMNS, rows)
    PAGE.write_text(put_summary(PAGE.read_text(encoding="utf-8"), rows), encoding="utf-8")


def run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def digest(case: Case) -> str:
    """Return a digest of the files of mgmeta.bayes that make the repeats of a case."""
    files = {path for name in case.code for path in sources(Path("src"), name)}
    mine = sorted(path for path in files if path.parts[1:3] == ("mgmeta", "bayes"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in mine)).hexdigest()[:12]


def add(case: Case, wanted: int, seed: int) -> None:
    """Make the repeats that are missing, one line each."""
    have = len(read(case))
    repeat = case.prepare() if have < wanted else None
    started, code = time.process_time(), digest(case)
    with (FOLDER / f"{case.key}.jsonl").open("a", encoding="utf-8") as file:
        for i in range(have, wanted):
            (found,) = repeats(case, [i], seed=seed, repeat=repeat)
            print(json.dumps(asdict(found) | {"code": code}), file=file, flush=True)
    print(
        f"{case.key}: {wanted} repeats, {time.process_time() - started:.0f} s of processor time", flush=True
    )


def read(case: Case) -> list[Ranked]:
    """Return the repeats made so far."""
    path = FOLDER / f"{case.key}.jsonl"
    if not path.exists():
        return []
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    if {line.pop("code") for line in lines} - {digest(case)}:
        raise SystemExit(f"{path}: made by other code; delete it and start again")
    return [Ranked(**line) for line in lines]


if __name__ == "__main__":
    main()
