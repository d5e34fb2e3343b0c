"""From a row with its own SE to an estimate: conflicts between routes, and words that disagree."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mgmeta.effects.candidates import numeric_statement
from mgmeta.effects.decisions import DecisionLog
from mgmeta.effects.statements import Estimate

ARMS = {"n_mg": "30", "n_control": "30"}


def numeric(report, trial, assume, external=15.0):
    log = DecisionLog()
    return numeric_statement(report, trial, assume, external, log), log.entries


@pytest.mark.parametrize(("rule", "se"), [("largest_se", 7.101), ("smallest_se", 3.234)])
def test_guerrero_romero_2009_disagrees_with_itself(evidence, config, rule, se):
    """Printed P = 0.03 implies an SE of 7.1, the printed spread 3.2: the primary takes 7.1."""
    report = evidence.report_by_id["guerreroromero2009-sbp-1"]
    assume = replace(config.assume, conflict=rule)
    candidate, log = numeric(report, evidence.trial("guerreroromero2009"), assume)
    assert candidate.statement.yi == pytest.approx(-15.7)
    assert candidate.statement.se == pytest.approx(se, abs=2e-3)
    conflict = next(d for d in log if d.step == "conflict")
    assert {round(conflict.value, 1), round(conflict.alternative_value, 1)} == {7.1, 3.2}


def test_agreeing_routes_take_the_first(make_report, make_trial, config):
    report = make_report(
        **ARMS, difference="-5.0", ci_low="-9.0", ci_high="-1.0", p_value="0.015", p_relation="="
    )
    candidate, log = numeric(report, make_trial(), config.assume)
    assert candidate.statement.route == "1_ci" and set(candidate.routes) == {"1_ci", "3_p"}
    assert not [d for d in log if d.step == "conflict"]


def test_number_against_words_is_on_record(make_report, make_trial, config):
    report = make_report(**ARMS, difference="-1.0", ci_low="-5.0", ci_high="3.0", significance="lower")
    candidate, log = numeric(report, make_trial(), config.assume)
    assert isinstance(candidate.statement, Estimate)
    assert [d.step for d in log if d.step == "consistency"] == ["consistency"]
