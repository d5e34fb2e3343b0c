"""Certainty by rule: every domain at its edges, a person's rating beside it, the optional rob.csv."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from mgmeta.errors import DataError
from mgmeta.reproduce import certainty as c
from mgmeta.reproduce.certainty import assess_certainty
from mgmeta.reproduce.flow import FlowCounts, count_flow
from mgmeta.reproduce.plan import Override
from mgmeta.reproduce.rob import COLUMNS, RiskOfBias, load_rob

RAW = Path(__file__).resolve().parents[2] / "data" / "raw"


@pytest.fixture(scope="module")
def found(evidence, config):
    return assess_certainty(evidence, config, (), RAW)


def test_without_a_table_risk_of_bias_is_not_assessed_and_the_grade_is_at_most(found):
    for item in found.outcomes.values():
        domain = item.domains[0]
        assert domain.levels is None
        assert domain.reason.startswith("not assessed: no rob.csv")
        assert item.at_most
        assert item.rob == {}
        assert item.computed == item.grade in c.GRADES
        taken = sum(d.levels or 0 for d in item.domains)
        assert item.grade == c.GRADES[max(3 - taken, 0)]


def test_a_persons_rating_is_shown_beside_the_computed_one(evidence, config, found):
    override = Override("sbp", "risk_of_bias", 1, "two raters, unblinded outcome in a third")
    again = assess_certainty(evidence, config, (override,), RAW)
    item, before = again.outcomes["sbp"], found.outcomes["sbp"]
    assert item.computed == before.computed
    assert c.GRADES.index(item.grade) == max(c.GRADES.index(before.grade) - 1, 0)
    assert not item.at_most
    assert (item.domains[0].levels, item.domains[0].override) == (None, 1)
    assert item.domains[0].override_note == override.note
    assert again.outcomes["dbp"] == found.outcomes["dbp"]


@pytest.mark.parametrize(
    ("i2", "low", "high", "levels"),
    [
        (0.0, -4.0, -1.0, 0),
        (49.9, -4.0, 0.4, 0),
        (49.9, -4.0, 0.6, 1),
        (50.0, -4.0, -1.0, 1),
        (75.0, -4.0, -1.0, 2),
        (10.0, float("nan"), float("nan"), 0),
    ],
)
def test_inconsistency(i2, low, high, levels):
    domain = c.inconsistency(SimpleNamespace(i2=i2, pi_low=low, pi_high=high))
    assert domain.levels == levels


@pytest.mark.parametrize(
    ("low", "high", "people", "levels"),
    [(-4.0, -1.0, 1571, 0), (-4.0, -1.0, 1569, 1), (-4.0, 0.0, 1571, 1), (-4.0, 1.0, 20, 2)],
)
def test_imprecision_at_the_optimal_information_size(low, high, people, levels):
    """SD 14.14 (variance 200), 2 mmHg: 4 x 7.849 x 200 / 4 = 1570 people."""
    domain = c.imprecision(SimpleNamespace(ci_low=[low], ci_high=[high]), people, 200.0**0.5)
    assert domain.levels == levels
    assert "1\u202f570 needed" in domain.reason


def test_indirectness_is_by_weight():
    settings = {"a": "general", "b": "pregnancy"}
    for share, levels in ((0.3, 0), (0.34, 1), (0.66, 1), (0.67, 2)):
        assert c.indirectness({"a": 1 - share, "b": share}, settings).levels == levels


def test_risk_of_bias_needs_most_of_the_weight():
    rob = {"a": RiskOfBias("a", {}, "high", ""), "b": RiskOfBias("b", {}, "low", "")}
    assert c.risk_of_bias({"a": 0.2, "b": 0.8}, rob).levels == 0
    assert c.risk_of_bias({"a": 0.4, "b": 0.6}, rob).levels == 1
    assert c.risk_of_bias({"a": 0.7, "b": 0.3}, rob).levels == 2
    assert c.risk_of_bias({"a": 0.3, "z": 0.7}, rob).levels is None


def test_silence_of_over_a_third_takes_a_level():
    flow = FlowCounts(30, {}, 30, {"silent": 10}, 5, 5, 10)
    assert c.publication_bias([], flow, 0.95).levels == 0
    assert c.publication_bias([], replace(flow, left={"silent": 11}), 0.95).levels == 1


def test_the_flow_counts_every_trial_once(found, evidence):
    for item in found.outcomes.values():
        flow = item.flow
        assert flow.found == len(evidence.trials)
        assert flow.found - sum(flow.excluded.values()) == flow.eligible
        assert flow.eligible - sum(flow.left.values()) == flow.pooled == flow.numeric + flow.verbal


def test_the_flow_names_the_first_criterion_that_fails():
    entries = [
        SimpleNamespace(outcome="sbp", status="not_eligible", reason="blinding open; year 2017, after 2015"),
        SimpleNamespace(outcome="sbp", status="not_eligible", reason="2.9 weeks, under 3"),
        SimpleNamespace(outcome="sbp", status="silent", reason=""),
        SimpleNamespace(outcome="dbp", status="silent", reason=""),
    ]
    flow = count_flow(entries, "sbp")
    assert flow.excluded == {"blinding": 1, "duration": 1}
    assert (flow.found, flow.eligible, flow.left) == (3, 1, {"silent": 1})


def write(folder, *rows):
    lines = [",".join(COLUMNS), *(",".join(row) for row in rows)]
    (folder / "rob.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


GOOD = ("witteman1994", "low", "low", "some_concerns", "low", "low", "some_concerns", "made up")


def test_rob_csv_is_read_and_counted(tmp_path, evidence, config):
    write(tmp_path, GOOD)
    rob = load_rob(tmp_path, evidence.trial_by_id)
    assert rob["witteman1994"].domains["missing_data"] == "some_concerns"
    item = assess_certainty(evidence, config, (), tmp_path).outcomes["sbp"]
    assert item.rob["overall"] == {"some_concerns": 1}
    judged = {trial.trial_id: trial.judgements for trial in item.rob_trials}
    assert judged.pop("witteman1994")["overall"] == "some_concerns"
    assert not any(judged.values())  # pooled, and nobody judged them
    assert "only" in item.domains[0].reason


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("nobody", *GOOD[1:])], "rob.csv:2:trial_id: found 'nobody'"),
        ([GOOD, GOOD], "rob.csv:3:trial_id: witteman1994 has a row already"),
        (
            [(GOOD[0], "fine", *GOOD[2:])],
            "rob.csv:2:randomisation: found 'fine', expected low, some_concerns, high",
        ),
    ],
)
def test_a_wrong_rob_csv_is_refused_by_cell(tmp_path, evidence, rows, message):
    write(tmp_path, *rows)
    with pytest.raises(DataError) as caught:
        load_rob(tmp_path, evidence.trial_by_id)
    assert message in str(caught.value)


def test_a_missing_column_is_named(tmp_path, evidence):
    (tmp_path / "rob.csv").write_text("trial_id,overall\n", encoding="utf-8")
    with pytest.raises(DataError, match="no column randomisation"):
        load_rob(tmp_path, evidence.trial_by_id)
