"""Sentences made of numbers. None says more than the interval and the verdict rule allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mgmeta.figures import words
from mgmeta.report.pooled import Result
from mgmeta.report.published import Published
from mgmeta.report.verdict import CONSISTENT, INCONSISTENT, NOT_TESTABLE, REPRODUCED, Verdict

if TYPE_CHECKING:
    from mgmeta.report.headline import Headline, OutcomeHeadline, Scenario

# What each verdict lets a sentence say of the published value, and nothing beyond.
VERDICT_PHRASES = {
    NOT_TESTABLE: "these data cannot test it",
    REPRODUCED: "it is reproduced",
    CONSISTENT: "it is consistent with ours, which is weaker than reproduced",
    INCONSISTENT: "it is inconsistent with ours",
}


def makeup(result: Result) -> str:
    """Return what was pooled: ``"22 trials (12 with numbers, 10 with words only)"``."""
    kinds = (
        f"{words.integer(result.k_numeric)} with numbers, {words.integer(result.k_bounds)} with words only"
    )
    return f"{words.count(result.k, 'trial')} ({kinds})"


def direction(name: str, low: float | None, high: float | None) -> str:
    """Return what the interval says of the direction, in words that claim no more.

    Parameters
    ----------
    name : str
        The outcome in plain words.
    low, high : float or None
        The interval, magnesium minus control.
    """
    if high is not None and high < 0:
        return f"{name} was lower with magnesium than with control"
    if low is not None and low > 0:
        return f"{name} was higher with magnesium than with control"
    return f"{name} showed no clear difference between magnesium and control"


def outcome_sentence(name: str, bounded: Result, published: Published, verdict: Verdict, level: float) -> str:
    """Return the one honest sentence of an outcome.

    It holds what was pooled, the estimate with its interval, the published value with its interval, and
    the verdict.
    """
    unit = published.unit
    trials = f" from {words.count(published.k_trials, 'trial')}" if published.k_trials is not None else ""
    theirs = (
        f"{published.label} published "
        f"{words.with_interval(published.estimate, published.ci_low, published.ci_high)} {unit}{trials}"
    )
    phrase = VERDICT_PHRASES[verdict.word]
    if bounded.estimate is None:
        return (
            f"In {makeup(bounded)} the effect on {name} could not be estimated; {theirs}, and {phrase}: "
            f"{verdict.reason}."
        )
    ours = (
        f"{words.fixed(bounded.estimate)} {unit} "
        f"({words.level(level)} CI {words.interval(bounded.ci_low, bounded.ci_high)})"
    )
    said = direction(name, bounded.ci_low, bounded.ci_high)
    return f"In {makeup(bounded)}, {said}: {ours}. {theirs}; {phrase}: {verdict.reason}."


def silence_sentence(item: OutcomeHeadline, level: float) -> str:
    """Return what happens to the estimate when trials that print only words are counted."""
    numeric, bounded, unit = item.numeric_reml, item.bounded, item.unit
    if bounded.k_bounds == 0:
        return f"For {item.name}, every pooled trial prints a number: nothing was silent."
    if numeric.estimate is None or bounded.estimate is None:
        return (
            f"For {item.name}, {words.count(bounded.k_numeric, 'trial')} with numbers and "
            f"{words.integer(bounded.k_bounds)} with words only do not allow the comparison: "
            f"{numeric.note or bounded.note}."
        )
    alone = words.with_interval(numeric.estimate, numeric.ci_low, numeric.ci_high)
    both = words.with_interval(bounded.estimate, bounded.ci_low, bounded.ci_high)
    return (
        f"For {item.name}, numbers alone ({words.count(numeric.k, 'trial')}) "
        f"give {alone} {unit}; with the {words.integer(bounded.k_bounds)} that only say whether the "
        f"result was significant, the estimate is {both} {unit} ({words.level(level)} intervals): "
        f"{moved(numeric.estimate, bounded.estimate)}."
    )


def moved(alone: float, both: float) -> str:
    """Return how the estimate moved, judged on the printed digits."""
    before, after = (abs(round(value, words.DIGITS)) for value in (alone, both))
    if before == after:
        return "it does not move"
    return "it moves towards zero" if after < before else "it moves away from zero"


def lead(headline: Headline) -> str:
    """Return the answer in one sentence: the direction is what the interval allows."""
    parts = []
    for item in headline.outcomes.values():
        bounded = item.bounded
        if bounded.estimate is None:
            parts.append(f"the effect on {item.name} could not be estimated")
            continue
        value = f"{words.fixed(bounded.estimate)} {item.unit}"
        span = f"{words.level(headline.level)} CI {words.interval(bounded.ci_low, bounded.ci_high)}"
        parts.append(f"{direction(item.name, bounded.ci_low, bounded.ci_high)}: {value} ({span})")
    return words.capital("; ".join(parts)) + "."


def analysis_sentence(name: str, scenario: Scenario, level: float) -> str:
    """Return what one analysis finds for one outcome, with the published value beside it."""
    bounded = scenario.bounded
    if bounded.estimate is None:
        return f"In {makeup(bounded)} the effect on {name} could not be estimated: {bounded.note}."
    value = f"{words.fixed(bounded.estimate)} mmHg"
    span = f"{words.level(level)} CI {words.interval(bounded.ci_low, bounded.ci_high)}"
    return f"In {makeup(bounded)}, {direction(name, bounded.ci_low, bounded.ci_high)}: {value} ({span})."


def narrower_prediction(name: str, result: Result) -> str:
    """Return why a prediction interval is the narrower one; empty where it is not.

    The confidence interval is profile likelihood, skewed where words are many; the prediction interval is
    the estimate and t times :math:`\\sqrt{\\tau^2 + SE^2}`, which falls short of it when tau2 is near 0.
    """
    if result.ci_low is None or result.ci_high is None or result.pi_low is None or result.pi_high is None:
        return ""
    if result.pi_high - result.pi_low >= result.ci_high - result.ci_low:
        return ""
    return (
        f"For {name} the prediction interval ({words.interval(result.pi_low, result.pi_high)} mmHg) is "
        "narrower than the confidence interval. That is no extra knowledge: with an estimated tau of "
        f"{words.fixed(result.tau)} mmHg it rests on the standard error alone, while the confidence interval "
        "follows the skewed likelihood; take the wider of the two for a new trial."
    )


def scenario_sentences(headline: Headline) -> list[str]:
    """Return for each outcome how the scenarios range and how many intervals exclude zero."""
    texts = []
    for key, item in headline.outcomes.items():
        found = [
            row.bounded
            for row in headline.scenarios
            if row.outcome == key and row.bounded.estimate is not None
        ]
        if not found:
            continue
        estimates = [result.estimate for result in found if result.estimate is not None]
        below = sum(result.ci_high is not None and result.ci_high < 0 for result in found)
        texts.append(
            f"For {item.name}, {words.count(len(found), 'analysis gives', 'analyses give')} estimates from "
            f"{words.fixed(min(estimates))} to {words.fixed(max(estimates))} {item.unit}; the interval lies "
            f"below zero in {below} of them."
        )
    return texts
