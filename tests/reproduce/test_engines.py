"""The engines of the ledger: what they have no answer to, and that they agree where they must."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mgmeta.reproduce import engines
from mgmeta.reproduce.picked import pick
from mgmeta.reproduce.plan import Reading


@pytest.fixture(scope="module")
def rows(evidence, derived, config):
    select = config.analyses["zhang2016"].select
    return pick(evidence, derived, config, Reading("", select)).of("sbp")


def test_engines_say_why_they_have_no_answer(config):
    settings = engines.Settings.of(config)
    assert engines.own_model([], "DL", 0.95).reason == "0 trials; at least 2 are needed"
    assert engines.maximum_likelihood([], 0.95).estimate is None
    assert engines.imputed([], settings).reason
    assert engines.bayes([], settings, "dose_per_100mg").reason == "0 trials; at least 2 are needed"


def test_three_engines_answer_one_question_alike(rows, config):
    """ML, MI and the exact posterior differ by their priors and intervals, not by what they mean."""
    settings = engines.Settings.of(config)
    ml = engines.maximum_likelihood(rows, config.level)
    found = [engines.imputed(rows, settings), engines.bayes(rows, settings)]
    for answer in found:
        assert answer.k == ml.k == len(rows)
        assert answer.estimate == pytest.approx(ml.estimate, abs=0.6)
        assert answer.ci_low < answer.estimate < answer.ci_high < 0.0


def test_the_answer_in_another_unit():
    answer = engines.Answer("ML", 3, -2.0, -4.0, None, 1.0).times(0.5)
    assert (answer.estimate, answer.ci_low, answer.ci_high, answer.tau) == (-1.0, -2.0, None, 0.5)


def test_a_slope_is_the_coefficient_of_its_column(rows):
    known = [row for row in rows if row["dose_per_100mg"] is not None]
    twice = [{**row, "dose_per_100mg": 2.0 * row["dose_per_100mg"]} for row in known]
    one = engines.maximum_likelihood(known, 0.95, "dose_per_100mg")
    half = engines.maximum_likelihood(twice, 0.95, "dose_per_100mg")
    assert half.estimate == pytest.approx(one.estimate / 2.0, rel=1e-6)
    assert engines.own_model(known, "DL", 0.95, "dose_per_100mg").k < len(known)


def test_bayes_has_a_slope_too_and_a_wide_prior_leaves_it_to_the_trials(rows, config):
    known = [row for row in rows if row["dose_per_100mg"] is not None]
    settings = engines.Settings.of(config)
    ml = engines.maximum_likelihood(known, config.level, "dose_per_100mg")
    found = engines.bayes(known, settings, "dose_per_100mg")
    assert found.k == ml.k == len(known)
    assert found.estimate == pytest.approx(ml.estimate, abs=1.0)
    assert found.ci_low < found.estimate < found.ci_high
    sharp = replace(settings, prior_slope="normal:5,0.01")
    assert engines.bayes(known, sharp, "dose_per_100mg").estimate == pytest.approx(5.0, abs=0.05)
