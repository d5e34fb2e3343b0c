"""Small-study effects and selection: the funnel, and every method that can be run on these rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mgmeta import words
from mgmeta.errors import FitError
from mgmeta.pooling.bias_answer import METHODS, BiasOptions, Rows
from mgmeta.pooling.small_study import FEW
from mgmeta.robustness.attempt import attempt
from mgmeta.robustness.pooled import Pooled
from mgmeta.robustness.trials import columns, numbers

Json = dict[str, Any]
NUMBERS, BOTH = "numbers", "numbers and words"


@dataclass(frozen=True)
class Method:
    """One method: its name, what it asks (``asymmetry`` = a P value, ``adjusted`` = an effect), its rows."""

    key: str
    label: str
    asks: str
    uses: str


# Order of the table. What is told of each is fixed here, not chosen by result.
LIST = (
    Method("egger", "Egger's regression", "asymmetry", NUMBERS),
    Method("egger", "Egger's regression", "asymmetry", BOTH),
    Method("begg", "Rank correlation", "asymmetry", NUMBERS),
    Method("excess", "Excess of significant results", "asymmetry", NUMBERS),
    Method("selection", "Selection by P value", "adjusted", NUMBERS),
    Method("selection", "Selection by P value", "adjusted", BOTH),
    Method("pet-peese", "PET-PEESE", "adjusted", NUMBERS),
    Method("pet-peese", "PET-PEESE", "adjusted", BOTH),
    Method("trimfill", "Trim and fill", "adjusted", NUMBERS),
    Method("limit", "Limit meta-analysis", "adjusted", NUMBERS),
    Method("copas", "Copas selection model", "adjusted", NUMBERS),
    Method("puniform", "p-uniform*", "adjusted", NUMBERS),
    Method("waap", "Average of the adequately powered", "adjusted", NUMBERS),
)


def small_study_tables(data: Pooled, level: float) -> Json:
    """Return the funnel and one entry a method; a method that cannot run says why.

    An entry has ``estimate, ci_low, ci_high`` (adjusted effect), ``p_value`` (of asymmetry or of
    selection) where the method gives one, ``note`` and ``warnings``.
    """
    kept, _, _ = numbers(data)
    few = [name for name, n in ((NUMBERS, len(kept)), (BOTH, data.rows.k)) if n < FEW]
    return {
        "k_numeric": len(kept),
        "k": data.rows.k,
        "few": FEW,
        "too_few_for": few,
        "rows": _points(data),
        **attempt("funnel", lambda: _funnel(data, level)),
        "methods": [_run(data, method, level) for method in LIST],
    }


def _rows(data: Pooled, uses: str) -> Rows:
    y, se, low, high = columns(data)
    kept = np.arange(data.rows.k) if uses == BOTH else np.flatnonzero(~data.rows.is_bound)
    names = data.labels
    bounded = uses == BOTH and bool(data.rows.is_bound.any())
    return Rows(y[kept], se[kept] ** 2, low[kept], high[kept], [names[i] for i in kept], None, bounded)


def _points(data: Pooled) -> list[Json]:
    """Return what every row says, with its standard error."""
    y, se, low, high = columns(data)
    return [
        {**data.who(i), "yi": y[i], "sei": se[i], "yi_low": low[i], "yi_high": high[i]}
        for i in range(data.rows.k)
    ]


def _funnel(data: Pooled, level: float) -> Json:
    rows = _rows(data, NUMBERS)
    if len(rows.names) == 0:
        raise FitError("no row has a number; a funnel needs numbers")
    return METHODS["funnel"](rows, BiasOptions("funnel", level=level))


def _run(data: Pooled, method: Method, level: float) -> Json:
    rows = _rows(data, method.uses)
    entry: Json = {
        "key": method.key,
        "label": method.label,
        "asks": method.asks,
        "uses": method.uses,
        "k": len(rows.names),
        "estimate": None,
        "ci_low": None,
        "ci_high": None,
        "p_value": None,
        "note": "",
        "warnings": [],
    }
    if not rows.names:
        return {**entry, "note": "no row has a number"}
    if method.uses == BOTH and not rows.bounded:
        return {**entry, "note": "no words: the same as with numbers"}
    try:
        found = METHODS[method.key](rows, BiasOptions(method.key, level=level))
    except FitError as error:
        return {**entry, "note": str(error)}
    told = _TOLD[method.key](found)
    return {**entry, **told, "warnings": list(dict.fromkeys(found.get("warnings", ())))}


def _effect(part: Mapping[str, Any] | None) -> Json:
    """Return estimate and interval; nothing of what is not finite."""
    if part is None:
        return {}
    found = {key: float(part[key]) for key in ("estimate", "ci_low", "ci_high")}
    return {key: value if math.isfinite(value) else None for key, value in found.items()}


def _copas(found: Json) -> Json:
    if found["adjusted"] is None:
        return {"note": "no strength of selection on the path leaves the funnel symmetric"}
    fit = found["rows"][found["adjusted"]]
    return {**_effect(fit), "note": f"{fit['unpublished']:.1f} unseen trials expected"}


def _selection(found: Json) -> Json:
    weights = ", ".join(f"{item['weight']:.2f}" for item in found["intervals"])
    return {**_effect(found), "p_value": found["lrt_p"], "note": f"chance of being seen {weights}"}


_TOLD: dict[str, Callable[[Json], Json]] = {
    "egger": lambda found: {"p_value": found["p_value"]},
    "begg": lambda found: {"p_value": found["p_value"], "note": f"Kendall's tau {words.fixed(found['tau'])}"},
    "excess": lambda found: {
        "p_value": found["p_value"],
        "note": f"{found['observed']} significant, {found['expected']:.1f} expected",
    },
    "selection": _selection,
    "pet-peese": lambda found: {**_effect(found["estimate"]), "note": found["chosen"]},
    "trimfill": lambda found: {**_effect(found["pool"]), "note": f"{found['missing']} filled in"},
    "limit": _effect,
    "copas": _copas,
    "puniform": lambda found: _effect(found["p_uniform_star"]),
    "waap": lambda found: (
        {**_effect(found["waap"]), "note": f"{found['k_adequate']} adequately powered"}
        if found["waap"]
        else {"note": f"{found['k_adequate']} adequately powered; an average needs 2"}
    ),
}
