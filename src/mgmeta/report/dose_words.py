"""Sentences on dose and duration, strictly from the curves of `results/dose`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mgmeta.figures import words
from mgmeta.report.pooled import Json

ABOUT_AS_WELL, WORSE = 2.0, 7.0
"""AIC differences: up to 2 a model is about as good as the best, from about 7 on it has considerably less
support (Burnham & Anderson 2002, Model Selection and Multimodel Inference, section 2.6)."""

PLACES = {"dose": "a known elemental dose", "duration": "a known duration"}
LONGER = {"dose": "larger doses", "duration": "longer duration"}
MORE = {"dose": "mg/d more", "duration": "weeks more"}


def fit_of(curves: Json, name: str) -> Json | None:
    """Return the fit of one curve, or None if it was refused."""
    for item in curves["curves"]:
        if item["curve"] == name:
            fit: Json = item["fit"]
            return fit
    return None


def at(fit: Json, position: float) -> Json:
    """Return the predictions nearest a position."""
    row: Json = min(fit["predictions"], key=lambda item: abs(float(item["dose"]) - position))
    return row


def support_sentence(name: str, curves: Json) -> str:
    """Return which positions were tried."""
    if not curves["k"]:
        return f"For {name}, {curves['reason']}."
    unit, axis = curves["unit"], curves["axis"]
    low, high = (words.fixed(value, 0) for value in curves["quartiles"])
    text = (
        f"For {name}, {words.count(curves['k'], 'trial')} ({curves['k_numeric']} with numbers, "
        f"{curves['k_bounds']} with words only) have {PLACES[axis]}, "
        f"{words.fixed(curves['lowest'], 0)} to {words.fixed(curves['highest'], 0)} {unit}; the middle half "
        f"lie between {low} and {high} {unit}"
    )
    left = len(curves["left_out"])
    return f"{text}; {words.count(left, 'trial')} without one left out." if left else f"{text}."


def between_sentence(curves: Json, unit: str) -> str:
    """Return whether trials further along the axis found larger effects: the line with a free intercept."""
    line, axis = curves["line"], curves["axis"]
    if "reason" in line:
        return f"Trials of {LONGER[axis]} cannot be set against the others: {line['reason']}."
    value = words.with_interval(line["estimate"], line["ci_low"], line["ci_high"])
    found = f"{value} {unit} per {words.plain(curves['per'])} {MORE[axis]}, {words.p_value(line['p_value'])}"
    return f"Trials of {LONGER[axis]} {_differ(line)}: {found}."


def _differ(line: Json) -> str:
    if line["ci_high"] is not None and line["ci_high"] < 0:
        return "found larger falls"
    if line["ci_low"] is not None and line["ci_low"] > 0:
        return "found smaller falls"
    return "found neither clearly larger nor clearly smaller effects"


def flat_sentence(curves: Json, unit: str) -> str:
    """Return how well one effect at every position does beside the curves."""
    flat = curves["flat"]
    if "reason" in flat or flat["delta"] is None:
        return ""
    value = words.with_interval(flat["estimate"], flat["ci_low"], flat["ci_high"])
    same = f"One effect at every {_position(curves)}, {value} {unit},"
    delta = flat["delta"]
    if delta < 0:
        return f"{same} fits better than any curve (AIC lower by {words.fixed(-delta, 1)})."
    if delta <= ABOUT_AS_WELL:
        how = "about as well as the best curve"
    else:
        how = "much worse than the best curve" if delta >= WORSE else "less well than the best curve"
    return f"{same} fits {how} (AIC {words.fixed(delta, 1)} above it)."


def line_sentence(curves: Json, unit: str, level: float) -> str:
    """Return the primary curve: its slope, its effect at the median position, and a new trial there."""
    fit = fit_of(curves, curves["primary"])
    if fit is None:
        return "The straight line through zero could not be fitted."
    per, slope = curves["per"], slope_text(curves, fit)
    row, place = at(fit, curves["median"]), f"{words.fixed(curves['median'], 0)} {curves['unit']}"
    effect = words.with_interval(row["estimate"], row["ci_low"], row["ci_high"])
    new = words.interval(row["pi_low"], row["pi_high"])
    return (
        f"The straight line through zero gives {slope} {unit} per {words.plain(per)} {curves['unit']} "
        f"({words.level(level)} interval), so {effect} at the median, {place}, and {new} for the true effect "
        "of a new trial there."
    )


def slope_text(curves: Json, fit: Json) -> str:
    """Return the slope of a straight line per unit of the axis, with its interval."""
    item, per = fit["coefficients"][0], curves["per"]
    low, high = (None if item[key] is None else per * item[key] for key in ("ci_low", "ci_high"))
    return words.with_interval(per * item["estimate"], low, high)


def compared_sentence(curves: Json) -> str:
    """Return which curves fit about as well as the best, and whether any bend is shown."""
    items = curves["curves"]
    if len(items) < 2:
        return ""
    best, others = items[0], [item for item in items[1:] if item["delta"] <= ABOUT_AS_WELL]
    text = (
        f"Of {words.count(len(items), 'curve')} that could be fitted, the best by AIC is "
        f"{_name(best['fit'])} (weight {words.percent(best['weight'])})"
    )
    if others:
        text += f"; {words.listing([_name(item['fit']) for item in others])} fit about as well"
    tests = [item["fit"]["nonlinearity"] for item in items]
    tested = [test["p_value"] for test in tests if test["p_value"] is not None]
    if not tested:
        return f"{text}."
    least = words.p_value(min(tested))
    n = words.count(len(tested), "test")
    if min(tested) >= 0.05:
        return f"{text}. None of {n} of a bend against the straight line rejects it (smallest {least})."
    return f"{text}. The smallest of {n} of a bend against the straight line: {least}, for one test alone."


def _name(fit: Json) -> str:
    return _lower(str(fit["title"]))


def plateau_sentence(curves: Json) -> str:
    """Return what is known of a plateau: the dose (or time) that reaches most of it, or why there is none."""
    emax, what = fit_of(curves, "emax"), curves["axis"]
    refused = {item["curve"]: item["reason"] for item in curves["refused"]}
    if emax is None:
        reason = refused.get("emax", "it was not fitted").partition(";")[0]
        return f"No {what} that reaches 50 or 80% of a plateau can be given: {reason}.{_at_the_end(curves)}"
    parts = [
        f"{words.percent(reach['share'])} at {words.fixed(reach['dose'], 0)} {curves['unit']} "
        f"({_span(reach)})"
        for reach in emax["reaches"]
    ]
    return f"The Emax curve reaches, of its plateau, {words.listing(parts)}."


def _at_the_end(curves: Json) -> str:
    """Return, where so, that the curves that may bend have their largest effect at the end of the axis."""
    found = [item["fit"]["reaches"][0] for item in curves["curves"] if item["fit"]["reaches"]]
    ends = [reach["plateau_dose"] for reach in found if reach["plateau_dose"] is not None]
    at_end = sum(end == curves["highest"] for end in ends)
    if not at_end:
        return ""
    own = "has its" if at_end == 1 else "have their"
    curves_free = words.count(len(ends), "curve")
    end = f"the end of the {curves['axis']}s tried"
    return f" Of {curves_free} free to turn back, {at_end} {own} largest effect at {end}."


def _span(reach: Json) -> str:
    if reach["high"] is None:
        return f"from {words.fixed(reach['low'], 0)} up without limit"
    return words.interval(reach["low"], reach["high"], 0)


def thin_sentence(curves: Json) -> str:
    """Return where fewer than three trials lie in a bin."""
    stretches = _stretches(curves)
    if not stretches:
        return ""
    return (
        f"From {' and from '.join(stretches)} {curves['unit']} there are fewer than three trials in every "
        "stretch of the figure: what a curve says there rests on its formula."
    )


def _stretches(curves: Json) -> list[str]:
    """Return the spans of neighbouring bins with fewer than three rows."""
    spans: list[list[float]] = []
    for piece in curves["bins"]:
        if piece["k"] >= 3:
            continue
        if spans and spans[-1][1] == piece["low"]:
            spans[-1][1] = piece["high"]
        else:
            spans.append([piece["low"], piece["high"]])
    return [f"{words.plain(low)} to {words.plain(high)}" for low, high in spans]


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
        f"{_lower(best['title'])} ({words.percent(best['probability'])}); one effect at every "
        f"{_position(curves)} has {words.percent(flat['probability'])} ({words.percent(1 / n)} before). "
        f"Stacking by leave-one-out gives most weight to {_lower(heaviest['title'])} "
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
        f"The {_position(curves)} that reaches a share of the Emax plateau, {curves['unit']}: "
        f"{words.listing(parts)}; prior and posterior share {words.percent(overlap)} of their probability, "
        f"so {learnt}."
    )


def _wide(item: Json, kind: str) -> str:
    return f"{words.integer(item[f'{kind}_low'])} to {words.integer(item[f'{kind}_high'])}"


def _position(curves: Json) -> str:
    return "dose" if curves["axis"] == "dose" else "duration"


def _lower(title: str) -> str:
    return "Emax" if title == "Emax" else title[:1].lower() + title[1:]


def surface_sentence(name: str, surface: Json, unit: str) -> str:
    """Return whether the effect per dose depends on the duration, or why that cannot be asked."""
    if "reason" in surface:
        return f"Dose and duration at once, {name}: not fitted, {surface['reason']}."
    change = surface["change"]
    value = words.with_interval(change["estimate"], change["ci_low"], change["ci_high"])
    counts = (*surface["crossing"]["low_dose"], *surface["crossing"]["high_dose"])
    quarters = words.listing([str(k) for k in counts])
    return (
        f"Dose and duration at once, {name} ({words.count(surface['k'], 'trial')}; {quarters} in the "
        f"quarters that the medians make): with 4 weeks more, the fall per 100 mg/d {_change(change)} "
        f"({value} {unit}, {words.p_value(change['p_value'])})."
    )


def _change(change: Json) -> str:
    if change["ci_high"] is not None and change["ci_high"] < 0:
        return "is larger"
    if change["ci_low"] is not None and change["ci_low"] > 0:
        return "is smaller"
    return "is neither clearly larger nor clearly smaller"


def coverage_sentence(rows: Sequence[Mapping[str, str]]) -> str:
    """Return how often the intervals of the curves held a simulated truth; "" without the study.

    *rows* of ``docs/simulation/dose.csv``.
    """
    if not rows:
        return ""
    first, covered = rows[0], [float(row["covered"]) for row in rows]
    curves = list(dict.fromkeys(_lower(words.capital(row["curve"])) for row in rows))
    doses = list(dict.fromkeys(row["dose_mg_per_day"] for row in rows))
    shares = list(dict.fromkeys(words.percent(float(row["verbal_share"])) for row in rows))
    places = words.listing([words.plain(float(dose)) for dose in doses])
    return (
        f"In {words.integer(int(first['runs']))} simulated sets of {first['k']} trials at doses from "
        f"{words.plain(float(first['dose_low']))} to {words.plain(float(first['dose_high']))} mg/d, with "
        f"{words.listing(shares)} of the results that were not significant told in words, the "
        f"{words.level(float(first['level']))} intervals of the {words.listing(curves)} curve at {places} "
        f"mg/d held the truth in {words.percent(min(covered), 1)} to {words.percent(max(covered), 1)}."
    )


def sensitivity_sentence(curves: Json, others: Mapping[str, Json], unit: str) -> str:
    """Return the slope under random slopes and in other analyses.

    Parameters
    ----------
    curves : of the analysis told about
    others : the same axis in other analyses, by what to call them
    unit : of the effect
    """
    per, parts = curves["per"], []
    slopes = curves["slopes"]
    if "reason" not in slopes:
        value = words.with_interval(slopes["estimate"], slopes["ci_low"], slopes["ci_high"])
        parts.append(f"{value} if slopes differ between trials")
    for name, other in others.items():
        fit = fit_of(other, other["primary"])
        if fit is not None:
            parts.append(f"{slope_text(other, fit)} {name} ({words.count(other['k'], 'trial')})")
    if not parts:
        return ""
    return f"The same line otherwise, {unit} per {words.plain(per)} {curves['unit']}: {'; '.join(parts)}."
