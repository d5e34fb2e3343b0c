"""In whom, in sentences: what the moderators show, strictly from the numbers."""

from __future__ import annotations

from collections.abc import Mapping

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures.ends import lies_within
from mgmeta.figures.moderators import compared_words
from mgmeta.report.pooled import Json
from mgmeta.words import count, fixed, integer, interval, level, listing, p_value, with_interval

# A P value counts as small below this, alone or adjusted; the complement of the level of the intervals.
SMALL_P = 0.05


def tested_sentence(outcome: str, out: Json) -> str:
    """Return how many moderators were tested for one pressure, and what is left after adjustment."""
    tested: Mapping[str, Json] = out["tested"]
    name = OUTCOMES[outcome].name
    if not tested:
        return f"For {name}, no moderator could be tested."
    labels = {item["key"]: str(item["label"]).lower() for item in out["singles"]}
    alone = [labels[key] for key, item in tested.items() if item["p_value"] < SMALL_P]
    held = [labels[key] for key, item in tested.items() if item["p_holm"] < SMALL_P]
    text = (
        f"For {name}, {integer(len(tested))} of {count(len(out['singles']), 'moderator')} could be tested. "
    )
    if not alone:
        return text + f"None has P below {SMALL_P:g} even before the number of tests is allowed for."
    text += f"P is below {SMALL_P:g} for {listing(alone)}; with this many tests, "
    text += f"{SMALL_P * len(tested):.1f} such P would be expected by chance alone. "
    if held:
        return text + f"Adjusted for their number (Holm), {listing(held)} {_stays(held)}."
    return text + "Adjusted for their number (Holm), none stays below."


def _stays(names: list[str]) -> str:
    return "stays below" if len(names) == 1 else "stay below"


def refused_sentence(outcomes: Mapping[str, Json]) -> str:
    """Return which moderators could not be tested and why; "" if all could."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for outcome, out in outcomes.items():
        for item in out["singles"]:
            if item["difference"] is None:
                reasons.setdefault((str(item["label"]), str(item["reason"])), []).append(outcome)
    if not reasons:
        return ""
    parts = [
        f"{label.lower()}: {reason}"
        if len(where) == len(outcomes)
        else f"{label.lower()} ({listing(where)}): {reason}"
        for (label, reason), where in reasons.items()
    ]
    return f"Refused, because the tables hold too little: {'; '.join(parts)}."


def moderator_sentence(outcome: str, out: Json, key: str) -> str:
    """Return what one moderator shows for one pressure, with the published test beside it."""
    single = next(item for item in out["singles"] if item["key"] == key)
    name, difference = OUTCOMES[outcome].name, single["difference"]
    k_numeric, k_bounds = single["k_numeric"], single["k_bounds"]
    trials = count(k_numeric + k_bounds, "trial")
    if difference is None:
        return f"For {name}, it could not be tested: {single['reason']}. {published_words(out, key)}"
    value = with_interval(difference["estimate"], difference["ci_low"], difference["ci_high"])
    includes = lies_within(0.0, difference["ci_low"], difference["ci_high"])
    test = out["tested"][key]
    text = (
        f"For {name}, {trials} ({k_numeric} with numbers, {k_bounds} with words only) give "
        f"{value} {out['unit']} {compared_words(single)} ({p_value(test['p_value'])}; adjusted "
        f"{p_value(test['p_holm'])}): the interval {'includes' if includes else 'excludes'} zero"
    )
    if single["thin"]:
        text += f", and it is thin ({listing(single['thin'])})"
    return f"{text}. {published_words(out, key)}"


def published_words(out: Json, key: str) -> str:
    """Return the published results on one moderator and pressure, as far as the tables hold any."""
    parts = []
    for item in out["published"]:
        if item["moderator"] != key or item["unit"] != out["unit"]:
            continue
        said = [] if item["estimate"] is None else [_printed(item)]
        if item["p_interaction"] is not None:
            said.append(f"interaction {p_value(item['p_interaction'])}")
        parts.append(f"{item['label']}, {item['what']}: {', '.join(said) or 'no number in the tables'}")
    if not parts:
        return "Published counterpart: not in the tables."
    return f"Published: {'; '.join(parts)}."


def _printed(item: Json) -> str:
    if item["ci_low"] is None and item["ci_high"] is None:
        return fixed(item["estimate"])
    return with_interval(item["estimate"], item["ci_low"], item["ci_high"])


def joint_sentence(outcome: str, out: Json, confidence: float) -> str:
    """Return the joint model of one pressure."""
    joint, name = out["joint"], OUTCOMES[outcome].name
    if joint["bounded"] is None:
        return f"For {name}, no joint model: {joint['reason']}."
    parts = [
        f"{str(item['label']).lower()} {with_interval(item['estimate'], item['ci_low'], item['ci_high'])}"
        for item in joint["bounded"]["coefficients"][1:]
    ]
    return (
        f"For {name}, {integer(joint['k'])} trials allow {listing(parts)} {out['unit']} for a step of each "
        f"({level(confidence)} intervals)."
    )


def shrunk_sentence(outcome: str, item: Json, confidence: float) -> str:
    """Return what is left of the slopes of one pressure under the horseshoe."""
    slopes = item["slopes"]
    apart = [slope for slope in slopes if slope["ci_low"] * slope["ci_high"] > 0.0]
    text = (
        f"For {OUTCOMES[outcome].name}, {count(len(slopes), 'moderator')} in {integer(item['counts']['k'])} "
        "trials at once, slopes shrunk towards zero and what trials do not state imputed: "
    )
    if not apart:
        return f"{text}no {level(confidence)} interval of a slope excludes zero."
    parts = [
        f"{str(slope['label']).lower()} ({slope['step_label'] or 'difference of the levels'}) "
        f"{with_interval(slope['median'], slope['ci_low'], slope['ci_high'])} mmHg"
        for slope in apart
    ]
    return f"{text}the {level(confidence)} interval excludes zero for {listing(parts)}; for no other."


def slope_sentence(outcome: str, out: Json) -> str:
    """Return the slope of dose with both intercepts beside the published one."""
    free, through = out["dose_slopes"]
    printed = [item for item in out["published"] if item["what"] == "slope per 10 mmol/d"]
    text = f"For {OUTCOMES[outcome].name}, each 10 mmol/d more goes with "
    if free["estimate"] is None or through["estimate"] is None:
        return f"For {OUTCOMES[outcome].name}, the slope of dose could not be fitted: {free['reason']}."
    text += f"{_printed(free)} {out['unit']} with a free intercept and {_printed(through)} through zero"
    if not printed:
        return f"{text}; no published slope is in the tables."
    first = printed[0]
    inside = lies_within(first["estimate"], free["ci_low"], free["ci_high"])
    ours = interval(free["ci_low"], free["ci_high"])
    return (
        f"{text} ({count(free['k'], 'trial')}); {first['label']} printed {_printed(first)} with a free "
        f"intercept, which lies {'within' if inside else 'outside'} our interval of {ours}."
    )


def within_sentence(within: list[Json]) -> str:
    """Return how much evidence from inside trials there is."""
    contrasts = [item for item in within if item["contrast"] != "before_after"]
    own = len(within) - len(contrasts)
    if not contrasts:
        return "No trial in the tables prints a randomised comparison in part of its people."
    trials = listing(list(dict.fromkeys(str(item["label"]) for item in contrasts)))
    found = f"{count(len(contrasts), 'comparison')} inside a trial {'is' if len(contrasts) == 1 else 'are'}"
    text = (
        f"{found} in the tables ({trials}): magnesium and control were randomised, so no difference between "
        "trials is in it. "
    )
    if not any(item["difference"] is not None for item in contrasts):
        text += "None prints by how much the groups differ, so subgroups cannot be compared in figures. "
    if own:
        rows = f"{count(own, 'further row')} {'gives' if own == 1 else 'give'}"
        text += f"{rows} only the magnesium arm's own change: no comparison at all."
    return text.strip()
