"""What ``mgmeta bias`` answers: the keys of its JSON, from effects and options."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgmeta.errors import ConfigError, DataError
from mgmeta.pooling.small_study import SILENCE
from mgmeta.pooling.table_input import EffectTable, number

Answer = dict[str, Any]
Array = NDArray[np.float64]

KINDS = (
    "egger",
    "begg",
    "trimfill",
    "pet",
    "peese",
    "pet-peese",
    "selection",
    "limit",
    "copas",
    "puniform",
    "failsafe",
    "waap",
    "excess",
    "funnel",
)

USE_BOUNDS = frozenset({"egger", "pet", "peese", "pet-peese", "selection"})
"""Methods that take numbers and bounds together."""


@dataclass(frozen=True)
class BiasOptions:
    """Options of the verb; ``level`` is a proportion, the rest as in its help."""

    what: str
    method: str = "REML"
    test: str = "z"
    level: float = 0.95
    numbers_only: bool = False
    model: str = "lm"
    predictor: str = "sei"
    ni: str | None = None
    estimator: str = "L0"
    side: str = "auto"
    steps: tuple[float, ...] = (0.025,)
    alternative: str = "auto"
    weights: tuple[float, ...] | None = None
    target: float | None = None


@dataclass(frozen=True)
class Rows:
    """The rows in use as columns; ``bounded`` says whether some are bounds."""

    y: Array
    v: Array
    low: Array
    high: Array
    names: list[str]
    n: Array | None
    bounded: bool


def bias(effects: EffectTable, options: BiasOptions) -> Answer:
    """Look for small-study effects and selection in a table of effects.

    Egger, PET, PEESE and step selection use numbers and bounds together unless
    ``numbers_only``; the other methods need numbers, leave bounds out and say so.

    Raises
    ------
    DataError, ConfigError, FitError
        If the rows or options do not allow it; messages name file, row and column.
    """
    if options.what not in KINDS:
        raise ConfigError(f"--what {options.what!r} is unknown; use {', '.join(KINDS)}")
    with_bounds = bool(effects.bounds.any()) and not options.numbers_only and options.what in USE_BOUNDS
    kept = np.arange(effects.y.size) if with_bounds else np.flatnonzero(~effects.bounds)
    if kept.size == 0:
        raise DataError(f"{effects.table.path}: no row has a number; {options.what} needs numbers")
    warnings: list[str] = []
    if kept.size < effects.y.size:
        warnings.append(f"{effects.y.size - kept.size} bounds are left out. {SILENCE}")
    rows = _rows(effects, kept, options, with_bounds)
    result: Answer = {
        "what": options.what,
        "k": int(kept.size),
        "k_numeric": int((~effects.bounds[kept]).sum()),
        "k_bounds": int(effects.bounds[kept].sum()),
        "level": options.level,
        "warnings": warnings,
    }
    found = METHODS[options.what](rows, options)
    warnings += found.pop("warnings", ())
    return result | found


def _rows(effects: EffectTable, kept: NDArray[np.intp], options: BiasOptions, bounded: bool) -> Rows:
    n = None
    if options.ni is not None:
        effects.table.need(options.ni)
        n = np.array([number(effects.table, int(row), options.ni) for row in kept])
    return Rows(
        effects.y[kept],
        effects.v[kept],
        effects.low[kept],
        effects.high[kept],
        [effects.names[row] for row in kept],
        n,
        bounded,
    )


def _line(line: Any) -> Answer:
    return {
        "predictor": line.predictor,
        "model": line.model,
        "test": line.test,
        "intercept": asdict(line.intercept),
        "slope": asdict(line.slope),
        "tau2": line.tau2,
    }


def _egger(rows: Rows, options: BiasOptions) -> Answer:
    from mgmeta.pooling.egger import egger, egger_bounded

    if rows.bounded:
        found = egger_bounded(
            rows.y,
            np.sqrt(rows.v),
            rows.low,
            rows.high,
            predictor=options.predictor,
            n=rows.n,
            level=options.level,
        )
    else:
        found = egger(
            rows.y,
            rows.v,
            predictor=options.predictor,
            n=rows.n,
            model=_model(options),
            test=options.test,
            level=options.level,
        )
    return {
        **_line(found.line),
        "statistic": found.statistic,
        "df": found.df,
        "p_value": found.p_value,
        "limit": None if found.limit is None else asdict(found.limit),
        "warnings": found.line.warnings,
    }


def _model(options: BiasOptions) -> str:
    return "lm" if options.model == "lm" else options.method


def _begg(rows: Rows, options: BiasOptions) -> Answer:
    from mgmeta.pooling.begg import begg

    return asdict(begg(rows.y, rows.v))


def _trim_fill(rows: Rows, options: BiasOptions) -> Answer:
    from mgmeta.pooling.trim_fill import trim_fill

    found = trim_fill(
        rows.y,
        rows.v,
        estimator=options.estimator,
        side=options.side,
        method=options.method,
        test=options.test,
        level=options.level,
    )
    keys = ("k", "estimate", "se", "ci_low", "ci_high", "p_value", "tau2", "i2", "q", "method", "test")
    pool = {key: getattr(found.pool, key) for key in keys}
    parts = ("estimator", "side", "missing", "missing_se", "missing_p")
    return {
        **{key: getattr(found, key) for key in parts},
        "filled": [{"yi": y, "vi": v} for y, v in zip(found.filled_y, found.filled_v, strict=True)],
        "pool": pool,
        "warnings": found.warnings,
    }


def _pet_peese(rows: Rows, options: BiasOptions) -> Answer:
    from mgmeta.pooling.pet_peese import pet_peese, pet_peese_bounded

    if rows.bounded:
        found = pet_peese_bounded(rows.y, np.sqrt(rows.v), rows.low, rows.high, level=options.level)
    else:
        found = pet_peese(rows.y, rows.v, model=_model(options), test=options.test, level=options.level)
    lines = {"pet": found.pet, "peese": found.peese}
    if options.what in lines:
        line = lines[options.what]
        return {**_line(line), "estimate": asdict(line.intercept), "warnings": line.warnings}
    return {
        "chosen": found.chosen,
        "estimate": asdict(found.estimate),
        "pet": _line(found.pet),
        "peese": _line(found.peese),
        "warnings": found.warnings,
    }


def _direction(rows: Rows) -> float:
    """Sign of the plain common-effect mean; of the bounds' middles where there is no number."""
    number_rows = ~np.isnan(rows.y)
    if number_rows.any():
        return float((rows.y[number_rows] / rows.v[number_rows]).sum())
    ends = np.where(np.isfinite(rows.low), rows.low, 0.0) + np.where(np.isfinite(rows.high), rows.high, 0.0)
    return float(ends.sum())


def _selection(rows: Rows, options: BiasOptions) -> Answer:
    from mgmeta.pooling.selection import step_selection

    alternative = options.alternative
    if alternative == "auto":
        alternative = "less" if _direction(rows) < 0 else "greater"
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


def _limit(rows: Rows, options: BiasOptions) -> Answer:
    from mgmeta.pooling.limit_meta import limit_meta

    answer = asdict(limit_meta(rows.y, rows.v, method=options.method, level=options.level))
    shrunken = answer.pop("shrunken").tolist()
    answer["rows"] = [{"study": n, "shrunken": s} for n, s in zip(rows.names, shrunken, strict=True)]
    return answer


def _copas(rows: Rows, options: BiasOptions) -> Answer:
    from mgmeta.pooling.copas import copas

    answer = asdict(copas(rows.y, rows.v, level=options.level))
    answer["rows"] = list(answer.pop("path"))
    return answer


def _p_uniform(rows: Rows, options: BiasOptions) -> Answer:
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


def _failsafe(rows: Rows, options: BiasOptions) -> Answer:
    from mgmeta.pooling.failsafe import WEAK, orwin, rosenberg, rosenthal

    found = [
        rosenthal(rows.y, rows.v),
        orwin(rows.y, rows.v, target=options.target),
        rosenberg(rows.y, rows.v),
    ]
    out = [{key: value for key, value in asdict(one).items() if key != "warnings"} for one in found]
    return {"rows": out, "warnings": [WEAK]}


def _waap(rows: Rows, options: BiasOptions) -> Answer:
    from mgmeta.pooling.waap import waap

    found = waap(rows.y, rows.v, level=options.level)
    keys = ("k", "estimate", "se", "ci_low", "ci_high", "p_value", "df")
    pools = {"uwls": found.uwls, "waap": found.waap}
    return {
        **{name: {key: getattr(one, key) for key in keys} if one else None for name, one in pools.items()},
        "se_needed": found.se_needed,
        "k_adequate": found.k_adequate,
        "warnings": found.warnings,
    }


def _excess(rows: Rows, options: BiasOptions) -> Answer:
    from mgmeta.pooling.excess_significance import excess_significance

    alternative = "two.sided" if options.alternative == "auto" else options.alternative
    answer = asdict(excess_significance(rows.y, rows.v, alternative=alternative))
    power = answer.pop("power").tolist()
    answer["alternative"] = alternative
    answer["rows"] = [{"study": n, "power": p} for n, p in zip(rows.names, power, strict=True)]
    return answer


def _funnel(rows: Rows, options: BiasOptions) -> Answer:
    from mgmeta.pooling.funnel import funnel
    from mgmeta.pooling.pool import pool

    centre = pool(rows.y, rows.v, method=options.method, level=options.level).estimate
    found = funnel(rows.y, rows.v, centre=centre, level=options.level)
    points = zip(rows.names, found.y, found.se, found.p, found.zone, strict=True)
    return {
        "method": options.method,
        "centre": centre,
        "rows": [
            {"study": name, "yi": y, "sei": se, "p_value": p, "zone": zone} for name, y, se, p, zone in points
        ],
        "se_grid": found.se_grid,
        "contours": [{"p": c.p, "half_width": c.half_width} for c in found.contours],
        "region_low": found.region_low,
        "region_high": found.region_high,
    }


METHODS: dict[str, Callable[[Rows, BiasOptions], Answer]] = {
    "egger": _egger,
    "begg": _begg,
    "trimfill": _trim_fill,
    "pet": _pet_peese,
    "peese": _pet_peese,
    "pet-peese": _pet_peese,
    "selection": _selection,
    "limit": _limit,
    "copas": _copas,
    "puniform": _p_uniform,
    "failsafe": _failsafe,
    "waap": _waap,
    "excess": _excess,
    "funnel": _funnel,
}
"""What each ``--what`` runs."""
