"""Time the dose-response fits and count how often the intervals of the curve hold the truth.

Run: python benchmarks/bench_dose.py [--runs 1000] [--seed 20160324] [--table docs/simulation/dose.csv]

First a line a curve: processor time of one fit with 21 predictions on 40 simulated trials (some verbal),
and its target. Then the coverage of the 95 % interval at 200, 400 and 800 mg/d for a linear and an Emax
truth, k = 40, doses 100 to 1,000, with none, some and most non-significant results verbal. With --table
the coverages are written as CSV; docs/simulation/dose.csv is that of the defaults, and the report quotes
it. Exit status 1 if a target is missed or a coverage is below 93 %.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np

from mgmeta.dose.fit import fit_dose
from mgmeta.dose.registry import DOSE_CURVES
from mgmeta.dose.simulation import (
    Coverage,
    Design,
    coverage,
    emax_truth,
    linear_truth,
    monte_carlo_error,
    simulate_rows,
)
from mgmeta.io import write_csv

DOSES = (200.0, 400.0, 800.0)
TRUTHS = {"linear": linear_truth(-0.5), "emax": emax_truth(-6.0, 250.0)}
LEAST = 0.93
TARGETS = {"emax": 3.0, "sigmoid": 10.0, "monotone": 10.0}
"""Seconds of processor time; 1 for the curves that are linear in their coefficients."""


def timings(seed: int) -> bool:
    """Print the time of one fit of every curve; return whether all targets are met."""
    rows = simulate_rows(TRUTHS["emax"], Design(verbal=0.8), np.random.default_rng(seed))
    met = True
    print(f"{rows.y.size} trials, {int((~rows.numeric).sum())} verbal")
    for name in DOSE_CURVES:
        start = time.process_time()
        fit_dose(rows, name, level=0.95, unbounded="keep")
        seconds, target = time.process_time() - start, TARGETS.get(name, 1.0)
        met = met and seconds <= target
        print(f"{name:10s} {seconds:6.2f} s (target {target:g} s)")
    return met


def coverages(runs: int, seed: int, table: str | None) -> bool:
    """Print the coverage of every truth and share of verbal results; return whether all are enough."""
    rows: list[dict[str, object]] = []
    error = monte_carlo_error(0.95, runs)
    print(f"coverage at {', '.join(f'{dose:g}' for dose in DOSES)} mg/d, {runs} runs, error {error:.3f}")
    met = True
    for curve, truth in TRUTHS.items():
        for verbal in (0.0, 0.3, 0.8):
            found = coverage(
                curve, truth, DOSES, runs=runs, seed=seed, level=0.95, design=Design(verbal=verbal)
            )
            met = met and found.failed == 0 and bool(np.all(found.covered >= LEAST))
            rows += cells(curve, verbal, found, seed)
            shares = " ".join(f"{share:.3f}" for share in found.covered)
            bias = " ".join(f"{value:+.2f}" for value in found.bias)
            print(
                f"{curve:7s} verbal {verbal:.1f}: {shares}; bias {bias} mmHg; {found.failed} failed",
                flush=True,
            )
    if table is not None:
        write_csv(table, list(rows[0]), rows)
    return met


def cells(curve: str, verbal: float, found: Coverage, seed: int) -> list[dict[str, object]]:
    """Return the rows of the table: one a dose."""
    design = Design(verbal=verbal)
    return [
        {
            "curve": curve,
            "k": design.k,
            "dose_low": design.low,
            "dose_high": design.high,
            "tau": design.tau,
            "verbal_share": verbal,
            "dose_mg_per_day": float(found.dose[i]),
            "level": 0.95,
            "runs": found.runs,
            "failed": found.failed,
            "covered": round(float(found.covered[i]), 6),
            "bias": round(float(found.bias[i]), 6),
            "width": round(float(found.width[i]), 6),
            "seed": seed,
        }
        for i in range(found.dose.size)
    ]


def main() -> int:
    """Run both parts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=20160324)
    parser.add_argument("--table", help="CSV file to write the coverages to")
    given = parser.parse_args()
    fast = timings(given.seed)
    enough = coverages(given.runs, given.seed, given.table) if given.runs else True
    return 0 if fast and enough else 1


if __name__ == "__main__":
    sys.exit(main())
