"""What each way of handling words does: every method a row, the wrong ones labelled as such."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.figures.results import Cells
from mgmeta.figures.silence_rows import (
    CHECK,
    DROPPED,
    PRIMARY,
    PRIMARY_ROLE,
    ROLE_WORDS,
    ROLES,
    WRONG,
    ZERO,
    Answer,
    MethodRow,
    Silences,
    prepare,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mgmeta.figures.page import Page

__all__ = ["alt", "caption", "contrast", "draw", "prepare", "span", "table"]

ROW = 0.235  # inches
LABEL, LABEL_END, GAP, PLOT, TEXT, EDGE = 0.08, 4.2, 0.15, 1.75, 1.62, 0.04  # inches


def draw(data: Silences) -> Figure:
    """Draw the figure: one panel an outcome, the methods in groups by what they are worth."""
    from matplotlib.figure import Figure

    from mgmeta.figures.page import add_page
    from mgmeta.figures.style import PALETTE, styled

    places = _places(data)
    lines = places[-1][0] + 1.0
    width = LABEL_END + len(data.outcomes) * (GAP + PLOT + TEXT) + EDGE
    head, axis = 0.36, 0.52
    with styled():
        figure = Figure(figsize=(width, head + lines * ROW + axis))
        for index, outcome in enumerate(data.outcomes):
            left = LABEL_END + index * (GAP + PLOT + TEXT) + GAP
            page = add_page(figure, left, left + PLOT, axis, lines, ROW, data.limits[index])
            page.reference(0.0, data.published[index].estimate)
            page.axes.set_xlabel(f"{data.units[index]}, magnesium minus control")
            page.put(left, -1.2, words.capital(OUTCOMES[outcome].name), weight="bold")
            if index == 0:
                page.put(LABEL, -1.2, "Method", weight="bold")
                page.put(LABEL_END, -1.2, "Trials", ha="right", weight="bold")
                page.line(LABEL, width - EDGE, -0.68, PALETTE["muted"])
                _draw_labels(page, data, places)
            _draw_answers(page, data, index, left + PLOT + 0.08, places)
    return figure


def _places(data: Silences) -> list[tuple[float, str, MethodRow | None]]:
    """Return (line, heading, row): a heading has no row; the published result has neither."""
    places: list[tuple[float, str, MethodRow | None]] = [(0.0, "", None)]
    y, role = 0.0, ""
    for row in data.rows:
        if row.role != role:
            y, role = y + 1.45, row.role
            places.append((y, role, None))
        y += 1.0
        places.append((y, "", row))
    return places


def _draw_labels(page: Page, data: Silences, places: list[tuple[float, str, MethodRow | None]]) -> None:
    from mgmeta.figures.style import PALETTE, SMALL, drawable, fitted

    for y, role, row in places:
        if role:
            color = PALETTE["bound"] if role == WRONG else PALETTE["ink"]
            page.put(LABEL, y, ROLES.get(role, role), weight="bold", size=SMALL, color=color)
            continue
        text = row.label if row else f"{data.published_label}, published"
        weight = "bold" if row and row.role == PRIMARY_ROLE else "normal"
        room = LABEL_END - LABEL - 0.75
        page.put(LABEL + 0.12, y, fitted(drawable(text), room, SMALL, weight), weight=weight, size=SMALL)
        counts = _counts(row.answers if row else data.published)
        page.put(LABEL_END, y, counts, ha="right", color=PALETTE["muted"], size=SMALL)


def _draw_answers(
    page: Page, data: Silences, index: int, text: float, places: list[tuple[float, str, MethodRow | None]]
) -> None:
    from mgmeta.figures.style import PALETTE, SMALL

    for y, role, row in places:
        if role:
            continue
        answer = row.answers[index] if row else data.published[index]
        if answer.estimate is None or answer.low is None or answer.high is None:
            page.put(text, y, "no estimate", color=PALETTE["muted"], size=SMALL)
            continue
        look = _look(row.role if row else "published")
        axes = page.axes
        axes.plot(
            [answer.low, answer.high], [y, y], color=look["color"], lw=look["lw"], ls=look["ls"], zorder=3
        )
        marker = {key: look[key] for key in ("marker", "ms", "mfc", "mec", "mew")}
        axes.plot([answer.estimate], [y], ls="none", zorder=5, **marker)
        style: dict[str, Any] = {"weight": "bold"} if row and row.role == PRIMARY_ROLE else {}
        value = words.with_interval(answer.estimate, answer.low, answer.high)
        page.put(text, y, value, size=SMALL, **style)


def _look(role: str) -> dict[str, Any]:
    """Return how a row is drawn; the kind is told by marker and line, not by colour alone."""
    from mgmeta.figures.style import PALETTE

    names = {PRIMARY_ROLE: "headline", CHECK: "estimate", WRONG: "bound", "published": "published"}
    color = PALETTE[names.get(role, "muted")]
    hollow = role not in (PRIMARY_ROLE, CHECK)
    look: dict[str, Any] = {"color": color, "mec": color, "ls": "-", "lw": 1.2, "marker": "D", "ms": 3.8}
    look |= {"mfc": PALETTE["paper"] if hollow else color, "mew": 1.0 if hollow else 0.0}
    if role == PRIMARY_ROLE:
        look |= {"lw": 2.0, "ms": 4.8}
    elif role == WRONG:
        look |= {"ls": (0, (3, 2)), "marker": "x", "ms": 5.0, "mew": 1.6}
    return look


def _counts(answers: tuple[Answer, ...]) -> str:
    """Return the trials of a row, per outcome where they differ."""
    return " / ".join(dict.fromkeys(words.integer(item.k) if item.k else words.MISSING for item in answers))


def caption(data: Silences) -> str:
    """Return the caption: what the sound methods and the wrong ones give."""
    text = (
        f"Every way of handling words, with {words.level(data.level)} intervals; dashed line: "
        f"{data.published_label}. Crosses on broken lines are wrong answers. "
    )
    return text + " ".join(contrast(data, index) for index in range(len(data.outcomes)))


def contrast(data: Silences, index: int) -> str:
    """Return what primary, checks, dropping and setting to zero give for one outcome, in one sentence."""
    primary = data.answer(PRIMARY, index)
    parts = [
        f"the primary method gives {words.fixed(primary.estimate if primary else None)} {data.units[index]}"
    ]
    checks = data.of_role(CHECK, index)
    if checks:
        parts.append(f"the checks {span(checks)}")
    for key, what in ((DROPPED, "dropping the words"), (ZERO, "setting them to zero")):
        answer = data.answer(key, index)
        if answer is not None and answer.estimate is not None:
            parts.append(f"{what} {words.fixed(answer.estimate)}")
    return f"For {OUTCOMES[data.outcomes[index]].name} {words.listing(parts)}."


def span(values: list[float]) -> str:
    """Return ``"low to high"`` of some estimates, or the one they share."""
    low, high = words.fixed(min(values)), words.fixed(max(values))
    return low if low == high else f"{low} to {high}"


def alt(data: Silences) -> str:
    """Return the text that stands for the figure."""
    lines = []
    for row in data.rows:
        cells = [
            f"{outcome} {words.with_interval(answer.estimate, answer.low, answer.high)}"
            for outcome, answer in zip(data.outcomes, row.answers, strict=True)
        ]
        lines.append(f"{row.label} ({ROLE_WORDS.get(row.role, row.role)}): {', '.join(cells)}")
    return f"Intervals of every method, one row each. {'. '.join(lines)}."


def table(data: Silences) -> Cells:
    """Return the figure as a table, with what each method says of itself."""
    columns = ["Method", "Kind", "Trials"]
    columns += [f"{OUTCOMES[key].name}, {unit}" for key, unit in zip(data.outcomes, data.units, strict=True)]
    published = (
        f"{data.published_label}, published",
        "published",
        _counts(data.published),
        *(words.with_interval(item.estimate, item.low, item.high) for item in data.published),
        "",
    )
    rows = [
        (
            row.label,
            ROLE_WORDS.get(row.role, row.role),
            _counts(row.answers),
            *(words.with_interval(item.estimate, item.low, item.high) for item in row.answers),
            _notes(data, row),
        )
        for row in data.rows
    ]
    return (*columns, "Remark"), [published, *rows]


def _notes(data: Silences, row: MethodRow) -> str:
    """Return the notes of a row, once if they are alike."""
    notes = {key: item.note for key, item in zip(data.outcomes, row.answers, strict=True) if item.note}
    if len(set(notes.values())) == 1 and len(notes) == len(data.outcomes):
        return next(iter(notes.values()))
    return "; ".join(f"{OUTCOMES[key].name}: {note}" for key, note in notes.items())
