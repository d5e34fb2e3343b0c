"""Funnel plot with contours of significance: numbers as points, words as bands at their standard error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.figures.columns import parts
from mgmeta.figures.results import Cells, Json, Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEVELS = (0.01, 0.05, 0.10)
SHADES = (0.35, 0.65, 1.0)  # of the zones of larger and larger P


@dataclass(frozen=True)
class Trial:
    """One row: a number (`estimate`) or a bound (`low`, `high`; None = open), at its standard error."""

    label: str
    se: float
    estimate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Funnel:
    """One outcome: rows, the pool of the numbers (None without), half-width of the region in SEs."""

    outcome: str
    trials: tuple[Trial, ...]
    centre: float | None
    asymmetry: tuple[tuple[str, float | None], ...]
    few: bool


@dataclass(frozen=True)
class Funnels:
    """All the figure shows."""

    panels: tuple[Funnel, ...]
    level: float
    least: int


def prepare(results: Results, analysis: str, outcome: str) -> Funnels:
    """Collect every outcome (*outcome* does not matter here).

    Raises
    ------
    DataError
        If the robustness was not read.
    """
    found = parts(results, analysis, "small_study")
    return Funnels(
        tuple(_panel(key, item) for key, item in found.items()),
        float(results.robust(analysis)["level"]),
        max((item["small_study"]["few"] for item in found.values()), default=0),
    )


def _panel(key: str, item: Json) -> Funnel:
    study = item["small_study"]
    tests = [m for m in study["methods"] if m["key"] == "egger"]
    return Funnel(
        outcome=key,
        trials=tuple(
            Trial(row["label"], row["sei"], row["yi"], row["yi_low"], row["yi_high"]) for row in study["rows"]
        ),
        centre=study["funnel"]["centre"] if study["funnel"] else None,
        asymmetry=tuple((m["uses"], m["p_value"]) for m in tests),
        few=study["k_numeric"] < study["few"],
    )


def draw(data: Funnels) -> Figure:
    """Draw the figure: one panel an outcome, standard errors downwards."""
    from mgmeta.figures.panels import add_panels
    from mgmeta.figures.style import styled

    with styled():
        figure, panels = add_panels([panel.outcome for panel in data.panels])
        for axes, panel in zip(panels, data.panels, strict=True):
            _draw_panel(axes, panel, data.level)
        if panels:
            panels[0].set_ylabel("standard error, mmHg")
    return figure


def _draw_panel(axes: Axes, panel: Funnel, level: float) -> None:
    from mgmeta.figures.rows import quantile
    from mgmeta.figures.style import PALETTE, SMALL

    deepest = 1.08 * max(trial.se for trial in panel.trials)
    z = quantile(level, None)
    ends = [value for t in panel.trials for value in (t.estimate, t.low, t.high) if value is not None]
    widths = [quantile(1.0 - p, None) for p in LEVELS]
    reach = 1.06 * max(*(abs(value) for value in ends), widths[-1] * deepest)
    axes.set_xlim(-reach, reach)
    axes.set_ylim(deepest, 0.0)
    # From the outermost contour inwards: each zone of larger P lies over the wider one before it.
    for width, shade in zip(widths, SHADES, strict=True):
        axes.fill(
            [0.0, -width * deepest, width * deepest],
            [0.0, deepest, deepest],
            color=PALETTE["band"],
            alpha=shade,
            lw=0,
            zorder=0,
        )
    for width, p in zip(widths, LEVELS, strict=True):
        side = min(0.985 * width * deepest, reach)
        left = p == LEVELS[-1]  # side by side two of them would run into each other
        axes.annotate(
            f"{p:g}",
            (-side if left else side, side / width),
            xytext=(3 if left else -3, 2),
            textcoords="offset points",
            ha="left" if left else "right",
            size=SMALL - 1,
            color=PALETTE["muted"],
        )
    if panel.centre is not None:
        for sign in (-1.0, 1.0):
            axes.plot(
                [panel.centre, panel.centre + sign * z * deepest],
                [0.0, deepest],
                color=PALETTE["headline"],
                lw=0.9,
                ls=(0, (4, 2)),
                zorder=1,
            )
        axes.axvline(panel.centre, color=PALETTE["headline"], lw=1.0, zorder=1)
    axes.axvline(0.0, color=PALETTE["muted"], lw=0.8, zorder=1)
    for trial in panel.trials:
        _draw_trial(axes, trial, deepest)
    axes.set_xlabel(f"{OUTCOMES[panel.outcome].unit}, magnesium minus control")


def _draw_trial(axes: Axes, trial: Trial, deepest: float) -> None:
    from mgmeta.figures.glyphs import draw_band, draw_open_band
    from mgmeta.figures.style import PALETTE

    if trial.estimate is not None:
        axes.plot([trial.estimate], [trial.se], "o", ms=5, color=PALETTE["estimate"], mew=0, zorder=5)
        return
    height = 0.022 * deepest
    if trial.low is not None and trial.high is not None:
        draw_band(axes, trial.se, trial.low, trial.high, height)
    else:
        limit = trial.high if trial.low is None else trial.low
        assert limit is not None
        draw_open_band(axes, trial.se, limit, trial.low is None, height)


def caption(data: Funnels) -> str:
    """Return the caption: what is drawn, and what the tests of asymmetry give."""
    shown = words.listing([f"P = {p:g}" for p in LEVELS])
    texts = [
        "Each trial by effect and standard error. Points print a number, bands say it in words. Shaded: "
        f"effects that are not significant at two-sided {shown} (light to dark). Solid: the pool of the "
        f"numbers (REML); dashed: where {words.level(data.level)} of trials would lie around it if all "
        "shared one effect."
    ]
    for panel in data.panels:
        tests = [f"{words.p_value(p)} with {uses}" for uses, p in panel.asymmetry if p is not None]
        k = sum(trial.estimate is not None for trial in panel.trials)
        text = f"{words.capital(OUTCOMES[panel.outcome].name)}: {words.count(k, 'number')}"
        text += f"; Egger's test of asymmetry {words.listing(tests)}." if tests else "; no test of asymmetry."
        texts.append(text)
    if any(panel.few for panel in data.panels):
        texts.append(f"With fewer than {data.least} numbers the test has hardly any power.")
    return " ".join(texts)


def alt(data: Funnels) -> str:
    """Return the text that stands for the figure."""
    return f"A funnel plot for each pressure. {caption(data)}"


def table(data: Funnels) -> Cells:
    """Return the figure as a table."""
    columns = ("Pressure", "Trial", "Says, mmHg", "Standard error, mmHg")
    rows = [
        (
            OUTCOMES[panel.outcome].name,
            trial.label,
            words.fixed(trial.estimate)
            if trial.estimate is not None
            else words.interval(trial.low, trial.high),
            words.fixed(trial.se),
        )
        for panel in data.panels
        for trial in panel.trials
    ]
    rows += [
        (OUTCOMES[panel.outcome].name, "pool of the numbers", words.fixed(panel.centre), words.MISSING)
        for panel in data.panels
    ]
    return columns, rows
