"""The chapter on robustness: every number of its sentences is one of the tables."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mgmeta.figures import words
from mgmeta.report import robustness_tables, robustness_words
from mgmeta.report.chapters import answer, robustness
from mgmeta.report.inputs import Inputs


@pytest.fixture
def inputs(make_inputs: Callable[..., Inputs]) -> Inputs:
    return make_inputs()


@pytest.fixture
def tables(inputs: Inputs) -> dict[str, Any]:
    return copy.deepcopy(dict(inputs.results.robustness["zhang2016"]["outcomes"]))


def test_the_chapter_is_left_out_without_its_results(inputs: Inputs) -> None:
    assert robustness.content(replace(inputs, results=replace(inputs.results, robustness={}))) is None
    content = robustness.content(inputs)
    assert content is not None
    assert [study["title"] for study in content["others"]] == ["Update: invented for tests"]


def test_sentences_state_what_the_tables_hold(tables: dict[str, Any]) -> None:
    grid = tables["sbp"]["prior_grid"]
    text = robustness_words.priors_sentence("sbp", tables["sbp"])
    assert words.fixed(grid["lowest"]["mean"]) in text
    assert words.fixed(grid["highest"]["mean"]) in text
    rows = {row["share"]: row for row in tables["sbp"]["mixture"]["rows"]}
    assert words.fixed(rows["0.5"]["mean"]) in robustness_words.mixture_sentence("sbp", tables["sbp"])
    assert "Maybe 1977" in robustness_words.mixture_sentence("sbp", tables["sbp"])
    power = tables["sbp"]["power"]["rows"]
    assert words.fixed(power[0]["mean"]) in robustness_words.power_sentence("sbp", tables["sbp"])
    assert "2 rows read in a source" in robustness_words.power_sentence("sbp", tables["sbp"])


def test_few_trials_are_said_to_be_few(tables: dict[str, Any]) -> None:
    assert "hardly any power" in robustness_words.few_sentence(tables)
    many = {key: {**item, "k_numeric": 12} for key, item in tables.items()}
    assert "hardly any power" not in robustness_words.few_sentence(many)


def test_what_is_not_there_is_not_told(tables: dict[str, Any]) -> None:
    bare = {**tables["sbp"], "power": None, "mixture": None}
    assert robustness_words.power_sentence("sbp", bare) == ""
    assert robustness_words.mixture_sentence("sbp", bare) == ""
    alone = {"sbp": bare}
    for make in (
        robustness_tables.power_page_table,
        robustness_tables.mixture_page_table,
        robustness_tables.states_page_table,
    ):
        assert make("x", alone) is None


def test_a_method_that_could_not_run_shows_why(tables: dict[str, Any]) -> None:
    table = robustness_tables.small_study_page_table("zhang2016", tables)
    assert len(table.rows) == len(tables["sbp"]["small_study"]["methods"])
    tables["sbp"]["small_study"]["methods"][0] |= {"p_value": None, "note": "too few rows"}
    cell = robustness_tables.small_study_page_table("zhang2016", tables).rows[0][1]
    assert cell == robustness_tables.Parts(words.MISSING, "too few rows")


def test_each_warning_stands_once(tables: dict[str, Any]) -> None:
    found = robustness_tables.warnings(tables)
    endings = [text.rpartition("): ")[2] for text in found]
    assert len(set(endings)) == len(endings) > 0


def test_the_averaged_estimate_and_its_priors_are_told(tables: dict[str, Any]) -> None:
    found = tables["sbp"]["averaging"]
    text = robustness_words.averaging_sentence("sbp", tables["sbp"], 0.95)
    assert words.with_interval(found["mean"], found["ci_low"], found["ci_high"]) in text
    assert words.percent(max(model["posterior"] for model in found["models"])) in text
    priors = robustness_words.priors_of_averaging(tables)
    assert "SD 9.00 mmHg, so effect ~ normal:0,9, tau ~ invgamma:1,1.35" in priors
    assert "PEESE slope ~ halfcauchy:0.556 per mmHg" in priors
    table = robustness_tables.averaging_page_table("zhang2016", tables)
    assert table is not None
    assert len(table.rows) == 36
    bare = {"sbp": {**tables["sbp"], "averaging": None}}
    assert robustness_tables.averaging_page_table("x", bare) is None
    assert robustness_tables.inclusion_page_table("x", bare) is None


def test_bayes_factors_keep_two_digits() -> None:
    told = [robustness_words.bayes_factor(x) for x in (0.22448, 9.9857, 33.136, 5e4, 1e-5, None)]
    assert told == ["0.22", "10.0", "33", "over 1000", "under 0.001", words.MISSING]


def test_the_first_page_says_what_small_study_bias_could_do(inputs: Inputs, tables: dict[str, Any]) -> None:
    text = robustness_words.small_trials_sentence(tables)
    found = tables["sbp"]["averaging"]
    assert words.with_interval(found["mean"], found["ci_low"], found["ci_high"]) in text
    bounds = [m for m in tables["sbp"]["small_study"]["methods"] if m["key"] == "egger"][-1]
    assert words.p_value(bounds["p_value"]) in text
    assert answer.content(inputs)["small_trials"] == text
    without = replace(inputs, results=replace(inputs.results, robustness={}))
    assert answer.content(without)["small_trials"] == ""
    assert robustness_words.small_trials_sentence({"sbp": {**tables["sbp"], "averaging": None}}) == ""
