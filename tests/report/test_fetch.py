"""Which papers to fetch first."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mgmeta import io
from mgmeta.report import fetch
from mgmeta.report.chapters import fetch as chapter
from mgmeta.report.htmltable import Link, Parts
from mgmeta.report.inputs import Inputs

OUTCOMES = ["sbp", "dbp"]


@pytest.fixture
def found(make_inputs: Callable[..., Inputs]) -> dict[str, Any]:
    return copy.deepcopy(io.jsonable(make_inputs().results.missing))


def test_the_first_five_say_where_they_are_and_what_they_lack(found: dict[str, Any]) -> None:
    first = fetch.first_papers(found, OUTCOMES)
    assert len(first) == 5
    assert first[0].links == (
        Link("doi", "https://doi.org/10.1234/1"),
        Link("PubMed", first[0].links[1].href),
    )
    assert first[0].lacks == "what the result is compared with and the spread or the interval"
    assert first[0].worth == (
        "12.0% \u00b1 1.0% for systolic blood pressure and 7.0% \u00b1 0.6% for diastolic blood pressure"
    )
    assert first[1].worth == "6.0% \u00b1 0.5% for systolic blood pressure"


def test_only_real_identifiers_become_links(found: dict[str, Any]) -> None:
    first = fetch.first_papers(found, OUTCOMES)
    assert [link.text for link in first[1].links] == ["doi"]  # its PubMed number is none
    assert first[2].links == ()
    table = fetch.fetch_page_table(found, OUTCOMES)
    assert table.rows[2][2] == fetch.UNKNOWN
    assert "4 of these papers have no DOI or PubMed number" in fetch.nothing_known(found)


def test_the_joint_sentence_equals_the_file(found: dict[str, Any]) -> None:
    assert fetch.joint_sentence(found, OUTCOMES) == (
        "Together these 5 papers are expected to narrow the SD of the posterior of the mean effect by "
        "22.5% \u00b1 0.8% for systolic blood pressure (from 0.80 to 0.62 mmHg) and by 16.0% \u00b1 0.8% for "
        "diastolic blood pressure (from 0.50 to 0.42 mmHg); the figure after \u00b1 is the Monte Carlo "
        "standard error."
    )
    found["best_trials"] = []
    assert fetch.joint_sentence(found, OUTCOMES) == "No paper is expected to narrow the answer."


def test_the_chance_that_was_taken_is_told(found: dict[str, Any]) -> None:
    text = fetch.basis_sentence(found, "All years")
    assert "\u201cAll years\u201d. 18 papers of 20 trials could add something; 40 possible outcomes" in text
    assert "with a probability of 50%; that probability is a guess" in text


def test_every_trial_is_in_the_table(found: dict[str, Any]) -> None:
    table = fetch.fetch_page_table(found, OUTCOMES)
    assert len(table.rows) == 20
    assert [row[1] for row in table.rows[:3]] == ["1", "2", "3"]
    assert table.rows[0][0] == Parts("Fiction <i> 1901", "<script>alert(3)</script> & more")
    assert table.rows[1][6] == "\u2013"
    assert table.rows[3][3] == "systolic: numbers; diastolic: words"
    assert [row[7] for row in (table.rows[0], table.rows[1], table.rows[2])] == [
        "its rows stay out: x-sbp-1: ambiguous comparator",
        "pooled, words only",
        "says nothing on this outcome",
    ]
    assert table.rows[18][1] == "\u2013"
    assert table.rows[18][4] == "nothing"
    assert table.rows[18][7] == "not eligible: blinding open"
    assert table.rows[19][7] == "pooled, a number"


def test_one_paper_is_one(found: dict[str, Any]) -> None:
    found["best_trials"] = found["best_trials"][:1]
    assert fetch.joint_sentence(found, OUTCOMES).startswith("This paper is expected")


def test_no_list_no_chapter(make_inputs: Callable[..., Inputs]) -> None:
    inputs = make_inputs()
    assert chapter.content(replace(inputs, results=replace(inputs.results, missing={}))) is None
    content = chapter.content(inputs)
    assert content
    assert "\u201cUpdate: invented for tests\u201d" in content["basis"]


def test_the_pool_named_is_the_one_the_list_was_made_for(make_inputs: Callable[..., Inputs]) -> None:
    inputs = make_inputs()
    other = next(name for name in inputs.results.fits if name != inputs.results.missing["analysis"])
    missing = {**inputs.results.missing, "analysis": other}
    told = chapter.content(replace(inputs, results=replace(inputs.results, missing=missing)))
    assert told
    assert inputs.results.fits[other]["title"] in told["basis"]
