"""The PRISMA checklist: every item once, every link to a chapter there, risk of bias only if assessed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mgmeta.figures.registry import FIGURES
from mgmeta.report.chapters.prisma import (
    WITH_FILE,
    checklist,
    content,
    prisma_page_table,
    risk_of_bias_status,
    summary,
)
from mgmeta.report.chapters.registry import CHAPTERS
from mgmeta.report.inputs import Inputs
from mgmeta.report.page import build_page
from mgmeta.report.prisma_items import ANSWERED, NOT_DONE, PARTLY, PRISMA_ITEMS, RISK_OF_BIAS_ITEMS, STATUSES


def test_all_27_items_are_there_in_order_with_a_status_and_words() -> None:
    assert [item.number for item in PRISMA_ITEMS] == list(range(1, 28))
    assert {item.status for item in PRISMA_ITEMS} == set(STATUSES)
    assert all(item.topic and item.answer.endswith(".") for item in PRISMA_ITEMS)


def test_every_link_points_to_a_chapter() -> None:
    keys = {chapter.key for chapter in CHAPTERS}
    linked = {key for item in PRISMA_ITEMS for key in item.chapters}
    assert linked <= keys
    assert linked >= WITH_FILE


CHECKS = {name for name, spec in FIGURES.items() if spec.needs == "robustness"}


def test_links_of_the_page_lead_to_chapters_it_has(make_inputs: Callable[..., Inputs]) -> None:
    inputs = make_inputs()
    gone = ("drift", "multiverse", "ledger", "flow", "rob")
    svgs = {n: s for n, s in inputs.svgs.items() if not n.startswith(gone)}
    bare = replace(inputs, results=replace(inputs.results, reproduction={}), svgs=svgs)
    unchecked = replace(inputs, results=replace(inputs.results, robustness={}))
    unchecked = replace(unchecked, svgs={n: s for n, s in inputs.svgs.items() if n not in CHECKS})
    for case in (inputs, bare, unchecked):
        keys = {f"#{chapter.key}" for chapter in build_page(case).chapters}
        links = {link.href for row in content(case)["table"].rows for link in row[-1]}
        assert links
        assert links <= keys


def test_no_search_and_no_assessment_are_said_to_be_not_done() -> None:
    by_number = {item.number: item for item in checklist(NOT_DONE)}
    assert {number for number, item in by_number.items() if item.status == NOT_DONE} >= {7, 11, 18}
    assessed = {item.number: item for item in checklist(ANSWERED)}
    changed = {number for number in assessed if assessed[number] != by_number[number]}
    assert changed == set(RISK_OF_BIAS_ITEMS)
    assert "rob.csv" in assessed[18].answer


def test_the_sentence_counts_the_table() -> None:
    items = checklist(NOT_DONE)
    table = prisma_page_table(items, {})
    for status in STATUSES:
        assert f"{sum(row[1] == status for row in table.rows)} {status}" in summary(items)


def test_links_are_named_by_the_title_of_their_chapter() -> None:
    titles = {chapter.key: chapter.contents for chapter in CHAPTERS if chapter.key != "claims"}
    table = prisma_page_table(PRISMA_ITEMS, titles)
    links = [link for row in table.rows for link in row[3] if isinstance(row[3], tuple)]
    assert links
    assert all(link.text == titles[link.href.removeprefix("#")] for link in links)


def test_a_few_judgements_are_no_assessment() -> None:
    none = {"rob": {}, "domains": [{"key": "risk_of_bias", "levels": None}]}
    few = {**none, "rob": {"overall": {"low": 1}}}
    enough = {"rob": {"overall": {"low": 9}}, "domains": [{"key": "risk_of_bias", "levels": 0}]}
    assert risk_of_bias_status([]) == risk_of_bias_status([none, none]) == NOT_DONE
    assert risk_of_bias_status([few, none]) == risk_of_bias_status([enough, few]) == PARTLY
    assert risk_of_bias_status([enough, enough]) == ANSWERED
    assert "too few" in checklist(PARTLY)[10].answer
