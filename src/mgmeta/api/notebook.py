"""A result as a notebook shows it: a line, its tables, its warnings; plain HTML without styles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from mgmeta import words

if TYPE_CHECKING:
    from mgmeta.api.result import Result

LONGEST = 60
"""Rows of one table that are shown; the rest is counted."""


def result_html(result: Result) -> str:
    """Return a result as HTML: one line, the first part as a table, the others folded, the warnings."""
    first, *others = result.parts
    folded = "".join(
        f"<details><summary>{escape(part)}</summary>{table_html(result.rows(part))}</details>"
        for part in others
    )
    notes = "".join(f"<p><strong>Note:</strong> {escape(note)}</p>" for note in result.warnings)
    line = f"<p><strong>{escape(type(result).__name__)}</strong>: {escape(result.summary())}</p>"
    return f"<div>{line}{table_html(result.rows(first))}{notes}{folded}</div>"


def table_html(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as an HTML table, numbers with four significant digits, long tables cut and counted."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(_cell(row.get(column)))}</td>" for column in columns) + "</tr>"
        for row in rows[:LONGEST]
    )
    more = len(rows) - LONGEST
    rest = f"<p>and {words.count(more, 'more row')}; see to_frame()</p>" if more > 0 else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{rest}"


def _cell(value: Any) -> str:
    if value is None or value != value:
        return words.MISSING
    if isinstance(value, float):
        return f"{value:.4g}".replace("-", words.MINUS) if abs(value) < 1e300 else "open"
    if isinstance(value, list | tuple):
        return ", ".join(_cell(item) for item in value)
    return str(value)
