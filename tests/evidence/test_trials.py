from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mgmeta.evidence.records import Evidence
from mgmeta.evidence.trials import duplicate_findings, overlap_findings, trial_findings


def test_a_plain_trial_passes(make_trial: Callable[..., Any]) -> None:
    assert list(trial_findings(make_trial(n_randomised="40", n_mg="20", n_control="20"))) == []


@pytest.mark.parametrize(
    ("cells", "level", "column", "message"),
    [
        ({"dose_basis": "salt_mass_only"}, "error", "dose_mg_per_day", "found 365, expected nothing"),
        (
            {"dose_mg_per_day": ""},
            "error",
            "dose_mg_per_day",
            "expected the elemental dose: dose_basis is stated",
        ),
        (
            {"dose_mg_per_day": "", "dose_basis": "from_mmol"},
            "error",
            "dose_mg_per_day",
            "dose_basis is from_mmol",
        ),
        (
            {"dose_basis": "from_mmol"},
            "ambiguity",
            "dose_mg_per_day",
            "365 mg/d is 15.017 mmol/d, not a tenth",
        ),
        (
            {"n_randomised": "39", "n_mg": "20", "n_control": "20"},
            "error",
            "n_randomised",
            "at least n_mg and n_c",
        ),
        (
            {"n_randomised": "43", "n_mg": "20", "n_control": "20"},
            "note",
            "n_randomised",
            "3 of 43 randomised are",
        ),
        (
            {"design": "crossover", "n_mg": "20", "n_control": "19"},
            *("ambiguity", "n_control", "19 with control, 20 with magnesium"),
        ),
        (
            {"washout_weeks": "2"},
            "ambiguity",
            "washout_weeks",
            "a washout of 2 weeks in a trial whose design is par",
        ),
        (
            {"comparator": "none"},
            "ambiguity",
            "comparator",
            "comparator none in a trial whose design is parallel",
        ),
        ({"year": ""}, "note", "year", "no year of publication"),
        ({"year": "2001"}, "ambiguity", "year", "2001 is not the year in the trial_id made2000"),
        (
            {"design": "single_arm", "comparator": "none", "n_control": "20"},
            *("error", "n_control", "found 20, expected nothing: a single arm"),
        ),
    ],
)
def test_one_thing_wrong_is_one_finding(
    make_trial: Callable[..., Any], cells: dict[str, str], level: str, column: str, message: str
) -> None:
    (finding,) = trial_findings(make_trial(**cells))
    assert (finding.level, finding.column) == (level, column)
    assert message in finding.message


@pytest.mark.parametrize(
    "cells",
    [
        {"dose_mg_per_day": "364.6", "dose_basis": "from_mmol"},  # 15 mmol
        {"dose_mg_per_day": "", "dose_basis": "salt_mass_only"},
        {"dose_mg_per_day": "", "dose_basis": "unclear"},
        {"design": "crossover", "n_randomised": "20", "n_mg": "20", "n_control": "20", "washout_weeks": "2"},
        {"n_randomised": "60", "n_mg": "20", "n_control": "20", "n_arms": "3"},
        {"n_randomised": "60", "n_mg": "20"},
        {"design": "single_arm", "comparator": "none", "n_mg": "20"},
    ],
)
def test_legitimate_trials_pass(make_trial: Callable[..., Any], cells: dict[str, str]) -> None:
    assert list(trial_findings(make_trial(**cells))) == []


@pytest.mark.parametrize(
    ("column", "first", "second", "level"),
    [
        ("doi", "10.1000/ABC", "10.1000/abc", "error"),
        ("pmid", "123456", "123456", "error"),
        ("registry_id", "NCT000001", "nct000001", "ambiguity"),
    ],
)
def test_duplicates(make_trial: Callable[..., Any], column: str, first: str, second: str, level: str) -> None:
    one = make_trial(trial_id="a2000", row="2", first_author="A", **{column: first})
    two = make_trial(trial_id="b2000", row="3", first_author="B", **{column: second})
    (finding,) = duplicate_findings((one, two))
    assert (finding.level, finding.row, finding.column) == (level, 3, column)
    assert "which a2000 on line 2 has too" in finding.message
    linked = make_trial(
        trial_id="b2000", row="3", first_author="B", overlaps_with="a2000", **{column: second}
    )
    assert list(duplicate_findings((one, linked))) == []
    assert list(duplicate_findings((make_trial(first_author="A"), make_trial(first_author="B")))) == []


def test_same_author_and_year(make_trial: Callable[..., Any]) -> None:
    (finding,) = duplicate_findings((make_trial(trial_id="made2000"), make_trial(trial_id="made2000b")))
    assert (finding.level, finding.column) == ("ambiguity", "first_author")


def test_overlaps(make_trial: Callable[..., Any]) -> None:
    def found(**links: str) -> list[tuple[str, str]]:
        trials = tuple(make_trial(trial_id=name, overlaps_with=link) for name, link in links.items())
        evidence = Evidence(trials, (), (), (), (), ())
        return [(finding.level, finding.message.split(",")[0]) for finding in overlap_findings(evidence)]

    assert found(a="", b="") == []
    assert found(a="b", b="") == [("ambiguity", "same participants as b: never pooled together")]
    assert found(a="a") == [("error", "found the trial itself")]
    assert found(a="b", b="a") == [("error", "found b"), ("error", "found a")]
