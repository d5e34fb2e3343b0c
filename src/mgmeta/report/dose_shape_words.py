"""Sentences on the shape of a curve: which fits, whether it levels off, how far it can be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mgmeta.figures import words
from mgmeta.report.dose_words import ABOUT_AS_WELL, fit_of, lower_title
from mgmeta.report.pooled import Json


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
    return lower_title(str(fit["title"]))


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


def coverage_sentence(rows: Sequence[Mapping[str, str]]) -> str:
    """Return how often the intervals of the curves held a simulated truth; "" without the study.

    *rows* of ``docs/simulation/dose.csv``.
    """
    if not rows:
        return ""
    first, covered = rows[0], [float(row["covered"]) for row in rows]
    curves = list(dict.fromkeys(lower_title(words.capital(row["curve"])) for row in rows))
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
