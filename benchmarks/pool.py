"""Time the frequentist engine, beside R metafor where Rscript and metafor are installed.

Run: python benchmarks/pool.py [--repeat 3]

Prints one line a task: our time (the best of the repeats), the target, and with R its
time and the ratio. Exit status 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mgmeta.pooling.model import fit_model
from mgmeta.pooling.permutation import permutation_test
from mgmeta.pooling.pool import pool
from mgmeta.stats.batch import pool_batch

ROOT = Path(__file__).resolve().parents[1]

R_SCRIPT = """
suppressMessages(library(metafor))
d <- read.csv(commandArgs(TRUE)[1])
res <- rma(yi, vi, data = d)
seconds <- function(expr) system.time(expr)[["elapsed"]]
one <- seconds(for (i in 1:200) rma(yi, vi, data = d)) / 200
gosh <- seconds(gosh(res, progbar = FALSE))
perm <- seconds(permutest(res, exact = TRUE, progbar = FALSE))
cat(sprintf('{"one": %.6f, "gosh": %.3f, "perm": %.3f}', one, gosh, perm))
"""


def best(task: Callable[[], object], repeat: int) -> float:
    """Shortest wall time of *repeat* runs, seconds."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        task()
        times.append(time.perf_counter() - start)
    return min(times)


def bcg() -> tuple[np.ndarray, np.ndarray]:
    """Log risk ratios of the 13 BCG trials (Colditz et al. 1994)."""
    trials = json.loads((ROOT / "tests" / "reference" / "published_trials.json").read_text())["bcg"]
    tpos, tneg, cpos, cneg = (np.array(trials[key], dtype=float) for key in ("tpos", "tneg", "cpos", "cneg"))
    y = np.log(tpos / (tpos + tneg)) - np.log(cpos / (cpos + cneg))
    return y, 1 / tpos - 1 / (tpos + tneg) + 1 / cpos - 1 / (cpos + cneg)


def metafor(y: np.ndarray, v: np.ndarray) -> dict[str, float]:
    """Times of R metafor on the same effects, or nothing where it is not installed."""
    if shutil.which("Rscript") is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        table, script = Path(folder) / "effects.csv", Path(folder) / "time.R"
        rows = [f"{a!r},{b!r}" for a, b in zip(y.tolist(), v.tolist(), strict=True)]
        table.write_text("yi,vi\n" + "\n".join(rows) + "\n")
        script.write_text(R_SCRIPT)
        done = subprocess.run(
            ["Rscript", str(script), str(table)], capture_output=True, text=True, timeout=3600
        )
    return json.loads(done.stdout) if done.returncode == 0 else {}


def python(*arguments: str) -> Callable[[], object]:
    """A fresh interpreter, as a task."""
    return lambda: subprocess.run([sys.executable, *arguments], capture_output=True, check=True)


def peak_bytes(k: int) -> int:
    """Peak memory of one REML pool of k effects."""
    rng = np.random.default_rng(k)
    y, v = rng.normal(0, 1, k), rng.uniform(0.1, 1, k)
    tracemalloc.start()
    pool(y, v)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def main() -> int:
    """Run all tasks and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    repeat = parser.parse_args().repeat
    rng = np.random.default_rng(1)
    v = rng.uniform(0.05, 1.0, (100_000, 30))
    y = rng.normal(0, np.sqrt(v + 0.2))
    big_v = rng.uniform(0.1, 1.0, 100_000)
    big_y = rng.normal(0.3, np.sqrt(big_v + 0.25))
    by, bv = bcg()
    subsets = (np.arange(1, 2**13)[:, None] >> np.arange(13)) & 1
    model = fit_model(by, bv)
    call = "import sys; sys.argv = ['mgmeta', 'pool', sys.argv[1]]; from mgmeta.cli import main; main()"
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.csv"
        small.write_text("yi,vi\n" + "\n".join(f"{a},{b}" for a, b in zip(by, bv, strict=True)) + "\n")
        nothing = best(python("-c", "pass"), repeat)
        tasks: list[tuple[str, float, float | None, str | None]] = [
            (
                "import mgmeta (interpreter start-up subtracted)",
                best(python("-c", "import mgmeta"), repeat) - nothing,
                0.15,
                None,
            ),
            ("mgmeta pool small.csv, whole process", best(python("-c", call, str(small)), repeat), 1.0, None),
            ("100,000 REML pools of 30 trials", best(lambda: pool_batch(y, v), repeat), 2.0, None),
            (
                "one REML pool of 100,000 effects, all intervals",
                best(lambda: pool(big_y, big_v), repeat),
                1.0,
                None,
            ),
            (
                "one REML pool of 13 trials, all intervals",
                best(lambda: pool(by, bv), 10 * repeat),
                None,
                "one",
            ),
            (
                "GOSH kernel: 8,191 REML subsets at k = 13",
                best(lambda: pool_batch(by, bv, subsets), repeat),
                None,
                "gosh",
            ),
            (
                "exact permutation test, 8,192 REML fits",
                best(lambda: permutation_test(model), repeat),
                None,
                "perm",
            ),
        ]
    r = metafor(by, bv)
    least = {"gosh": 1000.0, "perm": 500.0}
    missed = 0
    for name, seconds, target, key in tasks:
        line = f"{name:52s} {seconds:9.4f} s"
        ok = target is None or seconds < target
        if target is not None:
            line += f"   target {target:g} s: {'met' if ok else 'MISSED'}"
        if key in r:
            ratio = r[key] / seconds
            ok = ratio >= least.get(key, 0.0)
            line += f"   metafor {r[key]:.4f} s, ratio {ratio:,.0f}"
            line += f" (target {least[key]:,.0f}: {'met' if ok else 'MISSED'})" if key in least else ""
        missed += not ok
        print(line)
    growth = peak_bytes(200_000) / peak_bytes(100_000)
    print(f"{'memory of k = 200,000 over k = 100,000':52s} {growth:9.2f}     (2 is linear)")
    if not r:
        print("R with metafor is not installed here: no ratios")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
