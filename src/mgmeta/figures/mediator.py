"""The mediator: serum magnesium by dose, and pressure by serum magnesium in the trials that report both."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.figures.results import Cells, Json, Results
from mgmeta.figures.rows import quantile

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, APART = 9.6, 3.3, 0.75, 0.52, 0.45, 0.75  # inches


@dataclass(frozen=True)
class Span:
    """One effect: a point with its interval, or a bound (no point); None = open."""

    estimate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Point:
    """One trial in one panel; `x` is exact (a dose) or itself an effect."""

    label: str
    x: Span
    y: Span


@dataclass(frozen=True)
class Panel:
    """One panel: axis titles, trials, a line (at, estimate, low, high) if one is fitted and identified."""

    x_title: str
    y_title: str
    points: tuple[Point, ...]
    line: Json | None
    said: str


@dataclass(frozen=True)
class Mediator:
    """All the figure shows: serum by dose first, then a panel a pressure."""

    title: str
    level: float
    panels: tuple[Panel, ...]


def prepare(results: Results, analysis: str, outcome: str) -> Mediator:
    """Collect serum by dose and each pressure by serum (*outcome* does not matter here).

    Raises
    ------
    DataError
        If the moderators were not worked out.
    """
    document = results.moderated(analysis)
    level = float(document["level"])
    serum = document["biomarkers"]["serum_mg"]
    panels = [_by_dose(serum, level)]
    for key in results.headline["outcomes"]:
        rows = results.outcome(analysis, key)["rows"]
        panels.append(_by_serum(key, document["outcomes"][key], serum, rows, level))
    return Mediator(str(document["title"]), level, tuple(panels))


def span(row: Json, level: float) -> Span:
    """Return a slice row as a span: intervals at *level* about a number, the bound of words."""
    if row["kind"] != "estimate":
        return Span(None, row["yi_low"], row["yi_high"])
    half = quantile(level, row.get("df")) * row["sei"]
    return Span(row["yi"], row["yi"] - half, row["yi"] + half)


def _by_dose(serum: Json, level: float) -> Panel:
    known = set(serum["dose"]["values"])
    points = tuple(
        Point(str(row["label"]), Span(row["dose_mg_per_day"], None, None), span(row, level))
        for row in serum["rows"]
        if row["trial_id"] in known
    )
    line = serum["dose"]["line"]
    if line:
        line = {**line, "at": [368.0 + 100.0 * at for at in line["at"]]}
    found = serum["dose"]["difference"]
    said = "no line fitted"
    if found:
        value = words.with_interval(found["estimate"], found["ci_low"], found["ci_high"], 3)
        said = f"{value} per 100 mg/d"
    return Panel("Elemental magnesium, mg/d", "Serum magnesium, mmol/L", points, line, said)


def _by_serum(key: str, out: Json, serum: Json, rows: Any, level: float) -> Panel:
    main = next(item for item in out["surrogate"] if item["within"] == 0.0)
    by_trial = {row["trial_id"]: row for row in serum["rows"]}
    points = tuple(
        Point(str(row["label"]), span(by_trial[row["trial_id"]], level), span(row, level))
        for row in rows
        if row["trial_id"] in main["trials"] and row["trial_id"] in by_trial
    )
    if main["slope"] is None:
        said = "no line fitted"
    elif main["identified"]:
        said = f"{words.with_interval(main['slope'], main['ci_low'], main['ci_high'])} per 0.1 mmol/L"
    else:
        said = "slope not identified"
    line = None
    if main["identified"]:
        ends = [v for p in points for v in (p.x.low, p.x.high) if v is not None]
        at = [min(ends), max(ends)]
        line = {"at": at, "estimate": [main["intercept"] + 10.0 * main["slope"] * x for x in at]}
    name = OUTCOMES[key].name
    return Panel("Serum magnesium, mmol/L", f"{words.capital(name)}, {out['unit']}", points, line, said)


def draw(data: Mediator) -> Figure:
    """Draw the figure."""
    from matplotlib.figure import Figure

    from mgmeta.figures.style import PALETTE, SMALL, styled

    count = len(data.panels)
    wide = (WIDTH - LEFT - 0.12 - (count - 1) * APART) / count
    with styled():
        figure = Figure(figsize=(WIDTH, HEIGHT))
        for index, panel in enumerate(data.panels):
            left = LEFT + index * (wide + APART)
            box = (left / WIDTH, BOTTOM / HEIGHT, wide / WIDTH, (HEIGHT - BOTTOM - TOP) / HEIGHT)
            axes = figure.add_axes(box)
            axes.axhline(0.0, color=PALETTE["muted"], lw=0.8, zorder=1)
            _limits(axes, panel)
            if panel.line:
                line = panel.line
                if "low" in line:
                    low, high = ([math.nan if v is None else v for v in line[k]] for k in ("low", "high"))
                    axes.fill_between(line["at"], low, high, color=PALETTE["band"], lw=0, zorder=0.5)
                axes.plot(line["at"], line["estimate"], color=PALETTE["headline"], lw=1.6, zorder=5)
            for point in panel.points:
                _draw_point(axes, point)
            axes.set_xlabel(panel.x_title, size=SMALL)
            axes.set_ylabel(panel.y_title, size=SMALL)
            axes.text(0.0, 1.04, panel.said, transform=axes.transAxes, size=SMALL, clip_on=False)
    return figure


def _limits(axes: Axes, panel: Panel) -> None:
    for name, set_limits in (("x", axes.set_xlim), ("y", axes.set_ylim)):
        spans: list[Span] = [getattr(point, name) for point in panel.points]
        ends = [v for s in spans for v in (s.estimate, s.low, s.high) if v is not None]
        low, high = min(ends, default=0.0), max(ends, default=1.0)
        room = 0.07 * (high - low) or 0.5
        set_limits(low - room, high + room)


def _draw_point(axes: Axes, point: Point) -> None:
    from mgmeta.figures.style import PALETTE

    limits = (axes.get_xlim(), axes.get_ylim())
    number = point.x.estimate is not None and point.y.estimate is not None
    color = PALETTE["estimate"] if number else PALETTE["bound"]
    centres: list[float] = []
    ends: list[tuple[float, float]] = []
    for found, (low, high) in zip((point.x, point.y), limits, strict=True):
        start = low if found.low is None else found.low
        stop = high if found.high is None else found.high
        centre = 0.5 * (start + stop) if found.estimate is None else found.estimate
        exact = found.estimate is not None and found.low is None and found.high is None
        ends.append((centre, centre) if exact else (start, stop))
        centres.append(centre)
    style: dict[str, Any] = {"color": color, "lw": 1.0, "solid_capstyle": "butt", "zorder": 3}
    axes.plot(ends[0], [centres[1]] * 2, ls="-" if point.x.estimate is not None else (0, (2, 2)), **style)
    axes.plot([centres[0]] * 2, ends[1], ls="-" if point.y.estimate is not None else (0, (2, 2)), **style)
    if number:
        axes.plot([centres[0]], [centres[1]], marker="o", ms=4.5, color=color, mec=PALETTE["paper"], zorder=4)


def caption(data: Mediator) -> str:
    """Return the caption."""
    return (
        f"The mediator, {data.title[:1].lower()}{data.title[1:]}. Left: change of serum magnesium by dose, "
        f"with line and band. Right: change of pressure against change of serum magnesium in the trials that "
        f"report both, {words.level(data.level)} intervals both ways; dashed = known only as a bound in "
        "words, without a point. A line stands only where the trials identify one."
    )


def alt(data: Mediator) -> str:
    """Return the text that stands for the figure."""
    parts = [
        f"{panel.y_title} against {panel.x_title[:1].lower()}{panel.x_title[1:]}: "
        f"{words.count(len(panel.points), 'trial')}, {panel.said}"
        for panel in data.panels
    ]
    return f"Scatter plots of trials with intervals both ways. {'. '.join(parts)}."


def table(data: Mediator) -> Cells:
    """Return the figure as a table: a row a trial and panel, the line of each panel last."""
    rows = []
    for panel in data.panels:
        for point in panel.points:
            rows.append((panel.y_title, panel.x_title, point.label, _text(point.x), _text(point.y)))
        rows.append((panel.y_title, panel.x_title, "Line", "", panel.said))
    return ("Vertical", "Horizontal", "Trial", "Horizontal value", "Vertical value"), rows


def _text(found: Span) -> str:
    if found.estimate is None:
        return f"words: {words.interval(found.low, found.high, 3)}"
    if found.low is None and found.high is None:
        return words.plain(found.estimate)
    return words.with_interval(found.estimate, found.low, found.high, 3)
