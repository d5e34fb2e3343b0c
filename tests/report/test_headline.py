from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from mgmeta import io
from mgmeta.errors import DataError
from mgmeta.report.headline import Headline, build_headline, group_of, headline_from_json
from mgmeta.report.published import Published


def test_every_engine_stands_beside_the_published_result(headline: Headline) -> None:
    sbp = headline.outcomes["sbp"]
    assert (sbp.published.estimate, sbp.published.k_trials) == (-2.1, 8)
    assert (sbp.numeric_dl.estimate, sbp.numeric_dl.k, sbp.numeric_dl.k_bounds) == (-3.25, 3, 0)
    assert (sbp.numeric_reml.estimate, sbp.numeric_reml.k_numeric) == (-3.35, 3)
    assert (sbp.bounded.estimate, sbp.bounded.k, sbp.bounded.k_numeric, sbp.bounded.k_bounds) == (
        -2.25,
        6,
        3,
        3,
    )
    assert sbp.bayes.estimate == -2.4
    assert sbp.difference == pytest.approx(-0.15)
    assert sbp.numeric_reml.difference == pytest.approx(-1.25)
    assert sbp.verdict == "reproduced"
    assert headline.target["estimates"]["dbp"] == {
        "estimate": -1.4,
        "ci_low": -2.9,
        "ci_high": pytest.approx(0.1),
        "k": 8,
        "n": 321,
    }


def test_scenarios_are_all_there_in_order(headline: Headline) -> None:
    found = [(item.outcome, item.analysis, item.group) for item in headline.scenarios]
    names = [("zhang2016", "zhang2016"), ("zhang2016_strict", "zhang2016"), ("update", "update")]
    assert found == [(outcome, *name) for outcome in ("sbp", "dbp") for name in names]


def test_groups() -> None:
    assert group_of("a_b_c", ["a", "a_b", "a_b_c"]) == "a"
    assert group_of("ab", ["a", "ab"]) == "ab"


def test_it_is_read_back_as_it_was_written(headline: Headline) -> None:
    read = headline_from_json(json.loads(io.dumps(headline)))
    assert io.dumps(read) == io.dumps(headline)
    with pytest.raises(DataError, match="run `mgmeta headline` again"):
        headline_from_json({"outcomes": {"sbp": {}}, "scenarios": [], "level": 0.95, "target": {}})


def test_what_has_no_estimate_says_why(
    fits: dict[str, Any], bayes: dict[str, Any], targets: dict[str, Published]
) -> None:
    fits, bayes = copy.deepcopy(fits), copy.deepcopy(bayes)
    out = fits["zhang2016"]["outcomes"]["sbp"]
    out |= {
        "numeric": None,
        "numeric_reason": "one number only",
        "bounded": None,
        "bounded_reason": "all one-sided",
    }
    bayes["zhang2016"]["outcomes"]["sbp"] |= {"overall": None, "overall_reason": "improper"}
    bayes["zhang2016"]["outcomes"]["dbp"]["overall"]["diagnostics"] |= {"ok": False, "reasons": ["R-hat 2"]}
    headline = build_headline(fits, bayes, targets, "zhang2016")
    sbp = headline.outcomes["sbp"]
    assert (sbp.numeric_reml.estimate, sbp.numeric_reml.note) == (None, "one number only")
    assert (sbp.bounded.estimate, sbp.bounded.note, sbp.difference) == (None, "all one-sided", None)
    assert (sbp.bayes.estimate, sbp.bayes.note) == (None, "improper")
    assert sbp.verdict == "not testable"
    assert "could not be estimated" in sbp.sentence
    dbp = headline.outcomes["dbp"].bayes
    assert (dbp.ok, dbp.note) == (False, "FAILED DIAGNOSTICS: R-hat 2")


def test_a_missing_fit_or_outcome_is_refused(fits: dict[str, Any], targets: dict[str, Published]) -> None:
    with pytest.raises(DataError, match="no fit of the target analysis 'none'"):
        build_headline(fits, {}, targets, "none")
    few = {"zhang2016": fits["zhang2016"] | {"outcomes": {}}}
    with pytest.raises(DataError, match="no outcome 'sbp'"):
        build_headline(few, {}, targets, "zhang2016")
