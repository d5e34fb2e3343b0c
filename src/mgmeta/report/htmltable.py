"""Tables as the page shows them: text cells, links that are safe to follow, no numbers left to format."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

LARGEST = 500
"""Most rows of a table that stand in the page: a browser is too slow with more to read on."""

_DOI = re.compile(r"10\.\d{4,9}/\S+")


@dataclass(frozen=True)
class Link:
    """A link to the web; `href` is http or https, or "" for plain text."""

    text: str
    href: str


@dataclass(frozen=True)
class Parts:
    """A cell of a main line and a smaller one below; `main` may be a link."""

    main: str | Link
    small: str


Cell = str | Link | Parts | tuple[Link, ...]


@dataclass(frozen=True)
class Column:
    """A column: its heading and whether it holds figures (set flush right)."""

    label: str
    numeric: bool = False


@dataclass(frozen=True)
class HtmlTable:
    """A table of the page.

    Attributes
    ----------
    name : str
        Its id in the page.
    caption : str
        What it shows.
    columns : tuple of Column
        Headings.
    rows : tuple of tuple of Cell
        First cell of each row is its heading.
    searchable : bool
        Whether the page offers a search box for it.
    strong : frozenset of int
        Rows set in bold.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    searchable: bool = False
    strong: frozenset[int] = frozenset()

    @property
    def shown(self) -> tuple[tuple[Cell, ...], ...]:
        """The rows that stand in the page: all, or the first `LARGEST`."""
        return self.rows[:LARGEST]

    @property
    def note(self) -> str:
        """What is said of rows that do not stand in the page; "" if all do."""
        if len(self.rows) <= LARGEST:
            return ""
        return (
            f"The first {LARGEST:,} of {len(self.rows):,} rows, and all that is searched or sorted here. "
            "The files of results/tables, results/export and data/processed have every row."
        )


def columns(*labels: str, numeric: Sequence[str] = ()) -> tuple[Column, ...]:
    """Return columns; those named in *numeric* are set flush right."""
    return tuple(Column(label, label in numeric) for label in labels)


def rows(items: Iterable[Sequence[Cell]]) -> tuple[tuple[Cell, ...], ...]:
    """Return rows as tuples."""
    return tuple(tuple(item) for item in items)


def safe_url(url: str) -> str:
    """Return *url* if it is an absolute http or https address, else ""."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    plain = parts.scheme in ("http", "https") and parts.netloc and not re.search(r"[\s<>\"'\\]", url.strip())
    return url.strip() if plain else ""


def doi_url(doi: str) -> str:
    """Return the address of a DOI, or "" if it is none."""
    return f"https://doi.org/{quote(doi.strip(), safe='/.()-_:;')}" if _DOI.fullmatch(doi.strip()) else ""


def pubmed_url(pmid: str) -> str:
    """Return the PubMed address of a record number, or "" if it is none."""
    return (
        f"https://pubmed.ncbi.nlm.nih.gov/{pmid.strip()}/" if re.fullmatch(r"\d{1,9}", pmid.strip()) else ""
    )


def source_links(doi: str, pmid: str, url: str) -> tuple[Link, ...]:
    """Return the links of one source: DOI, PubMed, the page read; none twice."""
    found = [Link("doi", doi_url(doi)), Link("PubMed", pubmed_url(pmid)), Link("read at", safe_url(url))]
    links: dict[str, Link] = {}
    for link in found:
        if link.href:
            links.setdefault(link.href, link)
    return tuple(links.values())
