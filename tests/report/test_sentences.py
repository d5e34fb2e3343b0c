"""Every number of a sentence stands in a table; no sentence says more than the rule allows."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgmeta.figures import words
from mgmeta.report import readers, sentences
from mgmeta.report.headline import Headline, build_headline
from mgmeta.report.htmltable import HtmlTable
from mgmeta.report.pooled import Result
from mgmeta.report.published import Published
from mgmeta.report.result_tables import headline_page_table, moderator_page_table
from mgmeta.report.verdict import VERDICTS, Verdict, judge

NUMBER = re.compile(r"\u2212?\d+(?:\.\d+)?")
TARGET = Published("r", "Nemo", "sbp", "mmHg", -2.0, -3.58, -0.43, 8, None, None, "", "", "", "", "", "")


def numbers(text: str) -> set[str]:
    return set(NUMBER.findall(text))


def table_numbers(*tables: HtmlTable) -> set[str]:
    cells = [cell for table in tables for row in table.rows for cell in row if isinstance(cell, str)]
    heads = [column.label for table in tables for column in table.columns]
    found = {number for text in (*cells, *heads) for number in NUMBER.findall(text)}
    return found | {number.removeprefix(words.MINUS) for number in found}


def result(estimate: float | None, low: float | None, high: float | None, k: int = 9) -> Result:
    return Result(estimate, low, high, None, None, None, k, k - 3, 3, None, "", True)


def test_sentences_of_the_headline_hold_only_numbers_of_its_table(headline: Headline) -> None:
    allowed = table_numbers(headline_page_table(headline))
    labels = {"1999", words.level(headline.level).removesuffix("%")}
    texts = [sentences.lead(headline)]
    for item in headline.outcomes.values():
        texts += [item.sentence, sentences.silence_sentence(item, headline.level)]
    texts.append(readers.claim_effect(headline))
    for text in texts:
        assert len(numbers(text)) > 2
        assert numbers(text) - labels <= allowed, text


def test_sentences_on_moderators_hold_only_numbers_of_their_table(
    fits: dict[str, Any], bayes: dict[str, Any]
) -> None:
    allowed = table_numbers(moderator_page_table(fits, bayes))
    for out in fits["zhang2016"]["outcomes"].values():
        for moderator in (readers.DOSE, readers.HYPERTENSION):
            text = readers.moderator_sentence(out, moderator, 0.95)
            assert numbers(text) - {"95", "100", "5"} <= allowed, text


def test_sentences_on_scenarios_and_updates(headline: Headline) -> None:
    texts = sentences.scenario_sentences(headline)
    assert texts[0] == (
        "For systolic blood pressure, 3 analyses give estimates from \u22122.55 to \u22121.85 mmHg; "
        "the interval lies below zero in 3 of them."
    )
    update = next(item for item in headline.scenarios if item.analysis == "update" and item.outcome == "dbp")
    text = sentences.analysis_sentence("diastolic blood pressure", update, 0.95)
    assert "\u22121.80 mmHg (95% CI \u22123.45 to \u22120.45)" in text
    assert "was lower" in text


INTERVALS = st.tuples(st.floats(-8, 8), st.floats(0.05, 4), st.floats(0.05, 4), st.integers(3, 60))


@given(INTERVALS)
def test_no_sentence_says_more_than_interval_and_verdict_allow(
    drawn: tuple[float, float, float, int],
) -> None:
    estimate, below, above, k = drawn
    low, high = estimate - below, estimate + above
    verdict = judge(TARGET, k, estimate, low, high)
    text = sentences.outcome_sentence("SBP", result(estimate, low, high, k), TARGET, verdict, 0.95)
    assert ("was lower" in text) == (high < 0)
    assert ("was higher" in text) == (low > 0)
    assert ("no clear difference" in text) == (low <= 0 <= high)
    assert ("is reproduced" in text) == (verdict.word == "reproduced")
    assert ("inconsistent" in text) == (verdict.word == "inconsistent")
    assert ("weaker than reproduced" in text) == (verdict.word == "consistent")
    assert ("cannot test" in text) == (verdict.word == "not testable")
    assert words.fixed(estimate) in text
    assert not re.search(r"-\d", text)
    assert not re.search(r"prove|cause|effective|works|cure|confirm", text)


@given(INTERVALS, INTERVALS)
def test_the_lead_claims_a_direction_only_where_the_interval_has_one(
    sbp: tuple[float, float, float, int], dbp: tuple[float, float, float, int]
) -> None:
    class Item:
        def __init__(self, name: str, drawn: tuple[float, float, float, int]) -> None:
            self.name, self.unit = name, "mmHg"
            self.bounded = result(drawn[0], drawn[0] - drawn[1], drawn[0] + drawn[2])

    outcomes = {"sbp": Item("SBP", sbp), "dbp": Item("DBP", dbp)}
    text = sentences.lead(SimpleNamespace(level=0.95, outcomes=outcomes))  # type: ignore[arg-type]
    for part, item in zip(text.split("; "), outcomes.values(), strict=True):
        assert ("lower" in part) == (item.bounded.ci_high < 0)
        assert ("higher" in part) == (item.bounded.ci_low > 0)
        assert f"{words.fixed(item.bounded.estimate)} mmHg" in part
    assert not re.search(r"reproduc|consistent|prove|cause|you\b|should", text)


def test_without_an_estimate_the_lead_says_so(
    fits: dict[str, Any], bayes: dict[str, Any], targets: dict[str, Published]
) -> None:
    fits = copy.deepcopy(fits)
    fits["zhang2016"]["outcomes"]["sbp"] |= {"bounded": None, "bounded_reason": "x"}
    text = sentences.lead(build_headline(fits, bayes, targets, "zhang2016"))
    assert text.startswith("The effect on systolic blood pressure could not be estimated; diastolic")


def test_silence_moves_the_estimate_as_the_printed_digits_say(headline: Headline) -> None:
    sbp = headline.outcomes["sbp"]
    assert sentences.silence_sentence(sbp, 0.95).endswith("it moves towards zero.")
    for both, ending in (
        (-3.354, "it does not move."),
        (-3.4, "it moves away from zero."),
        (3.3, "it moves towards zero."),
    ):
        changed = copy.copy(sbp)
        object.__setattr__(changed, "bounded", result(both, -9.0, 9.0))
        assert sentences.silence_sentence(changed, 0.95).endswith(ending)
    object.__setattr__(changed, "bounded", Result(-1.0, -2.0, 0.0, None, None, None, 3, 3, 0, None, "", True))
    assert "nothing was silent" in sentences.silence_sentence(changed, 0.95)


def test_every_verdict_has_its_phrase_and_support() -> None:
    assert set(sentences.VERDICT_PHRASES) == set(readers.SUPPORT) == set(VERDICTS)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-2.0, -0.1, "go with the claim that a higher"),
        (0.1, 2.0, "go against the claim that a higher"),
        (-1.0, 1.0, "do not show that a higher"),
    ],
)
def test_claims_on_moderators_follow_their_interval(
    fits: dict[str, Any], low: float, high: float, said: str
) -> None:
    outcomes = copy.deepcopy(fits["zhang2016"]["outcomes"])
    for out in outcomes.values():
        slope = out["moderators"]["dose"]["bounded"]["coefficients"][1]
        slope |= {"estimate": (low + high) / 2, "ci_low": low, "ci_high": high}
    text = readers.claim_moderators(outcomes, 0.95)
    assert said in text
    assert "do not show that hypertensives gain more for systolic blood pressure and diastolic" in text
    assert "between trials" in text


def test_a_moderator_that_could_not_be_fitted_is_said(fits: dict[str, Any]) -> None:
    out = copy.deepcopy(fits["zhang2016"]["outcomes"]["sbp"])
    out["moderators"]["dose"]["bounded"] = None
    assert readers.slope_of(out, "dose") is None
    assert readers.moderator_sentence(out, "dose", 0.95).endswith("too few trials could be compared.")


def test_doses_above_a_limit_are_counted_among_known_doses(fits: dict[str, Any]) -> None:
    rows = fits["zhang2016"]["outcomes"]["sbp"]["rows"]
    assert readers.limit_sentence(rows, 350.0, "US").startswith(
        "4 of the 5 pooled trials with a known elemental dose"
    )


def test_a_sentence_can_be_made_for_every_verdict(make_published: Callable[..., Published]) -> None:
    for word in VERDICTS:
        text = sentences.outcome_sentence(
            "SBP", result(None, None, None), make_published(), Verdict(word, "because"), 0.95
        )
        assert text.endswith(f"{sentences.VERDICT_PHRASES[word]}: because.")


def test_a_prediction_interval_narrower_than_the_confidence_interval_is_explained(headline: Headline) -> None:
    base = headline.outcomes["sbp"].bounded
    narrow = replace(base, ci_low=-4.0, ci_high=-0.4, pi_low=-3.1, pi_high=-0.4, tau=0.0)
    told = sentences.narrower_prediction("systolic blood pressure", narrow)
    assert (
        "systolic blood pressure" in told
        and "0.00 mmHg" in told
        and "\u22123.10" in told.replace("-", "\u2212")
    )
    assert sentences.narrower_prediction("x", replace(narrow, pi_high=0.6)) == ""
    assert sentences.narrower_prediction("x", replace(narrow, pi_low=None)) == ""
