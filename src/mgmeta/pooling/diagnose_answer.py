"""What ``mgmeta diagnose`` answers: the keys of its JSON, from effects and options."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgmeta.errors import ConfigError, DataError
from mgmeta.pooling.dependent_answer import bivariate, multilevel, robust
from mgmeta.pooling.small_study import SILENCE
from mgmeta.pooling.table_input import EffectTable, number

Answer = dict[str, Any]
Array = NDArray[np.float64]

KINDS = (
    "leave1out",
    "influence",
    "cumulative",
    "gosh",
    "baujat",
    "robust",
    "multilevel",
    "bivariate",
)


@dataclass(frozen=True)
class DiagnoseOptions:
    """Options of the verb; ``level`` is a proportion, the rest as in its help."""

    what: str
    method: str = "REML"
    test: str = "z"
    level: float = 0.95
    order: str = "file"
    descending: bool = False
    numbers_only: bool = False
    subsets: int = 100_000
    seed: int = 20160324
    cluster: str | None = None
    outcome: str | None = None
    correlation: tuple[float, ...] = ()
    kind: str = "CR2"


def diagnose(
    effects: EffectTable, options: DiagnoseOptions, progress: Callable[[int, int], None] | None = None
) -> Answer:
    """Run one diagnosis of a table of effects.

    Leave-one-out and cumulative fits use numbers and bounds; the other diagnoses need
    numbers, leave bounds out and say so.

    Parameters
    ----------
    effects : rows of the table of effects
    options : as given on the command line
    progress : called with the number done and in all; None: nobody is told

    Raises
    ------
    DataError, ConfigError, FitError
        If the rows or options do not allow it; messages name file, row and column.
    """
    if options.what not in KINDS:
        raise ConfigError(f"--what {options.what!r} is unknown; use {', '.join(KINDS)}")
    bounded = bool(effects.bounds.any()) and not options.numbers_only
    with_bounds = bounded and options.what in {"leave1out", "cumulative"}
    rows = np.arange(effects.y.size) if with_bounds else np.flatnonzero(~effects.bounds)
    if rows.size == 0:
        raise DataError(f"{effects.table.path}: no row has a number; {options.what} needs numbers")
    warnings: list[str] = []
    if not with_bounds and rows.size < effects.y.size:
        warnings.append(f"{effects.y.size - rows.size} bounds are left out. {SILENCE}")
    result: Answer = {
        "what": options.what,
        "k": int(rows.size),
        "k_numeric": int((~effects.bounds[rows]).sum()),
        "k_bounds": int(effects.bounds[rows].sum()),
        "method": "ML" if with_bounds else options.method,
        "test": "profile_t" if with_bounds else options.test,
        "level": options.level,
        "warnings": warnings,
    }
    parts: dict[str, Callable[[], Answer]] = {
        "leave1out": lambda: _leave_one_out(effects, rows, options, with_bounds),
        "cumulative": lambda: _cumulative(effects, rows, options, with_bounds),
        "influence": lambda: _influence(effects, rows, options),
        "baujat": lambda: _baujat(effects, rows, options),
        "gosh": lambda: _gosh(effects, rows, options, progress),
        "robust": lambda: robust(effects, rows, options),
        "multilevel": lambda: multilevel(effects, rows, options),
        "bivariate": lambda: bivariate(effects, rows, options),
    }
    found = parts[options.what]()
    warnings += found.pop("warnings", [])
    return result | found


def _names(effects: EffectTable, rows: NDArray[np.intp]) -> list[str]:
    return [effects.names[row] for row in rows]


def _bounded_columns(effects: EffectTable, rows: NDArray[np.intp]) -> tuple[Array, Array, Array, Array]:
    return effects.y[rows], np.sqrt(effects.v[rows]), effects.low[rows], effects.high[rows]


def _leave_one_out(
    effects: EffectTable, rows: NDArray[np.intp], options: DiagnoseOptions, with_bounds: bool
) -> Answer:
    from mgmeta.pooling.leave_one_out import leave_one_out, leave_one_out_bounded

    if with_bounds:
        pools = leave_one_out_bounded(*_bounded_columns(effects, rows), level=options.level)
    else:
        y, v = effects.y[rows], effects.v[rows]
        pools = leave_one_out(y, v, method=options.method, test=options.test, level=options.level)
    names = _names(effects, rows)
    return {"rows": [{"left_out": name, **asdict(pool)} for name, pool in zip(names, pools, strict=True)]}


def _cumulative(
    effects: EffectTable, rows: NDArray[np.intp], options: DiagnoseOptions, with_bounds: bool
) -> Answer:
    from mgmeta.pooling.cumulative import cumulative, cumulative_bounded

    order, keys = _order(effects, rows, options)
    if with_bounds:
        pools = cumulative_bounded(*_bounded_columns(effects, rows), order=order, level=options.level)
    else:
        y, v = effects.y[rows], effects.v[rows]
        pools = list(
            cumulative(y, v, order=order, method=options.method, test=options.test, level=options.level)
        )
    names = _names(effects, rows[order])
    out = [
        {"added": name, "order": key, **(asdict(pool) if pool is not None else {})}
        for name, key, pool in zip(names, keys, pools, strict=True)
    ]
    warnings = []
    if any(pool is None for pool in pools):
        warnings.append("steps without figures hold too few rows, or one-sided bounds only")
    return {"order": options.order, "rows": out, "warnings": warnings}


def _order(
    effects: EffectTable, rows: NDArray[np.intp], options: DiagnoseOptions
) -> tuple[NDArray[np.intp], list[float]]:
    """Return the order of the rows and the value each was placed by; ties stay in file order."""
    if options.order == "file":
        keys = np.arange(1.0, rows.size + 1.0)
    elif options.order == "precision":
        keys = effects.v[rows]
    elif options.order == "effect":
        if effects.bounds[rows].any():
            raise ConfigError("--order effect needs numbers; bounds have no place in it (--numbers-only)")
        keys = effects.y[rows]
    else:
        effects.table.need(options.order)
        keys = np.array([number(effects.table, int(row), options.order) for row in rows])
    order = np.argsort(-keys if options.descending else keys, kind="stable")
    return order, keys[order].tolist()


def _influence(effects: EffectTable, rows: NDArray[np.intp], options: DiagnoseOptions) -> Answer:
    from mgmeta.pooling.influence import influence

    at = influence(effects.y[rows], effects.v[rows], method=options.method)
    columns = {key: np.asarray(value) for key, value in asdict(at).items()}
    columns["dfbetas"] = columns["dfbetas"][:, 0]
    return {
        "rows": [
            {"study": name, **{key: column[i].item() for key, column in columns.items()}}
            for i, name in enumerate(_names(effects, rows))
        ]
    }


def _baujat(effects: EffectTable, rows: NDArray[np.intp], options: DiagnoseOptions) -> Answer:
    from mgmeta.pooling.baujat import baujat

    at = baujat(effects.y[rows], effects.v[rows], method=options.method)
    pairs = zip(_names(effects, rows), at.heterogeneity.tolist(), at.shift.tolist(), strict=True)
    return {"rows": [{"study": name, "heterogeneity": x, "shift": y} for name, x, y in pairs]}


def _gosh(
    effects: EffectTable,
    rows: NDArray[np.intp],
    options: DiagnoseOptions,
    progress: Callable[[int, int], None] | None,
) -> Answer:
    from mgmeta.pooling.gosh import by_trial, gosh

    table = gosh(
        effects.y[rows],
        effects.v[rows],
        method=options.method,
        subsets=options.subsets,
        seed=options.seed,
        progress=progress,
    )
    summary = {name: _spread(getattr(table, name)) for name in ("estimate", "tau2", "i2", "h2", "q", "k")}
    trials = [
        {"study": name, **asdict(part)}
        for name, part in zip(_names(effects, rows), by_trial(table), strict=True)
    ]
    return {
        "subsets": int(table.k.size),
        "complete": table.complete,
        "seed": None if table.complete else options.seed,
        "summary": summary,
        "rows": trials,
        "table": table,
    }


def _spread(values: NDArray[Any]) -> Answer:
    low, quarter, median, three, high = np.quantile(values, [0.0, 0.25, 0.5, 0.75, 1.0]).tolist()
    sd = float(values.std(ddof=1)) if values.size > 1 else math.nan
    return {
        "mean": float(values.mean()),
        "sd": sd,
        "min": low,
        "q25": quarter,
        "median": median,
        "q75": three,
        "max": high,
    }
