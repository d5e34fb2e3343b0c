"""Review drift: the last step is the pool of today, every step adds the trials of its year."""

from __future__ import annotations

import pytest

from mgmeta.reproduce.drift import build_drift, steps_of
from mgmeta.reproduce.engines import Settings, maximum_likelihood
from mgmeta.reproduce.picked import pick
from mgmeta.reproduce.plan import Reading


@pytest.fixture(scope="module")
def rows(evidence, derived, config):
    return pick(evidence, derived, config, Reading("", config.analyses["update"].select)).of("dbp")


@pytest.fixture(scope="module")
def drift(evidence, config, plan):
    return build_drift(evidence, config, plan)


def test_every_pooled_trial_enters_once_in_its_year(drift, rows, evidence):
    found = drift.outcomes["dbp"]
    added = [trial_id for step in found.steps for trial_id in step.added]
    assert sorted([*added, *found.without_year]) == sorted(row["trial_id"] for row in rows)
    for step in found.steps:
        assert {evidence.trial(trial_id).year for trial_id in step.added} == {step.year}


def test_the_last_step_is_the_pool_of_all(drift, rows, config):
    last = drift.outcomes["dbp"].steps[-1]
    dated = [row for row in rows if row["year"] is not None]
    assert last.ml == maximum_likelihood(dated, config.level)
    assert last.k_numeric + last.k_bounds == len(dated)


def test_years_rise_and_counts_never_fall(drift):
    for outcome in drift.outcomes.values():
        years = [step.year for step in outcome.steps]
        assert years == sorted(set(years))
        k = [step.k_numeric + step.k_bounds for step in outcome.steps]
        assert k == sorted(k)


def test_reviews_stand_at_their_year_with_their_printed_number(drift):
    zhang = next(r for r in drift.outcomes["sbp"].reviews if r.review_id == "zhang2016")
    assert (zhang.year, zhang.estimate, zhang.ci_low, zhang.ci_high) == (2016, -2.0, -3.58, -0.43)
    assert not [r for r in drift.outcomes["sbp"].reviews if r.review_id in ("rosanoff2013", "kass2012")]


def test_a_trial_without_a_year_is_in_no_step(config, rows):
    undated = ({**rows[0], "year": None}, *rows[1:3])
    steps = steps_of(undated, Settings.of(config))
    assert all(rows[0]["trial_id"] not in step.added for step in steps)
    assert steps[-1].k_numeric + steps[-1].k_bounds == 2
