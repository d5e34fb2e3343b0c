"""One moderator at a time: the effect at each level, and the difference between them or the slope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mgmeta.moderators.catalogue import Moderator
from mgmeta.moderators.line import Line, fitted_line
from mgmeta.pooling.bounded_rows import bounded_pool
from mgmeta.pooling.slice_input import Row
from mgmeta.pooling.slice_regression import moderator_results

Json = dict[str, Any]

# A level of one trial is that trial: its other properties cannot be told from the moderator.
LEAST_PER_LEVEL = 2
# Below these a result is shown but called thin: trials for a slope (Cochrane Handbook 10.11.5.1), and
# trials in the smaller level (docs/protocol.md section 11.1).
FEW_TRIALS, FEW_PER_LEVEL = 10, 5


@dataclass(frozen=True)
class Level:
    """The pool of one level, with a tau2 of its own; `pool` is None beside a `reason`."""

    name: str
    k_numeric: int
    k_bounds: int
    pool: Json | None
    reason: str


@dataclass(frozen=True)
class Single:
    """One moderator and one outcome.

    Attributes
    ----------
    levels : tuple of Level
        Reference first; empty for a continuous moderator.
    low, high, centre : float or None
        Range and mean of a continuous moderator over the trials that state it.
    difference : mapping or None
        Level 1 minus level 0, or the slope for one step: estimate, se, ci_low, ci_high, p_value; one
        tau2, numbers and bounds. None beside a `reason`.
    intercept : float or None
        Effect at `centre`, or at level 0.
    line : Line or None
        The fitted line of a continuous moderator.
    numeric : mapping or None
        The same from numbers alone (REML, Hartung-Knapp).
    thin : tuple of str
        Why the result is to be read with care, in words.
    values : mapping of str to float
        trial_id -> value, unscaled, of the trials that state it.
    """

    key: str
    label: str
    step: float
    step_label: str
    axis: str
    k_numeric: int
    k_bounds: int
    unknown: tuple[str, ...]
    levels: tuple[Level, ...]
    low: float | None
    high: float | None
    centre: float | None
    difference: Json | None
    reason: str
    intercept: float | None
    tau2: float | None
    numeric: Json | None
    thin: tuple[str, ...]
    line: Line | None
    values: dict[str, float]


def fit_single(
    moderator: Moderator, rows: Sequence[Row], found: Sequence[float | None], level: float
) -> Single:
    """Fit one moderator alone.

    Parameters
    ----------
    moderator
        What it is.
    rows
        Slice rows of one outcome.
    found
        Its value in each row, None where the tables do not state it.
    level
        Of the intervals.

    Returns
    -------
    Single
        Refused with the reason where fewer than two trials are at a level, where it does not vary, or
        where there are fewer than four trials.

    Notes
    -----
    ``y_i = b0 + b1 x_i + u_i + e_i`` by :func:`mgmeta.pooling.bounded.fit_bounded`: maximum likelihood
    of numbers and bounds, t-calibrated profile intervals. x is 0 or 1, or (value - mean) / step.
    """
    known = [(row, value) for row, value in zip(rows, found, strict=True) if value is not None]
    kept = [row for row, _ in known]
    levels = tuple(
        _level(name, [row for row, value in known if value == code], level)
        for code, name in enumerate(moderator.levels)
    )
    numbers = [value for _, value in known]
    centre = sum(numbers) / len(numbers) if numbers and not moderator.levels else None
    scaled = [(value - (centre or 0.0)) / moderator.step for value in numbers]
    model: Json = {}
    reason = _refusal(levels, numbers)
    if not reason:
        coded = [{**row, "moderator": x} for row, x in zip(kept, scaled, strict=True)]
        asked = {moderator.key: {"column": "moderator", "label": moderator.label}}
        model = moderator_results(coded, asked, level)[moderator.key]
        reason = model.get("bounded_reason", "")
    bounded = model.get("bounded")
    difference = _term(bounded)
    return Single(
        key=moderator.key,
        label=moderator.label,
        step=moderator.step,
        step_label=moderator.step_label,
        axis=moderator.axis,
        k_numeric=sum(row["kind"] == "estimate" for row in kept),
        k_bounds=sum(row["kind"] == "bound" for row in kept),
        unknown=tuple(str(row["trial_id"]) for row, value in zip(rows, found, strict=True) if value is None),
        levels=levels,
        low=min(numbers, default=None) if not levels else None,
        high=max(numbers, default=None) if not levels else None,
        centre=centre,
        difference=difference,
        reason=reason,
        intercept=bounded["coefficients"][0]["estimate"] if bounded else None,
        tau2=bounded["tau2"] if bounded else None,
        numeric=_term(model.get("numeric")),
        thin=_thin(levels, len(kept)) if difference else (),
        line=fitted_line(kept, numbers, moderator.step, level) if difference and not levels else None,
        values={str(row["trial_id"]): value for row, value in known},
    )


def _level(name: str, rows: list[Row], level: float) -> Level:
    pool, reason = bounded_pool(rows, level)
    numeric = sum(row["kind"] == "estimate" for row in rows)
    kept = ("estimate", "se", "ci_low", "ci_high", "tau2", "pi_low", "pi_high")
    return Level(
        name, numeric, len(rows) - numeric, {key: pool[key] for key in kept} if pool else None, reason
    )


def _refusal(levels: tuple[Level, ...], numbers: list[float]) -> str:
    """Return why the difference cannot be fitted, or ""."""
    for item in levels:
        k = item.k_numeric + item.k_bounds
        if k < LEAST_PER_LEVEL:
            trials = "no trial is" if k == 0 else "only one trial is"
            return f"{trials} {item.name}; a level needs at least {LEAST_PER_LEVEL}"
    if len(numbers) < 4:
        trials = "no trial states" if not numbers else "only one trial states" if len(numbers) == 1 else ""
        return f"{trials or f'only {len(numbers)} trials state'} it; a slope needs at least 4"
    if len(set(numbers)) < 2:
        return f"it is the same in all {len(numbers)} trials"
    return ""


def _thin(levels: tuple[Level, ...], k: int) -> tuple[str, ...]:
    notes = [
        f"{item.k_numeric + item.k_bounds} trials {item.name}"
        for item in levels
        if item.k_numeric + item.k_bounds < FEW_PER_LEVEL
    ]
    if k < FEW_TRIALS:
        notes.append(f"{k} trials in all")
    return tuple(notes)


def _term(model: Json | None) -> Json | None:
    """Return the coefficient of the moderator without its names."""
    if model is None:
        return None
    term = model["coefficients"][1]
    return {key: term[key] for key in ("estimate", "se", "ci_low", "ci_high", "p_value")}
