"""What the page holds: figures with their captions, chapters; nothing left to compute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace

from mgmeta.figures.registry import FIGURES
from mgmeta.report import model_tables, result_tables, sentences
from mgmeta.report.chapters.registry import CHAPTERS
from mgmeta.report.figure_order import figure_order
from mgmeta.report.headline import Headline
from mgmeta.report.htmltable import HtmlTable, columns, doi_url, rows, safe_url
from mgmeta.report.inputs import Inputs
from mgmeta.report.published import Published
from mgmeta.report.svg import inline_svg, size_points

# Shown at this many CSS pixels a point at most, and scrolled rather than shrunk below the second.
LARGEST_SCALE, SMALLEST_SCALE, PHONE_POINTS = 1.45, 0.95, 400.0


@dataclass(frozen=True)
class PageFigure:
    """A figure of the page: its SVG made fit to be inlined, its words, its table.

    `ratio` of width to height keeps its place while the browser has not laid it out.
    """

    name: str
    number: int
    title: str
    svg: str
    max_width: int
    min_width: int
    ratio: str
    caption: str
    table: HtmlTable


@dataclass(frozen=True)
class PageChapter:
    """A chapter with what its template prints.

    `content` is a namespace: in a template ``content.update`` of a mapping would be its method.
    """

    key: str
    contents: str
    heading: str
    content: SimpleNamespace


@dataclass(frozen=True)
class Page:
    """Everything the template prints.

    Attributes
    ----------
    lead : str
        The answer in one sentence.
    failed : list of str
        Models whose diagnostics failed; shown loudly at the top.
    chapters : tuple of PageChapter
        In order; those without content are not among them.
    figures : mapping of str to PageFigure
        By name, numbered in order.
    """

    lead: str
    headline: Headline
    failed: list[str]
    chapters: tuple[PageChapter, ...]
    figures: Mapping[str, PageFigure]
    published: Published
    published_links: tuple[tuple[str, str], ...]
    version: str


def build_page(inputs: Inputs) -> Page:
    """Put the page together.

    Raises
    ------
    DataError
        If a figure is missing or is not an SVG, or a result lacks a part.
    """
    published = inputs.published
    contents = [(chapter, chapter.content(inputs)) for chapter in CHAPTERS]
    return Page(
        lead=sentences.lead(inputs.headline),
        headline=inputs.headline,
        failed=[
            *result_tables.failed_diagnostics(inputs.results.bayes),
            *model_tables.failed(inputs.results.models),
        ],
        chapters=tuple(
            PageChapter(chapter.key, chapter.contents, chapter.heading, SimpleNamespace(**content))
            for chapter, content in contents
            if content is not None
        ),
        figures=_figures(inputs),
        published=published,
        published_links=tuple(
            (text, url)
            for text, url in (("doi", doi_url(published.doi)), ("read at", safe_url(published.source_url)))
            if url
        ),
        version=inputs.versions["mgmeta"],
    )


def _figures(inputs: Inputs) -> dict[str, PageFigure]:
    figures: dict[str, PageFigure] = {}
    there = figure_order(chapter.key for chapter in CHAPTERS)
    for name in (name for name in there if name in inputs.svgs):
        text = inputs.svgs[name]
        spec = FIGURES[name]
        module = spec.load()
        data = module.prepare(inputs.results, spec.analysis, spec.outcome)
        heads, cells = module.table(data)
        width, height = size_points(text)
        figures[name] = PageFigure(
            name=name,
            number=len(figures) + 1,
            title=spec.title,
            svg=inline_svg(text, name),
            max_width=round(width * LARGEST_SCALE),
            min_width=round(width * SMALLEST_SCALE) if width > PHONE_POINTS else 0,
            ratio=f"{width:g} / {height:g}",
            caption=module.caption(data),
            table=HtmlTable(
                f"data-{name}",
                f"The figure \u201c{spec.title}\u201d as a table",
                columns(*heads),
                rows(cells),
            ),
        )
    return figures
