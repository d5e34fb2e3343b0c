"""In whom: the sentences say what the numbers say, the tables hold every test."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from mgmeta.report import moderator_tables, moderator_words
from mgmeta.report.inputs import Inputs
from mgmeta.report.page import build_page
from mgmeta.report.render import render


@pytest.fixture
def document(make_inputs: Callable[..., Inputs]) -> dict[str, Any]:
    return copy.deepcopy(dict(make_inputs().results.moderators["zhang2016"]))


@pytest.fixture
def sbp(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["outcomes"]["sbp"]
    return found


def test_what_adjustment_leaves_is_said(sbp: dict[str, Any]) -> None:
    sbp["tested"] = {
        "dose": {"p_value": 0.001, "p_holm": 0.002, "p_bh": 0.002},
        "year": {"p_value": 0.03, "p_holm": 0.06, "p_bh": 0.04},
    }
    said = moderator_words.tested_sentence("sbp", sbp)
    assert "2 of 14 moderators could be tested" in said
    assert "below 0.05 for dose and year" in said and "0.1 such P would be expected by chance" in said
    assert said.endswith("(Holm), dose stays below.")
    sbp["tested"]["dose"]["p_holm"] = 0.2
    assert moderator_words.tested_sentence("sbp", sbp).endswith("none stays below.")
    for item in sbp["tested"].values():
        item["p_value"] = 0.5
    assert "None has P below 0.05" in moderator_words.tested_sentence("sbp", sbp)
    sbp["tested"] = {}
    assert "no moderator could be tested" in moderator_words.tested_sentence("sbp", sbp)


def test_zero_inside_or_outside_the_interval(sbp: dict[str, Any]) -> None:
    single = next(item for item in sbp["singles"] if item["key"] == "hypertension")
    single["difference"] |= {"estimate": -3.0, "ci_low": -5.0, "ci_high": -1.0}
    said = moderator_words.moderator_sentence("sbp", sbp, "hypertension")
    assert "\u22123.00 (\u22125.00 to \u22121.00) mmHg hypertensive minus normotensive or high normal" in said
    assert "the interval excludes zero, and it is thin" in said
    single["difference"]["ci_high"] = None
    assert "the interval includes zero" in moderator_words.moderator_sentence("sbp", sbp, "hypertension")
    assert "Atlantis 1999, hypertensive: \u22122.90" in said
    assert "Atlantis 1999, normotensive: no number in the tables" in said
    assert "hypertensive against normotensive: interaction P = 0.41" in said


def test_a_refused_moderator_says_why(sbp: dict[str, Any]) -> None:
    said = moderator_words.moderator_sentence("sbp", sbp, "serum_mg")
    assert "it could not be tested: only 2 trials state it" in said
    assert said.endswith("Published counterpart: not in the tables.")
    both = moderator_words.refused_sentence({"sbp": sbp})
    assert "serum magnesium at entry: only 2 trials" in both and "blinding" in both
    sbp["singles"] = [item for item in sbp["singles"] if item["difference"] is not None]
    assert moderator_words.refused_sentence({"sbp": sbp}) == ""


def test_the_published_slope_is_set_against_the_free_intercept(sbp: dict[str, Any]) -> None:
    sbp["dose_slopes"][0] |= {"estimate": -2.0, "ci_low": -4.0, "ci_high": 0.5}
    assert "lies within our interval of \u22124.00 to 0.50" in moderator_words.slope_sentence("sbp", sbp)
    sbp["dose_slopes"][0]["ci_low"] = -3.0
    assert "lies outside" in moderator_words.slope_sentence("sbp", sbp)
    sbp["published"] = []
    assert "no published slope is in the tables" in moderator_words.slope_sentence("sbp", sbp)


def test_evidence_inside_trials(sbp: dict[str, Any]) -> None:
    said = moderator_words.within_sentence(sbp["within"])
    assert said.startswith("1 comparison inside a trial is in the tables (Fiction 1901)")
    assert "1 further row gives only the magnesium arm's own change" in said
    assert "No trial" in moderator_words.within_sentence([])
    table = moderator_tables.within_page_table({"sbp": sbp})
    assert table is not None
    assert [row[4] for row in table.rows] == ["lower on magnesium, P = 0.03"]
    assert moderator_tables.within_page_table({"sbp": {**sbp, "within": []}}) is None


def test_a_joint_model_or_why_there_is_none(sbp: dict[str, Any]) -> None:
    assert "no joint model: fewer than two" in moderator_words.joint_sentence("sbp", sbp, 0.95)
    term = {"label": "Dose", "estimate": -1.0, "ci_low": -2.0, "ci_high": 0.0}
    sbp["joint"] = {"k": 24, "bounded": {"coefficients": [{}, term, {**term, "label": "Year"}]}}
    said = moderator_words.joint_sentence("sbp", sbp, 0.95)
    assert "24 trials allow dose \u22121.00 (\u22122.00 to 0.00) and year" in said


def test_the_table_holds_every_moderator_and_pressure(document: dict[str, Any]) -> None:
    table = moderator_tables.single_page_table("zhang2016", document, document["outcomes"])
    assert len(table.rows) == 28
    assert {len(row) for row in table.rows} == {len(table.columns)}


def test_the_chapter_stands_in_the_page_and_escapes_what_it_prints(
    make_inputs: Callable[..., Inputs],
) -> None:
    html = render(build_page(make_inputs()))
    assert 'id="fig-moderators"' in html and 'id="table-within"' in html
    assert "Invented &lt;b&gt;." in html
    assert 'id="fig-hypertension"' not in html


def test_the_shrunk_slopes_that_exclude_zero_are_named_and_no_other() -> None:
    ends = {"median": -1.0, "ci_low": -2.0, "ci_high": -0.5}
    slope = {"label": "Year", "step_label": "per 10 years later", **ends}
    item = {"counts": {"k": 40}, "slopes": [slope, {**slope, "label": "Dose", "ci_high": 0.5}]}
    said = moderator_words.shrunk_sentence("sbp", item, 0.95)
    assert "excludes zero for year (per 10 years later)" in said
    assert "dose" not in said
    item["slopes"] = [{**slope, "ci_high": 0.5}]
    said = moderator_words.shrunk_sentence("sbp", item, 0.95)
    assert "interval of a slope excludes zero" in said
