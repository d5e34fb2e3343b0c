"""Sentences on dose and duration: which trials, the straight line, no curve, both at once."""

from __future__ import annotations

from collections.abc import Mapping

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
    same = f"One effect at every {position_word(curves)}, {value} {unit},"
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


def position_word(curves: Json) -> str:
    """Return what the axis is called within a sentence."""
    return "dose" if curves["axis"] == "dose" else "duration"


def lower_title(title: str) -> str:
    """Return the title of a curve as it stands within a sentence."""
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
