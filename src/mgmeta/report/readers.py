"""Paragraphs on dose, hypertension and the claims people meet, strictly from the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mgmeta.figures import dose as dose_figure
from mgmeta.figures import words
from mgmeta.figures.ends import lies_within
from mgmeta.report.headline import Headline, OutcomeHeadline
from mgmeta.report.pooled import Json
from mgmeta.report.sentences import direction
from mgmeta.report.verdict import CONSISTENT, INCONSISTENT, NOT_TESTABLE, REPRODUCED

DOSE = dose_figure.MODERATOR
HYPERTENSION = "hypertension"

UNITS = {DOSE: "per 100 mg/d more", HYPERTENSION: "hypertensive minus normotensive"}

# What the verdict allows to say of the claim that magnesium lowers pressure by the published amount.
SUPPORT = {
    REPRODUCED: "supports that figure",
    CONSISTENT: "does not contradict that figure, nor does it confirm it",
    INCONSISTENT: "does not support that figure",
    NOT_TESTABLE: "is too thin to test that figure",
}


@dataclass(frozen=True)
class Slope:
    """One moderator coefficient of the bounded model, with the trials behind it."""

    estimate: float
    low: float | None
    high: float | None
    p_value: float | None
    k_numeric: int
    k_bounds: int
    k_excluded: int

    @property
    def excludes_zero(self) -> bool:
        """Return whether the interval lies on one side of zero."""
        return not lies_within(0.0, self.low, self.high)


def slope_of(out: Json, moderator: str) -> Slope | None:
    """Return the coefficient of a moderator taken alone, numbers and words, or None if not fitted."""
    model = out.get("moderators", {}).get(moderator)
    for item in ((model or {}).get("bounded") or {}).get("coefficients", ()):
        if item["term"] == moderator:
            counts = model["counts"]
            numbers = (item["estimate"], item["ci_low"], item["ci_high"], item["p_value"])
            return Slope(*numbers, counts["k_numeric"], counts["k_bounds"], len(model["excluded"]))
    return None


def moderator_sentence(out: Json, moderator: str, level: float) -> str:
    """Return what the trials show about one moderator and one outcome."""
    slope = slope_of(out, moderator)
    name = str(out["name"])
    if slope is None:
        return f"For {name}, too few trials could be compared."
    value = words.with_interval(slope.estimate, slope.low, slope.high)
    trials = words.count(slope.k_numeric + slope.k_bounds, "trial")
    text = (
        f"For {name}, {trials} ({slope.k_numeric} with numbers, {slope.k_bounds} with words only) give "
        f"{value} {out['unit']} {UNITS[moderator]} "
        f"({words.level(level)} interval, {words.p_value(slope.p_value)}): "
    )
    return text + ("the interval excludes zero." if slope.excludes_zero else "the interval includes zero.")


def claim_effect(headline: Headline) -> str:
    """Return the paragraph on "magnesium lowers blood pressure by so much"."""
    items = list(headline.outcomes.values())
    published = items[0].published
    figures = words.listing(
        [f"{words.fixed(item.published.estimate)} {item.unit} for {item.name}" for item in items]
    )
    text = f"People read that magnesium lowers blood pressure a little: {published.label} printed {figures}. "
    return text + " ".join(_effect(item) for item in items)


def _effect(item: OutcomeHeadline) -> str:
    support = f"the evidence collected here {SUPPORT[item.verdict]}"
    if item.bounded.estimate is None:
        return f"For {item.name}, {support}."
    said = direction(item.name, item.bounded.ci_low, item.bounded.ci_high)
    span = words.interval(item.bounded.ci_low, item.bounded.ci_high)
    return f"For {item.name}, {support}; {said}, with an interval of {span} {item.unit}."


def claim_moderators(outcomes: Mapping[str, Json], level: float) -> str:
    """Return the paragraph on "more is better" and "it works in people with high blood pressure"."""
    text = (
        "People also read that a higher dose does more, and that those with high blood pressure gain most. "
    )
    parts = []
    for moderator, claim in (
        (DOSE, "that a higher dose lowers more"),
        (HYPERTENSION, "that hypertensives gain more"),
    ):
        slopes = {str(out["name"]): slope_of(out, moderator) for out in outcomes.values()}
        shown = [
            name for name, slope in slopes.items() if slope and slope.excludes_zero and slope.estimate < 0
        ]
        reverse = [
            name for name, slope in slopes.items() if slope and slope.excludes_zero and slope.estimate > 0
        ]
        silent = [name for name in slopes if name not in shown and name not in reverse]
        if shown:
            parts.append(f"Across trials these data go with the claim {claim} for {words.listing(shown)}.")
        if reverse:
            parts.append(f"These data go against the claim {claim} for {words.listing(reverse)}.")
        if silent:
            parts.append(f"These data do not show {claim} for {words.listing(silent)}.")
    return (
        text
        + " ".join(parts)
        + " These are comparisons between trials, which differ in more than dose and diagnosis."
    )


def limit_sentence(rows: list[Json], limit: float, authority: str) -> str:
    """Return how many of the pooled trials with a known dose gave more than a supplement limit."""
    doses = [row["dose_mg_per_day"] for row in rows if row["dose_per_100mg"] is not None]
    above = sum(dose > limit for dose in doses)
    return (
        f"{above} of the {words.count(len(doses), 'pooled trial')} with a known elemental dose gave more "
        f"than {words.plain(limit)} mg/d, the upper limit for supplements of {authority}."
    )
