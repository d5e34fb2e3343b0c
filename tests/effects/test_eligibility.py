"""Criteria: met, failed, unclear."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mgmeta.effects.eligibility import judge


@pytest.fixture
def select(config):
    return config.analyses["zhang2016"].select


@pytest.mark.parametrize(
    ("cells", "passes", "strict"),
    [
        ({}, True, True),
        ({"blinding": "unclear"}, True, False),
        ({"blinding": "open"}, False, False),
        ({"comparator": "active"}, False, False),
        ({"cointervention": "zinc"}, False, False),
        ({"randomised": "no"}, False, False),
        ({"duration_weeks": "2.9"}, False, False),
        ({"duration_weeks": "3"}, True, True),
        ({"duration_weeks": ""}, True, False),
        ({"year": "2015"}, True, True),
        ({"year": "2016"}, True, False),
        ({"year": ""}, True, False),
        ({"year": "2017"}, False, False),
        ({"setting": "pregnancy"}, True, True),
    ],
)
def test_zhang_criteria(make_trial, select, cells, passes, strict):
    trial = make_trial(**cells)
    assert judge(trial, select).eligible is passes
    assert judge(trial, replace(select, unclear="fail")).eligible is strict


def test_every_reason_is_named(make_trial, select):
    verdict = judge(make_trial(blinding="open", comparator="active", year="2020", duration_weeks=""), select)
    assert verdict.failed == ("blinding open", "comparator active", "year 2020, after 2015")
    assert verdict.unclear == ("duration not stated",)
