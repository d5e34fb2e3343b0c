"""What a reading picks: design passes in silence, a population does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mgmeta.effects.eligibility import judge
from mgmeta.effects.slices import SLICE_COLUMNS, build_slice
from mgmeta.reproduce.picked import eligible_trials, pick
from mgmeta.reproduce.plan import Reading


@pytest.fixture
def select(config):
    return config.analyses["update"].select


def test_silence_on_a_population_never_passes(evidence, select):
    diabetic = replace(select, diabetes=("t2d",), stated=("diabetes",))
    found = set(eligible_trials(evidence, Reading("", diabetic)))
    assert found
    assert all(evidence.trial(trial_id).diabetes == "t2d" for trial_id in found)
    loose = set(eligible_trials(evidence, Reading("", replace(diabetic, stated=None))))
    assert found < loose
    assert {evidence.trial(trial_id).diabetes for trial_id in loose - found} == {"unclear"}


@pytest.mark.parametrize("column", ["design", "bp_treatment", "diabetes", "mg_status"])
def test_new_criteria_judge_like_the_old_ones(evidence, select, column):
    values = sorted({getattr(trial, column) for trial in evidence.trials} - {"unclear", ""})
    for value in values:
        chosen = replace(select, **{column: (value,)})
        for trial in evidence.trials:
            verdict = judge(trial, chosen)
            has = getattr(trial, column)
            words = f"{column} {has or 'not stated'}"
            assert (words in verdict.failed) == (has not in (value, "unclear", ""))
            assert (words in verdict.unclear) == (has in ("unclear", ""))


def test_alternatives_are_a_union(evidence, select):
    blocks = (
        replace(select, diabetes=("t2d",), stated=("diabetes",)),
        replace(select, bp_status=("hypertensive",), stated=("bp_status",)),
    )
    union = set(eligible_trials(evidence, Reading("", select, blocks)))
    parts = [set(eligible_trials(evidence, Reading("", block))) for block in blocks]
    assert union == parts[0] | parts[1]
    assert parts[0] - parts[1]
    assert parts[1] - parts[0]


def test_without_alternatives_the_rows_are_those_of_the_slice(evidence, derived, config, select):
    analysis = config.analyses["update"]
    wanted = build_slice(evidence, derived, analysis).rows
    found = pick(evidence, derived, config, Reading("", select)).rows
    assert [{k: v for k, v in row.items() if v is not None} for row in found] == [
        {k: v for k, v in row.items() if v is not None} for row in wanted
    ]
    assert all(set(row) == set(SLICE_COLUMNS) for row in found)
