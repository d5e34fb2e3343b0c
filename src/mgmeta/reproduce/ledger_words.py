"""The ledger in sentences, every number one of its row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mgmeta import words
from mgmeta.reproduce.engines import Answer
from mgmeta.reproduce.targets import PrintedResult

if TYPE_CHECKING:
    from mgmeta.reproduce.ledger import Count

UNITS = {
    "mmHg": "mmHg",
    "smd": "standard deviations",
    "mmHg_per_10_mmol": "mmHg per 10 mmol/d",
}


def subset_words(subset: str) -> str:
    """Return a subset of reviews.csv in words, "" for all trials."""
    known = {
        "overall": "",
        "mg_deficient": "people low in magnesium",
        "treated": "hypertensive people on drugs",
        "dose_slope": "slope over dose",
    }
    return known.get(subset, f"{subset.replace('_', ' ')} people")


def sentence(
    name: str, published: PrintedResult, found: Count, ml: Answer, verdict: str | None, reason: str
) -> str:
    """Return one row of the ledger as a sentence."""
    subset = subset_words(published.subset)
    what = f"{published.label}, {name}" + (f", {subset}" if subset else "")
    unit = UNITS[published.unit]
    if published.estimate is None:
        theirs = "no figure printed"
    else:
        number = _number(published.estimate, published.ci_low, published.ci_high, unit)
        trials = f" from {words.count(published.k_trials, 'trial')}" if published.k_trials is not None else ""
        theirs = f"published {number}{trials}"
    split = f"{found.numeric} with a number, {found.bounds} in words only"
    if ml.estimate is None:
        ours = f"here no estimate ({words.count(found.pooled, 'trial')} found)"
    else:
        number = _number(ml.estimate, ml.ci_low, ml.ci_high, "")
        ours = f"here {number} from {words.count(found.pooled, 'trial')} ({split})"
    end = f"{words.capital(verdict)}: {reason}" if verdict else f"No verdict: {reason}"
    return f"{what}: {theirs}; {ours}. {end}."


def _number(estimate: float, low: float | None, high: float | None, unit: str) -> str:
    if low is None and high is None:
        return f"{words.fixed(estimate)} {unit}".rstrip() + " without an interval"
    return f"{words.with_interval(estimate, low, high)} {unit}".rstrip()
