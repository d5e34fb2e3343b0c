"""The reviews as code: every row accounted for, every mistake named, every reading run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mgmeta.errors import ConfigError
from mgmeta.reproduce.plan import load_plan, words_of
from mgmeta.reproduce.targets import no_targets, printed_result

SOURCE = Path(__file__).resolve().parents[2] / "config" / "reviews.yaml"


def altered(tmp_path, *changes):
    text = SOURCE.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "reviews.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_row_of_reviews_csv_is_a_target_or_left_out_with_a_reason(evidence, plan):
    targets = {
        (review.review_id, key.outcome, key.subset, key.unit)
        for review in plan.reviews
        for key in review.targets
    }
    left = {(row.review_id, row.outcome, row.subset, row.unit) for row in no_targets(evidence, plan)}
    rows = {(row.review_id, row.outcome, row.subset, row.unit) for row in evidence.reviews}
    assert targets | left == rows
    assert not targets & left
    assert all(row.reason for row in no_targets(evidence, plan))


def test_a_row_that_nobody_speaks_for_is_refused(evidence, plan):
    silent = replace(plan, left_out=tuple(item for item in plan.left_out if item.review != "rosanoff2013"))
    with pytest.raises(ConfigError, match=r"rosanoff2013 sbp treated_before_after mmHg is neither"):
        no_targets(evidence, silent)


def test_a_target_without_a_row_is_refused(evidence, plan):
    key = replace(plan.reviews[0].targets[0], subset="nobody")
    with pytest.raises(ConfigError, match=r"no row with outcome 'sbp', subset 'nobody'"):
        printed_result(evidence, "jee2002", key)


def test_the_primary_reading_of_the_target_is_the_named_analysis(plan, config):
    review = next(item for item in plan.reviews if item.review_id == config.target.review)
    assert review.readings["overall"][0].select == config.analyses[config.target.analysis].select


def test_every_combination_of_readings_is_run_once(plan):
    for review in plan.reviews:
        for readings in review.readings.values():
            assert readings[0].label == ""
            assert len({reading.label for reading in readings}) == len(readings)
            assert len(set(readings)) == len(readings)
    jee = plan.reviews[0].readings["overall"]
    assert len(jee) == 16
    assert {reading.select.blinding for reading in jee} == {None, ("double",)}


def test_alternatives_must_be_stated(plan):
    dibaba = next(item for item in plan.reviews if item.review_id == "dibaba2017")
    for reading in dibaba.readings["overall"]:
        assert len(reading.any_of) in (2, 3)
        for alternative in reading.any_of:
            assert alternative.stated
            assert alternative.design == ("parallel",)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("blinding: [null, [double]]", "blinding: [null, [doubel]]", "did you mean 'double'"),
        ("blinding: [null, [double]]", "blindness: [null, [double]]", "unknown key"),
        ("blinding: [null, [double]]", "blinding: [null]", "must"),
        ("blinding: [null, [double]]", "blinding: [[double], [double]]", "a reading stands there twice"),
        ("like: zhang2016", "like: zhang", "there is no analysis 'zhang' (did you mean 'zhang2016'?)"),
        ("models: [DL, REML]", "models: [DL, PM]", "allowed: DL, REML, FE"),
        (
            "subset: mg_deficient, unit: mmHg, trials: not",
            "subset: deficient, unit: mmHg, trials: not",
            "no criteria for",
        ),
        ("certainty: {}", "certainty: {sbp: {imprecision: {levels: 1}}}", "note: missing"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path, config, old, new, message):
    path = altered(tmp_path, (old, new))
    with pytest.raises(ConfigError) as caught:
        load_plan(path, config)
    assert message in str(caught.value)
    assert f"{path}:" in str(caught.value)


def test_a_person_can_rate_certainty(tmp_path, config):
    note = 'certainty: {sbp: {imprecision: {levels: 1, note: "one trial decides"}}}'
    plan = load_plan(altered(tmp_path, ("certainty: {}", note)), config)
    assert [(o.outcome, o.domain, o.levels, o.note) for o in plan.overrides] == [
        ("sbp", "imprecision", 1, "one trial decides")
    ]


@pytest.mark.parametrize(
    ("criterion", "value", "text"),
    [
        ("blinding", None, "any blinding"),
        ("blinding", ["double", "single"], "blinding: double or single"),
        ("duration_weeks_min", None, "any duration"),
        ("duration_weeks_min", 4, "at least 4 weeks"),
        ("bp_status", ["high_normal"], "bp status: high normal"),
    ],
)
def test_readings_in_words(criterion, value, text):
    assert words_of(criterion, value) == text
