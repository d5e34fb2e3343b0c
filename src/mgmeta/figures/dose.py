"""Effect by dose: numbers as bubbles, words as bands at their dose, the curves through zero, the limits.

This module decides what stands in the figure; :mod:`mgmeta.figures.dose_draw` draws it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mgmeta.errors import DataError
from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.evidence.records import Intake
from mgmeta.figures import words
from mgmeta.figures.curves import Fitted, fitted
from mgmeta.figures.results import Cells, Results
from mgmeta.figures.rows import ESTIMATE, TrialRow, trial_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MODERATOR = "dose"


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
    curves : Fitted
        The curves through zero dose = zero effect, and the line between trials.
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
    curves: Fitted
    supplement: tuple[Mark, ...]
    intake: tuple[Mark, ...]
    centre: float | None
    centre_label: str

    @property
    def tried(self) -> float:
        """The smallest dose of a trial; 0 without trials."""
        return min((row.dose for row in self.rows if row.dose is not None), default=0.0)


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
        curves=fitted(results.curves(analysis, outcome, MODERATOR)),
        supplement=_marks(results.intakes, ("ul_supplement",), ("adults",)),
        intake=_marks(results.intakes, ("rda", "ear"), ("men 31 y and over", "women 31 y and over")),
        centre=median,
        centre_label=f"median dose in {results.published(outcome)['label']}",
    )


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
    """Return the slope of the line through zero with its interval, or why there is none."""
    slope = data.curves.slope
    if slope is None:
        return "no line could be fitted"
    return f"{words.with_interval(*slope)} {data.unit} per {words.plain(data.curves.per)} mg/d"


def caption(data: Dose) -> str:
    """Return the caption: trials, curves, reference lines and their sources."""
    text = f"{words.capital(data.name)} by dose: {counts_text(data)}. "
    if data.curves.primary is not None:
        text += (
            f"Thick: the straight line through zero dose = zero effect, {slope_text(data)}, by maximum "
            "likelihood with the words; dashed below the smallest dose tried, where no trial holds it. "
            f"Shaded: pointwise {words.level(data.level)} band; dotted outlines: the band for the whole line "
            "(thin) and that for the true effect of a new trial (thick). "
        )
    else:
        text += f"{words.capital(slope_text(data))}. "
    if data.curves.others:
        text += f"Thin: {words.count(len(data.curves.others), 'other curve')} through zero. "
    if data.curves.between is not None:
        text += "Dash-dotted: the line that need not pass through zero, a comparison between trials only. "
    if data.curves.average is not None:
        text += "Coloured: the Bayesian average over curves, those without a bend and one effect included. "
    text += "Trials of nearly the same dose are set side by side. "
    limits = [f"{words.plain(mark.value)} mg/d ({mark.authority})" for mark in data.supplement]
    if limits:
        text += f"Upper limits for supplements: {words.listing(limits)}. "
    if data.centre is not None:
        text += f"{words.capital(data.centre_label)}: {words.plain(data.centre)} mg/d. "
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
    return f"{shown} Line through zero: {slope_text(data)}."


def table(data: Dose) -> Cells:
    """Return the figure as a table: trials, then the line at its ends and middle."""
    rows = [
        (row.label, words.plain(row.dose), row.text, words.fixed(row.low), words.fixed(row.high))
        for row in data.rows
    ]
    line = data.curves.primary
    if line is not None:
        last = len(line.at) - 1
        for index in sorted({0, last // 2, last}):
            ends = (line.effect[index], line.low[index], line.high[index])
            effect, low, high = (words.fixed(item) for item in ends)
            rows.append(("Line through zero", words.fixed(line.at[index], 0), effect, low, high))
    return ("Trial", "Mg, mg/d", f"Effect, {data.unit}", "Low", "High"), rows
