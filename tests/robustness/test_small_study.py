"""Small-study methods: each is run or says why not, and few trials are said to be few."""

from __future__ import annotations

import pytest

from mgmeta.pooling.egger import egger, egger_bounded
from mgmeta.robustness.small_study import BOTH, LIST, NUMBERS, small_study_tables
from mgmeta.robustness.trials import columns, numbers


def entry(tables, key, uses):
    return next(m for m in tables["methods"] if (m["key"], m["uses"]) == (key, uses))


def test_figures_are_those_of_the_methods(make_pooled):
    data = make_pooled(11, 3)
    tables = small_study_tables(data, 0.95)
    _, y, v = numbers(data)
    assert entry(tables, "egger", NUMBERS)["p_value"] == pytest.approx(egger(y, v, level=0.95).p_value)
    found = egger_bounded(*columns(data), level=0.95)
    assert entry(tables, "egger", BOTH)["p_value"] == pytest.approx(found.p_value)
    assert entry(tables, "egger", BOTH)["k"] == 14
    assert tables["too_few_for"] == []
    assert len(tables["methods"]) == len(LIST)
    assert len(tables["funnel"]["rows"]) == 11


def test_few_trials_are_warned_of(make_pooled):
    tables = small_study_tables(make_pooled(5, 2), 0.95)
    assert tables["too_few_for"] == [NUMBERS, BOTH]
    warned = [m for m in tables["methods"] if any("only 5 rows" in text for text in m["warnings"])]
    assert len(warned) >= 6


def test_a_method_that_cannot_run_says_why(make_pooled):
    tables = small_study_tables(make_pooled(1, 2), 0.95)
    assert entry(tables, "egger", NUMBERS)["p_value"] is None
    assert entry(tables, "egger", NUMBERS)["note"]
    assert all(m["note"] or m["p_value"] is not None or m["estimate"] is not None for m in tables["methods"])


def test_without_words_the_second_line_says_so(make_pooled):
    tables = small_study_tables(make_pooled(5, 0), 0.95)
    assert entry(tables, "egger", BOTH)["note"] == "no words: the same as with numbers"


def test_nothing_but_words_has_no_funnel(make_pooled):
    tables = small_study_tables(make_pooled(0, 3, 0), 0.95)
    assert tables["funnel"] is None
    assert "needs numbers" in tables["funnel_reason"]
