"""The rule of the claims, at its edges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgmeta.reproduce.claim_rule import (
    ANALYSES,
    CLAIM_VERDICTS,
    NOT_SUPPORTED,
    NOT_TESTABLE,
    SUPPORTED,
    UNCERTAIN,
    decide,
)
from mgmeta.reproduce.engines import Answer


def answers(*spans):
    """One interval for every analysis, or the same for all."""
    spans = spans * len(ANALYSES) if len(spans) == 1 else spans
    return {
        name: Answer("ML", 9, None if span is None else sum(span) / 2, *(span or (None, None)))
        for name, span in zip(ANALYSES, spans, strict=True)
    }


@pytest.mark.parametrize(
    ("k", "spans", "claimed", "word"),
    [
        (5, [(-3.0, -0.1)], -1, SUPPORTED),
        (4, [(-3.0, -0.1)], -1, NOT_TESTABLE),
        (5, [(-3.0, 0.0)], -1, UNCERTAIN),  # 0 on the edge is not excluded
        (5, [(-3.0, -0.1), (-3.0, 0.2), (-3.0, -0.1), (-3.0, -0.1)], -1, UNCERTAIN),
        (5, [(-3.0, -0.1), None, (-3.0, -0.1), (-3.0, -0.1)], -1, UNCERTAIN),
        (5, [(0.1, 3.0)], -1, NOT_SUPPORTED),
        (5, [(0.1, 3.0)], 1, SUPPORTED),
        (5, [(-0.5, 0.5)], -1, NOT_SUPPORTED),
        (5, [(-0.4, -0.1)], -1, NOT_SUPPORTED),  # a fall, but negligible
        (5, [(-0.51, 0.5)], -1, UNCERTAIN),
        (5, [None], -1, NOT_TESTABLE),
    ],
)
def test_the_rule(k, spans, claimed, word):
    assert decide({"in hand": k}, answers(*spans), claimed, "mmHg").word == word


def test_the_negligible_range_is_in_mmhg_only():
    assert decide({"in hand": 9}, answers((0.01, 0.09)), 1, "mmol/L").word == SUPPORTED


def test_every_level_needs_its_trials():
    found = decide({"low": 30, "other": 4}, answers((-3.0, -1.0)), -1, "mmHg")
    assert found.word == NOT_TESTABLE
    assert found.reason == "4 trials other; the rule asks for at least 5"


def test_the_reason_names_the_analyses_that_include_zero():
    spans = [(-3.0, -1.0), (-3.0, 1.0), (-3.0, -1.0), (-3.0, 1.0)]
    reason = decide({"in hand": 9}, answers(*spans), -1, "mmHg").reason
    assert "in the strict and silent-as-not-significant analyses" in reason
    assert "permissive" not in reason


@given(
    st.integers(0, 12),
    st.lists(st.tuples(st.floats(-9, 9), st.floats(0, 9)), min_size=4, max_size=4),
    st.sampled_from([-1, 1]),
)
def test_every_result_has_the_verdict_the_rule_says(k, spans, claimed):
    found = answers(*[(low, low + width) for low, width in spans])
    word = decide({"in hand": k}, found, claimed, "mmHg").word
    assert word in CLAIM_VERDICTS
    inside = [(answer.ci_high < 0) if claimed < 0 else (answer.ci_low > 0) for answer in found.values()]
    primary = found["primary"]
    negligible = primary.ci_low >= -0.5 and primary.ci_high <= 0.5
    wrong_side = primary.ci_low > 0 if claimed < 0 else primary.ci_high < 0
    if k < 5:
        assert word == NOT_TESTABLE
    elif negligible or wrong_side:
        assert word == NOT_SUPPORTED
    else:
        assert word == (SUPPORTED if all(inside) else UNCERTAIN)
