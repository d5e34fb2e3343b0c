"""The exact posterior under other priors, without each trial, with doubtful rows counting in part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from mgmeta.bayes.answer import exact_answer
from mgmeta.bayes.loo import leave_one_out
from mgmeta.bayes.mixture import TwoState, parse_share, two_states
from mgmeta.bayes.priors import Prior
from mgmeta.bayes.sensitivity import PriorResult, power_priors, prior_sensitivity
from mgmeta.errors import FitError
from mgmeta.robustness.attempt import attempt
from mgmeta.robustness.averaging import averaging_table
from mgmeta.robustness.pooled import Pooled

Json = dict[str, Any]
SHARES = ("0", "0.5", "1", "beta:1,1")  # of the rows that may not be contrasts


def bayes_tables(
    data: Pooled, mu: Prior, tau: Prior, level: float, pairs: Sequence[tuple[Prior, Prior]]
) -> Json:
    """Return every table of the exact engine: under the priors *mu* and *tau*, and under each of *pairs*.

    Keys: shrinkage, prior_grid, left_out, power, mixture, averaging; a part that cannot be computed is
    None, with its ``_reason``.

    Parameters
    ----------
    data : rows of one outcome
    mu : prior of the mean effect, mmHg
    tau : prior of the between-trial SD, mmHg
    level : of the intervals, such as 0.95
    pairs : priors of mu and tau, pair by pair
    """
    return {
        **attempt("shrinkage", lambda: _shrinkage(data, mu, tau, level)),
        **attempt("prior_grid", lambda: grid_table(prior_sensitivity(data.rows, pairs, level=level))),
        **attempt("left_out", lambda: _left_out(data, mu, tau, level)),
        **attempt("power", lambda: _power(data, mu, tau, level)),
        **attempt("mixture", lambda: _mixture(data, mu, tau, level)),
        **attempt("averaging", lambda: averaging_table(data.rows, data.sd, level)),
    }


def _shrinkage(data: Pooled, mu: Prior, tau: Prior, level: float) -> Json:
    answer = exact_answer(data.rows, mu, tau, level=level)
    rows = [
        {**data.who(i), **{key: value for key, value in row.items() if key != "study"}}
        for i, row in enumerate(answer["shrinkage"])
    ]
    return {"mu": answer["mu"], "tau": answer["tau"], "rows": rows}


def grid_table(results: list[PriorResult]) -> Json:
    """Return all rows of a grid of priors, and how far they lie apart.

    The span is over the proper posteriors whose mean exists; ``improper`` counts the others.

    Raises
    ------
    FitError
        If no posterior of the grid is proper.
    """
    proper = [row for row in results if row.mean is not None]
    if not proper:
        raise FitError(f"no prior of {len(results)} gives a proper posterior: {results[0].reason}")
    lowest = min(proper, key=lambda row: float(row.mean or 0.0))
    highest = max(proper, key=lambda row: float(row.mean or 0.0))
    below = [row.p_below_0 for row in proper if row.p_below_0 is not None]
    reasons = Counter(row.reason for row in results if row.reason)
    return {
        "pairs": len(results),
        "improper": len(results) - len(proper),
        "reasons": dict(sorted(reasons.items())),
        "lowest": asdict(lowest),
        "highest": asdict(highest),
        "p_below_0_min": min(below),
        "p_below_0_max": max(below),
        "excluding_0": sum(row.ci_high is not None and row.ci_high < 0.0 for row in proper),
        "rows": [asdict(row) for row in results],
    }


def _left_out(data: Pooled, mu: Prior, tau: Prior, level: float) -> Json:
    found = leave_one_out(data.rows, mu=mu, tau=tau, level=level)
    rows = [{**asdict(row), **data.who(i)} for i, row in enumerate(found.rows)]
    return {"elpd": found.elpd, "elpd_se": found.elpd_se, "rows": rows}


def _power(data: Pooled, mu: Prior, tau: Prior, level: float) -> Json:
    if not data.secondary.any():
        raise FitError("no row was read in a source that quotes its trial")
    found = power_priors(data.rows, data.secondary, mu=mu, tau=tau, level=level)
    labels = [label for label, second in zip(data.labels, data.secondary, strict=True) if second]
    return {
        "secondary": labels,
        "rows": [{"exponent": item.exponent, **asdict(item.result)} for item in found],
    }


def _mixture(data: Pooled, mu: Prior, tau: Prior, level: float) -> Json:
    if not data.uncertain.any():
        raise FitError("no row is out for an unclear comparison")
    found = [two_states(data.wider, data.uncertain, parse_share(share), mu=mu, tau=tau) for share in SHARES]
    return {
        "uncertain": [label for label, _ in found[0].probabilities],
        "labels": [data.names[label] for label, _ in found[0].probabilities],
        "rows": [_state(item, level) for item in found],
    }


def _state(item: TwoState, level: float) -> Json:
    edge = 0.5 * (1.0 - level)
    low, high = (float(value) for value in item.mu.quantile(np.array([edge, 1.0 - edge])))
    return {
        "share": str(item.share),
        "mean": item.mu.mean,
        "sd": item.mu.sd,
        "ci_low": low,
        "ci_high": high,
        "p_below_0": float(item.mu.cdf(0.0)[0]),
        "tau_mean": item.tau.mean,
        "probabilities": [p for _, p in item.probabilities],
        "log_evidence": item.log_evidence,
    }
