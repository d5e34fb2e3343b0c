"""Plain rows as a readable table, and the notes under it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mgmeta.cli.pool_table import interval, number, p_text

Answer = Mapping[str, Any]
Column = tuple[str, Callable[[Answer], str]]


WIDE = 150
"""Columns a table may take: a wide row that wraps is better than digits cut off."""


def console() -> Console:
    """Return the console all tables go to."""
    plain = Console(highlight=False, soft_wrap=True)
    plain.width = max(plain.width, WIDE)
    return plain


def value(key: str, digits: int = 4) -> Callable[[Answer], str]:
    """Return a cell that shows a number."""
    return lambda row: number(row.get(key), digits)


def text(key: str) -> Callable[[Answer], str]:
    """Return a cell that shows a word, or ``yes`` and nothing for true and false."""

    def show(row: Answer) -> str:
        found = row.get(key)
        if isinstance(found, bool):
            return "yes" if found else ""
        return "-" if found is None else str(found)

    return show


def span(row: Answer) -> str:
    """Show the confidence interval of a row."""
    return interval(row.get("ci_low"), row.get("ci_high"))


def p_value(row: Answer) -> str:
    """Show the P value of a row."""
    found = row.get("p_value")
    return p_text(found)


def grid(columns: Sequence[Column], rows: Iterable[Answer]) -> Table:
    """Lay rows out under the named columns; the first is left-aligned."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for i, (name, _) in enumerate(columns):
        table.add_column(name, justify="left" if i == 0 else "right", no_wrap=True)
    for row in rows:
        table.add_row(*(escape(cell(row)) for _, cell in columns))
    return table


def heading(file: str, what: str, result: Answer) -> str:
    """Say which file, which method, how many rows."""
    counts = f"k = {result['k']}"
    if result["k_bounds"]:
        counts += f" ({result['k_numeric']} numbers, {result['k_bounds']} bounds)"
    return f"[bold]{escape(file)}[/bold]: {what}, {counts}"


def notes(target: Console, result: Answer) -> None:
    """Print the warnings of an answer."""
    for note in result["warnings"]:
        target.print(f"[yellow]note:[/yellow] {escape(note)}")
