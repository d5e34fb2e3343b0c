"""Coverage and bias of every interval of the package over a grid of truths, by the batch kernels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtrit

from mgmeta.incomplete.surface import Reviews
from mgmeta.simulate.cells import Cell
from mgmeta.simulate.contenders import LEVEL, Interval, run_all
from mgmeta.simulate.generate import generate
from mgmeta.stats.batch import BatchPool, pool_batch

Array = NDArray[np.float64]
Row = dict[str, object]

COLUMNS = (
    *("cell", "k", "tau", "sizes", "interval", "of", "words", "replicates", "usable"),
    *("bias", "bias_mcse", "coverage", "coverage_mcse", "width", "seed"),
)
SIZES = {"similar": (20, 30), "unequal": (5, 300)}
"""People per arm, from and to: variances within a factor of 1.5, or of 60."""
SILENCE = 0.6
CHUNK = 250
Z = 1.959963984540054

# name -> (what it is of, whether results in words are among the data)
INTERVALS: dict[str, tuple[str, bool]] = {
    "dl_z": ("mean", False),
    "reml_z": ("mean", False),
    "dl_hksj": ("mean", False),
    "reml_hksj": ("mean", False),
    "reml_adhoc": ("mean", False),
    "profile_t": ("mean", False),
    "bayes": ("mean", False),
    "prediction_hts": ("new trial", False),
    "prediction_hk": ("new trial", False),
    "bounds_ml": ("mean", True),
    "bounds_bayes": ("mean", True),
    "bounds_mi": ("mean", True),
}


def calibration_grid() -> list[Cell]:
    """Return the truths: k 3 to 50, tau 0 to 5 mmHg, similar and unequal trials, mean -2 mmHg."""
    return [
        Cell(f"k{k}_tau{tau:g}_{name}", k, -2.0, tau, SILENCE, n_low=low, n_high=high)
        for k, tau, (name, (low, high)) in product((3, 5, 10, 20, 50), (0.0, 1.0, 2.0, 5.0), SIZES.items())
    ]


def calibrate(
    cell: Cell, replicates: int, seed: int, tick: Callable[[int], None] = lambda done: None
) -> list[Row]:
    """Simulate one truth; return one row an interval, :data:`COLUMNS`, in mmHg.

    Parameters
    ----------
    cell : Cell
        A truth of :func:`calibration_grid`; its `silence` is the chance that a result that is not
        significant is told in words, for the intervals that use words.
    replicates : int
        Reviews; the Monte Carlo error of a coverage c is sqrt(c (1 - c) / replicates).
    seed : int
        With the cell's name, the seed of every random number.
    tick : callable
        Told how many reviews are done.

    Notes
    -----
    The coverage of a prediction interval is the mean probability of a new true effect
    N(mu, tau2) inside it, not a draw: it needs no second Monte Carlo.
    """
    rng = np.random.default_rng([seed, crc32(cell.name.encode())])
    found: dict[str, list[Interval]] = {name: [] for name in INTERVALS}
    for start in range(0, replicates, CHUNK):
        reviews = generate(cell, min(CHUNK, replicates - start), rng)
        for name, interval in _intervals(reviews, rng).items():
            found[name].append(interval)
        tick(len(reviews.y))
    return [_row(cell, name, chunks, replicates, seed) for name, chunks in found.items()]


def _intervals(reviews: Reviews, rng: np.random.Generator) -> dict[str, Interval]:
    """Return (estimate, low, high) of every interval on a chunk of reviews."""
    y, v, k = reviews.y, reviews.se**2, float(reviews.y.shape[1])
    t1, t2 = (float(stdtrit(max(k - lost, 1.0), 0.5 + LEVEL / 2.0)) for lost in (1.0, 2.0))
    plain = pool_batch(y, v, method="REML")
    hksj = pool_batch(y, v, method="REML", test="knha")
    numbers = replace(reviews, silent=np.zeros_like(reviews.silent))
    with_words, without = run_all(reviews, rng), run_all(numbers, rng)
    return {
        "dl_z": _around(pool_batch(y, v, method="DL"), Z),
        "reml_z": _around(plain, Z),
        "dl_hksj": _around(pool_batch(y, v, method="DL", test="knha"), t1),
        "reml_hksj": _around(hksj, t1),
        "reml_adhoc": _around(pool_batch(y, v, method="REML", test="adhoc"), t1),
        "profile_t": without["bounded_ml"],
        "bayes": without["bayes"],
        "prediction_hts": _predicted(plain, t2),
        "prediction_hk": _predicted(hksj, t1),
        "bounds_ml": with_words["bounded_ml"],
        "bounds_bayes": with_words["bayes"],
        "bounds_mi": with_words["mi_reml"],
    }


def _around(fit: BatchPool, quantile: float) -> Interval:
    return fit.estimate, fit.estimate - quantile * fit.se, fit.estimate + quantile * fit.se


def _predicted(fit: BatchPool, quantile: float) -> Interval:
    half = quantile * np.sqrt(fit.tau2 + fit.se**2)
    return fit.estimate, fit.estimate - half, fit.estimate + half


def _row(cell: Cell, name: str, chunks: list[Interval], replicates: int, seed: int) -> Row:
    """Summarise one interval: bias, coverage and width with their Monte Carlo errors."""
    estimate, low, high = (np.concatenate([chunk[i] for chunk in chunks]) for i in range(3))
    ok = np.isfinite(estimate) & np.isfinite(low) & np.isfinite(high)
    of, words = INTERVALS[name]
    inside = _inside(cell, low[ok], high[ok], of)
    error = estimate[ok] - cell.mu
    root = np.sqrt(max(int(ok.sum()), 1))
    return {
        "cell": cell.name,
        "k": cell.k,
        "tau": cell.tau,
        "sizes": cell.name.rpartition("_")[2],
        "interval": name,
        "of": of,
        "words": words,
        "replicates": replicates,
        "usable": int(ok.sum()),
        "bias": float(error.mean()),
        "bias_mcse": float(error.std(ddof=1) / root),
        "coverage": float(inside.mean()),
        "coverage_mcse": float(inside.std() / root),
        "width": float((high[ok] - low[ok]).mean()),
        "seed": seed,
    }


def _inside(cell: Cell, low: Array, high: Array, of: str) -> Array:
    """Return whether the mean, or with what probability a new true effect, is inside each interval."""
    if of == "new trial" and cell.tau > 0:
        return np.asarray(ndtr((high - cell.mu) / cell.tau) - ndtr((low - cell.mu) / cell.tau))
    return ((low <= cell.mu) & (cell.mu <= high)).astype(float)
