"""The effect at each level of each moderator, published subgroup results beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.figures.ends import capped_axis
from mgmeta.figures.results import Cells, Json, Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mgmeta.figures.page import Page

ROW = 0.225  # inches
LABEL, LABEL_END, GAP, PLOT, TEXT, EDGE = 0.08, 2.5, 0.15, 1.75, 2.42, 0.04  # inches
HEADING, LEVEL, PUBLISHED, OVERALL = "heading", "level", "published", "overall"


@dataclass(frozen=True)
class Effect:
    """One pool of one outcome: `trials` in words; None = no estimate, for the reason in `note`."""

    trials: str
    estimate: float | None
    low: float | None
    high: float | None
    note: str


@dataclass(frozen=True)
class Line:
    """One line of the figure; a heading has no effects."""

    role: str
    label: str
    effects: tuple[Effect, ...]


@dataclass(frozen=True)
class Subgroups:
    """All the figure shows; `limits` by outcome, mmHg."""

    title: str
    outcomes: tuple[str, ...]
    units: tuple[str, ...]
    lines: tuple[Line, ...]
    level: float
    limits: tuple[tuple[float, float], ...]


def prepare(results: Results, analysis: str, outcome: str) -> Subgroups:
    """Collect every level of every outcome of one analysis (*outcome* does not matter here).

    Raises
    ------
    DataError
        If its moderators were not worked out.
    """
    document = results.moderated(analysis)
    found = {key: document["outcomes"][key] for key in results.headline["outcomes"]}
    outs = list(found.values())
    lines = [Line(OVERALL, "All trials", tuple(_overall(out) for out in outs))]
    for place, single in enumerate(outs[0]["singles"]):
        if single["levels"]:
            lines += _lines([out["singles"][place] for out in outs], outs)
    return Subgroups(
        title=str(document["title"]),
        outcomes=tuple(found),
        units=tuple(str(out["unit"]) for out in outs),
        lines=tuple(lines),
        level=float(document["level"]),
        limits=tuple(capped_axis(_ends(lines, index), key) for index, key in enumerate(found)),
    )


def _overall(out: Json) -> Effect:
    pool = out["overall"] or {}
    text = words.count(int(out["k"]), "trial")
    return Effect(text, pool.get("estimate"), pool.get("ci_low"), pool.get("ci_high"), "")


def _lines(singles: list[Json], outs: list[Json]) -> list[Line]:
    """Return a heading, the two levels, and below each its published counterparts."""
    key = singles[0]["key"]
    lines = [Line(HEADING, str(singles[0]["label"]), ())]
    for place, item in enumerate(singles[0]["levels"]):
        levels = [single["levels"][place] for single in singles]
        lines.append(Line(LEVEL, words.capital(str(item["name"])), tuple(_level(level) for level in levels)))
        printed = [_printed(out, key, place) for out in outs]
        for label in dict.fromkeys(name for column in printed for name in column):
            absent = Effect("", None, None, None, "not in the tables")
            lines.append(Line(PUBLISHED, label, tuple(column.get(label, absent) for column in printed)))
    return lines


def _level(level: Json) -> Effect:
    pool = level["pool"] or {}
    trials = f"{level['k_numeric']} + {level['k_bounds']}"
    return Effect(trials, pool.get("estimate"), pool.get("ci_low"), pool.get("ci_high"), str(level["reason"]))


def _printed(out: Json, moderator: str, place: int) -> dict[str, Effect]:
    """Return label -> published effect in mmHg at one level."""
    return {
        str(item["label"]): Effect(
            "" if item["k"] is None else words.count(int(item["k"]), "trial"),
            item["estimate"],
            item["ci_low"],
            item["ci_high"],
            "" if item["estimate"] is not None else "not in the tables",
        )
        for item in out["published"]
        if (item["moderator"], item["place"], item["unit"]) == (moderator, place, out["unit"])
    }


def _ends(lines: list[Line], index: int) -> list[float | None]:
    effects = [line.effects[index] for line in lines if line.effects]
    return [end for effect in effects for end in (effect.low, effect.high)]


def draw(data: Subgroups) -> Figure:
    """Draw the figure: one panel an outcome, a diamond a level, hollow ones for published results."""
    from matplotlib.figure import Figure

    from mgmeta.figures.page import add_page
    from mgmeta.figures.style import PALETTE, styled

    width = LABEL_END + len(data.outcomes) * (GAP + PLOT + TEXT) + EDGE
    head, axis, lines = 0.36, 0.52, len(data.lines)
    with styled():
        figure = Figure(figsize=(width, head + lines * ROW + axis))
        for index, outcome in enumerate(data.outcomes):
            left = LABEL_END + index * (GAP + PLOT + TEXT) + GAP
            page = add_page(figure, left, left + PLOT, axis, lines, ROW, data.limits[index])
            page.reference(0.0, None)
            page.axes.set_xlabel(f"{data.units[index]}, magnesium minus control")
            page.put(left, -1.15, words.capital(OUTCOMES[outcome].name), weight="bold")
            if index == 0:
                page.put(LABEL, -1.15, "Trials", weight="bold")
                page.line(LABEL, width - EDGE, -0.68, PALETTE["muted"])
            for y, line in enumerate(data.lines):
                _draw_line(page, y, line, index, left + PLOT + 0.08)
    return figure


def _draw_line(page: Page, y: int, line: Line, index: int, text: float) -> None:
    from mgmeta.figures import glyphs
    from mgmeta.figures.style import PALETTE, SMALL, drawable, fitted

    printed = line.role == PUBLISHED
    if index == 0:
        indent = {HEADING: 0.0, OVERALL: 0.0, LEVEL: 0.12, PUBLISHED: 0.26}[line.role]
        style = {"weight": "bold"} if line.role in (HEADING, OVERALL) else {}
        size = {"size": SMALL, "color": PALETTE["published"]} if printed else {}
        label = f"{line.label}, published" if printed else line.label
        page.put(LABEL + indent, y, fitted(drawable(label), LABEL_END - LABEL - indent), **style, **size)
    if line.role == HEADING:
        return
    effect = line.effects[index]
    size = {"size": SMALL} if printed else {}
    if effect.estimate is None or (not printed and effect.low is None and effect.high is None):
        note = (
            effect.note
            if printed
            else "no trial"
            if effect.trials == "0 + 0"
            else f"too few ({effect.trials})"
        )
        page.put(text, y, note, color=PALETTE["muted"], **size)
        return
    color = PALETTE["published"] if printed else PALETTE["headline"]
    if effect.low is not None and effect.high is not None:
        ends = (effect.estimate, effect.low, effect.high)
        glyphs.draw_pool(page.axes, y, *ends, color=color, filled=not printed, half=0.26)
    else:
        page.axes.plot(
            [effect.estimate], [y], marker="D", ms=5, color=color, mfc=PALETTE["paper"], mec=color, zorder=5
        )
    value = value_words(effect)
    page.put(text, y, value if printed else f"{value}  {effect.trials}", color=color, **size)


def value_words(effect: Effect) -> str:
    """Return the effect with its interval, or alone where none is printed."""
    if effect.low is None and effect.high is None:
        return words.fixed(effect.estimate)
    return words.with_interval(effect.estimate, effect.low, effect.high)


def caption(data: Subgroups) -> str:
    """Return the caption."""
    parts = [
        f"{OUTCOMES[key].name} {value_words(data.lines[0].effects[index])} {data.units[index]}"
        for index, key in enumerate(data.outcomes)
    ]
    return (
        f"The effect at each level of each moderator, {data.title[:1].lower() + data.title[1:]}, numbers + "
        f"words, with {words.level(data.level)} intervals; all trials: {words.listing(parts)}. Hollow "
        "diamonds are published subgroup results, which rest on other trials. Trials that do not state the "
        "moderator are in none of its levels. An interval that leaves the axis ends in an arrowhead. Whether "
        "two levels differ is told by their difference, not by two intervals."
    )


def alt(data: Subgroups) -> str:
    """Return the text that stands for the figure."""
    parts = []
    for line in data.lines:
        if line.role == HEADING:
            parts.append(line.label)
            continue
        cells = [
            f"{OUTCOMES[key].name} {value_words(effect) if effect.estimate is not None else 'no estimate'}"
            for key, effect in zip(data.outcomes, line.effects, strict=True)
        ]
        name = f"{line.label}, published" if line.role == PUBLISHED else line.label
        parts.append(f"{name}: {', '.join(cells)}")
    return f"Diamonds of subgroup effects in mmHg. {'. '.join(parts)}."


def table(data: Subgroups) -> Cells:
    """Return the figure as a table."""
    heads = ["Moderator", "Level"]
    for outcome in data.outcomes:
        heads += [f"{words.capital(OUTCOMES[outcome].name)}, mmHg", "Trials"]
    rows, moderator = [], ""
    for line in data.lines:
        if line.role == HEADING:
            moderator = line.label
            continue
        name = f"{line.label}, published" if line.role == PUBLISHED else line.label
        cells = [moderator, name]
        for effect in line.effects:
            value = value_words(effect) if effect.estimate is not None else effect.note or "too few trials"
            cells += [value, effect.trials]
        rows.append(tuple(cells))
    return tuple(heads), rows
