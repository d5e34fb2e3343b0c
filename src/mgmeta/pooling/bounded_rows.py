"""The bounded fit of slice rows, and its keys in the Fit contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mgmeta.errors import FitError
from mgmeta.pooling.bounded import BoundedFit, fit_bounded
from mgmeta.pooling.slice_input import Row, effects_of

Json = dict[str, Any]


def bounded_json(fit: BoundedFit) -> Json:
    """Return a bounded fit without moderators under the keys of the contract."""
    return {
        "k": fit.k,
        "k_numeric": fit.k_numeric,
        "k_bounds": fit.k_bounds,
        "method": fit.method,
        "test": fit.test,
        "level": fit.level,
        "df": fit.df,
        "estimate": fit.beta[0],
        "se": fit.se[0],
        "ci_low": fit.ci_low[0],
        "ci_high": fit.ci_high[0],
        "ci_low_chi2": fit.ci_low_chi2[0],
        "ci_high_chi2": fit.ci_high_chi2[0],
        "p_value": fit.p_value[0],
        "pi_low": fit.pi_low,
        "pi_high": fit.pi_high,
        "tau2": fit.tau2,
        "tau": fit.tau,
        "i2": fit.i2,
        "loglik": fit.loglik,
        "weights": fit.weights,
        "warnings": list(fit.warnings),
    }


def fit_rows(rows: Sequence[Row], level: float) -> BoundedFit:
    """Fit numbers and bounds of slice rows without moderators."""
    e = effects_of(rows)
    return fit_bounded(e.y, e.se, e.low, e.high, level=level)


def bounded_pool(rows: Sequence[Row], level: float) -> tuple[Json | None, str]:
    """Return the bounded fit of slice rows and "", or None and why there is none."""
    if len(rows) < 2:
        return None, f"{len(rows)} trial{'' if len(rows) == 1 else 's'}; a pool needs at least 2"
    try:
        return bounded_json(fit_rows(rows, level)), ""
    except FitError as error:
        return None, str(error)
