"""The tables of the page for a manuscript: LaTeX that compiles as it is, HTML that a word processor opens."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from mgmeta.export.tex import typeset
from mgmeta.report.htmltable import Cell, HtmlTable, Link, Parts

if TYPE_CHECKING:
    from pandas import DataFrame

    from mgmeta.evidence.records import Evidence
    from mgmeta.figures.results import Results

HEAD = (
    "% In the preamble: \\usepackage[utf8]{inputenc}, \\usepackage[T1]{fontenc}, \\usepackage{textcomp},\n"
    "% \\usepackage{booktabs}, \\usepackage{longtable}, \\usepackage{array}, \\usepackage{pdflscape}\n"
)
# Share of the width of the text that all columns together may take, the rest is between them.
FILLED, GAP = 1.0, 0.012
NARROW = 6  # characters: a column gets no narrower
LONGEST_WORD = 24  # characters that stay together
WORD_STYLE = (
    "body{font:11pt Georgia,'Times New Roman',serif}"
    "table{border-collapse:collapse;margin:0 0 2em;font-size:9pt}"
    "caption{text-align:left;font-weight:bold;padding:.5em 0}"
    "thead th{border-top:1.5pt solid;border-bottom:.75pt solid}"
    "tbody tr:last-child td{border-bottom:1.5pt solid}"
    "th,td{text-align:left;vertical-align:top;padding:2pt 6pt}"
)


def cell_text(cell: Cell) -> str:
    """Return a cell as text: a smaller line goes into brackets, of links only their words stay."""
    if isinstance(cell, Parts):
        main = cell_text(cell.main)
        return f"{main} [{cell.small}]" if cell.small else main
    if isinstance(cell, Link):
        return cell.text
    if isinstance(cell, tuple):
        return "; ".join(link.text for link in cell)
    return cell


def latex(table: HtmlTable) -> str:
    """Return a table as a LaTeX ``longtable`` with rules of booktabs, on pages turned sideways.

    The columns share the width of the text by the length of what they hold, so that no text runs out of the
    page. Label: ``tab:`` and the name of the table. Every text prints as it stands: nothing in a cell is read
    as a command.
    """
    frame = _frame(table, typeset)
    turned = "\\begin{landscape}\\footnotesize\n%s\\end{landscape}\n"
    body = frame.to_latex(
        index=False,
        escape=False,
        longtable=True,
        column_format=_column_format(table),
        caption=typeset(table.caption),
        label=f"tab:{short_name(table)}",
    )
    return HEAD + turned % body


def short_name(table: HtmlTable) -> str:
    """Return the name of a table without the prefix of the page's ids."""
    return table.name.removeprefix("table-")


def _frame(table: HtmlTable, put: Callable[[str], str] = str) -> DataFrame:
    from pandas import DataFrame

    rows = [[put(cell_text(cell)) for cell in row] for row in table.rows]
    return DataFrame(rows, columns=[put(column.label) for column in table.columns], dtype="str")


def _column_format(table: HtmlTable) -> str:
    widths = _shares(table)
    side = ["\\raggedleft" if column.numeric else "\\raggedright" for column in table.columns]
    inner = "".join(
        f">{{{way}\\arraybackslash}}p{{{width:.3f}\\linewidth}}"
        for way, width in zip(side, widths, strict=True)
    )
    return f"@{{}}{inner}@{{}}"


def _shares(table: HtmlTable) -> Sequence[float]:
    """Return each column's share of the width of the text."""
    lengths = []
    for place, column in enumerate(table.columns):
        texts = [column.label, *(cell_text(row[place]) for row in table.rows)]
        word = max(len(word) for text in texts for word in [*text.split(), ""])
        longest = max(len(text) for text in texts[1:] or [""])
        # Text that breaks over lines grows down as well as sideways, hence the root.
        lengths.append(max(NARROW, min(word, LONGEST_WORD), min(longest, 14 + 3 * math.sqrt(longest))))
    room = FILLED - 2 * GAP * len(lengths)
    return [room * length / sum(lengths) for length in lengths]


def word_page(tables: Sequence[HtmlTable]) -> str:
    """Return the tables as one plain HTML page, which Word and LibreOffice open and edit."""
    from html import escape

    from pandas import option_context

    parts = []
    for table in tables:
        with option_context("display.max_colwidth", None):  # else long cells are cut
            body = _frame(table).to_html(index=False, border=0, justify="left")
        caption = f"<caption>{escape(table.caption)}</caption>"
        parts.append(body.replace("<thead>", f"{caption}\n  <thead>", 1))
    head = f'<meta charset="utf-8"><title>Tables</title><style>{WORD_STYLE}</style>'
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n'
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def paper_tables(
    results: Results, evidence: Evidence, flow: Sequence[Mapping[str, str]]
) -> tuple[HtmlTable, ...]:
    """Return the tables a manuscript needs, as the page prints them, in its order.

    Parameters
    ----------
    results : Results
        Fits, samples and headline; the tables of the reproduction are left out where it was not read.
    evidence : Evidence
        The raw tables.
    flow : sequence of mapping
        Rows of ``data/processed/flow.csv``: the fate of every trial.
    """
    from mgmeta.report import evidence_tables, reproduction_tables, result_tables
    from mgmeta.report.findings import findings_page_table
    from mgmeta.report.headline import group_of, headline_from_json

    names = list(results.fits)
    main = [name for name in names if group_of(name, names) == name]
    there = results.reproduction
    return (
        *((findings_page_table(there["certainty"]),) if "certainty" in there else ()),
        result_tables.headline_page_table(headline_from_json(results.headline)),
        evidence_tables.trials_page_table(results.fits, main, evidence),
        evidence_tables.excluded_page_table(flow, main, evidence),
        result_tables.moderator_page_table(results.fits, results.bayes),
        *((reproduction_tables.ledger_page_table(there["ledger"]),) if "ledger" in there else ()),
        *((reproduction_tables.claims_page_table(there["claims"]),) if "claims" in there else ()),
    )
