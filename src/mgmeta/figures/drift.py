"""Review drift: the answer of all trials up to each year, and every review at its date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mgmeta.figures import words
from mgmeta.figures.results import Cells, Json, Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, LEFT, RIGHT, HIGH, GAP, AXIS, HEAD = 7.3, 0.62, 0.12, 2.5, 0.5, 0.48, 0.3  # inches
# Before the third number or so the posterior is the prior; an axis for it would flatten all else.
WIDEST = (-9.0, 6.0)


@dataclass(frozen=True)
class YearPoint:
    """The posterior after one year; `k` counts trials."""

    year: int
    k: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class ReviewPoint:
    """A published review at its year."""

    label: str
    year: int
    estimate: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Path:
    """One outcome."""

    name: str
    unit: str
    years: tuple[YearPoint, ...]
    reviews: tuple[ReviewPoint, ...]


@dataclass(frozen=True)
class DriftFigure:
    """All the figure shows."""

    paths: tuple[Path, ...]
    level: float


def prepare(results: Results, analysis: str, outcome: str) -> DriftFigure:
    """Collect the path of every outcome (*analysis* and *outcome* do not matter here).

    Raises
    ------
    DataError
        If the drift was not read.
    """
    drift = results.reproduced("drift")
    return DriftFigure(tuple(_path(item) for item in drift["outcomes"].values()), float(drift["level"]))


def _path(item: Json) -> Path:
    years = tuple(
        YearPoint(
            step["year"],
            step["k_numeric"] + step["k_bounds"],
            step["bayes"]["estimate"],
            step["bayes"]["ci_low"],
            step["bayes"]["ci_high"],
        )
        for step in item["steps"]
        if step["bayes"]["estimate"] is not None
    )
    reviews = tuple(
        ReviewPoint(r["label"], r["year"], r["estimate"], r["ci_low"], r["ci_high"]) for r in item["reviews"]
    )
    return Path(item["name"], item["unit"], years, reviews)


def draw(data: DriftFigure) -> Figure:
    """Draw the figure: one panel an outcome; steps with their band, reviews as hollow diamonds."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    from mgmeta.figures.style import PALETTE, styled

    n = len(data.paths)
    height = AXIS + n * HIGH + (n - 1) * GAP + HEAD
    with styled():
        figure = Figure(figsize=(WIDTH, height))
        last = 1 + max(max(p.year for p in path.years) for path in data.paths)
        last = max(last, *(r.year + 1 for path in data.paths for r in path.reviews))
        for index, path in enumerate(data.paths):
            bottom = AXIS + (n - 1 - index) * (HIGH + GAP)
            box = (LEFT / WIDTH, bottom / height, (WIDTH - LEFT - RIGHT) / WIDTH, HIGH / height)
            axes = figure.add_axes(box)
            axes.set_xlim(min(point.year for point in path.years) - 1, last + 1)
            axes.set_ylim(*_limits(path))
            axes.axhline(0.0, color=PALETTE["muted"], lw=0.8, zorder=1)
            _draw_steps(axes, path, last)
            _draw_reviews(axes, path)
            axes.xaxis.set_major_locator(MaxNLocator(9, integer=True))
            axes.set_ylabel(f"{path.unit}, magnesium minus control")
            axes.set_title(words.capital(path.name), loc="left", weight="bold")
        axes.set_xlabel("year of publication")
    return figure


def _limits(path: Path) -> tuple[float, float]:
    ends = [value for p in path.years for value in (p.low, p.high)]
    ends += [value for r in path.reviews for value in (r.estimate, r.low, r.high) if value is not None]
    room = 0.4
    return max(min(ends) - room, WIDEST[0]), min(max(ends) + room, WIDEST[1])


def _draw_steps(axes: Axes, path: Path, last: int) -> None:
    from mgmeta.figures.style import PALETTE

    years = [point.year for point in path.years] + [last]
    mean, low, high = (
        [getattr(point, name) for point in path.years] + [getattr(path.years[-1], name)]
        for name in ("mean", "low", "high")
    )
    axes.fill_between(years, low, high, step="post", color=PALETTE["band"], lw=0, zorder=0)
    axes.plot(years, mean, drawstyle="steps-post", color=PALETTE["headline"], lw=1.6, zorder=3)
    axes.plot(years[:-1], mean[:-1], "o", ms=2.6, color=PALETTE["headline"], zorder=4)


def _draw_reviews(axes: Axes, path: Path) -> None:
    """Draw the reviews, those of one year side by side, their names staggered along the top."""
    from mgmeta.figures.style import PALETTE, SMALL

    bottom, top = axes.get_ylim()
    color = PALETTE["published"]
    placed: dict[int, int] = {}
    for index, review in enumerate(path.reviews):
        shift = placed.get(review.year, 0)
        placed[review.year] = shift + 1
        x = review.year + 0.55 * shift
        if review.low is not None and review.high is not None:
            axes.plot([x, x], [max(review.low, bottom), min(review.high, top)], color=color, lw=1.1, zorder=5)
        if bottom <= review.estimate <= top:
            axes.plot([x], [review.estimate], "D", ms=4.6, mfc=PALETTE["paper"], mec=color, mew=1.1, zorder=6)
        end = review.estimate if review.high is None else min(review.high, top)
        y = top - (top - bottom) * (0.05 + 0.055 * (index % 4))
        axes.plot([x, x], [end, y - 0.05], color=color, lw=0.4, ls=(0, (1, 2)), zorder=2)
        name = review.label.rsplit(" ", 1)[0]
        axes.text(x, y, name, ha="center", va="bottom", size=SMALL - 0.5, color=color, zorder=7)


def caption(data: DriftFigure) -> str:
    """Return the caption: where each path ends."""
    parts = []
    for path in data.paths:
        end = path.years[-1]
        value = words.with_interval(end.mean, end.low, end.high)
        parts.append(f"{path.name} {value} {path.unit} from {words.count(end.k, 'trial')} by {end.year}")
    return (
        f"Posterior mean and {words.level(data.level)} interval from all eligible trials published up to "
        "each year, numbers and words, by today's criteria; hollow diamonds: published reviews at their "
        f"year, with their intervals. {words.capital(words.listing(parts))}."
    )


def alt(data: DriftFigure) -> str:
    """Return the text that stands for the figure."""
    lines = []
    for path in data.paths:
        first, last = path.years[0], path.years[-1]
        reviews = ", ".join(f"{r.label} {words.fixed(r.estimate)}" for r in path.reviews)
        lines.append(
            f"{words.capital(path.name)}: from {words.fixed(first.mean)} in {first.year} to "
            f"{words.fixed(last.mean)} in {last.year}; reviews {reviews}"
        )
    return f"Step lines of the pooled effect over the years. {'. '.join(lines)}."


def table(data: DriftFigure) -> Cells:
    """Return the figure as a table: every step, then every review."""
    columns = ("Pressure", "Year", "What", "Trials", "Effect, mmHg")
    rows = [
        (
            path.name,
            str(p.year),
            "all trials so far",
            words.integer(p.k),
            words.with_interval(p.mean, p.low, p.high),
        )
        for path in data.paths
        for p in path.years
    ]
    rows += [
        (path.name, str(r.year), r.label, words.MISSING, _published(r))
        for path in data.paths
        for r in path.reviews
    ]
    return columns, rows


def _published(review: ReviewPoint) -> str:
    if review.low is None or review.high is None:
        return words.fixed(review.estimate)
    return words.with_interval(review.estimate, review.low, review.high)
