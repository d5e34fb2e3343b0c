"""Tables for a manuscript: every cell is there, none is read as a command or cut."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from mgmeta.export.paper_tables import cell_text, latex, short_name, word_page
from mgmeta.export.tex import typeset
from mgmeta.report.htmltable import HtmlTable, Link, Parts, columns, rows

LONG = "a reason that takes many words " * 30
TABLE = HtmlTable(
    "table-demo",
    "50% of <b>all</b> & more",
    columns("Trial", "n", "Why", numeric=("n",)),
    rows(
        [
            (Link("Doe 1999", "https://example.org"), "10", LONG.strip()),
            (Parts("<script>alert(1)</script>", r"\input{x}"), "2\u202f000", ""),
            ((Link("doi", "https://a"), Link("PubMed", "https://b")), "\u2013", "=cmd()"),
        ]
    ),
)


class Cells(HTMLParser):
    """Collect the text of every cell."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.open = False
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        self.open = tag in ("td", "th")
        if self.open:
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.open:
            self.cells[-1] += data


def test_a_latex_table_has_every_cell_as_text_and_a_label() -> None:
    text = latex(TABLE)
    for row in TABLE.rows:
        assert " & ".join(typeset(cell_text(cell)) for cell in row) in text
    assert r"\caption{50\% of \textless{}b\textgreater{}all" in text
    assert r"\label{tab:demo}" in text
    assert r"\input{x}" not in text
    assert text.count(r"\begin{longtable}") == text.count(r"\end{longtable}") == 1


def test_the_columns_together_fit_the_page() -> None:
    text = latex(TABLE)
    widths = [float(width) for width in re.findall(r"p\{([\d.]+)\\linewidth\}", text)]
    assert len(widths) == len(TABLE.columns)
    assert 0.8 < sum(widths) <= 1.0
    assert widths[2] > widths[0] > widths[1]
    assert text.count("raggedleft") == 1


def test_the_page_for_word_has_every_cell_whole() -> None:
    reader = Cells()
    reader.feed(word_page([TABLE, TABLE]))
    flat = [column.label for column in TABLE.columns]
    flat += [cell_text(cell) for row in TABLE.rows for cell in row]
    assert [" ".join(cell.split()) for cell in reader.cells] == [" ".join(c.split()) for c in flat] * 2
    assert "script" not in reader.tags


@pytest.mark.parametrize("count", [0, 1])
def test_a_table_of_no_or_one_row_is_written(count: int) -> None:
    table = HtmlTable("table-few", "Few", TABLE.columns, TABLE.rows[:count])
    assert r"\begin{longtable}" in latex(table)
    assert "<table" in word_page([table])
    assert short_name(table) == "few"
