"""Page tables on moderators: every test with its published counterpart, subgroups inside trials."""

from __future__ import annotations

from collections.abc import Mapping

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures.moderators import compared_words
from mgmeta.report.htmltable import Cell, HtmlTable, Parts, columns, rows
from mgmeta.report.moderator_words import published_words
from mgmeta.report.pooled import Json
from mgmeta.words import MISSING, capital, integer, level, p_value, with_interval


def single_page_table(name: str, document: Json, outcomes: Mapping[str, Json]) -> HtmlTable:
    """Return every moderator and pressure of one analysis: counts, both engines, P, the published."""
    lines = [_single_row(key, out, item) for key, out in outcomes.items() for item in out["singles"]]
    heads = ("Moderator", "Pressure", "Trials", "Not stated", "Numbers + words, mmHg", "P", "P, Holm")
    more = ("P, Benjamini-Hochberg", "Numbers only, mmHg", "Published", "Remark")
    caption = (
        f"{document['title']}: each moderator alone, {level(document['level'])} intervals. Trials: numbers + "
        "words only. Numbers only: REML with Hartung-Knapp."
    )
    return HtmlTable(
        f"table-singles-{name}",
        caption,
        columns(*heads, *more, numeric=(*heads[2:], *more[:2])),
        rows(lines),
        searchable=True,
    )


def _single_row(outcome: str, out: Json, item: Json) -> tuple[Cell, ...]:
    difference, numeric = item["difference"] or {}, item["numeric"] or {}
    test = out["tested"].get(item["key"], {})
    p = [_p(test.get(key)) for key in ("p_value", "p_holm", "p_bh")]
    remark = item["reason"] or ("thin: " + ", ".join(item["thin"]) if item["thin"] else "")
    return (
        Parts(str(item["label"]), compared_words(item)),
        capital(OUTCOMES[outcome].name.removesuffix(" blood pressure")),
        f"{item['k_numeric']} + {item['k_bounds']}",
        integer(len(item["unknown"])),
        _value(difference),
        *p,
        _value(numeric),
        published_words(out, item["key"]).removeprefix("Published counterpart: ").removeprefix("Published: "),
        remark,
    )


def _value(item: Json) -> str:
    return with_interval(item.get("estimate"), item.get("ci_low"), item.get("ci_high"))


def _p(value: float | None) -> str:
    return MISSING if value is None else p_value(value).removeprefix("P ").removeprefix("= ")


def within_page_table(outcomes: Mapping[str, Json]) -> HtmlTable | None:
    """Return the printed comparisons inside trials, or None if there is none."""
    lines: list[tuple[Cell, ...]] = []
    for outcome, out in outcomes.items():
        for item in out["within"]:
            if item["contrast"] == "before_after":
                continue
            arms = f"{integer(item['n_mg'])} / {integer(item['n_control'])}"
            result = {
                "lower": "lower on magnesium",
                "higher": "higher on magnesium",
                "ns": "no significant difference",
            }
            p = "" if item["p_value"] is None else f", P {item['p_relation']} {item['p_value']:g}"
            lines.append(
                (
                    str(item["label"]),
                    capital(OUTCOMES[outcome].name.removesuffix(" blood pressure")),
                    str(item["group"]),
                    arms,
                    result.get(item["significance"], "not told") + p,
                    str(item["note"]),
                )
            )
    if not lines:
        return None
    heads = ("Trial", "Pressure", "People", "Magnesium / control", "Printed", "Note of the table")
    caption = "Randomised comparisons in part of a trial: shown as printed, never pooled."
    return HtmlTable("table-within", caption, columns(*heads, numeric=(heads[3],)), rows(lines))
