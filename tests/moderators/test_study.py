"""The study on the real tables: it agrees with the fits, invents no level, adjusts all it tests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mgmeta.config import Config, load_config
from mgmeta.evidence.load import load_evidence
from mgmeta.evidence.records import Evidence
from mgmeta.moderators.catalogue import MODERATORS
from mgmeta.moderators.joint import chosen_for_joint
from mgmeta.moderators.single import Single
from mgmeta.moderators.study import OutcomeModerators, adjusted, as_document, study_moderators
from mgmeta.pooling.analysis import analyse
from mgmeta.pooling.slice_input import read_slice

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def config() -> Config:
    return load_config(ROOT / "config/config.yaml")


@pytest.fixture(scope="module")
def evidence(config: Config) -> Evidence:
    return load_evidence(ROOT / config.raw)


@pytest.fixture(scope="module")
def results(config: Config, evidence: Evidence) -> dict[str, OutcomeModerators]:
    chosen = replace(config.analyses["zhang2016"], outcomes=("sbp",))
    return {item.outcome: item for item in study_moderators(evidence, chosen)}


def by_key(result: OutcomeModerators) -> dict[str, Single]:
    return {item.key: item for item in result.singles}


def test_dose_and_hypertension_are_those_of_the_fit(
    config: Config, evidence: Evidence, results: dict[str, OutcomeModerators], tmp_path: Path
) -> None:
    from mgmeta.effects.slices import SLICE_COLUMNS, build_slice
    from mgmeta.effects.tables import derive
    from mgmeta.io import write_csv

    analysis = config.analyses["zhang2016"]
    piece = build_slice(evidence, derive(evidence, analysis.assume), replace(analysis, outcomes=("sbp",)))
    path = write_csv(tmp_path / "slice.csv", SLICE_COLUMNS, piece.rows)
    spec = {**analysis.spec(), "outcomes": ["sbp"]}
    fit = analyse(read_slice(path), spec, {"sbp": ("SBP", "mmHg")})["outcomes"]["sbp"]
    mine = by_key(results["sbp"])
    for key in ("dose", "hypertension"):
        theirs = fit["moderators"][key]["bounded"]["coefficients"][1]
        assert mine[key].difference is not None
        for part in ("estimate", "ci_low", "ci_high", "p_value"):
            assert mine[key].difference[part] == pytest.approx(theirs[part], rel=1e-6)
    levels = fit["subgroups"]["hypertension"]["levels"]
    assert {item["level"]: item["bounded"]["estimate"] for item in levels} == pytest.approx(
        {level.name: level.pool["estimate"] for level in mine["hypertension"].levels if level.pool}
    )


def test_every_moderator_is_fitted_or_says_why_not(results: dict[str, OutcomeModerators]) -> None:
    singles = by_key(results["sbp"])
    assert list(singles) == list(MODERATORS)
    for single in singles.values():
        assert (single.difference is None) == bool(single.reason)
        if not MODERATORS[single.key].lifted:
            assert single.k_numeric + single.k_bounds + len(single.unknown) == results["sbp"].k


def test_the_family_is_all_that_was_tested(results: dict[str, OutcomeModerators]) -> None:
    singles = list(results["sbp"].singles)
    tested = results["sbp"].tested
    assert set(tested) == {item.key for item in singles if item.difference is not None}
    smallest = min(tested.values(), key=lambda item: item.p_value)
    assert smallest.p_holm == pytest.approx(min(1.0, len(tested) * smallest.p_value))
    assert all(item.p_value <= item.p_bh <= item.p_holm for item in tested.values())
    assert adjusted([item for item in singles if item.difference is None]) == {}


def test_published_numbers_are_those_of_the_table(
    evidence: Evidence, results: dict[str, OutcomeModerators]
) -> None:
    zhang = {item.what: item for item in results["sbp"].published if item.review_id == "zhang2016"}
    rows = {
        row.subset: row for row in evidence.reviews if (row.review_id, row.outcome) == ("zhang2016", "sbp")
    }
    assert zhang["magnesium deficient"].estimate == rows["mg_deficient"].estimate
    assert zhang["treated"].ci_low == rows["treated"].ci_low
    assert zhang["hypertensive against normotensive"].p_interaction == (
        rows["hypertensive_vs_normotensive"].p_interaction
    )
    assert zhang["hypertensive against normotensive"].estimate is None


def test_subgroups_within_trials_stay_apart_from_the_pool(results: dict[str, OutcomeModerators]) -> None:
    within = results["sbp"].within
    assert "lee2009" in {item.trial_id for item in within}
    assert all(not item.group.startswith("subgroup") for item in within)


def test_the_document_is_plain_and_complete(config: Config, results: dict[str, OutcomeModerators]) -> None:
    from mgmeta.io import jsonable

    document = jsonable(as_document(config.analyses["zhang2016"], list(results.values()), []))
    out = document["outcomes"]["sbp"]
    assert document["analysis"] == "zhang2016"
    assert len(out["singles"]) == len(MODERATORS)
    free, through = out["dose_slopes"]
    assert (free["intercept"], through["intercept"]) == ("free", "through_zero")
    assert free["k"] == through["k"]


def test_the_joint_model_takes_what_most_trials_state_and_ten_for_each() -> None:
    some: list[float | None] = [1.0] * 22 + [None] * 3
    found: dict[str, list[float | None]] = {
        "few": [1.0] * 9 + [None] * 16,
        "most": some,
        "all": [1.0] * 25,
        "also": some,
    }
    assert chosen_for_joint(list(found), found) == ("all", "most")
    assert chosen_for_joint(["few"], found) == ()
