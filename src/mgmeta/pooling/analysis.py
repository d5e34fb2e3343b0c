"""One analysis: every frequentist result of its slice, as the Fit contract has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mgmeta.errors import ConfigError
from mgmeta.pooling.bounded_rows import bounded_pool
from mgmeta.pooling.pool import Pool, pool
from mgmeta.pooling.slice_counts import counts
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

    Raises
    ------
    ConfigError
        If the spec names an outcome that is not known.
    """
    level = float(spec["level"])
    outcomes: Json = {}
    for outcome in spec["outcomes"]:
        if outcome not in names:
            raise ConfigError(f"spec: outcomes: found {outcome!r}, expected one of {', '.join(names)}")
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
    found["bounded"], reason = bounded_pool(rows, level)
    if reason:
        found["bounded_reason"] = reason
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
