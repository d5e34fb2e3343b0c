"""The mediator and the vascular outcomes: thin pools called thin, a slope only where there is one."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from mgmeta.report import biomarker_words
from mgmeta.report.inputs import Inputs


@pytest.fixture
def documents(make_inputs: Callable[..., Inputs]) -> dict[str, Any]:
    return copy.deepcopy(dict(make_inputs().results.moderators))


def test_a_pool_stands_beside_the_published_and_a_thin_one_says_so(documents: dict[str, Any]) -> None:
    found = documents["zhang2016"]["biomarkers"]
    serum = biomarker_words.pooled_sentence(found["serum_mg"])
    assert "mmol/L, magnesium minus control" in serum and "cannot carry" not in serum
    assert "Published: Atlantis 1999 0.040 (0.020 to 0.060)." in serum
    assert "3 trials cannot carry a conclusion" in biomarker_words.pooled_sentence(found["fmd"])
    nothing = biomarker_words.pooled_sentence(found["nitric_oxide"])
    assert "no pool. 0 trials; a pool needs at least 2" in nothing
    assert "Published: no number in the tables." in nothing


def test_trials_that_are_not_pooled_are_counted_by_reason(documents: dict[str, Any]) -> None:
    found = documents["zhang2016"]["biomarkers"]
    said = biomarker_words.left_out_sentence(found["serum_mg"])
    assert said == ("1 more trial in the tables not pooled for serum magnesium: 1 do not meet the criteria.")
    assert biomarker_words.left_out_sentence(found["fmd"]) == ""


def test_a_slope_that_is_not_identified_is_called_that(documents: dict[str, Any]) -> None:
    known = documents["zhang2016"]["outcomes"]["sbp"]
    said = biomarker_words.surrogate_sentence("sbp", known)
    assert "interval \u22124.00 to \u22121.00, P = 0.020" in said
    assert said.endswith("correlated at \u22120.5 or 0.5: \u22123.00 or \u22122.00.")
    open_ended = documents["update"]["outcomes"]["sbp"]
    assert "this is not identified: slopes beyond" in biomarker_words.surrogate_sentence("sbp", open_ended)
    open_ended["surrogate"][1] |= {"slope": None, "reason": "4 trials report both"}
    assert biomarker_words.surrogate_sentence("sbp", open_ended).endswith("no line: 4 trials report both.")


def test_serum_by_dose_or_why_not(documents: dict[str, Any]) -> None:
    serum = documents["zhang2016"]["biomarkers"]["serum_mg"]
    serum["dose"]["difference"] = {"estimate": 0.02, "ci_low": 0.01, "ci_high": 0.03, "p_value": 0.01}
    assert "0.020 (0.010 to 0.030) mmol/L (P = 0.010): the interval excludes zero" in (
        biomarker_words.serum_dose_sentence(serum)
    )
    serum["dose"] |= {"difference": None, "reason": "no trial states it"}
    assert biomarker_words.serum_dose_sentence(serum).endswith("refused, no trial states it.")


def test_the_table_has_a_row_a_trial_and_two_a_pool(documents: dict[str, Any]) -> None:
    found = documents["zhang2016"]["biomarkers"]
    table = biomarker_words.biomarker_page_table("zhang2016", found, 0.95)
    assert len(table.rows) == sum(len(item["rows"]) for item in found.values()) + 6
