"""Time the diagnostics, beside R metafor where Rscript and metafor are installed.

Run: python benchmarks/bench_gosh.py [--repeat 3]

Prints one line a task: our time (the best of the repeats) and, with R, its time and the ratio.
Exit status 1 if a limit is missed: 8,191 subsets by REML in 0.1 s, and with R at least 1,000
times its gosh.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mgmeta.pooling.copas import copas
from mgmeta.pooling.gosh import gosh
from mgmeta.pooling.influence import influence
from mgmeta.pooling.leave_one_out import leave_one_out
from mgmeta.pooling.selection import step_selection

R_SCRIPT = """
suppressMessages(library(metafor))
d <- read.csv(commandArgs(TRUE)[1])
res <- rma(yi, vi, data = d)
ml <- rma(yi, vi, data = d, method = "ML")
seconds <- function(expr) system.time(expr)[["elapsed"]]
cat(sprintf('{"gosh": %.3f, "leave1out": %.4f, "influence": %.4f, "selection": %.4f}',
  seconds(gosh(res, progbar = FALSE)),
  seconds(for (i in 1:20) leave1out(res)) / 20,
  seconds(for (i in 1:20) influence(res)) / 20,
  seconds(selmodel(ml, type = "stepfun", steps = 0.025, alternative = "less"))))
"""


def best(task: Callable[[], object], repeat: int) -> float:
    """Shortest wall time of *repeat* runs after a warm-up, seconds."""
    task()
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        task()
        times.append(time.perf_counter() - start)
    return min(times)


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


def main() -> int:
    """Run all tasks and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    repeat = parser.parse_args().repeat
    random = np.random.default_rng(1)
    v = random.uniform(0.02, 0.5, 13)
    y = random.normal(-0.7, np.sqrt(v + 0.3))
    v20 = random.uniform(0.02, 0.5, 20)
    y20 = random.normal(-0.7, np.sqrt(v20 + 0.3))
    v1000 = random.uniform(0.02, 0.5, 1000)
    y1000 = random.normal(-0.7, np.sqrt(v1000 + 0.3))
    tasks: dict[str, tuple[str, Callable[[], object]]] = {
        "gosh": ("GOSH, 8,191 subsets of 13, REML", lambda: gosh(y, v)),
        "gosh20": ("GOSH, 1,048,575 subsets of 20, REML", lambda: gosh(y20, v20)),
        "leave1out": ("leave-one-out of 13, REML", lambda: leave_one_out(y, v, level=0.95)),
        "leave1000": ("leave-one-out of 1,000, REML", lambda: leave_one_out(y1000, v1000, level=0.95)),
        "influence": ("influence of 13, REML", lambda: influence(y, v)),
        "selection": ("step selection of 13", lambda: step_selection(y, np.sqrt(v), level=0.95)),
        "copas": ("Copas path of 10 points, 13 studies", lambda: copas(y, v, level=0.95)),
    }
    theirs = metafor(y, v)
    missed = False
    for name, (label, task) in tasks.items():
        seconds = best(task, 1 if name == "gosh20" else repeat)
        line = f"{label:40s} {1000 * seconds:10.1f} ms"
        if name in theirs:
            ratio = theirs[name] / seconds
            line += f"   metafor {1000 * theirs[name]:10.1f} ms, {ratio:,.0f} times"
            missed |= name == "gosh" and ratio < 1000
        missed |= name == "gosh" and seconds > 0.1
        print(line)
    if not theirs:
        print("metafor: not installed here, no comparison")
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
