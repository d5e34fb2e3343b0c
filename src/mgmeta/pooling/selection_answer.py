"""What ``mgmeta bias`` answers about selection by P value."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from mgmeta.errors import ConfigError

if TYPE_CHECKING:
    from mgmeta.pooling.bias_answer import BiasOptions, Rows

Answer = dict[str, Any]


def _direction(rows: Rows) -> float:
    """Sign of the plain common-effect mean; of the bounds' middles where there is no number."""
    number_rows = ~np.isnan(rows.y)
    if number_rows.any():
        return float((rows.y[number_rows] / rows.v[number_rows]).sum())
    ends = np.where(np.isfinite(rows.low), rows.low, 0.0) + np.where(np.isfinite(rows.high), rows.high, 0.0)
    return float(ends.sum())


def selection_answer(rows: Rows, options: BiasOptions) -> Answer:
    """Fit the step-function or a smooth selection model."""
    alternative = options.alternative
    if alternative == "auto":
        alternative = "less" if _direction(rows) < 0 else "greater"
    if options.curve != "steps":
        return _smooth(rows, options, alternative)
    from mgmeta.pooling.selection import step_selection

    found = step_selection(
        rows.y,
        np.sqrt(rows.v),
        lower=rows.low,
        upper=rows.high,
        steps=options.steps,
        alternative=alternative,
        weights=options.weights,
        common=options.method in {"FE", "EE"},
        level=options.level,
    )
    answer = asdict(found)
    ends = (0.0, *found.steps[:-1])
    answer["intervals"] = [
        {
            "p_from": low,
            "p_to": high,
            "numbers": found.counts[j],
            "bounds_inside": found.bound_counts[j],
            "weight": float(found.weights[j]),
            "weight_se": float(found.weights_se[j]),
        }
        for j, (low, high) in enumerate(zip(ends, found.steps, strict=True))
    ]
    for key in ("weights", "weights_se", "counts", "bound_counts", "k", "k_bounds"):
        del answer[key]
    return answer


def _smooth(rows: Rows, options: BiasOptions, alternative: str) -> Answer:
    """Fit a smooth weight function; numbers only."""
    from mgmeta.pooling.curve_selection import curve_selection

    if options.weights is not None:
        raise ConfigError("--weights are for --curve steps")
    found = curve_selection(
        rows.y,
        rows.v,
        curve=options.curve,
        alternative=alternative,
        common=options.method in {"FE", "EE"},
        level=options.level,
    )
    answer = asdict(found)
    del answer["k"]
    return answer


def copas_answer(rows: Rows, options: BiasOptions) -> Answer:
    """Walk the Copas sensitivity path."""
    from mgmeta.pooling.copas import copas

    answer = asdict(copas(rows.y, rows.v, level=options.level))
    answer["rows"] = list(answer.pop("path"))
    return answer


def p_uniform_answer(rows: Rows, options: BiasOptions) -> Answer:
    """Fit p-uniform* and, where some study is significant, p-uniform."""
    from mgmeta.errors import FitError
    from mgmeta.pooling.p_uniform import p_uniform, p_uniform_star

    side = options.side
    if side == "auto":
        side = "left" if _direction(rows) < 0 else "right"
    star = asdict(p_uniform_star(rows.y, rows.v, side=side, level=options.level))
    warnings = list(star.pop("warnings"))
    classic = None
    try:
        classic = asdict(p_uniform(rows.y, rows.v, side=side, level=options.level))
        warnings += classic.pop("warnings")
    except FitError as error:
        warnings.append(str(error))
    return {"side": side, "p_uniform_star": star, "p_uniform": classic, "warnings": warnings}
