from __future__ import annotations

import pytest

from mgmeta.report.htmltable import HtmlTable, Link, columns, doi_url, pubmed_url, safe_url, source_links


@pytest.mark.parametrize("url", ["https://example.org/a?b=1&c=%20", "http://example.org"])
def test_web_addresses_pass(url: str) -> None:
    assert safe_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//example.org/x",
        "example.org",
        "https://",
        'https://example.org/"onmouseover="x',
        "https://example.org/a b",
        "https://[broken",
        "",
    ],
)
def test_everything_else_becomes_no_link(url: str) -> None:
    assert safe_url(url) == ""


def test_identifiers_become_addresses_only_if_they_are_such() -> None:
    assert doi_url("10.1234/a(b)<c>") == "https://doi.org/10.1234/a(b)%3Cc%3E"
    assert doi_url("11.1234/x") == doi_url("10.1234/") == doi_url("") == ""
    assert pubmed_url("27402922") == "https://pubmed.ncbi.nlm.nih.gov/27402922/"
    assert pubmed_url("27402922; 1") == ""


def test_a_source_has_no_link_twice() -> None:
    found = source_links("10.1/x", "12", "https://pubmed.ncbi.nlm.nih.gov/12/")
    assert found == (Link("PubMed", "https://pubmed.ncbi.nlm.nih.gov/12/"),)
    assert [link.text for link in source_links("10.1234/x", "12", "https://example.org")] == [
        "doi",
        "PubMed",
        "read at",
    ]


def test_columns_know_which_hold_figures() -> None:
    assert [column.numeric for column in columns("a", "b", numeric=("b",))] == [False, True]


def test_a_long_table_says_what_is_not_in_the_page() -> None:
    short = HtmlTable("t", "c", columns("a"), tuple((str(i),) for i in range(500)))
    assert (short.shown, short.note) == (short.rows, "")
    long = HtmlTable("t", "c", columns("a"), tuple((str(i),) for i in range(8600)))
    assert long.shown == short.rows
    assert long.note.startswith("The first 500 of 8,600 rows")
