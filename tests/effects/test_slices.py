"""The real table: every trial has a fate, and the protocol's rules hold."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest

from mgmeta.effects.routes import ROUTES
from mgmeta.effects.slices import SLICE_COLUMNS, build_slice, label_of
from mgmeta.effects.tables import assumption_name, build_slices, decision_rows, derive_all, effect_rows
from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.io import csv_text


@pytest.fixture(scope="module")
def derived(evidence, config):
    return derive_all(evidence, config)


@pytest.fixture(scope="module")
def slices(evidence, config, derived):
    return {piece.analysis: piece for piece in build_slices(evidence, config, derived)}


def test_every_trial_has_exactly_one_fate_per_outcome(evidence, slices):
    for piece in slices.values():
        fates = Counter((f.trial_id, f.outcome) for f in piece.flow)
        assert set(fates.values()) == {1}
        assert set(fates) == {(t.trial_id, o) for t in evidence.trials for o in OUTCOMES}


def test_rows_and_fates_agree(slices):
    for piece in slices.values():
        pooled = {(f.outcome, f.trial_id): f.status for f in piece.flow if f.status.startswith("pooled")}
        rows = {(r["outcome"], r["trial_id"]): f"pooled_{r['kind']}" for r in piece.rows}
        assert rows == pooled
        assert list(rows) == sorted(rows)


def test_rows_are_well_formed(slices):
    for piece in slices.values():
        for row in piece.rows:
            assert set(row) <= set(SLICE_COLUMNS)
            assert row["sei"] > 0 and row["route"] in ROUTES
            if row["kind"] == "estimate":
                assert "yi_low" not in row and isinstance(row["yi"], float)
            else:
                assert "yi" not in row
                low, high = row["yi_low"], row["yi_high"]
                assert (low is not None or high is not None) and (None in (low, high) or low < high)


def test_no_trial_enters_with_its_twin(evidence, slices):
    for piece in slices.values():
        for outcome in OUTCOMES:
            pooled = {r["trial_id"] for r in piece.rows if r["outcome"] == outcome}
            for trial_id in pooled:
                assert evidence.trial(trial_id).overlaps_with not in pooled


def test_left_out_rows_stay_out(evidence, slices):
    primary = {i for r in slices["zhang2016"].rows for i in str(r["report_ids"]).split(";")}
    for report_id in primary:
        report = evidence.report_by_id[report_id]
        assert not report.arm_label.startswith("subgroup")
        assert report.ambiguity not in ("comparator", "component", "quantity")
        assert report.contrast != "before_after" and report.method != "other"
    permissive = {i for r in slices["zhang2016_permissive"].rows for i in str(r["report_ids"]).split(";")}
    assert permissive > primary


def test_office_words_are_preferred_to_ambulatory_ones(slices):
    rows = {(r["trial_id"], r["outcome"]): r for r in slices["zhang2016"].rows}
    assert rows["joris2016", "sbp"]["report_ids"] == "joris2016-sbp-1"
    assert rows["baker2009", "sbp"]["report_ids"] == "baker2009-sbp-2"  # the last time point


def test_schutten_is_one_row_and_can_be_converted(slices):
    words = next(r for r in slices["update"].rows if (r["trial_id"], r["outcome"]) == ("schutten2022", "sbp"))
    numbers = next(
        r for r in slices["update_map_pp"].rows if (r["trial_id"], r["outcome"]) == ("schutten2022", "sbp")
    )
    assert (words["kind"], numbers["kind"], numbers["route"]) == ("bound", "estimate", "9_shared_control")
    assert (words["n_mg"], words["n_control"]) == (138, 26)
    # SBP = MAP + 2/3 PP at 24 weeks: (0, 1, 1) and (2, 2, 3) printed, arms of equal size.
    assert numbers["yi"] == pytest.approx((0 + 4 / 3 + 1 + 4 / 3 + 1 + 2) / 3, abs=0.05)
    assert "schutten2022-pp-4" in numbers["report_ids"]


def test_silence_as_ns_adds_bounds_and_nothing_else(slices):
    primary = {(r["trial_id"], r["outcome"]): r for r in slices["zhang2016"].rows}
    silent = {(r["trial_id"], r["outcome"]): r for r in slices["zhang2016_silent_ns"].rows}
    assert all(silent[key] == row for key, row in primary.items())
    added = [row for key, row in silent.items() if key not in primary]
    assert added and {row["route"] for row in added} == {"10_silent"}
    fates = {(f.trial_id, f.outcome): f for f in slices["update_silent_ns"].flow}
    # Trials that print their own change, MAP only or the other pressure are not silent.
    assert fates["afitska2021", "sbp"].status == fates["toprak2017", "dbp"].status == "within_arm_only"
    assert fates["bashir1993", "sbp"].status == fates["baker2009", "dbp"].status == "silent"
    assert all(row["yi_low"] == pytest.approx(-row["yi_high"]) for row in added)


def test_borrowed_sd_scales_bounds_and_leaves_printed_numbers(slices):
    base = {(r["trial_id"], r["outcome"]): r for r in slices["zhang2016"].rows}
    for row in slices["zhang2016_sd_low"].rows:
        other = base[row["trial_id"], row["outcome"]]
        ratio = 0.7 if row["kind"] == "bound" else 1.0
        assert row["sei"] == pytest.approx(ratio * other["sei"])


def test_order_of_the_raw_rows_does_not_matter(evidence, config):
    rng = random.Random(4)
    trials, reports = list(evidence.trials), list(evidence.reports)
    rng.shuffle(trials)
    rng.shuffle(reports)
    shuffled = replace(evidence, trials=tuple(trials), reports=tuple(reports))
    for first, second in zip(
        build_slices(evidence, config, derive_all(evidence, config)),
        build_slices(shuffled, config, derive_all(shuffled, config)),
        strict=True,
    ):
        assert csv_text(SLICE_COLUMNS, first.rows) == csv_text(SLICE_COLUMNS, second.rows)


def test_the_named_twin_stays(evidence, config, derived, make_trial, make_report):
    """Of two trials with the same people the one named in overlaps_with stays."""
    trials = (make_trial(), make_trial(trial_id="twin", overlaps_with="made"))
    reports = tuple(
        make_report(report_id=f"{t}-sbp-1", trial_id=t, difference="-3.0", ci_low="-6.0", ci_high="0.0")
        for t in ("made", "twin")
    )
    small = replace(evidence, trials=trials, reports=reports)
    analysis = replace(config.analyses["update"], outcomes=("sbp",))
    piece = build_slice(small, derive_all(small, config)[analysis.assume], analysis)
    assert [r["trial_id"] for r in piece.rows] == ["made"]
    assert {f.trial_id: f.status for f in piece.flow} == {
        "made": "pooled_estimate",
        "twin": "same_participants",
    }


def test_a_retrieved_number_takes_the_place_of_words(evidence, config, derived, make_trial, make_report):
    """The words stay in the table and are no longer used; the slice remembers them."""
    words = make_report(report_id="made-sbp-1", significance="ns", n_mg="30", n_control="30")
    number = make_report(report_id="made-sbp-2", difference="-3.0", ci_low="-6.0", ci_high="0.0")
    elsewhere = make_report(
        report_id="made-sbp-3", difference="-9.0", ci_low="-12.0", ci_high="-6.0", method="ambulatory_24h"
    )
    analysis = replace(config.analyses["update"], outcomes=("sbp",))
    small = replace(evidence, trials=(make_trial(),), reports=(words, number, elsewhere))
    piece = build_slice(small, derive_all(small, config)[analysis.assume], analysis)
    (row,) = piece.rows
    assert (row["kind"], row["report_ids"], row["yi"]) == ("estimate", "made-sbp-2", -3.0)
    assert "takes the place of the words of made-sbp-1" in piece.flow[0].reason
    assert [(r["kind"], r["report_ids"]) for r in piece.replaced] == [("bound", "made-sbp-1")]
    # An ambulatory number does not take the place of office words.
    small = replace(small, reports=(words, elsewhere))
    (row,) = build_slice(small, derive_all(small, config)[analysis.assume], analysis).rows
    assert row["report_ids"] == "made-sbp-1"


def test_bullarbo_2013_p_is_too_coarse_for_an_se(slices):
    """72 against 77 in whole mmHg with P = 0.031: rounding moves the SE by a factor 1.5 and more."""
    row = next(
        r for r in slices["zhang2016"].rows if (r["trial_id"], r["outcome"]) == ("bullarbo2013", "dbp")
    )
    assert row["route"] == "6_finals" and row["sei"] == pytest.approx((2 * 1.4**2 + 2 / 12) ** 0.5)


def test_of_two_trials_that_name_each_other_one_stays(evidence, config, make_trial, make_report):
    trials = (make_trial(overlaps_with="twin"), make_trial(trial_id="twin", overlaps_with="made"))
    reports = tuple(
        make_report(report_id=f"{t}-sbp-1", trial_id=t, difference="-3.0", ci_low="-6.0", ci_high="0.0")
        for t in ("made", "twin")
    )
    small = replace(evidence, trials=trials, reports=reports)
    analysis = replace(config.analyses["update"], outcomes=("sbp",))
    piece = build_slice(small, derive_all(small, config)[analysis.assume], analysis)
    assert [r["trial_id"] for r in piece.rows] == ["made"]


def test_conversion_replaces_words_only(evidence, config, make_trial, make_report):
    """A printed SBP outranks one made from MAP and pulse pressure."""
    shared = {"n_mg": "40", "n_control": "40", "timepoint_weeks": "12"}
    reports = [
        make_report(report_id=f"made-{o}-1", outcome=o, difference=d, ci_low=low, ci_high=high, **shared)
        for o, d, low, high in (("map", "-2.0", "-4.0", "0.0"), ("pp", "-1.0", "-3.0", "1.0"))
    ]
    words = make_report(report_id="made-sbp-1", significance="ns", **shared)
    number = make_report(report_id="made-sbp-1", difference="-5.0", ci_low="-8.0", ci_high="-2.0", **shared)
    analysis = replace(config.analyses["update_map_pp"], outcomes=("sbp",))
    routes = []
    for row in (words, number):
        small = replace(evidence, trials=(make_trial(),), reports=(*reports, row))
        (found,) = build_slice(small, derive_all(small, config)[analysis.assume], analysis).rows
        routes.append((found["route"], round(found["yi"], 2)))
    assert routes == [("9_map_pp", round(-2 - 2 / 3, 2)), ("1_ci", -5.0)]


def test_preferred_rows_and_averages_are_on_record(config, derived, slices):
    rows = decision_rows(derived, slices.values(), config.assume)
    assert any(r["step"] == "preference" and "borrello1996-sbp-2" in r["alternative"] for r in rows)
    assert any(r["step"] == "shared_control" and r["trial_id"] == "schutten2022" for r in rows)
    assert any(r["step"] == "silence" and r["trial_id"] == "asemi2015" for r in rows)


def test_decisions_name_what_was_borrowed(config, derived, slices):
    rows = decision_rows(derived, slices.values(), config.assume)
    borrowed = {r["report_id"] for r in rows if r["step"] in ("borrowed_sd", "correlation", "conversion")}
    for row in slices["zhang2016"].rows:
        if "SD of change" in row["assumed"] or "correlation" in row["assumed"]:
            assert set(str(row["report_ids"]).split(";")) <= borrowed
    assert {r["assumption_set"] for r in rows} >= {"base", "sd_factor=0.7", "correlation=0.3"}


def test_effects_list_every_row_of_the_pooled_outcomes(evidence, config, derived):
    rows = effect_rows(derived[config.assume])
    assert {r["report_id"] for r in rows} == {r.report_id for r in evidence.reports if r.outcome in OUTCOMES}
    assert all(r["reason"] for r in rows if r["kind"] in ("unusable", "within_arm"))


def test_names(make_trial, config):
    labels = [label_of(make_trial(first_author=name)) for name in ("de Valk HW", "Guerrero-Romero F", "Eibl")]
    assert labels == ["de Valk 2000", "Guerrero-Romero 2000", "Eibl 2000"]
    assert assumption_name(replace(config.assume, sd_factor=0.7), config.assume) == "sd_factor=0.7"
