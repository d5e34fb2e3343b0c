"""Where a new row falls among the others: in the forest, in the funnel, and whether it surprises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mgmeta.bayes.exact import ExactPosterior
from mgmeta.extend.preview_records import Standing
from mgmeta.stats.student import t_two_sided

Row = Mapping[str, Any]


def placed(
    start: Standing, row: Row, rows: Sequence[Row], fit: ExactPosterior | None, level: float
) -> Standing:
    """Return a trial's standing with where its pooled row falls.

    Parameters
    ----------
    start : Standing
        Its fate.
    row : mapping
        Its row of the slice, one of `rows`.
    rows : sequence of mapping
        All rows of the outcome, the new ones with them.
    fit : ExactPosterior or None
        Posterior of the other trials; None if there is none.
    level : float
        Of the funnel's lines and the predictive interval.
    """
    found: dict[str, Any] = {
        **vars(start),
        "kind": row["kind"],
        "effect": row["yi"],
        "low": row["yi_low"],
        "high": row["yi_high"],
        "se": row["sei"],
        "route": row["route"],
        "assumed": row["assumed"],
    }
    if row["kind"] == "estimate":
        numbers = [other for other in rows if other["kind"] == "estimate"]
        found["rank"] = 1 + sum(other["yi"] < row["yi"] for other in numbers)
        found["precision_rank"] = 1 + sum(other["sei"] < row["sei"] for other in numbers)
        found["of"] = len(numbers)
    if fit is not None:
        found |= _surprise(row, fit, level)
    return Standing(**found)


def _surprise(row: Row, fit: ExactPosterior, level: float) -> dict[str, Any]:
    """Compare a row with what the other trials predict for a printed result of its precision."""
    predictive = fit.predict_estimate(row["sei"])
    tail = 0.5 * (1.0 - level)
    low, high = (float(x) for x in predictive.quantile(np.array([tail, 1.0 - tail])))
    found: dict[str, Any] = {"expected_low": low, "expected_high": high}
    if row["kind"] == "estimate":
        below = float(predictive.cdf(np.array([row["yi"]]))[0])
        z = (row["yi"] - fit.mu.mean) / row["sei"]
        found["probability"] = 2.0 * min(below, 1.0 - below)
        found["outlier"] = not low <= row["yi"] <= high
        found["funnel_z"] = z
        found["inside_funnel"] = abs(z) <= t_two_sided(1.0 - level, None)
        return found
    below = 0.0 if row["yi_low"] is None else float(predictive.cdf(np.array([row["yi_low"]]))[0])
    up_to = 1.0 if row["yi_high"] is None else float(predictive.cdf(np.array([row["yi_high"]]))[0])
    found["probability"] = up_to - below
    found["outlier"] = up_to - below < 1.0 - level
    return found
