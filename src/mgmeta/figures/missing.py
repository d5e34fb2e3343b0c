"""What each paper would be worth: expected narrowing of the answer if its numbers were retrieved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.figures.results import Cells, Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mgmeta.figures.page import Page

ROW = 0.25  # inches
LABEL, LABEL_END, GAP, PLOT, TEXT, EDGE = 0.08, 3.75, 0.2, 2.1, 1.0, 0.04  # inches
SHOWN = 15
FIRST = 5  # "fetch these five first": the papers whose joint worth is given


@dataclass(frozen=True)
class Worth:
    """Expected fall of the posterior SD of mu, as a share of today's, with its Monte Carlo error."""

    share: float
    error: float


@dataclass(frozen=True)
class Paper:
    """One paper; `worths` by outcome, None where its numbers could add nothing."""

    rank: int
    label: str
    printed: str
    worths: tuple[Worth | None, ...]


@dataclass(frozen=True)
class Papers:
    """All the figure shows: the most valuable papers, best first; `ranked` is how many have a worth."""

    outcomes: tuple[str, ...]
    papers: tuple[Paper, ...]
    ranked: int
    joint: tuple[Worth, ...]
    first: int
    draws: int
    limit: float


def prepare(results: Results, analysis: str, outcome: str) -> Papers:
    """Collect the papers of highest worth (*analysis* and *outcome* do not matter here)."""
    found = results.missing
    outcomes = tuple(key for key in results.headline["outcomes"] if key in found["sd_today"])
    ranked = [row for row in found["rows"] if row["rank"] is not None]
    papers = tuple(
        Paper(
            int(row["rank"]),
            str(row["label"]),
            printed_words(row, outcomes),
            tuple(_worth(row, key, float(found["sd_today"][key])) for key in outcomes),
        )
        for row in ranked[:SHOWN]
    )
    joint = tuple(
        Worth(found["best"][key]["share"], found["best"][key]["error"] / found["sd_today"][key])
        for key in outcomes
    )
    ends = [worth.share + 2 * worth.error for paper in papers for worth in paper.worths if worth]
    return Papers(
        outcomes=outcomes,
        papers=papers,
        ranked=len(ranked),
        joint=joint,
        first=len(found["best_trials"]),
        draws=int(found["draws"]),
        limit=1.04 * max([*ends, 0.01]),
    )


def _worth(row: Any, outcome: str, today: float) -> Worth | None:
    share, error = row[f"share_{outcome}"], row[f"fall_error_{outcome}"]
    return None if share is None else Worth(float(share), float(error) / today)


def printed_words(row: Any, outcomes: tuple[str, ...]) -> str:
    """Return what our source of a trial prints, once if alike for all outcomes; unused rows are marked."""
    kinds = " / ".join(dict.fromkeys(str(row[f"printed_{key}"]) for key in outcomes))
    left_out = [str(row[f"status_{key}"]).startswith("row_left_out") for key in outcomes]
    return f"{kinds}, row left out" if all(left_out) else kinds


def draw(data: Papers) -> Figure:
    """Draw the figure: one panel an outcome, a bar a paper, the first few in bold."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    from mgmeta.figures.page import add_page
    from mgmeta.figures.style import PALETTE, styled

    lines = max(len(data.papers), 1)
    width = LABEL_END + len(data.outcomes) * (GAP + PLOT + TEXT) + EDGE
    head, axis = 0.36, 0.52
    with styled():
        figure = Figure(figsize=(width, head + lines * ROW + axis))
        for index, outcome in enumerate(data.outcomes):
            left = LABEL_END + index * (GAP + PLOT + TEXT) + GAP
            limits = (0.0, 100 * data.limit)
            page = add_page(figure, left, left + PLOT, axis, lines, ROW, limits)
            page.axes.axvline(0.0, color=PALETTE["muted"], lw=0.8, zorder=1)
            page.axes.set_xlabel("expected fall of the SD of the mean effect")
            page.axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
            page.axes.xaxis.set_major_formatter(PercentFormatter(decimals=0))
            page.put(left, -1.15, words.capital(OUTCOMES[outcome].name), weight="bold")
            if index == 0:
                page.put(LABEL, -1.15, "Paper", weight="bold")
                page.put(LABEL_END, -1.15, "Our source prints", ha="right", weight="bold")
                page.line(LABEL, width - EDGE, -0.66, PALETTE["muted"])
            _draw_panel(page, data, index, left + PLOT + 0.08)
    return figure


def _draw_panel(page: Page, data: Papers, index: int, text: float) -> None:
    from mgmeta.figures.style import PALETTE, SMALL, drawable, fitted, text_width

    for y, paper in enumerate(data.papers):
        first = paper.rank <= data.first
        weight = "bold" if first else "normal"
        if index == 0:
            room = LABEL_END - LABEL - 0.28 - text_width(paper.printed, SMALL) - 0.15
            page.put(LABEL + 0.2, y, str(paper.rank), ha="right", size=SMALL, color=PALETTE["muted"])
            page.put(
                LABEL + 0.28, y, fitted(drawable(paper.label), room, SMALL, weight), size=SMALL, weight=weight
            )
            page.put(LABEL_END, y, paper.printed, ha="right", size=SMALL, color=PALETTE["muted"])
        worth = paper.worths[index]
        if worth is None:
            page.put(text, y, words.MISSING, size=SMALL, color=PALETTE["muted"])
            continue
        color = PALETTE["headline"] if first else PALETTE["estimate"]
        share, error = 100 * worth.share, 100 * worth.error
        bar: dict[str, Any] = {"color": PALETTE["band"], "edgecolor": color, "lw": 1.6 if first else 0.7}
        page.axes.barh([y], [share], height=0.56, zorder=2, **bar)
        ends = [share - 2 * error, share + 2 * error]  # two Monte Carlo standard errors either way
        page.axes.plot(ends, [y, y], color=PALETTE["ink"], lw=1.0, zorder=3)
        for end in ends:
            page.axes.plot([end, end], [y - 0.13, y + 0.13], color=PALETTE["ink"], lw=1.0, zorder=3)
        page.put(text, y, _value(worth), size=SMALL, weight=weight)


def _value(worth: Worth) -> str:
    return f"{words.percent(worth.share, 1)} \u00b1 {words.percent(worth.error, 1)}"


def caption(data: Papers) -> str:
    """Return the caption: how to read it, and what the first few are worth together."""
    together = [
        f"{_value(worth)} for {OUTCOMES[key].name}"
        for key, worth in zip(data.outcomes, data.joint, strict=True)
    ]
    unused = any("row left out" in paper.printed for paper in data.papers)
    note = " \u201cRow left out\u201d: printed, but not pooled as long as it is ambiguous." if unused else ""
    return (
        f"By how much the SD of the posterior of the mean effect is expected to fall if one paper's numbers "
        f"were known: the {words.integer(len(data.papers))} most valuable of "
        f"{words.count(data.ranked, 'paper')} that could add any. Whiskers are two Monte Carlo standard "
        f"errors ({words.integer(data.draws)} imagined outcomes a paper); the figure after \u00b1 is one. "
        f"The first {words.integer(data.first)} together: {words.listing(together)}.{note}"
    )


def alt(data: Papers) -> str:
    """Return the text that stands for the figure."""
    lines = []
    for paper in data.papers:
        cells = [
            f"{outcome} {_value(worth) if worth else 'nothing'}"
            for outcome, worth in zip(data.outcomes, paper.worths, strict=True)
        ]
        lines.append(f"{paper.rank} {paper.label}: {', '.join(cells)}")
    return f"Bars of the expected fall of the SD of the mean effect, best first. {'. '.join(lines)}."


def table(data: Papers) -> Cells:
    """Return the figure as a table; the last row is the joint worth of the first few."""
    columns = ["Rank", "Paper", "Our source prints", *(f"{OUTCOMES[key].name}" for key in data.outcomes)]
    rows = [
        (
            str(paper.rank),
            paper.label,
            paper.printed,
            *(_value(worth) if worth else words.MISSING for worth in paper.worths),
        )
        for paper in data.papers
    ]
    rows.append((f"1 to {data.first}", "together", "", *(_value(worth) for worth in data.joint)))
    return tuple(columns), rows
