"""The one-page report of a project for another exposure: answer, forest plots, trials, decisions, methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mgmeta import words
from mgmeta.config import Config
from mgmeta.evidence.exposure import Exposure
from mgmeta.report.htmltable import HtmlTable, columns, rows
from mgmeta.report.methods import method_tables
from mgmeta.report.svg import inline_svg, size_points

Row = Mapping[str, str]
SCALE = 1.45  # CSS pixels a point, at most: as in the main report
SAID = {
    "DL": "numbers, DerSimonian-Laird",
    "REML": "numbers, REML with Hartung-Knapp",
    "ML": "numbers and words, maximum likelihood",
}


@dataclass(frozen=True)
class Drawing:
    """A forest plot made fit to stand in the page."""

    title: str
    svg: str
    max_width: int
    ratio: str


@dataclass(frozen=True)
class ProjectPage:
    """Everything the template prints.

    Attributes
    ----------
    exposure : str
        What is supplemented.
    answers : tuple of str
        A sentence an outcome: the main analysis by every result there is, or why there is none.
    answer, flow, decisions, analyses, assumptions : HtmlTable
        Pooled results, fate of each trial, choices on the way, what was selected and assumed.
    drawings : tuple of Drawing
        Forest plots of the analyses that pool anything.
    level : str
        Level of every interval.
    version : str
        Of mgmeta.
    """

    exposure: str
    answers: tuple[str, ...]
    answer: HtmlTable
    drawings: tuple[Drawing, ...]
    flow: HtmlTable
    decisions: HtmlTable
    analyses: HtmlTable
    assumptions: HtmlTable
    level: str
    version: str


def project_page(
    config: Config,
    exposure: Exposure,
    answer: Sequence[Row],
    flow: Sequence[Row],
    decisions: Sequence[Row],
    svgs: Mapping[tuple[str, str], str],
    version: str,
) -> ProjectPage:
    """Put the page together.

    Parameters
    ----------
    config : Config
        Of the project.
    exposure : Exposure
        What is supplemented.
    answer, flow, decisions : sequence of mapping
        Rows of ``results/answer.csv``, ``data/processed/flow.csv`` and ``decisions.csv``.
    svgs : mapping of (str, str) to str
        Forest plots by analysis and outcome, as SVG.
    version : str
        Of mgmeta.
    """
    main = config.target.analysis
    pooled = {(row["analysis"], row["outcome"]) for row in answer if row["estimate"]}
    analyses, assumptions = method_tables(config)
    return ProjectPage(
        exposure=exposure.name,
        answers=tuple(_sentence(answer, main, outcome) for outcome in config.outcomes),
        answer=_answer(answer),
        drawings=tuple(_drawing(key, svg, config) for key, svg in svgs.items() if key in pooled),
        flow=_listed("flow", "What became of every trial, and why.", flow),
        decisions=_listed("decisions", "Every choice, conversion and borrowed number.", decisions),
        analyses=analyses,
        assumptions=assumptions,
        level=words.level(config.level),
        version=version,
    )


def _sentence(answer: Sequence[Row], analysis: str, outcome: str) -> str:
    found = [row for row in answer if (row["analysis"], row["outcome"]) == (analysis, outcome)]
    said = [f"{_pooled(row)} (k = {row['k']}; {SAID[row['method']]})" for row in found if row["estimate"]]
    name = outcome.upper()
    if said:
        return f"{name}: {'; '.join(said)}."
    notes = dict.fromkeys(row["note"] for row in found if row["note"])
    return f"{name}: no pooled result: {'; '.join(notes) or 'no trial reports it'}."


def _pooled(row: Row) -> str:
    low, high = (float(row[key]) if row[key] else None for key in ("ci_low", "ci_high"))
    return f"{words.with_interval(float(row['estimate']), low, high)} {row['unit']}"


def _answer(answer: Sequence[Row]) -> HtmlTable:
    lines = [
        (
            f"{row['analysis']}, {row['outcome'].upper()}",
            SAID[row["method"]],
            f"{row['k_numeric']} + {row['k_bounds']}",
            _pooled(row) if row["estimate"] else f"none: {row['note']}",
            words.fixed(float(row["tau"])) if row["tau"] else words.MISSING,
        )
        for row in answer
    ]
    heads = columns(
        "Analysis", "Method", "Numbers + words", "Effect", "tau", numeric=("Numbers + words", "tau")
    )
    return HtmlTable("table-answer", "Every analysis by every method.", heads, rows(lines))


def _drawing(key: tuple[str, str], svg: str, config: Config) -> Drawing:
    analysis, outcome = key
    title = f"{config.analyses[analysis].title}: {outcome.upper()}"
    width, height = size_points(svg)
    name = f"{analysis}-{outcome}"
    return Drawing(title, inline_svg(svg, name), round(width * SCALE), f"{width:g} / {height:g}")


def _listed(name: str, caption: str, found: Sequence[Row]) -> HtmlTable:
    """Return a table of the workflow as it is, columns that are empty throughout left out."""
    keys = [key for key in (found[0] if found else ()) if any(row[key] for row in found)]
    lines: list[tuple[Any, ...]] = [tuple(_cell(row[key]) for key in keys) for row in found]
    heads = columns(*(words.capital(key.replace("_", " ")) for key in keys))
    return HtmlTable(f"table-{name}", f"{caption} {words.count(len(found), 'row')}.", heads, rows(lines))


def _cell(text: str) -> str:
    """Return a cell; a number of the machine with four significant digits."""
    try:
        return words.plain(float(f"{float(text):.4g}")) if "." in text else text
    except ValueError:
        return text
