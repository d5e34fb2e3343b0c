"""Effect by dose: numbers as bubbles, words as bands at their dose, the fitted line, the limits.

This module decides what stands in the figure; :mod:`mgmeta.figures.dose_draw` draws it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mgmeta.errors import DataError
from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.evidence.records import Intake
from mgmeta.figures import words
from mgmeta.figures.results import Cells, Json, Results
from mgmeta.figures.rows import ESTIMATE, TrialRow, trial_rows
from mgmeta.pooling.bounded import fit_bounded

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MODERATOR = "dose"
STEP_MG_PER_DAY = 100.0  # of the printed slope
GRID_POINTS = 25


@dataclass(frozen=True)
class Curve:
    """The fitted line: arrays over doses; band limits are NaN where the interval is open."""

    dose: tuple[float, ...]
    estimate: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class Mark:
    """A reference value of intake, mg/d, with who says it."""

    label: str
    authority: str
    value: float


@dataclass(frozen=True)
class Dose:
    """All the dose figure shows.

    Attributes
    ----------
    rows : tuple of TrialRow
        Trials whose elemental dose is known.
    unplaced : int
        Pooled trials without a known elemental dose, not in the figure.
    slope : tuple of float or None
        Slope per 100 mg/d: estimate, interval, P value.
    supplement : tuple of Mark
        Upper limits of supplemental magnesium; same quantity as the axis.
    intake : tuple of Mark
        Recommended total intakes; not the quantity of the axis.
    centre : float or None
        Published median dose of the review.
    """

    outcome: str
    name: str
    unit: str
    title: str
    level: float
    rows: tuple[TrialRow, ...]
    unplaced: int
    curve: Curve | None
    slope: tuple[float, float | None, float | None, float | None] | None
    supplement: tuple[Mark, ...]
    intake: tuple[Mark, ...]
    centre: float | None
    centre_label: str


def prepare(results: Results, analysis: str, outcome: str) -> Dose:
    """Collect what the dose figure of one analysis and outcome shows.

    Raises
    ------
    DataError
        If the analysis was not asked for moderators.
    """
    fit, out = results.fit(analysis), results.outcome(analysis, outcome)
    model = out.get("moderators", {}).get(MODERATOR)
    if model is None:
        raise DataError(
            f"analysis {fit['analysis']!r} has no moderator {MODERATOR!r}; set `moderators: true` for it"
        )
    level = float(fit["level"])
    known = {str(row["trial_id"]) for row in out["rows"] if row["dose_per_100mg"] is not None}
    rows = tuple(row for row in trial_rows(out, level) if row.trial_id in known and row.dose is not None)
    median = results.published(outcome).get("dose_mg_per_day_median")
    return Dose(
        outcome=outcome,
        name=OUTCOMES[outcome].name,
        unit=str(out["unit"]),
        title=str(fit["title"]),
        level=level,
        rows=rows,
        unplaced=len(out["rows"]) - len(rows),
        curve=dose_curve(out["rows"], level) if model["bounded"] else None,
        slope=_slope(model["bounded"]),
        supplement=_marks(results.intakes, ("ul_supplement",), ("adults",)),
        intake=_marks(results.intakes, ("rda", "ear"), ("men 31 y and over", "women 31 y and over")),
        centre=median,
        centre_label=f"median dose in {results.published(outcome)['label']}",
    )


def dose_curve(rows: Iterable[Json], level: float, points: int = GRID_POINTS) -> Curve:
    """Return the line of the bounded dose model with its pointwise profile-likelihood band.

    The interval of the line at a dose d is the interval of the intercept of the same model with the
    dose centred at d, so the model is refitted once a dose: no covariance is needed and the band is
    the same t-calibrated profile likelihood as every other interval here.

    Parameters
    ----------
    rows : iterable of JSON
        ``rows`` of a fit; those without ``dose_per_100mg`` are left out, as in the moderator model.
    level : float
        Level of the band.
    points : int
        Doses between the smallest and the largest.
    """
    used = [row for row in rows if row["dose_per_100mg"] is not None]
    dose = np.array([row["dose_mg_per_day"] for row in used], dtype=float)
    y, se, low, high = (
        np.array([math.nan if row[key] is None else row[key] for row in used], dtype=float)
        for key in ("yi", "sei", "yi_low", "yi_high")
    )
    grid = np.linspace(dose.min(), dose.max(), points)
    fits = [
        fit_bounded(
            y,
            se,
            low,
            high,
            np.column_stack([np.ones(dose.size), (dose - at) / STEP_MG_PER_DAY]),
            level=level,
        )
        for at in grid
    ]
    return Curve(
        dose=tuple(float(at) for at in grid),
        estimate=tuple(float(fit.beta[0]) for fit in fits),
        low=tuple(float(fit.ci_low[0]) for fit in fits),
        high=tuple(float(fit.ci_high[0]) for fit in fits),
    )


def _slope(model: Json | None) -> tuple[float, float | None, float | None, float | None] | None:
    for item in (model or {}).get("coefficients", ()):
        if item["term"] == MODERATOR:
            return item["estimate"], item["ci_low"], item["ci_high"], item["p_value"]
    return None


def _marks(
    intakes: Iterable[Intake], quantities: tuple[str, ...], populations: tuple[str, ...]
) -> tuple[Mark, ...]:
    """Return reference intakes in mg/d, in the order of *quantities*, then by value."""
    found = [
        (
            quantities.index(row.quantity),
            row.value,
            f"{_NAMES[row.quantity]}, {row.population}",
            row.authority,
        )
        for row in intakes
        if row.quantity in quantities
        and row.population in populations
        and row.unit == "mg/d"
        and row.value is not None
    ]
    return tuple(Mark(label, authority, value) for _, value, label, authority in sorted(found))


_NAMES = {
    "ul_supplement": "upper limit for supplements",
    "rda": "RDA",
    "ear": "EAR",
}


def draw(data: Dose) -> Figure:
    """Draw the figure (see :func:`mgmeta.figures.dose_draw.draw`)."""
    from mgmeta.figures.dose_draw import draw as draw_dose

    return draw_dose(data)


def counts_text(data: Dose) -> str:
    """Return how many trials are shown and how many have no known dose."""
    numeric = sum(row.shape == ESTIMATE for row in data.rows)
    total = words.count(len(data.rows), "trial")
    kinds = f"{numeric} with numbers, {len(data.rows) - numeric} with words only"
    text = f"{total} with a known elemental dose ({kinds})"
    return text + (f"; {words.count(data.unplaced, 'trial')} without one left out" if data.unplaced else "")


def slope_text(data: Dose) -> str:
    """Return the slope with its interval, or why there is none."""
    if data.slope is None:
        return "no slope could be fitted"
    estimate, low, high, p = data.slope
    unit = f"{data.unit} per {words.plain(STEP_MG_PER_DAY)} mg/d"
    return f"{words.with_interval(estimate, low, high)} {unit}, {words.p_value(p)}"


def caption(data: Dose) -> str:
    """Return the caption: trials, slope, reference lines and their sources."""
    text = f"{words.capital(data.name)} by dose: {counts_text(data)}. Slope: {slope_text(data)}, "
    text += f"by maximum likelihood with the words; shaded: pointwise {words.level(data.level)} band. "
    text += "Trials of nearly the same dose are set side by side. A comparison across trials, not within. "
    limits = [f"{words.plain(mark.value)} mg/d ({mark.authority})" for mark in data.supplement]
    if limits:
        text += f"Upper limits for supplements: {words.listing(limits)}. "
    intakes = [f"{mark.label} {words.plain(mark.value)} ({mark.authority})" for mark in data.intake]
    if intakes:
        text += f"Strip below, total intake from food and supplements, mg/d: {'; '.join(intakes)}."
    return text.strip()


def alt(data: Dose) -> str:
    """Return the text that stands for the figure."""
    doses = [row.dose for row in data.rows if row.dose is not None]
    if not doses:
        return f"Effect on {data.name} against dose: no pooled trial has a known elemental dose."
    span = f"{words.plain(min(doses))} to {words.plain(max(doses))} mg/d"
    shown = f"Effect on {data.name} against elemental magnesium dose, {span}, {counts_text(data)}."
    return f"{shown} Fitted slope: {slope_text(data)}."


def table(data: Dose) -> Cells:
    """Return the figure as a table: trials, then the fitted line at its ends and middle."""
    rows = [
        (row.label, words.plain(row.dose), row.text, words.fixed(row.low), words.fixed(row.high))
        for row in data.rows
    ]
    if data.curve:
        last = len(data.curve.dose) - 1
        for index in sorted({0, last // 2, last}):
            value = (data.curve.estimate[index], data.curve.low[index], data.curve.high[index])
            estimate, low, high = (words.fixed(item) for item in value)
            rows.append(("Fitted line", words.fixed(data.curve.dose[index], 0), estimate, low, high))
    return ("Trial", "Mg, mg/d", f"Effect, {data.unit}", "Low", "High"), rows
