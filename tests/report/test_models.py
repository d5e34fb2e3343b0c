"""The chapter of the hierarchical models on invented results."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from mgmeta.report import entry_words, model_tables
from mgmeta.report.chapters import models
from mgmeta.report.inputs import Inputs


@pytest.fixture
def inputs(make_inputs: Callable[..., Inputs]) -> Inputs:
    return make_inputs()


def test_every_model_of_every_main_analysis_is_in_a_table(inputs: Inputs) -> None:
    found = models.content(inputs)
    assert found is not None
    first, second = found["studies"]
    assert (first["title"], second["title"]) == tuple(
        inputs.config.analyses[name].title for name in ("zhang2016", "update")
    )
    titles = {row[0] for row in first["answers"].rows}
    assert titles == {model["title"] for model in inputs.results.models.values()}


def test_without_models_there_is_no_chapter(inputs: Inputs) -> None:
    assert models.content(replace(inputs, results=replace(inputs.results, models={}))) is None


def test_an_outlying_trial_is_named_and_else_the_likeliest(inputs: Inputs) -> None:
    found = models.content(inputs)
    assert found is not None
    sbp, dbp = found["studies"][0]["outlying"]
    assert "more likely outlying than not: Fiction 1901 (61%)" in sbp
    assert "no trial is more likely outlying than not; the likeliest is Fiction 1901 (20%" in dbp


def test_models_are_compared_trial_by_trial() -> None:
    one = {"pointwise": {"a": -1.0, "b": -2.0, "c": 0.5}}
    other = {"pointwise": {"a": -1.5, "b": -2.5, "c": -1.0}}
    difference, error = model_tables.loo_difference(one, other)
    assert difference == pytest.approx(2.5)
    gaps = [0.5, 0.5, 1.5]
    mean = sum(gaps) / 3
    assert error == pytest.approx(math.sqrt(3 * sum((gap - mean) ** 2 for gap in gaps) / 2))


def test_warnings_and_failures_are_said(inputs: Inputs) -> None:
    table = model_tables.loo_page_table(inputs.results.models, "zhang2016")
    assert table is not None
    assert any("k-hat 0.81" in str(row[-1]) for row in table.rows)
    assert "do not choose" in model_tables.loo_sentence(inputs.results.models, "zhang2016")
    checks = {"ok": True, "reasons": ["3 of 8000 draws diverged"], "rhat_max": 1.0, "ess_tail_min": 900}
    assert model_tables.gate(checks) == "flagged: 3 of 8000 draws diverged"
    assert model_tables.gate({**checks, "ok": False}).startswith("FAILED")


def test_a_failed_model_is_an_alarm(inputs: Inputs) -> None:
    models_read = {key: dict(model) for key, model in inputs.results.models.items()}
    assert model_tables.failed(models_read) == []
    part = dict(models_read["mixture"]["analyses"]["update"])
    part["dbp"] = {**part["dbp"], "diagnostics": {"ok": False, "reasons": ["R-hat of mu is 1.2"]}}
    models_read["mixture"]["analyses"] = {**models_read["mixture"]["analyses"], "update": part}
    (text,) = model_tables.failed(models_read)
    assert text.endswith("update, diastolic blood pressure: R-hat of mu is 1.2")


def test_what_the_other_pressure_adds_is_said(inputs: Inputs) -> None:
    item = inputs.results.models["bivariate"]["analyses"]["zhang2016"]["sbp"]
    assert "smaller by 7%" in model_tables.bivariate_sentence("sbp", item)
    assert "larger by 4%" in model_tables.bivariate_sentence("sbp", {**item, "sd_ratio": 1.04})
    assert "the same within its Monte Carlo error" in model_tables.bivariate_sentence(
        "sbp", {**item, "sd_ratio": 1.02}
    )


def test_pressure_at_entry_is_told_with_its_attenuation(inputs: Inputs) -> None:
    found = inputs.results.models["baseline_risk"]["analyses"]["zhang2016"]
    text = entry_words.entry_sentence("sbp", found["sbp"])
    assert "4 of " in text
    assert "(1 trial of one arm only)" in text
    assert "the first is 75% of the second. The interval of the second holds 0." in text
    table = entry_words.entry_page_table("zhang2016", found)
    assert table is not None
    told = [row[-1] for row in table.rows]
    assert told[:4] == [
        "identified",
        "identified",
        "not identified",
        "all of the 5 trials whose level is known are alike",
    ]
    near = {**found["sbp"]["models"]["entry"], "coefficient": {"mean": 0.1, "ci_low": -1.0, "ci_high": 1.2}}
    item = {**found["sbp"], "models": {**found["sbp"]["models"], "entry": near}}
    assert "both near 0" in entry_words.entry_sentence("sbp", item)


def test_a_failure_of_any_model_behind_an_outcome_is_an_alarm(inputs: Inputs) -> None:
    models_read = copy.deepcopy(dict(inputs.results.models))
    part = models_read["baseline_risk"]["analyses"]["update"]["sbp"]["models"]["hypertension"]
    part["diagnostics"] |= {"ok": False, "reasons": ["R-hat of level is 1.2"]}
    (text,) = model_tables.failed(models_read)
    assert text.endswith("R-hat of level is 1.2")


def test_what_the_priors_alone_make_is_a_table_of_its_own(inputs: Inputs) -> None:
    table = model_tables.checks_page_table(inputs.results.models, "zhang2016", "prior_checks")
    assert table is not None
    assert "priors alone" in table.caption
    assert {row[2] for row in table.rows} == {"significant trials", "mean of the numbers, mmHg"}


def test_both_pressures_are_compared_by_whole_trials(inputs: Inputs) -> None:
    models_read = copy.deepcopy(dict(inputs.results.models))
    pair = {"pointwise": {"a": 3.0, "b": 2.5, "c": 2.0}, "warnings": ["b: k-hat 0.75"]}
    apart = {"pointwise": {"a": -1.0, "b": -1.0, "c": -1.0}, "warnings": []}
    part = models_read["bivariate"]["analyses"]["zhang2016"]["sbp"]
    part |= {"loo_pair": pair, "loo_pair_apart": apart}
    table = model_tables.loo_page_table(models_read, "zhang2016")
    assert table is not None
    (row,) = (row for row in table.rows if row[1] == "both pressures")
    assert (row[2], row[4]) == ("10.50", "b: k-hat 0.75")
    assert "predicts both pressures better" in model_tables.loo_sentence(models_read, "zhang2016")
