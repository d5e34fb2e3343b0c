"""Page tables on silence: methods, unequal printing, other readings, sources of the borrowed SD."""

from __future__ import annotations

from collections.abc import Mapping

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import silence as silence_figure
from mgmeta.figures import words
from mgmeta.figures.silence_rows import Silences
from mgmeta.report.htmltable import Cell, HtmlTable, Parts, columns, rows
from mgmeta.report.pooled import Json
from mgmeta.report.silence_words import reading_words

Labels = Mapping[str, str]


def _value(item: Json) -> str:
    return words.with_interval(item["estimate"], item["ci_low"], item["ci_high"])


def _heads(outcomes: Mapping[str, Json]) -> list[str]:
    return [words.capital(f"{OUTCOMES[key].name}, {OUTCOMES[key].unit}") for key in outcomes]


def methods_page_table(data: Silences) -> HtmlTable:
    """Return every way of handling words in one analysis."""
    heads, cells = silence_figure.table(data)
    caption = f"Every way of handling words, with {words.level(data.level)} intervals."
    return HtmlTable(f"table-methods-{data.analysis}", caption, columns(*heads), rows(cells))


def printing_page_table(analysis: str, outcomes: Mapping[str, Json]) -> HtmlTable:
    """Return the estimates if falls or near-misses were told in words less often."""
    first = next(iter(outcomes.values()))["printing"]
    lines = []
    for index, item in enumerate(first):
        cells = [_value(found["printing"][index]) for found in outcomes.values()]
        lines.append((_printing_words(item["fall_ratio"], item["near_ratio"]), *cells))
    heads = _heads(outcomes)
    caption = "If words were not as likely for every result that is not significant."
    return HtmlTable(
        f"table-printing-{analysis}",
        caption,
        columns("Words depend on", *heads, numeric=heads),
        rows(lines),
        strong=frozenset({0}),
    )


def _printing_words(fall: float, near: float) -> str:
    """Return one departure in words; 1 and 1 is what the primary analysis assumes."""
    parts = []
    if fall != 1:
        parts.append(f"direction: {words.plain(fall)} times as often for a fall as for a rise")
    if near != 1:
        parts.append(
            f"how near the miss: {words.plain(near)} times as often for 0.05 < P < 0.10 as for a larger P"
        )
    return "; ".join(parts) or "significance alone (primary)"


def readings_page_table(analysis: str, outcomes: Mapping[str, Json], labels: Labels) -> HtmlTable:
    """Return every other reading of a report, the one that moves the estimate most first."""
    found = [(key, row) for key, item in outcomes.items() for row in item["readings"]]
    found.sort(key=lambda pair: -abs(pair[1]["shift"] or 0.0))  # stable: outcomes and ids stay in order
    lines: list[tuple[Cell, ...]] = [
        (
            Parts(labels.get(row["trial_id"], row["trial_id"]), str(row["report_ids"]).replace(";", "; ")),
            OUTCOMES[key].name.removesuffix(" blood pressure"),
            reading_words(row),
            _value(row) if row["estimate"] is not None else row["reason"],
            words.signed(row["shift"]),
        )
        for key, row in found
    ]
    heads = ("Trial", "Pressure", "Read the other way", "Estimate, mmHg", "Shift")
    caption = "The estimate with one report read the other way, all else as in the primary analysis."
    return HtmlTable(
        f"table-readings-{analysis}",
        caption,
        columns(*heads, numeric=heads[3:]),
        rows(lines),
        searchable=True,
    )


def sd_page_table(analysis: str, outcomes: Mapping[str, Json], labels: Labels) -> HtmlTable:
    """Return the estimate with each source of the borrowed SD left out."""
    order = dict.fromkeys(row["left_out"] for item in outcomes.values() for row in item["sd_sources"])
    lines = []
    for trial_id in order:
        cells = [labels.get(trial_id, trial_id)]
        for item in outcomes.values():
            row = next((row for row in item["sd_sources"] if row["left_out"] == trial_id), None)
            cells += [words.fixed(row["borrowed_sd"], 1), _value(row)] if row else [words.MISSING] * 2
        lines.append(tuple(cells))
    heads = ["Left out"]
    for head in _heads(outcomes):
        name, unit = head.rsplit(", ", 1)
        heads += [f"{name}: borrowed SD, {unit}", f"{name}: estimate, {unit}"]
    caption = (
        "The standard deviation that trials without one borrow, and the estimate, with one source left out."
    )
    return HtmlTable(f"table-sd-{analysis}", caption, columns(*heads, numeric=heads[1:]), rows(lines))
