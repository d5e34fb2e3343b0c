"""Several arms against one control: numbers, bounds, and the same people twice."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mgmeta.effects.arms import arms_of
from mgmeta.effects.candidates import Candidate
from mgmeta.effects.combine import combine
from mgmeta.effects.statements import Bound, Estimate, Unusable
from mgmeta.stats.shared_control import average_shared_control


@pytest.fixture
def candidate(make_report, make_trial):
    def build(statement, label="a", **cells):
        report = make_report(
            arm_label=label, **{"n_mg": "46", "n_control": "26", "dose_mg_per_day": "450"} | cells
        )
        return Candidate(report, arms_of(report, make_trial()), statement, {})

    return build


def test_equal_arms_average_to_the_merged_contrast(candidate):
    """With equal SDs, three arms of 46 against 26 are one arm of 138 against 26."""
    sd = 12.0
    se = sd * math.sqrt(1 / 46 + 1 / 26)
    combined = combine([candidate(Estimate(d, se, se, se, 70.0, "1_ci"), str(d)) for d in (-3.0, 0.0, 1.5)])
    assert combined.statement.yi == pytest.approx(-0.5)
    assert combined.statement.se == pytest.approx(sd * math.sqrt(1 / 138 + 1 / 26))
    assert (combined.n_mg, combined.n_control, combined.dose_mg_per_day) == (138, 26, 450.0)
    assert combined.statement.df == 160.0


@pytest.mark.parametrize(("limits", "gls"), [((4.8, 5.0, 5.2), True), ((4.0, 5.0, 6.0), False)])
def test_averaged_bound_is_implied_by_its_parts(candidate, limits, gls):
    """Whatever estimates obey the three statements, their average obeys the combined one."""
    limits = np.array(limits)
    combined = combine([candidate(Bound(-b, b, b / 2, 70.0, "10_words"), str(b)) for b in limits])
    weights = average_shared_control([0.0] * 3, limits / 2, [46] * 3, 26).weights
    # GLS weights below 0 (very unequal SEs) would void the implication: equal weights then.
    assert bool(np.all(weights >= 0)) is gls
    weights = weights if gls else np.full(3, 1 / 3)
    draws = np.random.default_rng(5).uniform(-1, 1, (2000, 3)) * limits
    averages = draws @ weights
    assert np.all(np.abs(averages) <= combined.statement.high)
    assert np.abs(limits @ weights) == pytest.approx(combined.statement.high)  # and no wider than needed
    assert combined.statement.low == pytest.approx(-combined.statement.high)


def test_one_sided_bounds_stay_one_sided(candidate):
    combined = combine([candidate(Bound(-math.inf, -b, 2.0, 70.0, "10_words"), str(b)) for b in (4.0, 5.0)])
    assert combined.statement.low == -math.inf and combined.statement.high == pytest.approx(-4.5)


def test_mixed_arms_are_listed_not_guessed(candidate):
    rows = [candidate(Estimate(-1, 2, 2, 2, 70.0, "1_ci")), candidate(Bound(-4, 4, 2, 70.0, "10_words"), "b")]
    assert isinstance(combine(rows).statement, Unusable)


def test_a_crossovers_second_contrast_is_the_same_people(candidate):
    rows = [
        candidate(Estimate(-1, 2, 2, 2, 17.0, "2_se"), "a", contrast="crossover", certainty="ambiguous"),
        candidate(Estimate(-9, 2, 2, 2, 17.0, "2_se"), "b", contrast="crossover"),
    ]
    combined = combine(rows)
    assert combined.statement.yi == -9 and len(combined.members) == 1 and "same people" in combined.note
