"""The chapters of the reproduction: verdicts in words, every row accounted for, hostile text only text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mgmeta.report import reproduction_tables as tables
from mgmeta.report.chapters import certainty, claims, ledger, multiverse
from mgmeta.report.inputs import Inputs
from mgmeta.report.page import build_page
from mgmeta.report.render import render


@pytest.fixture(scope="module")
def inputs(make_inputs: Callable[..., Inputs]) -> Inputs:
    return make_inputs()


@pytest.fixture(scope="module")
def html(inputs: Inputs) -> str:
    return render(build_page(inputs))


def test_the_four_chapters_are_there_and_go_with_their_files(inputs: Inputs) -> None:
    keys = [chapter.key for chapter in build_page(inputs).chapters]
    assert {"ledger", "multiverse", "claims", "certainty"} <= set(keys)
    gone = ("drift", "multiverse", "flow", "rob")
    figures = {name: svg for name, svg in inputs.svgs.items() if name not in gone}
    figures = {name: svg for name, svg in figures.items() if not name.startswith("ledger")}
    bare = replace(inputs, results=replace(inputs.results, reproduction={}), svgs=figures)
    page = build_page(bare)
    assert not {"ledger", "multiverse", "claims", "certainty"} & {chapter.key for chapter in page.chapters}
    assert 'href="#ledger"' not in render(page)


def test_text_from_files_is_only_text(html: str) -> None:
    assert "javascript:" not in html
    for raw in (
        "<i>each other</i>",
        "sea <b>level</b>",
        "<b>pressure</b>",
        "<b>giants</b>",
        "<i>sluices</i>",
    ):
        assert raw not in html
        assert raw.replace("<", "&lt;").replace(">", "&gt;") in html
    assert 'href="https://example.org/l"' in html


def test_every_published_result_is_a_row(inputs: Inputs) -> None:
    document = inputs.results.reproduced("ledger")
    table = tables.ledger_page_table(document)
    assert len(table.rows) == len(document["rows"])
    assert {len(row) for row in table.rows} == {len(table.columns)}
    text = str(table.rows)
    assert "standard deviations" in text
    assert "cannot be computed: the review's number of trials is not printed" in text
    assert "no verdict" in text
    assert len(tables.no_targets_page_table(document).rows) == 1
    assert len(tables.readings_page_table(document).rows) == sum(
        len(row["readings"]) for row in document["rows"]
    )


def test_verdicts_are_counted_in_words() -> None:
    def rows(*found: str | None) -> list[Any]:
        return [{"verdict": word, "published": {"review_id": f"r{i}"}} for i, word in enumerate(found)]

    assert ledger.verdicts(rows("reproduced", "not testable", None)).endswith(
        "2 results can be judged: 1 not testable and 1 reproduced."
    )
    assert "Most are not testable" in ledger.verdicts(rows("not testable", "not testable", "consistent"))
    assert "can be judged: none." in ledger.verdicts(rows(None))


def test_claims_show_verdict_numbers_and_rows(inputs: Inputs) -> None:
    content = claims.content(inputs)
    assert content is not None
    assert content["counts"] == "1 supported, 1 not supported, 1 not testable here and 1 uncertain"
    text = str(content["table"].rows)
    assert "2 in giants; 7 in others; 3 do not say" in text
    assert "invented1-sbp-1" in text
    assert "0.050 (\u22120.020 to 0.120) mmol/L" in text
    assert content["outside"][1]["sources"][0].href == ""


def test_certainty_says_what_was_not_assessed_and_what_a_person_changed(inputs: Inputs) -> None:
    content = certainty.content(inputs)
    assert content is not None
    first, second = content["grades"]
    assert first == (
        "For systolic blood pressure the certainty is at most low (the rule alone: at most moderate); "
        "not assessed: risk of bias."
    )
    assert second == "For diastolic blood pressure the certainty is very low."
    assert len(content["rob"]) == 1
    flow = content["flow"]
    assert flow.rows[0] == ("Trials found", "12", "12")
    assert ("not eligible: duration", "0", "1") in flow.rows
    assert flow.rows[-1] == ("Pooled", "6", "5")


def test_levels_of_every_choice_stand_in_the_table(inputs: Inputs) -> None:
    content = multiverse.content(inputs)
    assert content is not None
    document = inputs.results.reproduced("multiverse")
    assert len(content["table"].rows) == sum(len(choice["levels"]) for choice in document["choices"])
    assert content["table"].rows[0][1].endswith("(protocol)")
    assert "25\u202f920 specifications pool 4\u202f321 different sets" in content["texts"][0]


def test_numbers_without_an_interval_say_so() -> None:
    item = {"estimate": -1.5, "ci_low": None, "ci_high": None}
    assert tables.value(item) == "\u22121.50 (\u2013)"
    assert tables.value({**item, "estimate": None}) == "\u2013"
    assert tables.span(-1.0, -1.0) == "\u22121.00"
    assert tables.span(None, 1.0) == "\u2013"
