"""The PRISMA 2020 checklist of this page: where each item is answered, and what was not done."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from mgmeta import words
from mgmeta.report.htmltable import HtmlTable, Link, Parts, columns, rows
from mgmeta.report.inputs import Inputs
from mgmeta.report.pooled import Json
from mgmeta.report.prisma_items import (
    ANSWERED,
    NOT_DONE,
    PARTLY,
    PRISMA_ITEMS,
    RISK_OF_BIAS_ITEMS,
    STATUSES,
    PrismaItem,
)

# Chapters that are there only with their file in results/reproduction.
WITH_FILE = frozenset({"certainty", "claims", "ledger", "multiverse"})


def content(inputs: Inputs) -> dict[str, Any]:
    """Return the checklist and one sentence that counts it."""
    there = inputs.results.reproduction
    outcomes = (
        list(inputs.results.reproduced("certainty")["outcomes"].values()) if "certainty" in there else []
    )
    items = checklist(risk_of_bias_status(outcomes))
    from mgmeta.report.chapters.registry import CHAPTERS  # it lists this very chapter

    absent = WITH_FILE - set(there)
    if inputs.target not in inputs.results.robustness:
        absent |= {"robustness"}
    titles = {chapter.key: chapter.contents for chapter in CHAPTERS if chapter.key not in absent}
    return {"summary": summary(items), "table": prisma_page_table(items, titles)}


def risk_of_bias_status(outcomes: Collection[Json]) -> str:
    """Return whether ``rob.csv`` judged enough pooled trials of every outcome, some, or none."""
    if not any(item["rob"] for item in outcomes):
        return NOT_DONE
    rated = [
        any(domain["key"] == "risk_of_bias" and domain["levels"] is not None for domain in item["domains"])
        for item in outcomes
    ]
    return ANSWERED if all(rated) else PARTLY


def checklist(risk_of_bias: str) -> tuple[PrismaItem, ...]:
    """Return the 27 items; *risk_of_bias* is the status of the assessment of the pooled trials."""
    if risk_of_bias == NOT_DONE:
        return PRISMA_ITEMS
    told = "RoB 2 judgements of rob.csv, counted by domain"
    told += "." if risk_of_bias == ANSWERED else "; too few of the pooled trials have one."
    return tuple(
        replace(item, status=risk_of_bias, answer=told) if item.number in RISK_OF_BIAS_ITEMS else item
        for item in PRISMA_ITEMS
    )


def summary(items: Collection[PrismaItem]) -> str:
    """Return how many items have which status."""
    counts = [f"{sum(item.status == status for item in items)} {status}" for status in STATUSES]
    return f"Of {len(items)} items: {words.listing(counts)}."


def prisma_page_table(items: Collection[PrismaItem], titles: Mapping[str, str]) -> HtmlTable:
    """Return the checklist with links to the chapters of the page, by their *titles*."""
    lines = [
        (
            Parts(f"{item.number}. {item.topic}", item.section),
            item.status,
            item.answer,
            tuple(Link(titles[key], f"#{key}") for key in item.chapters if key in titles),
        )
        for item in items
    ]
    heads = columns("Item", "Status", "What is there", "Chapters")
    return HtmlTable("table-prisma", "PRISMA 2020, item by item.", heads, rows(lines))
