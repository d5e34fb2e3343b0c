"""Forest plot: every pooled trial a row, what it says on the right, the pools below.

This module decides what stands in the figure; :mod:`mgmeta.figures.forest_draw` draws it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.figures.forest_rows import ForestRow, drawn_rows
from mgmeta.figures.results import Cells, Json, Results
from mgmeta.figures.rows import ESTIMATE, TrialRow, trial_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Pool:
    """One pooled result: a diamond, with its text.

    ``role`` is ``numeric``, ``headline``, ``bayes`` or ``published`` and decides the colour. An end of the
    interval may be infinite.
    """

    role: str
    label: str
    estimate: float
    low: float
    high: float
    note: str = ""


@dataclass(frozen=True)
class Section:
    """Trials under one heading, with their own pool below them if they have one."""

    heading: str
    rows: tuple[TrialRow, ...]
    pool: Pool | None = None


@dataclass(frozen=True)
class Forest:
    """All a forest plot shows.

    Attributes
    ----------
    sections : tuple of Section
        From top to bottom; in each numbers first, then words, by year. None is empty.
    pools : tuple of Pool
        From top to bottom.
    prediction : tuple of float or None
        Prediction interval of the headline pool, mmHg.
    published : float or None
        The published estimate, for the reference line.
    limits : tuple of float
        Range of the axis, mmHg.
    """

    outcome: str
    name: str
    unit: str
    title: str
    level: float
    sections: tuple[Section, ...]
    pools: tuple[Pool, ...]
    prediction: tuple[float, float] | None
    published: float | None
    published_label: str
    limits: tuple[float, float]
    note: str = ""

    @property
    def rows(self) -> tuple[TrialRow, ...]:
        """All trials, section by section."""
        return tuple(row for section in self.sections for row in section.rows)

    @property
    def drawn(self) -> tuple[tuple[ForestRow, ...], ...]:
        """The rows drawn in each section: one a trial, or several trials together if there are too many."""
        total = sum(len(section.rows) for section in self.sections)
        return tuple(drawn_rows(section.rows, of=total) for section in self.sections)

    @property
    def drawn_count(self) -> int:
        """Number of rows drawn."""
        return sum(map(len, self.drawn))


def prepare(results: Results, analysis: str, outcome: str) -> Forest:
    """Collect what the forest plot of one analysis and outcome shows; it may have no rows."""
    fit, out = results.fit(analysis), results.outcome(analysis, outcome)
    level = float(fit["level"])
    rows = trial_rows(out, level)
    published = results.published(outcome)
    bounded = out["bounded"] or {}
    pi = (bounded.get("pi_low"), bounded.get("pi_high"))
    return Forest(
        outcome=outcome,
        name=OUTCOMES[outcome].name,
        unit=str(out["unit"]),
        title=str(fit["title"]),
        level=level,
        sections=by_print(rows),
        pools=_pools(results, analysis, outcome, published),
        prediction=None if pi[0] is None or pi[1] is None else (pi[0], pi[1]),
        published=published["estimate"],
        published_label=str(published["label"]),
        limits=_limits(rows, OUTCOMES[outcome].plausible_effect),
    )


def by_print(rows: tuple[TrialRow, ...]) -> tuple[Section, ...]:
    """Return the trials that print a number and those that print words only, as sections."""
    parts = {
        "Printed a number": tuple(row for row in rows if row.shape == ESTIMATE),
        "Printed words only: any value in the band": tuple(row for row in rows if row.shape != ESTIMATE),
    }
    return tuple(Section(heading, found) for heading, found in parts.items() if found)


def _pools(results: Results, analysis: str, outcome: str, published: Json) -> tuple[Pool, ...]:
    out = results.outcome(analysis, outcome)
    pools = []
    numeric = (out["numeric"] or {}).get("REML")
    if numeric:
        label = f"Numbers only, REML-HKSJ (k = {numeric['k']})"
        pools.append(Pool("numeric", label, numeric["estimate"], numeric["ci_low"], numeric["ci_high"]))
    bounded = out["bounded"]
    if bounded and bounded["ci_low"] is not None and bounded["ci_high"] is not None:
        label = f"Numbers and words, ML (k = {bounded['k']})"
        pools.append(Pool("headline", label, bounded["estimate"], bounded["ci_low"], bounded["ci_high"]))
    sample = results.sample(analysis, outcome)
    overall = (sample or {}).get("overall")
    if overall:
        note = "" if overall["diagnostics"]["ok"] else "FAILED DIAGNOSTICS"
        label = "Numbers and words, Bayesian" + (f": {note}" if note else "")
        mu = overall["mu"]
        pools.append(Pool("bayes", label, mu["mean"], mu["ci_low"], mu["ci_high"], note))
    trials = f" (k = {published['k_trials']})" if published["k_trials"] is not None else ""
    label = f"Published: {published['label']}{trials}"
    pools.append(Pool("published", label, published["estimate"], published["ci_low"], published["ci_high"]))
    return tuple(pools)


def _limits(rows: tuple[TrialRow, ...], plausible: float) -> tuple[float, float]:
    """Return the axis range: all intervals and bands, but no further than a believable effect.

    An interval that reaches beyond it ends in an arrowhead; its limits stand in the text column.
    """
    ends = [end for row in rows for end in (row.low, row.high, row.estimate) if end is not None]
    points = [row.estimate for row in rows if row.estimate is not None]
    low = max(min([*ends, -1.0]), min([*points, -plausible]))
    high = min(max([*ends, 1.0]), max([*points, plausible]))
    room = 0.06 * (high - low)
    return low - room, high + room


def draw(data: Forest) -> Figure:
    """Draw the figure (see :func:`mgmeta.figures.forest_draw.draw`)."""
    from mgmeta.figures.forest_draw import draw as draw_forest

    return draw_forest(data)


def counts_text(data: Forest) -> str:
    """Return ``"22 trials (12 with numbers, 10 with words only)"``."""
    numeric = sum(row.shape == ESTIMATE for row in data.rows)
    total = words.count(len(data.rows), "trial")
    return f"{total} ({numeric} with numbers, {len(data.rows) - numeric} with words only)"


def caption(data: Forest) -> str:
    """Return the caption: what is shown and the headline pool."""
    text = f"{words.capital(data.name)}, {data.title}: {counts_text(data)}. "
    text += (
        f"A filled square is a printed number with its {words.level(data.level)} interval; an open band is a "
        "trial that gives words only: any value in the band fits what it says."
    )
    if data.drawn_count < len(data.rows):
        text += (
            f" There are too many trials for a row each: {data.drawn_count} rows take neighbours in time "
            "together, numbers by their common-effect mean, words by the median of their limits. The file "
            "results/tables/trials.csv has every trial."
        )
    for pool in data.pools:
        if pool.role == "headline":
            value = words.with_interval(pool.estimate, pool.low, pool.high)
            text += f" Pooled with the words: {value} {data.unit}."
    if data.prediction:
        low, high = data.prediction
        text += f" {words.level(data.level)} prediction interval for the effect in a new trial: "
        text += f"{words.interval(low, high)} {data.unit}."
    return f"{text} {data.note}" if data.note else text


def alt(data: Forest) -> str:
    """Return the text that stands for the figure."""
    pools = "; ".join(
        f"{pool.label}: {words.with_interval(pool.estimate, pool.low, pool.high)} {data.unit}"
        for pool in data.pools
    )
    rows = "one row a trial" if data.drawn_count == len(data.rows) else "several trials a row"
    return f"Forest plot of {data.name} with {counts_text(data)}, {rows}. {pools}."


COLUMNS = ("Trial", "Participants", "Mg, mg/d", "What it says", "Low", "High", "Weight, %")


def table(data: Forest) -> Cells:
    """Return the figure as a table: every row drawn, then every pool."""
    rows = [
        (
            row.label,
            words.integer(row.n),
            words.plain(row.dose),
            row.text,
            words.fixed(row.low) if row.low is not None else "open",
            words.fixed(row.high) if row.high is not None else "open",
            words.fixed(row.weight, 1),
        )
        for section in data.drawn
        for row in (item.row for item in section)
    ]
    subtotals = [section.pool for section in data.sections if section.pool]
    rows += [_pool_cells(pool) for pool in (*subtotals, *data.pools)]
    return COLUMNS, rows


def _pool_cells(pool: Pool) -> tuple[str, str, str, str, str, str, str]:
    low, high = (words.fixed(end) if math.isfinite(end) else "open" for end in (pool.low, pool.high))
    return (pool.label, "", "", words.fixed(pool.estimate), low, high, "")
