"""One analysis: every frequentist result of its slice, as the Fit contract has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import numpy as np

from mgmeta.errors import FitError
from mgmeta.pooling.bounded_rows import bounded_json, fit_rows
from mgmeta.pooling.pool import Pool, pool
from mgmeta.pooling.slice_input import Row, effects_of
from mgmeta.pooling.slice_regression import moderator_results, subgroup_results

Json = dict[str, Any]

# The two numeric-only pools of the protocol: key -> (tau2 estimator, test).
NUMERIC_POOLS = {"DL": ("DL", "z"), "REML": ("REML", "knha")}


def analyse(rows: Sequence[Row], spec: Mapping[str, Any], names: Mapping[str, tuple[str, str]]) -> Json:
    """Fit every frequentist model of one analysis.

    Parameters
    ----------
    rows : sequence of slice rows
        All outcomes together.
    spec : mapping
        Resolved analysis: analysis, title, level, outcomes, moderators, ...
    names : mapping
        Outcome -> (name in words, unit).

    Returns
    -------
    dict
        The document of ``results/fits/<analysis>.json``. A model that cannot be
        fitted is null beside a ``*_reason`` in plain words.
    """
    level = float(spec["level"])
    outcomes: Json = {}
    for outcome in spec["outcomes"]:
        mine = [row for row in rows if row["outcome"] == outcome]
        name, unit = names[outcome]
        found: Json = {"name": name, "unit": unit, "counts": counts(mine)}
        found |= _pools(mine, level)
        if spec.get("moderators"):
            found["moderators"] = moderator_results(mine, spec["moderators"], level)
            found["subgroups"] = subgroup_results(mine, level)
        found["rows"] = _weighted(mine, found)
        outcomes[outcome] = found
    return {
        "analysis": spec["analysis"],
        "title": spec["title"],
        "level": level,
        "spec": dict(spec),
        "outcomes": outcomes,
    }


def counts(rows: Sequence[Row]) -> Json:
    """Return how many rows of each kind, people, and the median dose and duration."""
    bounds = [row for row in rows if row["kind"] == "bound"]
    two_sided = [row for row in bounds if row["yi_low"] is not None and row["yi_high"] is not None]
    people = [_people(row) for row in rows]
    doses = [row["dose_mg_per_day"] for row in rows if row["dose_mg_per_day"] is not None]
    weeks = [row["timepoint_weeks"] for row in rows if row["timepoint_weeks"] is not None]
    return {
        "k": len(rows),
        "k_numeric": len(rows) - len(bounds),
        "k_bounds": len(bounds),
        "k_two_sided": len(two_sided),
        "k_one_sided": len(bounds) - len(two_sided),
        "n_total": sum(n for n in people if n is not None),
        "n_unknown_trials": sum(n is None for n in people),
        "dose_median_mg_per_day": median(doses) if doses else None,
        "duration_median_weeks": median(weeks) if weeks else None,
    }


def _people(row: Row) -> int | None:
    """Return the people in a row: a crossover's are the same in both periods."""
    if row["n_mg"] is None or row["n_control"] is None:
        return None
    return int(row["n_mg"] if row["design"] == "crossover" else row["n_mg"] + row["n_control"])


def _pools(rows: Sequence[Row], level: float) -> Json:
    """Return the numeric-only pools and the bounded fit, or the reason there is none."""
    found: Json = {}
    e = effects_of(rows)
    y, v = e.y[e.numeric], e.se[e.numeric] ** 2
    if y.size < 2:
        found["numeric"] = None
        found["numeric_reason"] = f"{y.size} of {len(rows)} trials print a number; a pool needs at least 2"
    else:
        pools: dict[str, Pool] = {
            key: pool(y, v, method=method, test=test, level=level, pi="hts")
            for key, (method, test) in NUMERIC_POOLS.items()
        }
        found["numeric"] = pools
    try:
        found["bounded"] = bounded_json(fit_rows(rows, level))
    except FitError as error:
        found["bounded"] = None
        found["bounded_reason"] = str(error)
    return found


def _weighted(rows: Sequence[Row], found: Json) -> list[Json]:
    """Return the rows with their weights in the REML pool and in the bounded fit."""
    numeric = iter(found["numeric"]["REML"].weights if found["numeric"] else ())
    bounded = found["bounded"]["weights"] if found["bounded"] else np.full(len(rows), np.nan)
    weighted: list[Json] = []
    for row, weight in zip(rows, bounded, strict=True):
        share = next(numeric, None) if row["kind"] == "estimate" else None
        weighted.append({**row, "weight_numeric_percent": share, "weight_percent": float(weight)})
    return weighted
