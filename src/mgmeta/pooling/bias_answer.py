"""What ``mgmeta bias`` answers: the keys of its JSON, from effects and options."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgmeta.errors import ConfigError, DataError
from mgmeta.pooling.selection_answer import copas_answer, p_uniform_answer, selection_answer
from mgmeta.pooling.small_study import SILENCE
from mgmeta.pooling.small_study_answer import (
    begg_answer,
    egger_answer,
    excess_answer,
    failsafe_answer,
    funnel_answer,
    limit_answer,
    pet_peese_answer,
    trim_fill_answer,
    waap_answer,
)
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
    curve: str = "steps"
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
    With a smooth ``curve`` selection is one of the others.

    Raises
    ------
    DataError, ConfigError, FitError
        If the rows or options do not allow it; messages name file, row and column.
    """
    if options.what not in KINDS:
        raise ConfigError(f"--what {options.what!r} is unknown; use {', '.join(KINDS)}")
    smooth = options.what == "selection" and options.curve != "steps"
    can = options.what in USE_BOUNDS and not options.numbers_only and not smooth
    with_bounds = can and bool(effects.bounds.any())
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


METHODS: dict[str, Callable[[Rows, BiasOptions], Answer]] = {
    "egger": egger_answer,
    "begg": begg_answer,
    "trimfill": trim_fill_answer,
    "pet": pet_peese_answer,
    "peese": pet_peese_answer,
    "pet-peese": pet_peese_answer,
    "selection": selection_answer,
    "limit": limit_answer,
    "copas": copas_answer,
    "puniform": p_uniform_answer,
    "failsafe": failsafe_answer,
    "waap": waap_answer,
    "excess": excess_answer,
    "funnel": funnel_answer,
}
"""What each ``--what`` runs."""
