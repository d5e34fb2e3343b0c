"""What the explorable part of the page computes with: every pooled row of every analysis, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.evidence.records import Evidence
from mgmeta.figures.rows import trial_row
from mgmeta.report.headline import group_of
from mgmeta.report.pooled import Json

# Columns of a row that the page pools; with the trial and the outcome they make a row what it is.
POOLED_COLUMNS = ("yi", "yi_low", "yi_high", "sei")


def explore_data(fits: Mapping[str, Json], start: str, level: float, evidence: Evidence) -> dict[str, Any]:
    """Return the rows of all analyses once each, and which analysis pools which.

    Parameters
    ----------
    fits : mapping of str to JSON
        ``results/fits/*.json`` by analysis, in the order of the configuration.
    start : str
        The analysis the page starts with.
    level : float
        Level of every interval.
    evidence : Evidence
        For what a slice does not hold of a trial: blinding, and trials that may share its participants.

    Returns
    -------
    dict
        ``start``, ``level``, ``outcomes`` (key to name, unit and `reach`, the largest believable effect),
        ``trials`` (id to label, year, blinding, and the trial whose participants it may share), ``rows``,
        and ``presets``, one an analysis: key, title, title of the main analysis it varies, and the places
        in ``rows`` by outcome. Effects and standard errors have all their digits.
    """
    rows: list[dict[str, Any]] = []
    places: dict[tuple[Any, ...], int] = {}
    presets = []
    for name, fit in fits.items():
        pooled: dict[str, list[int]] = {}
        for outcome, out in fit["outcomes"].items():
            pooled[outcome] = []
            for row in out["rows"]:
                key = (outcome, row["trial_id"], *(row[column] for column in POOLED_COLUMNS), row["assumed"])
                if key not in places:
                    places[key] = len(rows)
                    rows.append(_row(outcome, row, level))
                pooled[outcome].append(places[key])
        group = str(fits[group_of(name, list(fits))]["title"])
        presets.append({"key": name, "title": str(fit["title"]), "group": group, "rows": pooled})
    used = {row["outcome"] for row in rows}
    return {
        "start": start,
        "level": level,
        "outcomes": {
            key: {"name": item.name, "unit": item.unit, "reach": item.plausible_effect}
            for key, item in OUTCOMES.items()
            if key in used
        },
        "trials": _trials(fits, evidence),
        "rows": rows,
        "presets": presets,
    }


def _row(outcome: str, row: Json, level: float) -> dict[str, Any]:
    drawn = trial_row(row, level)
    number = row["yi"] is not None
    return {
        "outcome": outcome,
        "trial": drawn.trial_id,
        "y": row["yi"],
        "low": None if number else row["yi_low"],
        "high": None if number else row["yi_high"],
        "se": row["sei"],
        "ci": [drawn.low, drawn.high] if number else None,
        "says": drawn.text,
        "n": drawn.n,
        "dose": None if row["dose_per_100mg"] is None else drawn.dose,
        "hypertensive": drawn.hypertensive,
        "assumed": str(row["assumed"] or ""),
    }


def _trials(fits: Mapping[str, Json], evidence: Evidence) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for fit in fits.values():
        for out in fit["outcomes"].values():
            for row in out["rows"]:
                trial = evidence.trial_by_id.get(row["trial_id"])
                found[str(row["trial_id"])] = {
                    "label": str(row["label"]),
                    "year": row["year"],
                    "blinding": trial.blinding if trial and trial.blinding else "unclear",
                    "overlaps": trial.overlaps_with if trial else "",
                }
    return dict(sorted(found.items()))


def script_json(data: Any) -> str:
    """Return *data* as JSON that may stand in a ``<script>`` element: no ``<``, so nothing can end it.

    Raises
    ------
    ValueError
        If a number is not finite, which JSON cannot say.
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")
