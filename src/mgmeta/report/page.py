"""What the page holds: figures with their captions, tables, paragraphs; nothing left to compute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mgmeta.config import Config
from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.evidence.records import Evidence
from mgmeta.figures import words
from mgmeta.figures.registry import FIGURES
from mgmeta.figures.results import Results
from mgmeta.report import evidence_tables, readers, result_tables, sentences
from mgmeta.report.evidence_tables import CsvRow
from mgmeta.report.headline import Headline, group_of
from mgmeta.report.htmltable import HtmlTable, columns, doi_url, rows, safe_url
from mgmeta.report.methods import Methods, methods
from mgmeta.report.pooled import Json
from mgmeta.report.svg import inline_svg, width_points

# Shown at this many CSS pixels a point at most, and scrolled rather than shrunk below the second.
LARGEST_SCALE, SMALLEST_SCALE, PHONE_POINTS = 1.45, 0.95, 400.0


@dataclass(frozen=True)
class PageFigure:
    """A figure of the page: its SVG made fit to be inlined, its words, its table."""

    name: str
    number: int
    title: str
    svg: str
    max_width: int
    min_width: int
    caption: str
    table: HtmlTable


@dataclass(frozen=True)
class Page:
    """Everything the template prints.

    Attributes
    ----------
    failed : list of str
        Models whose diagnostics failed; shown loudly at the top.
    update : str
        One sentence an outcome on the analysis of all years; "" if there is none.
    """

    lead: str
    level: str
    headline: Headline
    failed: list[str]
    silence: list[str]
    dose: list[str]
    hypertension: list[str]
    claims: list[str]
    update: list[str]
    scenarios: list[str]
    main: tuple[str, ...]
    figures: Mapping[str, PageFigure]
    tables: Mapping[str, HtmlTable]
    findings: str
    methods: Methods
    published_links: tuple[tuple[str, str], ...]
    version: str


@dataclass(frozen=True)
class Inputs:
    """All a page is made of, as read from files."""

    config: Config
    evidence: Evidence
    results: Results
    headline: Headline
    decisions: Sequence[CsvRow]
    flow: Sequence[CsvRow]
    check: Json
    svgs: Mapping[str, str]
    versions: Mapping[str, str]


def build_page(inputs: Inputs) -> Page:
    """Put the page together.

    Raises
    ------
    DataError
        If a figure is missing or is not an SVG, or a result lacks a part.
    """
    results, headline, evidence = inputs.results, inputs.headline, inputs.evidence
    target = str(headline.target["analysis"])
    main = tuple(name for name in results.fits if group_of(name, list(results.fits)) == name)
    outcomes = {key: results.fits[target]["outcomes"][key] for key in headline.outcomes}
    published = next(iter(headline.outcomes.values())).published
    return Page(
        lead=sentences.lead(headline),
        level=words.level(headline.level),
        headline=headline,
        failed=result_tables.failed_diagnostics(results.bayes),
        silence=[sentences.silence_sentence(item, headline.level) for item in headline.outcomes.values()],
        dose=_dose(inputs, outcomes),
        hypertension=[
            readers.moderator_sentence(out, readers.HYPERTENSION, headline.level) for out in outcomes.values()
        ],
        claims=[readers.claim_effect(headline), readers.claim_moderators(outcomes, headline.level)],
        update=[text for name in main if name != target for text in _update(results, name, headline)],
        scenarios=sentences.scenario_sentences(headline),
        main=main,
        figures=_figures(inputs),
        tables={
            "headline": result_tables.headline_page_table(headline),
            "moderators": result_tables.moderator_page_table(results.fits, results.bayes),
            "diagnostics": result_tables.diagnostics_page_table(results.bayes),
            "trials": evidence_tables.trials_page_table(results.fits, main, evidence),
            "flow": evidence_tables.flow_page_table(inputs.flow, main),
            "excluded": evidence_tables.excluded_page_table(inputs.flow, main, evidence),
            "decisions": evidence_tables.decisions_page_table(inputs.decisions),
            "findings": evidence_tables.findings_page_table(inputs.check),
            "intakes": evidence_tables.intakes_page_table(evidence),
            "sources": evidence_tables.sources_page_table(evidence),
        },
        findings=_findings(inputs.check),
        methods=methods(inputs.config, results, inputs.versions, published),
        published_links=tuple(
            (text, url)
            for text, url in (("doi", doi_url(published.doi)), ("read at", safe_url(published.source_url)))
            if url
        ),
        version=inputs.versions["mgmeta"],
    )


def _dose(inputs: Inputs, outcomes: Mapping[str, Json]) -> list[str]:
    level = inputs.headline.level
    texts = [readers.moderator_sentence(out, readers.DOSE, level) for out in outcomes.values()]
    limits = [
        row
        for row in inputs.evidence.intakes
        if row.quantity == "ul_supplement" and row.population == "adults"
    ]
    trials = {str(row["trial_id"]): row for out in outcomes.values() for row in out["rows"]}
    for limit in sorted(limits, key=lambda row: row.value or 0.0):
        if limit.value is not None:
            texts.append(readers.limit_sentence(list(trials.values()), limit.value, limit.authority))
    return texts


def _update(results: Results, name: str, headline: Headline) -> list[str]:
    """Return one sentence an outcome on a main analysis other than the target."""
    texts = []
    for scenario in headline.scenarios:
        if scenario.analysis == name:
            outcome = OUTCOMES[scenario.outcome].name
            texts.append(sentences.analysis_sentence(outcome, scenario, headline.level))
    return texts


def _findings(check: Json) -> str:
    counts = [
        words.count(len(check["errors"]), "error"),
        words.count(len(check["ambiguities"]), "acknowledged ambiguity", "acknowledged ambiguities"),
        words.count(len(check["notes"]), "note"),
    ]
    return f"The checks of the raw tables found {words.listing(counts)}."


def _figures(inputs: Inputs) -> dict[str, PageFigure]:
    figures: dict[str, PageFigure] = {}
    for name, text in inputs.svgs.items():
        spec = FIGURES[name]
        module = spec.load()
        data = module.prepare(inputs.results, spec.analysis, spec.outcome)
        heads, cells = module.table(data)
        points = width_points(text)
        figures[name] = PageFigure(
            name=name,
            number=len(figures) + 1,
            title=spec.title,
            svg=inline_svg(text, name),
            max_width=round(points * LARGEST_SCALE),
            min_width=round(points * SMALLEST_SCALE) if points > PHONE_POINTS else 0,
            caption=module.caption(data),
            table=HtmlTable(
                f"data-{name}",
                f"The figure \u201c{spec.title}\u201d as a table",
                columns(*heads),
                rows(cells),
            ),
        )
    return figures
