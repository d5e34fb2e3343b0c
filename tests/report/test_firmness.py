"""How firm the headline is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from mgmeta.report import firmness
from mgmeta.report.headline import Headline, build_headline
from mgmeta.report.htmltable import Parts
from mgmeta.report.inputs import Inputs

NUMBER = re.compile(r"\u2212?\d+\.\d+")


@pytest.fixture
def inputs(make_inputs: Callable[..., Inputs]) -> Inputs:
    """Return inputs with a scenario of smaller borrowed SDs; its fit is that of the strict one."""
    inputs = make_inputs()
    fits = {**inputs.results.fits, "zhang2016_sd_low": inputs.results.fits["zhang2016_strict"]}
    targets = {key: item.published for key, item in inputs.headline.outcomes.items()}
    headline = build_headline(fits, inputs.results.bayes, targets, "zhang2016")
    return replace(inputs, headline=headline, results=replace(inputs.results, fits=fits))


def test_scenarios_are_found_by_their_factor_not_their_name(inputs: Inputs) -> None:
    assert firmness.sd_scenarios(inputs) == {0.7: "zhang2016_sd_low", 1.0: "zhang2016"}
    renamed = {
        ("low" if name == "zhang2016_sd_low" else name): item for name, item in inputs.config.analyses.items()
    }
    renamed["low"] = replace(renamed["low"], name="low")
    fits = {("low" if name == "zhang2016_sd_low" else name): fit for name, fit in inputs.results.fits.items()}
    changed = replace(
        inputs,
        config=replace(inputs.config, analyses=renamed),
        results=replace(inputs.results, fits=fits),
    )
    assert firmness.sd_scenarios(changed) == {0.7: "low", 1.0: "zhang2016"}


def test_what_changes_more_than_the_factor_is_not_among_them(inputs: Inputs) -> None:
    low = inputs.config.analyses["zhang2016_sd_low"]
    both = replace(low, assume=replace(low.assume, correlation=0.3))
    analyses = {**inputs.config.analyses, "zhang2016_sd_low": both}
    changed = replace(inputs, config=replace(inputs.config, analyses=analyses))
    assert firmness.sd_scenarios(changed) == {1.0: "zhang2016"}


def test_the_table_holds_the_headline_and_the_numbers_alone(inputs: Inputs) -> None:
    table = firmness.sd_page_table(inputs)
    assert table.strong == {1}
    assert table.rows[1] == (
        Parts("SD\u00a0\u00d7\u00a01", "headline"),
        Parts("\u22122.25", "\u22123.90 to \u22120.90"),
        Parts("\u22121.50", "\u22123.15 to \u22120.15"),
    )
    alone = inputs.headline.outcomes["sbp"].numeric_reml
    assert table.rows[2][0] == "Numbers only"
    assert alone.estimate is not None
    assert table.rows[2][1] == Parts(
        f"{alone.estimate:.2f}".replace("-", "\u2212"),
        f"{alone.ci_low:.2f} to {alone.ci_high:.2f}".replace("-", "\u2212"),
    )


def test_choices_that_move_the_estimate_more_than_it_differs_are_told(inputs: Inputs) -> None:
    first, _, caution = firmness.choice_sentences(inputs)
    bounded = [
        row.bounded.estimate
        for row in firmness.of_target(inputs.headline, "sbp")
        if row.bounded.estimate is not None
    ]
    assert "0.15 mmHg from the published one, but choices that could be defended move it by more" in first
    assert (
        f"from {min(bounded):.2f} to {max(bounded):.2f} over the 3 analyses".replace("-", "\u2212") in first
    )
    assert "\u22123.21 to \u22122.25 over other sound methods" in first
    assert "\u22123.15 to \u22121.85 with one report read another way" in first
    assert caution == firmness.CAUTION


def test_an_estimate_further_off_than_any_choice_moves_it_gives_no_caution(inputs: Inputs) -> None:
    outcomes = {key: replace(item, difference=50.0) for key, item in inputs.headline.outcomes.items()}
    texts = firmness.choice_sentences(replace(inputs, headline=replace(inputs.headline, outcomes=outcomes)))
    assert len(texts) == 2
    assert all("move it by less" in text for text in texts)


def test_without_results_on_silence_the_analyses_still_range(inputs: Inputs) -> None:
    text = firmness.choice_sentences(replace(inputs, results=replace(inputs.results, silence={})))[0]
    assert "over the 3 analyses" in text
    assert "sound methods" not in text


def test_no_estimate_no_firmness(inputs: Inputs) -> None:
    outcomes = {key: replace(item, difference=None) for key, item in inputs.headline.outcomes.items()}
    texts = firmness.choice_sentences(replace(inputs, headline=replace(inputs.headline, outcomes=outcomes)))
    assert all("no estimate whose firmness" in text for text in texts)


def test_scenarios_that_affect_no_trial_are_named(headline: Headline) -> None:
    titles = {row.analysis: row.title for row in headline.scenarios}
    strict, base = titles["zhang2016_strict"], titles["zhang2016"]
    assert firmness.unaffected_sentence(headline) == (
        f"\u201c{strict}\u201d (of \u201c{base}\u201d) is identical to the analysis it varies: "
        "no trial is affected."
    )
    none = tuple(replace(row, same_rows=False) for row in headline.scenarios)
    assert firmness.unaffected_sentence(replace(headline, scenarios=none)) == ""


def test_only_a_scenario_can_have_the_rows_of_its_base(headline: Headline) -> None:
    assert {row.analysis for row in headline.scenarios if row.same_rows} == {"zhang2016_strict"}
    assert not any(row.same_rows for row in headline.scenarios if row.analysis == row.group)


def test_the_unknown_sd_stands_beside_the_assumed_ones(inputs: Inputs) -> None:
    before = firmness.sd_page_table(inputs)
    targets = {key: item.published for key, item in inputs.headline.outcomes.items()}
    sample = inputs.results.bayes["zhang2016"]["outcomes"]
    model = {"analyses": {"zhang2016": {key: part["overall"] for key, part in sample.items()}}}
    fits, bayes = inputs.results.fits, inputs.results.bayes
    headline = build_headline(fits, bayes, targets, "zhang2016", models={"sd_unknown": model})
    table = firmness.sd_page_table(replace(inputs, headline=headline))
    assert len(table.rows) == len(before.rows) + 1
    row = table.rows[-2]
    assert row[0] == Parts("SD unknown", "Bayesian")
    mean = sample["sbp"]["overall"]["mu"]["mean"]
    assert isinstance(row[1], Parts)
    assert row[1].main == f"{mean:.2f}".replace("-", "\u2212")
    assert "learned" in table.caption
