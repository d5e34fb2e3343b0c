"""What single trials do to the pool: left out one by one, added year by year, in every subset."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgmeta.errors import FitError
from mgmeta.pooling.baujat import baujat
from mgmeta.pooling.bounded import fit_bounded
from mgmeta.pooling.cumulative import cumulative_bounded
from mgmeta.pooling.gosh import by_trial, gosh
from mgmeta.pooling.influence import influence
from mgmeta.pooling.leave_one_out import leave_one_out_bounded
from mgmeta.pooling.pool_rows import PoolRow
from mgmeta.robustness.attempt import attempt
from mgmeta.robustness.pooled import Pooled

Json = dict[str, Any]
Array = NDArray[np.float64]
METHOD = "REML"
SUBSETS = 20_000  # drawn where there are too many to pool all
BINS = 24  # of the cloud, each way


def trial_tables(data: Pooled, level: float, seed: int) -> Json:
    """Return the parts on single trials: full, leave_one_out, cumulative, influence, gosh.

    The first three use numbers and bounds (maximum likelihood), the others need numbers (REML).

    Parameters
    ----------
    data : rows of one outcome
    level : of the intervals, such as 0.95
    seed : of the generator; the same seed gives the same numbers
    """
    return {
        **attempt("full", lambda: _full(data, level)),
        **attempt("leave_one_out", lambda: _leave_one_out(data, level)),
        **attempt("cumulative", lambda: _cumulative(data, level)),
        **attempt("influence", lambda: _influence(data)),
        **attempt("gosh", lambda: _gosh(data, seed)),
    }


def columns(data: Pooled) -> tuple[Array, Array, Array, Array]:
    """Return effects, standard errors and the ends of the bounds, open ones infinite, shape (k,)."""
    rows = data.rows
    low, high = np.where(rows.is_bound, rows.low, -np.inf), np.where(rows.is_bound, rows.high, np.inf)
    return rows.y, rows.se, low, high


def _full(data: Pooled, level: float) -> Json:
    fit = fit_bounded(*columns(data), level=level)
    return {"estimate": fit.beta[0], "ci_low": fit.ci_low[0], "ci_high": fit.ci_high[0], "tau": fit.tau}


def _pool(row: PoolRow) -> Json:
    tau = float(np.sqrt(row.tau2))
    return {"k": row.k, "estimate": row.estimate, "ci_low": row.ci_low, "ci_high": row.ci_high, "tau": tau}


def _leave_one_out(data: Pooled, level: float) -> list[Json]:
    pools = leave_one_out_bounded(*columns(data), level=level)
    return [
        {**data.who(i), "bound": bool(data.rows.is_bound[i]), **_pool(pool)} for i, pool in enumerate(pools)
    ]


def _cumulative(data: Pooled, level: float) -> list[Json]:
    """Add trials by year; one without a year comes last, and ties by trial id."""
    years = data.years
    order = sorted(range(data.rows.k), key=lambda i: (years[i] or 9999, data.rows.labels[i]))
    pools = cumulative_bounded(*columns(data), order=order, level=level)
    return [
        {
            **data.who(i),
            "bound": bool(data.rows.is_bound[i]),
            **(_pool(pool) if pool is not None else {"k": step + 1, "estimate": None}),
        }
        for step, (i, pool) in enumerate(zip(order, pools, strict=True))
    ]


def numbers(data: Pooled) -> tuple[list[int], Array, Array]:
    """Return the places, effects and variances of the numbers."""
    kept = np.flatnonzero(~data.rows.is_bound)
    return kept.tolist(), data.rows.y[kept], data.rows.se[kept] ** 2


def _influence(data: Pooled) -> list[Json]:
    """Return Baujat coordinates and deletion diagnostics of every number."""
    kept, y, v = numbers(data)
    if len(kept) < 3:
        raise FitError(f"{len(kept)} numbers; leaving one out needs at least 3")
    at, place = influence(y, v, method=METHOD), baujat(y, v, method=METHOD)
    return [
        {
            **data.who(i),
            "yi": y[j],
            "sei": data.rows.se[i],
            "heterogeneity": place.heterogeneity[j],
            "shift": place.shift[j],
            "rstudent": at.rstudent[j],
            "cooks_d": at.cooks_d[j],
            "dffits": at.dffits[j],
            "hat": at.hat[j],
            "weight_percent": at.weight[j],
            "influential": bool(at.influential[j]),
        }
        for j, i in enumerate(kept)
    ]


def _gosh(data: Pooled, seed: int) -> Json:
    """Pool every subset of two numbers or more; the cloud is kept as counts in cells."""
    kept, y, v = numbers(data)
    if len(kept) < 3:
        raise FitError(f"{len(kept)} numbers; their subsets say nothing below 3")
    table = gosh(y, v, method=METHOD, subsets=SUBSETS, seed=seed)
    several = table.k >= 2
    estimate, i2 = table.estimate[several], table.i2[several]
    edges = np.linspace(estimate.min(), estimate.max() + 1e-9, BINS + 1)
    # An I2 of exactly 0 is a row of its own, at the foot of the cloud.
    heights = np.linspace(0.0, 100.0, BINS + 1)
    counts, _, _ = np.histogram2d(estimate, i2, bins=(edges, heights))
    trials = by_trial(table)
    moved = [part.estimate_with - part.estimate_without for part in trials]
    return {
        "complete": table.complete,
        "subsets": int(several.sum()),
        "seed": None if table.complete else seed,
        "method": METHOD,
        "estimate_quantiles": np.quantile(estimate, [0.0, 0.025, 0.5, 0.975, 1.0]),
        "share_below_0": float((estimate < 0.0).mean()),
        "i2_median": float(np.median(i2)),
        "estimate_edges": edges,
        "i2_edges": heights,
        "counts": [[int(i), int(j), int(counts[i, j])] for i, j in np.argwhere(counts > 0)],
        "most": data.labels[kept[int(np.argmax(np.abs(moved)))]],
        "trials": [{**data.who(i), **asdict(part)} for i, part in zip(kept, trials, strict=True)],
    }
