"""Posterior of the mean effect with its prior, one panel an outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mgmeta.bayes.priors import parse_mu
from mgmeta.errors import DataError
from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.figures.results import Cells, Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

PANEL_WIDTH, HEIGHT = 3.8, 2.9  # inches
GRID_POINTS = 241
NOT_SAMPLED = "No outcome could be sampled; the diagnostics say why."


@dataclass(frozen=True)
class Density:
    """A posterior density on a grid, mmHg; and the prior on the same grid."""

    x: Array
    posterior: Array
    prior: Array


@dataclass(frozen=True)
class Panel:
    """One outcome: summaries of mu and, if the draws were read, its density.

    ``reasons`` says which diagnostics failed; empty = none.
    """

    outcome: str
    name: str
    unit: str
    mean: float
    low: float
    high: float
    p_below: tuple[tuple[str, float], ...]
    published: float
    density: Density | None
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Posterior:
    """All the figure shows."""

    title: str
    panels: tuple[Panel, ...]
    prior: str
    level: float
    published_label: str


def prepare(results: Results, analysis: str, outcome: str) -> Posterior:
    """Collect the posterior of every outcome of one analysis (*outcome* does not matter here).

    Raises
    ------
    DataError
        If the analysis was not sampled.
    """
    name = results.analysis(analysis)
    sampled = results.bayes.get(name)
    if sampled is None:
        raise DataError(f"analysis {name!r} was not sampled; set `bayes: true` for it")
    prior = str(sampled["priors"]["mu"])
    panels = []
    for key, item in results.headline["outcomes"].items():
        found = (results.sample(analysis, key) or {}).get("overall")
        if not found:
            continue
        mu, checks = found["mu"], found["diagnostics"]
        draws = results.draws.get(name, {}).get(key)
        panels.append(
            Panel(
                outcome=key,
                name=OUTCOMES[key].name,
                unit=str(item["unit"]),
                mean=mu["mean"],
                low=mu["ci_low"],
                high=mu["ci_high"],
                p_below=tuple(found["p_below"].items()),
                published=results.published(key)["estimate"],
                density=None if draws is None else density(draws, prior),
                reasons=() if checks["ok"] else tuple(checks["reasons"]) or ("unspecified",),
            )
        )
    label = str(next(iter(results.headline["outcomes"].values()))["published"]["label"])
    return Posterior(
        str(results.fit(analysis)["title"]), tuple(panels), prior, float(sampled["level"]), label
    )


def density(draws: Array, prior: str, points: int = GRID_POINTS) -> Density:
    """Return the kernel density of draws and the prior's density on one grid.

    Gaussian kernel with Silverman's bandwidth, 0.9 min(SD, IQR / 1.34) n^(-1/5) (Silverman 1986, eq. 3.31).

    Parameters
    ----------
    draws : array
        Any shape, mmHg.
    prior : str
        Prior of mu as text, such as ``normal:0,10``.
    points : int
        Points of the grid, which spans the draws and one unit either side of zero.

    Raises
    ------
    DataError
        If the draws do not vary.
    """
    flat = np.asarray(draws, dtype=float).ravel()
    quartiles = np.quantile(flat, [0.25, 0.75])
    spread = min(float(flat.std(ddof=1)), float(quartiles[1] - quartiles[0]) / 1.34)
    bandwidth = 0.9 * spread * flat.size**-0.2
    if not bandwidth > 0.0:
        raise DataError("the draws of mu do not vary; sample the analysis again")
    low, high = np.quantile(flat, [0.0005, 0.9995])
    x = np.linspace(min(low - 3 * bandwidth, -1.0), max(high + 3 * bandwidth, 1.0), points)
    posterior = np.array([np.exp(-0.5 * ((at - flat) / bandwidth) ** 2).sum() for at in x])
    posterior /= flat.size * bandwidth * np.sqrt(2.0 * np.pi)
    return Density(x, posterior, np.exp(parse_mu(prior).log_density(x)))


def draw(data: Posterior) -> Figure:
    """Draw the figure.

    Raises
    ------
    DataError
        If the draws were not read.
    """
    from matplotlib.figure import Figure

    from mgmeta.figures.style import styled

    if any(panel.density is None for panel in data.panels):
        raise DataError(
            "the posterior figure needs the draws; pass the folder of the netCDF files by --posteriors"
        )
    width = PANEL_WIDTH * max(len(data.panels), 1)
    with styled():
        figure = Figure(figsize=(width, HEIGHT))
        if not data.panels:
            figure.text(0.5, 0.5, NOT_SAMPLED, ha="center")
        for index, panel in enumerate(data.panels):
            left = (index * PANEL_WIDTH + 0.2) / width
            axes = figure.add_axes(
                (left, 0.55 / HEIGHT, (PANEL_WIDTH - 0.4) / width, (HEIGHT - 1.05) / HEIGHT)
            )
            _draw_panel(axes, panel, data)
    return figure


def _draw_panel(axes: Axes, panel: Panel, data: Posterior) -> None:
    from mgmeta.figures.style import PALETTE, SMALL

    shape = panel.density
    assert shape is not None
    inside = [panel.low, *shape.x[(shape.x > panel.low) & (shape.x < panel.high)], panel.high]
    heights = np.interp(inside, shape.x, shape.posterior)
    top = float(shape.posterior.max())
    axes.set_xlim(shape.x[0], shape.x[-1])
    axes.set_ylim(0.0, 1.12 * top)
    axes.fill_between(inside, heights, color=PALETTE["bayes_fill"], lw=0, zorder=1)
    axes.plot(shape.x, shape.posterior, color=PALETTE["bayes"], lw=1.6, zorder=3)
    axes.plot(shape.x, shape.prior, color=PALETTE["muted"], lw=1.1, ls=(0, (2, 2)), zorder=2)
    axes.axvline(0.0, color=PALETTE["muted"], lw=0.8, zorder=1.5)
    axes.axvline(panel.published, color=PALETTE["published"], lw=0.9, ls=(0, (4, 2)), zorder=1.6)
    axes.plot([panel.mean], [0.0], marker="D", ms=5, color=PALETTE["bayes"], mew=0, clip_on=False, zorder=4)
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])
    axes.set_xlabel(f"Mean effect, {panel.unit} (magnesium minus control)")
    axes.set_title(words.capital(panel.name), loc="left", weight="bold", pad=14)
    note = "FAILED DIAGNOSTICS: do not use" if panel.reasons else f"dotted: prior {data.prior}"
    color = PALETTE["bound"] if panel.reasons else PALETTE["muted"]
    axes.text(0.0, 1.03, note, transform=axes.transAxes, size=SMALL, color=color, va="bottom")


def caption(data: Posterior) -> str:
    """Return the caption: intervals and probabilities of a fall."""
    if not data.panels:
        return NOT_SAMPLED
    parts = []
    for panel in data.panels:
        value = words.with_interval(panel.mean, panel.low, panel.high)
        chances = [f"{words.percent(p)} below {words.plain(float(at))}" for at, p in panel.p_below]
        text = f"{panel.name} {value} {panel.unit}, probability {words.listing(chances)}"
        parts.append(text + (f" (FAILED DIAGNOSTICS: {'; '.join(panel.reasons)})" if panel.reasons else ""))
    return (
        f"Posterior of the mean effect, numbers and words; shaded: {words.level(data.level)} equal-tailed "
        f"interval; diamond: mean; dotted: prior {data.prior}; dashed line: {data.published_label}. "
        f"{words.capital('; '.join(parts))}."
    )


def alt(data: Posterior) -> str:
    """Return the text that stands for the figure."""
    if not data.panels:
        return NOT_SAMPLED
    parts = [
        f"{panel.name}: {words.with_interval(panel.mean, panel.low, panel.high)} {panel.unit}"
        for panel in data.panels
    ]
    return f"Posterior densities of the mean effect with their prior. {words.capital('; '.join(parts))}."


def table(data: Posterior) -> Cells:
    """Return the figure as a table."""
    thresholds = [at for at, _ in data.panels[0].p_below] if data.panels else []
    columns = (
        "Outcome",
        "Mean, mmHg",
        "Low",
        "High",
        *(f"P(below {words.plain(float(at))})" for at in thresholds),
    )
    rows = [
        (
            panel.name,
            words.fixed(panel.mean),
            words.fixed(panel.low),
            words.fixed(panel.high),
            *(words.percent(p) for _, p in panel.p_below),
        )
        for panel in data.panels
    ]
    return columns, rows
