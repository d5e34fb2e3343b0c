"""From a row without its own SE to a bound or a borrowed SE, and what is unusable."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from mgmeta.effects.combine import combine
from mgmeta.effects.decisions import DecisionLog
from mgmeta.effects.sd_model import SdEntry, build_sd_model
from mgmeta.effects.statements import Bound, Estimate, NotAContrast, Significant, Unusable
from mgmeta.effects.worded import inequality, worded_bound, worded_se_factor, worded_statement

ARMS = {"n_mg": "30", "n_control": "30"}


@pytest.fixture
def sd_model(evidence):
    entries = [
        SdEntry("sbp", "clinic", "parallel", str(i), f"{i}", sd, 50) for i, sd in enumerate((9.0, 12.0, 15.0))
    ]
    return build_sd_model(entries, evidence.parameters)


def test_words_become_the_bound_of_their_test(make_report, make_trial, sd_model):
    se = math.sqrt((81 + 144 + 225) / 3) * math.sqrt(2 / 30)
    t = stats.t.ppf(0.975, 58)
    for words, low, high in (
        ("ns", -t * se, t * se),
        ("lower", -math.inf, -t * se),
        ("higher", t * se, math.inf),
    ):
        candidate = worded_statement(
            make_report(**ARMS, significance=words), make_trial(), sd_model, DecisionLog()
        )
        assert isinstance(candidate.statement, Bound)
        assert (candidate.statement.low, candidate.statement.high) == (
            pytest.approx(low),
            pytest.approx(high),
        )
        assert candidate.statement.se == pytest.approx(se)
    crossover = worded_bound("ns", 0.05, 2.0, 16.0, "10_words")
    assert crossover.high == pytest.approx(2.0 * stats.t.ppf(0.975, 16))


def test_a_bound_holds_the_estimates_its_test_calls_ns():
    """Simulation: with a known SE, |d| < t SE is exactly what 'not significant' says."""
    bound = worded_bound("ns", 0.05, 3.0, None, "10_words")
    z = stats.norm.ppf(0.975)
    for d in (-6.2, -5.8, 0.0, 5.87, 5.89):
        assert (abs(d / 3.0) < z) == (bound.low < d < bound.high)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"significance": "ns"}, ("ns", 0.05)),
        ({"p_value": "0.1", "p_relation": ">"}, ("ns", 0.1)),
        ({"p_value": "0.01", "p_relation": "<", "significance": "lower"}, ("lower", 0.01)),
        ({"p_value": "0.01", "p_relation": "<"}, ("significant", 0.01)),
        ({"p_value": "0.016", "p_relation": "=", "significance": "lower"}, ("lower", 0.0165)),
        ({"p_value": "0.30", "p_relation": "="}, ("ns", 0.295)),
        ({"p_value": "0.10", "p_relation": "<"}, ("significant", 0.10)),
        ({"p_value": "0.01", "p_relation": ">", "significance": "ns"}, ("ns", 0.05)),
        ({"p_value": "0.01", "p_relation": ">"}, ("ns", 0.01)),
        ({"p_value": "0.001", "p_relation": ">", "significance": "lower"}, ("lower", 0.05)),
        ({}, None),
    ],
)
def test_inequality(make_report, cells, expected):
    found = inequality(make_report(**cells))
    assert found == (expected if expected is None else (expected[0], pytest.approx(expected[1])))


def test_an_effect_without_se_borrows_one_cut_by_its_words(make_report, make_trial, sd_model):
    t = stats.t.ppf(0.975, 58)
    plain = sd_model.borrow("sbp", "office", "parallel").sd * math.sqrt(2 / 30)
    edge = 4.0 / t
    se = {}
    for words in ("lower", "ns", ""):
        report = make_report(**ARMS, difference="-4.0", significance=words)
        statement = worded_statement(report, make_trial(), sd_model, DecisionLog()).statement
        assert isinstance(statement, Estimate) and statement.se_assumed and statement.yi == -4.0
        se[words] = statement.se
    assert se["lower"] < edge < se["ns"]
    assert se[""] == pytest.approx(plain)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"difference": "0.0", "significance": "lower"}, "opposite signs"),
        ({"difference": "3.0", "significance": "lower"}, "opposite signs"),
        ({"difference": "0.0", "p_value": "0.05", "p_relation": "<"}, "cannot be significant"),
        ({}, "neither a number nor a result in words"),
    ],
)
def test_what_cannot_be_placed_says_why(make_report, make_trial, sd_model, cells, reason):
    candidate = worded_statement(make_report(**ARMS, **cells), make_trial(), sd_model, DecisionLog())
    assert isinstance(candidate.statement, Unusable) and reason in candidate.statement.reason


def test_significant_without_a_direction_is_two_tails(make_report, make_trial, sd_model):
    report = make_report(**ARMS, p_value="0.01", p_relation="<")
    candidate = worded_statement(report, make_trial(), sd_model, DecisionLog())
    assert isinstance(candidate.statement, Significant)
    assert candidate.statement.limit == pytest.approx(stats.t.ppf(0.995, 58) * candidate.statement.se)
    combined = combine([candidate])
    assert isinstance(combined.statement, Unusable) and "direction" in combined.statement.reason


def test_arm_sizes_come_from_row_then_trial_then_split_total(make_report, make_trial, sd_model):
    words = {"significance": "ns"}
    seen = []
    for row, trial in (
        (ARMS, {"n_mg": "10", "n_control": "10"}),
        ({}, {"n_mg": "12", "n_control": "14", "n_randomised": "99"}),
        ({}, {"n_randomised": "61", "n_arms": "3"}),
        ({}, {}),
    ):
        log = DecisionLog()
        candidate = worded_statement(make_report(**row, **words), make_trial(**trial), sd_model, log)
        seen.append((candidate.arms.origin, candidate.arms.n_mg, candidate.arms.n_control))
        assert any(d.step == "arm_size" for d in log.entries) == (candidate.arms.origin in ("trial", "split"))
    assert seen == [("row", 30, 30), ("trial", 12, 14), ("split", 20, 20), ("missing", None, None)]
    assert isinstance(candidate.statement, Unusable) and "n is missing" in candidate.statement.reason


def test_an_arms_own_change_is_no_contrast(make_report, make_trial, sd_model):
    report = make_report(contrast="before_after", mg_change_mean="-12", n_mg="20")
    assert isinstance(worded_statement(report, make_trial(), sd_model, DecisionLog()).statement, NotAContrast)


def test_baseline_adjusted_words_bind_tighter_in_parallel_only(config, make_report, make_trial, sd_model):
    adjusted = replace(config.assume, worded_test="baseline_adjusted", correlation=0.28)
    factor = worded_se_factor(adjusted)
    assert factor == pytest.approx(0.8)  # sqrt(0.64)
    assert worded_se_factor(config.assume) == 1.0
    for contrast, expected in (("parallel", 0.8), ("crossover", 1.0)):
        report = make_report(**ARMS, contrast=contrast, significance="ns")
        plain = worded_statement(report, make_trial(), sd_model, DecisionLog())
        tight = worded_statement(report, make_trial(), sd_model, DecisionLog(), factor)
        assert isinstance(plain.statement, Bound) and isinstance(tight.statement, Bound)
        for name in ("low", "high", "se"):
            assert getattr(tight.statement, name) == pytest.approx(expected * getattr(plain.statement, name))
        assert ("baseline-adjusted" in tight.assumed) == (contrast == "parallel")


def test_sqrt_of_half_one_plus_r_is_the_ratio_of_the_two_tests(config):
    # 4,000 people an arm, r = 0.6: residual SD around baseline against SD of change.
    rng = np.random.default_rng(11)
    before = rng.normal(0.0, 1.0, 8000)
    after = 0.6 * before + rng.normal(0.0, math.sqrt(1 - 0.36), 8000)
    slope = np.cov(before, after)[0, 1] / before.var(ddof=1)
    ratio = (after - slope * before).std() / (after - before).std()
    adjusted = replace(config.assume, worded_test="baseline_adjusted", correlation=0.6)
    assert worded_se_factor(adjusted) == pytest.approx(ratio, rel=0.02)
