"""The ledger as a forest: every published result with ours below it, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.figures.results import Cells, Json, Results
from mgmeta.reproduce.ledger_words import subset_words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mgmeta.figures.page import Page

ROW = 0.2  # inches
LABEL, TRIALS, PLOT, PLOT_END, VALUE, VERDICT, WIDTH = 0.08, 2.55, 2.7, 4.7, 4.82, 6.42, 7.5  # inches
EACH = 2.5  # rows of a review: published, ours, space
# Beyond this, mmHg, an interval on one or two degrees of freedom only says that nothing is known.
WIDEST = (-14.0, 6.0)


@dataclass(frozen=True)
class Entry:
    """One published result and ours, in `unit`; k as text."""

    label: str
    subset: str
    published: tuple[float, float | None, float | None]
    ours: tuple[float | None, float | None, float | None]
    published_k: str
    ours_k: str
    verdict: str


@dataclass(frozen=True)
class LedgerFigure:
    """All the figure shows of one outcome."""

    outcome: str
    unit: str
    level: float
    entries: tuple[Entry, ...]
    limits: tuple[float, float]


def prepare(results: Results, analysis: str, outcome: str) -> LedgerFigure:
    """Collect the results of one outcome that print a figure in its unit (*analysis* does not matter).

    Raises
    ------
    DataError
        If the ledger was not read.
    """
    ledger = results.reproduced("ledger")
    unit = OUTCOMES[outcome].unit
    entries = tuple(
        _entry(row)
        for row in ledger["rows"]
        if (row["published"]["outcome"], row["published"]["unit"]) == (outcome, unit)
        and row["published"]["estimate"] is not None
    )
    ends = [
        value
        for entry in entries
        for value in (*entry.published, *entry.ours)
        if value is not None and WIDEST[0] <= value <= WIDEST[1]
    ]
    low, high = min([*ends, -1.0]), max([*ends, 1.0])
    room = 0.04 * (high - low)
    return LedgerFigure(outcome, unit, float(ledger["level"]), entries, (low - room, high + room))


def _entry(row: Json) -> Entry:
    published, ml, found = row["published"], row["ml"], row["found"]
    k = published["k_trials"]
    return Entry(
        published["label"],
        subset_words(published["subset"]),
        (published["estimate"], published["ci_low"], published["ci_high"]),
        (ml["estimate"], ml["ci_low"], ml["ci_high"]),
        words.integer(k) if k is not None else "?",
        f"{found['numeric']} + {found['bounds']}",
        row["verdict"] or "no verdict",
    )


def draw(data: LedgerFigure) -> Figure:
    """Draw the figure: two lines a review, the published one hollow, ours filled."""
    from matplotlib.figure import Figure

    from mgmeta.figures.page import add_page
    from mgmeta.figures.style import PALETTE, styled

    lines = len(data.entries) * EACH
    head, axis = 0.36, 0.5
    with styled():
        figure = Figure(figsize=(WIDTH, head + lines * ROW + axis))
        page = add_page(figure, PLOT, PLOT_END, axis, lines, ROW, data.limits)
        page.axes.axvline(0.0, color=PALETTE["muted"], lw=0.8, zorder=1)
        page.axes.set_xlabel(f"{data.unit}, magnesium minus control")
        for x, text, side in (
            (LABEL, "Review", "left"),
            (TRIALS, "Trials", "right"),
            (VALUE, f"Effect, {data.unit}", "left"),
            (VERDICT, "Verdict", "left"),
        ):
            page.put(x, -1.2, text, ha=side, weight="bold")
        page.line(LABEL, WIDTH - 0.04, -0.75, PALETTE["muted"])
        for index, entry in enumerate(data.entries):
            _draw_entry(page, index * EACH, entry)
    return figure


def _draw_entry(page: Page, y: float, entry: Entry) -> None:
    from mgmeta.figures import glyphs
    from mgmeta.figures.style import PALETTE, SMALL, drawable, fitted

    small = {"size": SMALL}
    page.put(LABEL, y, fitted(drawable(entry.label), 1.9, SMALL + 1), weight="bold", size=SMALL + 1)
    if entry.subset:
        text = fitted(drawable(entry.subset), 1.75, SMALL)
        page.put(LABEL + 0.1, y + 1, text, color=PALETTE["muted"], **small)
    page.put(TRIALS, y, entry.published_k, ha="right", color=PALETTE["published"], **small)
    page.put(TRIALS, y + 1, entry.ours_k, ha="right", **small)
    page.put(VALUE, y, _number(*entry.published), color=PALETTE["published"], **small)
    page.put(VALUE, y + 1, _number(*entry.ours), **small)
    weight = "normal" if entry.verdict in ("not testable", "no verdict") else "bold"
    page.put(VERDICT, y + 0.5, entry.verdict, weight=weight, **small)
    left, right = page.axes.get_xlim()
    for place, (estimate, low, high), role in (
        (y, entry.published, "published"),
        (y + 1, entry.ours, "headline"),
    ):
        if estimate is None:
            continue
        color = glyphs.ROLE_COLORS[role]
        if low is not None and high is not None:
            glyphs.draw_interval(page.axes, place, low, high, color, width=1.4)
        if left <= estimate <= right:
            face = color if role == "headline" else PALETTE["paper"]
            page.axes.plot([estimate], [place], "D", ms=4.2, mfc=face, mec=color, mew=1.0, zorder=5)


def _number(estimate: float | None, low: float | None, high: float | None) -> str:
    if estimate is None:
        return "no estimate"
    if low is None or high is None:
        return f"{words.fixed(estimate)}, no interval"
    return words.with_interval(estimate, low, high)


def caption(data: LedgerFigure) -> str:
    """Return the caption: how many of each verdict."""
    order = list(dict.fromkeys(entry.verdict for entry in data.entries))
    counts = [(sum(entry.verdict == word for entry in data.entries), word) for word in sorted(order)]
    said = words.listing([f"{n} {word}" for n, word in counts])
    return (
        f"Every published result for {OUTCOMES[data.outcome].name} (hollow) above ours by its criteria "
        f"(filled, numbers and words, {words.level(data.level)} intervals). Trials: published, and found "
        "here with a number + in words only; a question mark where the review does not print how many. "
        f"Verdicts: {said}. An arrow: the interval goes on."
    )


def alt(data: LedgerFigure) -> str:
    """Return the text that stands for the figure."""
    lines = [
        f"{_name(entry)}: published {_number(*entry.published)}, here {_number(*entry.ours)}, {entry.verdict}"
        for entry in data.entries
    ]
    return f"Pairs of intervals in {data.unit}, published and ours. {'. '.join(lines)}."


def _name(entry: Entry) -> str:
    return f"{entry.label}, {entry.subset}" if entry.subset else entry.label


def table(data: LedgerFigure) -> Cells:
    """Return the figure as a table."""
    columns = (
        "Review",
        "Trials published",
        f"Published, {data.unit}",
        "Trials here, number + words",
        f"Here, {data.unit}",
        "Verdict",
    )
    rows = [
        (
            _name(entry),
            entry.published_k,
            _number(*entry.published),
            entry.ours_k,
            _number(*entry.ours),
            entry.verdict,
        )
        for entry in data.entries
    ]
    return columns, rows
