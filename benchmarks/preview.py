"""Time ``mgmeta preview`` of one invented trial on the real tables: every step of the verb, imports included.

Run: python benchmarks/preview.py [--repeat 5]

Prints wall and processor time of the fastest run, each a process of its own, and the rest of the machine's
load. Exit status 1 if the fastest takes 2 s of either or more; on a busy machine wall time says little.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BAR = 2.0  # seconds

FORM = """\
trial:
  {first_author: Benchmark A, year: 2026, design: parallel, randomised: "yes", blinding: double,
   comparator: placebo, cointervention: none, population: invented adults, setting: general,
   dose: 15 mmol, duration: 3 months, n_mg: 60, n_control: 58}
sources:
  - {kind: abstract}
results:
  - {outcome: sbp, method: office, difference: -3.1, ci: -6.0 to -0.2}
  - {outcome: dbp, method: office, significance: ns}
"""


def once(form: Path) -> tuple[float, float]:
    """Return wall and processor seconds of one run."""
    command = [sys.executable, "-c", "import sys; from mgmeta.cli import main; sys.exit(main())"]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [*command, "preview", str(form)],
        cwd=ROOT,
        env={**os.environ, **threads},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeat", type=int, default=5)
    repeat = parser.parse_args().repeat
    with tempfile.TemporaryDirectory() as folder:
        form = Path(folder) / "new.yaml"
        form.write_text(FORM, encoding="utf-8")
        once(form)  # compiles the modules
        runs = [once(form) for _ in range(repeat)]
    wall, processor = (min(times) for times in zip(*runs, strict=True))
    load = os.getloadavg()[0]
    print(f"preview: wall {wall:.2f} s, processor {processor:.2f} s (bar {BAR:g}); load {load:.1f}")
    return int(wall >= BAR or processor >= BAR)


if __name__ == "__main__":
    sys.exit(main())
