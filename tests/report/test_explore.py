"""The data of the explorable part: each row once, every analysis whole, nothing that ends a script."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from mgmeta.evidence.records import Evidence
from mgmeta.report.bundle import SCRIPTS, script
from mgmeta.report.explore import explore_data, script_json


@pytest.fixture(scope="module")
def data(fits: dict[str, Any], evidence: Evidence) -> dict[str, Any]:
    return explore_data(fits, "zhang2016", 0.95, evidence)


def test_every_analysis_leads_to_the_very_rows_it_pools(data: dict[str, Any], fits: dict[str, Any]) -> None:
    assert [preset["key"] for preset in data["presets"]] == list(fits)
    for preset in data["presets"]:
        for outcome, out in fits[preset["key"]]["outcomes"].items():
            found = [data["rows"][place] for place in preset["rows"][outcome]]
            wanted = [(row["trial_id"], row["yi"], row["sei"]) for row in out["rows"]]
            assert [(row["trial"], row["y"], row["se"]) for row in found] == wanted
            assert {row["outcome"] for row in found} <= {outcome}
            for row, source in zip(found, out["rows"], strict=True):
                bound = (source["yi_low"], source["yi_high"]) if source["kind"] == "bound" else (None, None)
                assert (row["low"], row["high"]) == bound
                assert (row["ci"] is None) == (source["kind"] == "bound")


def test_a_row_that_two_analyses_share_is_there_once(data: dict[str, Any], fits: dict[str, Any]) -> None:
    total = sum(len(out["rows"]) for fit in fits.values() for out in fit["outcomes"].values())
    assert len(data["rows"]) < total
    changed = copy.deepcopy(fits)
    changed["update"]["outcomes"]["sbp"]["rows"][0]["sei"] *= 1.4
    more = explore_data(changed, "zhang2016", 0.95, Evidence((), (), (), (), (), ()))
    assert len(more["rows"]) == len(data["rows"]) + 1


def test_presets_name_the_main_analysis_they_vary(data: dict[str, Any], fits: dict[str, Any]) -> None:
    groups = {preset["key"]: preset["group"] for preset in data["presets"]}
    assert groups["zhang2016_strict"] == groups["zhang2016"] == fits["zhang2016"]["title"]
    assert groups["update"] == fits["update"]["title"]


def test_a_trial_of_unknown_blinding_or_dose_says_so(data: dict[str, Any], fits: dict[str, Any]) -> None:
    assert data["trials"]["invented1"]["blinding"] == "unclear"
    source = {row["trial_id"]: row for row in fits["zhang2016"]["outcomes"]["sbp"]["rows"]}
    for place in data["presets"][0]["rows"]["sbp"]:
        row = data["rows"][place]
        assert (row["dose"] is None) == (source[row["trial"]]["dose_per_100mg"] is None)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "</script><img src=x>", "<!--", "x" * 200])
def test_no_name_can_end_the_script_it_stands_in(name: str) -> None:
    text = script_json({"label": name, "number": 0.1 + 0.2})
    assert "<" not in text
    assert json.loads(text) == {"label": name, "number": 0.1 + 0.2}


def test_a_number_that_json_cannot_say_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        script_json([float("nan")])


def test_the_scripts_are_one_strict_text_without_an_end_tag() -> None:
    text = script()
    assert text.startswith('"use strict";\n{\n')
    assert text.endswith("}\n")
    assert "</script" not in text.lower()
    assert len(set(SCRIPTS)) == len(SCRIPTS)


def test_more_rows_than_a_page_can_pool_are_refused_with_the_reason(
    make_inputs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mgmeta.report.chapters import explore as chapter

    assert chapter.content(make_inputs())["why"] == ""
    monkeypatch.setattr(chapter, "LARGEST", 3)
    found = chapter.content(make_inputs())
    assert found["data"] is None
    assert "too many to pool in a page (limit 3)" in found["why"]
