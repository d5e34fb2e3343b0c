"""Sentences on dose and duration by Bayes: which curves are probable, what is learnt of a plateau."""

from __future__ import annotations

from mgmeta.figures import words
from mgmeta.report.dose_words import lower_title, position_word
from mgmeta.report.pooled import Json

NOTHING, LITTLE = 0.8, 0.5
"""Shares of probability that prior and posterior have in common: above the first the data say next to
nothing, above the second little."""


def bayes_sentence(curves: Json, unit: str, level: float) -> str:
    """Return which curves are probable, and the effect averaged over them at the median and at the end."""
    bayes = curves.get("bayes", {})
    if not bayes.get("models"):
        return ""
    models, n = bayes["models"], len(bayes["models"])
    flat = next(item for item in models if item["curve"] == "flat")
    best = models[0]
    ends = [
        min(bayes["average"], key=lambda row: abs(row["dose"] - curves[key])) for key in ("median", "highest")
    ]
    at_ends = [
        f"{words.with_interval(row['median'], row['ci_low'], row['ci_high'])} {unit} at "
        f"{words.fixed(row['dose'], 0)} {curves['unit']}"
        for row in ends
    ]
    heaviest = max(models, key=lambda item: item["stacking"])
    return (
        f"By Bayes, {words.count(n, 'curve')} equally likely before: the most probable is "
        f"{lower_title(best['title'])} ({words.percent(best['probability'])}); one effect at every "
        f"{position_word(curves)} has {words.percent(flat['probability'])} ({words.percent(1 / n)} before). "
        f"Stacking by leave-one-out gives most weight to {lower_title(heaviest['title'])} "
        f"({words.percent(heaviest['stacking'])}). Averaged over the curves, the effect is "
        f"{words.listing(at_ends)} ({words.level(level)} interval)."
    )


def ed_sentence(curves: Json) -> str:
    """Return what the trials add to the prior about the dose of half the plateau, by Emax."""
    found = curves.get("bayes", {}).get("ed", {}).get("emax")
    if not found:
        return ""
    parts = []
    for item in found["shares"]:
        before, after = (
            f"{words.integer(item[f'{kind}_median'])} ({_wide(item, kind)})"
            for kind in ("prior", "posterior")
        )
        parts.append(f"{words.percent(item['share'])} of the plateau, {before} before and {after} after")
    overlap = found["overlap"]
    if overlap >= NOTHING:
        learnt = "the trials say next to nothing about it"
    else:
        learnt = "the trials say little about it" if overlap >= LITTLE else "the trials have moved it"
    return (
        f"The {position_word(curves)} that reaches a share of the Emax plateau, {curves['unit']}: "
        f"{words.listing(parts)}; prior and posterior share {words.percent(overlap)} of their probability, "
        f"so {learnt}."
    )


def _wide(item: Json, kind: str) -> str:
    return f"{words.integer(item[f'{kind}_low'])} to {words.integer(item[f'{kind}_high'])}"
