"""What is out of reach of an analysis changes nothing in it."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from mgmeta.bayes.sd_data import sd_data
from mgmeta.effects.derive import derive
from mgmeta.effects.reach import FIXED, RESULTS, lends, within_reach
from mgmeta.effects.slices import build_slice
from mgmeta.evidence.records import Evidence, Report
from mgmeta.io import dumps
from mgmeta.moderators.catalogue import MODERATORS
from mgmeta.moderators.study import as_document, study_biomarkers, study_moderators


def only(evidence: Evidence, kept: frozenset[str]) -> Evidence:
    named = ("trials", "reports", "sources")
    return replace(
        evidence, **{name: tuple(r for r in getattr(evidence, name) if r.trial_id in kept) for name in named}
    )


@pytest.fixture
def with_late(evidence, make_trial, make_report):
    """The real tables with a trial of 2026 that prints *cells* for the systolic pressure."""

    def build(**cells):
        trial = make_trial(trial_id="late", year="2026", n_mg="30", n_control="31", n_randomised="61")
        report = make_report(trial_id="late", report_id="late-sbp-1", source_id="late-s1", **cells)
        return replace(evidence, trials=(*evidence.trials, trial), reports=(*evidence.reports, report))

    return build


@pytest.mark.parametrize(
    ("cells", "reached"),
    [
        ({"significance": "ns"}, False),
        ({"difference": "-3", "ci_low": "-6", "ci_high": "0"}, True),
        ({"p_value": "0.2"}, True),
        ({"mg_baseline_mean": "140", "mg_final_mean": "130", "contrast": "before_after"}, False),
        ({"outcome": "serum_mg", "significance": "ns"}, True),
        ({"significance": "ns", "arm_label": "subgroup: women"}, True),
    ],
)
def test_a_late_trial_is_reached_only_by_what_it_lends(with_late, config, cells, reached):
    evidence = with_late(**cells)
    assert ("late" in within_reach(evidence, config.analyses["zhang2016"])) is reached
    assert "late" in within_reach(evidence, config.analyses["update"])


@pytest.mark.parametrize("cells", [{"randomised": "no"}, {"cointervention": "drug"}, {"duration_weeks": "2"}])
def test_other_criteria_that_no_check_lifts_keep_a_trial_out_too(config, make_trial, cells):
    one = Evidence((make_trial(**cells),), (), (), (), (), ())
    assert within_reach(one, config.analyses["update"]) == set()


def test_criteria_that_a_check_lifts_keep_no_trial_out(config, make_trial):
    lifted = {column for moderator in MODERATORS.values() for column in moderator.lifted}
    assert lifted and not lifted & {*FIXED, "duration_weeks_min", "year_max"}
    one = Evidence((make_trial(blinding="open", comparator="usual_care"),), (), (), (), (), ())
    assert within_reach(one, config.analyses["update"]) == {"made"}


def test_years_in_doubt_and_shared_participants_are_within_reach(evidence, config, make_trial):
    first, second = make_trial(trial_id="a", year="2026"), make_trial(trial_id="b", year="2026")
    early = make_trial(trial_id="c", year="2001", overlaps_with="b")
    doubtful = make_trial(trial_id="d", year="2016"), make_trial(trial_id="e", year="")
    trials = first, replace(second, overlaps_with="a"), early, *doubtful
    small = replace(evidence, trials=trials, reports=(), sources=())
    assert within_reach(small, config.analyses["zhang2016"]) == {"a", "b", "c", "d", "e"}
    alone = replace(small, trials=(first, replace(early, overlaps_with="")))
    assert within_reach(alone, config.analyses["zhang2016"]) == {"c"}


def test_every_numeric_column_is_a_result_or_known_not_to_be_one():
    numeric = {f.name for f in fields(Report) if "float" in str(f.type) or "int" in str(f.type)}
    size_or_time = {
        "n_mg",
        "n_control",
        "dose_mg_per_day",
        "timepoint_weeks",
        "ci_level",
        "p_within_mg",
        "row",
    }
    assert set(RESULTS) == numeric - size_or_time


def test_the_rows_in_reach_give_what_the_whole_table_gives(evidence, config):
    analysis = config.analyses["zhang2016"]
    kept = within_reach(evidence, analysis)
    part = only(evidence, kept)
    assert len(evidence.trials) > len(part.trials)  # some trials of the real tables are out of reach
    for assume in {a.assume for a in config.analyses.values()}:
        whole, less = derive(evidence, assume), derive(part, assume)
        assert whole.sd_model == less.sd_model
        full, cut = (build_slice(e, d, analysis) for e, d in ((evidence, whole), (part, less)))
        assert full.rows == cut.rows and full.replaced == cut.replaced
        assert tuple(f for f in full.flow if f.trial_id in kept) == cut.flow
    assert dumps(sd_data(evidence, analysis)) == dumps(sd_data(part, analysis))


@pytest.mark.long
def test_the_moderators_in_reach_are_those_of_the_whole_table(evidence, config):
    analysis = config.analyses["zhang2016"]
    part = only(evidence, within_reach(evidence, analysis))
    documents = [
        dumps(as_document(analysis, study_moderators(e, analysis), study_biomarkers(e, analysis)))
        for e in (evidence, part)
    ]
    assert documents[0] == documents[1]


def test_what_lends_is_a_number_that_compares(make_report):
    assert not lends(make_report(n_mg="30", timepoint_weeks="12", ci_level="0.95", significance="ns"))
    assert lends(make_report(control_final_mean="130"))
