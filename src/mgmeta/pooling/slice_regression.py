"""Moderators and subgroups of one slice, with and without bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from mgmeta.errors import FitError
from mgmeta.pooling.bounded import fit_bounded
from mgmeta.pooling.bounded_rows import bounded_pool
from mgmeta.pooling.model import fit_model, warnings_of
from mgmeta.pooling.slice_counts import counts
from mgmeta.pooling.slice_input import Row, effects_of
from mgmeta.stats.student import t_p_value

Array = NDArray[np.float64]
Json = dict[str, Any]

INTERCEPT = "intercept"
SUBGROUP_COLUMN = "hypertensive"
SUBGROUP_LEVELS = {1: "hypertensive", 0: "normotensive or high normal"}


def moderator_results(rows: Sequence[Row], moderators: Mapping[str, Mapping[str, str]], level: float) -> Json:
    """Return each moderator alone and all of them together.

    Rows that lack a moderator are listed in ``excluded``, never dropped silently.

    Parameters
    ----------
    rows : rows of a slice
    moderators : name to column and label
    level : of the intervals, such as 0.95
    """
    models = {name: [name] for name in moderators}
    if len(moderators) > 1:
        models["both"] = list(moderators)
    return {key: _moderator_model(rows, moderators, names, level) for key, names in models.items()}


def _moderator_model(
    rows: Sequence[Row], moderators: Mapping[str, Mapping[str, str]], names: list[str], level: float
) -> Json:
    columns = [moderators[name]["column"] for name in names]
    missing = [[c for c in columns if row[c] is None] for row in rows]
    kept = [row for row, lacks in zip(rows, missing, strict=True) if not lacks]
    excluded = [
        {"trial_id": row["trial_id"], "label": row["label"], "missing": ", ".join(lacks)}
        for row, lacks in zip(rows, missing, strict=True)
        if lacks
    ]
    labels = {INTERCEPT: "effect where every moderator is 0"}
    labels |= {name: moderators[name]["label"] for name in names}
    e = effects_of(kept)
    design = np.column_stack([np.ones(len(kept)), *([row[c] for row in kept] for c in columns)]).astype(float)
    terms = [INTERCEPT, *names]
    numeric, numeric_reason = _attempt(
        lambda: _numeric(e.y[e.numeric], e.se[e.numeric], design[e.numeric], terms, labels, level),
        design[e.numeric],
        names,
    )
    bounded, bounded_reason = _attempt(lambda: _bounded(kept, design, terms, labels, level), design, names)
    result: Json = {
        "formula": " + ".join(["1", *columns]),
        "excluded": excluded,
        "counts": counts(kept),
        "numeric": numeric,
        "bounded": bounded,
    }
    if numeric_reason:
        result["numeric_reason"] = numeric_reason
    if bounded_reason:
        result["bounded_reason"] = bounded_reason
    return result


def _attempt(fit: Callable[[], Json], design: Array, names: list[str]) -> tuple[Json | None, str]:
    """Fit if the rows allow it, else return the reason in plain words."""
    k, p = design.shape
    if k < p + 2:
        return None, f"{k} trials have these moderators; {p} coefficients need at least {p + 2}"
    for j, name in enumerate(names, start=1):
        if np.unique(design[:, j]).size < 2:
            return None, f"{name} is the same in all {k} trials"
    try:
        return fit(), ""
    except FitError as error:
        return None, str(error)


def _coefficients(terms: list[str], labels: Mapping[str, str], columns: Mapping[str, Array]) -> list[Json]:
    return [
        {"term": term, "label": labels[term], **{key: float(values[j]) for key, values in columns.items()}}
        for j, term in enumerate(terms)
    ]


def _numeric(
    y: Array, se: Array, design: Array, terms: list[str], labels: Mapping[str, str], level: float
) -> Json:
    """REML with Hartung-Knapp on the numbers alone."""
    model = fit_model(y, se**2, design, method="REML", test="knha")
    beta = model.fit.beta
    error = np.sqrt(np.diag(model.inference.cov))
    df = np.broadcast_to(np.asarray(model.inference.df, dtype=float), beta.shape)
    half = stdtrit(df, 0.5 + 0.5 * level) * error
    p = np.array([t_p_value(b / s, d) for b, s, d in zip(beta, error, df, strict=True)])
    null = fit_model(y, se**2, None, method="REML", test="knha").tau2
    return {
        "method": "REML",
        "test": "knha",
        "df": float(df[0]),
        "tau2": model.tau2,
        "r2": 100.0 * max(0.0, 1.0 - model.tau2 / null) if null > 0 else None,
        "warnings": warnings_of(model),
        "coefficients": _coefficients(
            terms,
            labels,
            {"estimate": beta, "se": error, "ci_low": beta - half, "ci_high": beta + half, "p_value": p},
        ),
    }


def _bounded(
    rows: Sequence[Row], design: Array, terms: list[str], labels: Mapping[str, str], level: float
) -> Json:
    """Maximum likelihood with bounds, t-calibrated profile intervals."""
    e = effects_of(rows)
    fit = fit_bounded(e.y, e.se, e.low, e.high, design, level=level, names=terms)
    null = fit_bounded(e.y, e.se, e.low, e.high, level=level, term_profile=False).tau2
    columns = {
        "estimate": fit.beta,
        "se": fit.se,
        "ci_low": fit.ci_low,
        "ci_high": fit.ci_high,
        "p_value": fit.p_value,
    }
    return {
        "method": fit.method,
        "test": fit.test,
        "df": fit.df,
        "tau2": fit.tau2,
        "r2": 100.0 * max(0.0, 1.0 - fit.tau2 / null) if null > 0 else None,
        "warnings": list(fit.warnings),
        "coefficients": _coefficients(terms, labels, columns),
        "covariance": fit.covariance,
    }


def subgroup_results(rows: Sequence[Row], level: float) -> Json:
    """Return the pool in each hypertension group and the test of their difference.

    The difference is the coefficient of a bounded regression with one tau2; its P
    value is the t-calibrated profile likelihood ratio.
    """
    levels: list[Json] = []
    for value, name in SUBGROUP_LEVELS.items():
        mine = [row for row in rows if row[SUBGROUP_COLUMN] == value]
        item: Json = {
            "level": name,
            "k_numeric": sum(row["kind"] == "estimate" for row in mine),
            "k_bounds": sum(row["kind"] == "bound" for row in mine),
        }
        item["bounded"], reason = bounded_pool(mine, level)
        if reason:
            item["bounded_reason"] = reason
        levels.append(item)
    known = [row for row in rows if row[SUBGROUP_COLUMN] is not None]
    interaction: Json | None = None
    design = np.array([[1.0, float(row[SUBGROUP_COLUMN])] for row in known]).reshape(-1, 2)
    found, reason = _attempt(
        lambda: _bounded(
            known, design, [INTERCEPT, "hypertension"], {INTERCEPT: "", "hypertension": ""}, level
        ),
        design,
        ["hypertension"],
    )
    if found is not None:
        term = found["coefficients"][1]
        interaction = {key: term[key] for key in ("estimate", "ci_low", "ci_high", "p_value")}
    group: Json = {"levels": levels, "interaction": interaction, "k_unknown": len(rows) - len(known)}
    if reason:
        group["interaction_reason"] = reason
    return {"hypertension": group}
