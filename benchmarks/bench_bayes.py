"""Time the exact Bayesian engine, side by side with bayesmeta where R has it.

Run: python benchmarks/bench_bayes.py [--repeats 30]

One exact analysis is a fit with mean, SD, median and 95 % interval of mu, tau and a new trial's effect, warm.
bayesmeta gets the same data and priors (normal(0, 50), half-Cauchy(25)) in one R process; without Rscript or
the package its part is left out and said so. Exit status 1 if the ratio is measured and below 1,000, or if
36-model averaging takes 1 s of processor time or more.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

from mgmeta.bayes.averaging import average_models
from mgmeta.bayes.bias_models import default_models
from mgmeta.bayes.exact import fit_exact
from mgmeta.bayes.priors import parse_mu, parse_tau
from mgmeta.bayes.rows import make_rows

# Rubin 1981 (J Educ Stat 6:377): eight schools.
Y = [28.39, 7.94, -2.75, 6.82, -0.64, 0.63, 18.01, 12.16]
SE = [14.9, 10.2, 16.3, 11.0, 9.4, 11.4, 10.4, 17.6]
SCRIPT = """
suppressMessages(library(bayesmeta))
y <- c({y}); s <- c({s})
t <- system.time(bayesmeta(y, s, mu.prior = c(0, 50), tau.prior = function(x) dhalfcauchy(x, scale = 25)))
cat(t[["elapsed"]])
"""


def exact() -> None:
    """Run one exact analysis."""
    found = fit_exact(make_rows(Y, SE), mu=parse_mu("normal:0,50"), tau=parse_tau("halfcauchy:25"))
    for density in (found.mu, found.tau, found.predictive):
        _ = density.mean, density.sd, density.quantile(np.array([0.025, 0.5, 0.975]))


def average() -> None:
    """Average 36 models of 15 simulated trials."""
    rng = np.random.default_rng(20160324)
    se = rng.uniform(0.1, 0.4, 15)
    rows = make_rows(rng.normal(0.2, np.sqrt(0.01 + se**2)), se)
    average_models(
        rows,
        effect=parse_mu("normal:0,1"),
        tau=parse_tau("invgamma:1,0.15"),
        bias=default_models(),
        direction="positive",
    )


def median_time(function: Callable[[], None], repeats: int, clock: Callable[[], float]) -> float:
    """Return the median time of a function after one run to warm up."""
    function()
    times = []
    for _ in range(repeats):
        start = clock()
        function()
        times.append(clock() - start)
    return statistics.median(times)


def bayesmeta_seconds() -> float | None:
    """Return the seconds of one bayesmeta fit, or None if R or the package is not there."""
    if shutil.which("Rscript") is None:
        return None
    script = SCRIPT.format(y=", ".join(map(str, Y)), s=", ".join(map(str, SE)))
    done = subprocess.run(["Rscript", "-e", script], capture_output=True, text=True, timeout=600, check=False)
    return float(done.stdout) if done.returncode == 0 else None


def main() -> int:
    """Print the times and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=30)
    repeats = parser.parse_args().repeats
    ours = median_time(exact, repeats, time.perf_counter)
    print(f"exact analysis, eight schools   {1e3 * ours:8.2f} ms")
    ok = True
    theirs = bayesmeta_seconds()
    if theirs is None:
        print("bayesmeta                       not measured: no Rscript with bayesmeta here")
    else:
        print(f"bayesmeta, same data and priors {1e3 * theirs:8.0f} ms, ratio {theirs / ours:,.0f}")
        ok = theirs / ours >= 1000.0
    seconds = median_time(average, 3, time.process_time)
    print(f"36-model averaging, 15 trials   {1e3 * seconds:8.0f} ms of processor time (target 1,000)")
    return 0 if ok and seconds < 1.0 else 1


if __name__ == "__main__":
    sys.exit(main())
