"""Page tables of dose and duration curves."""

from __future__ import annotations

from collections.abc import Mapping

from mgmeta.figures import words
from mgmeta.report.dose_words import at, fit_of
from mgmeta.report.htmltable import Cell, HtmlTable, columns, rows
from mgmeta.report.pooled import Json


def effect_table(found: Mapping[str, Json], names: Mapping[str, str], level: float) -> HtmlTable:
    """Return the primary curve of each outcome at chosen positions: mean, whole curve, new trial, slope."""
    lines: list[tuple[Cell, ...]] = []
    first = next(iter(found.values()))
    for outcome, curves in found.items():
        fit = fit_of(curves, curves["primary"]) if curves["k"] else None
        if fit is None:
            continue
        for row in fit["predictions"]:
            if _shown(row["dose"], curves):
                lines.append(
                    (
                        words.capital(names[outcome]),
                        words.fixed(row["dose"], 0),
                        words.with_interval(row["estimate"], row["ci_low"], row["ci_high"]),
                        words.interval(row["band_low"], row["band_high"]),
                        words.interval(row["pi_low"], row["pi_high"]),
                        _beyond(row["dose"], curves),
                    )
                )
    unit, axis = first["unit"], first["axis"]
    heads = (
        "Pressure",
        words.capital(f"{axis}, {unit}"),
        f"Effect, mmHg ({words.level(level)} interval)",
        "Band for the whole line",
        "A new trial",
        "Trials there",
    )
    caption = f"The straight line through zero at several {axis}s. Intervals by profile likelihood."
    return HtmlTable(f"table-{axis}-effects", caption, columns(*heads, numeric=heads[1:5]), rows(lines))


def _shown(position: float, curves: Json) -> bool:
    """Return whether a position is a multiple of the axis's unit of slope, the median or the largest."""
    per = curves["per"]
    whole = abs(position / (per / 2) - round(position / (per / 2))) < 1e-9 and position > 0
    return whole or position in (curves["median"], curves["highest"])


def _beyond(position: float, curves: Json) -> str:
    if position < curves["lowest"]:
        return "none so low" if curves["axis"] == "dose" else "none so short"
    for piece in curves["bins"]:
        if piece["low"] < position <= piece["high"]:
            return f"{piece['k']} from {words.plain(piece['low'])} to {words.plain(piece['high'])}"
    return ""


def bayes_table(found: Mapping[str, Json], names: Mapping[str, str], level: float) -> HtmlTable | None:
    """Return the curves by Bayes: probability, stacking weight, elpd, effect and slope at the median."""
    lines: list[tuple[Cell, ...]] = []
    for outcome, curves in found.items():
        name = words.capital(names[outcome].removesuffix(" blood pressure"))
        bayes = curves.get("bayes", {})
        for item in bayes.get("models", ()):
            effect, slope = item["effect"], item["slope"]
            lines.append(
                (
                    name,
                    item["title"],
                    words.percent(item["probability"]),
                    words.percent(item["stacking"]),
                    words.fixed(item["elpd"], 1),
                    words.with_interval(effect["median"], effect["ci_low"], effect["ci_high"]),
                    words.with_interval(slope["median"], slope["ci_low"], slope["ci_high"]),
                )
            )
    if not lines:
        return None
    first = next(iter(found.values()))
    axis = first["axis"]
    heads = (
        "Pressure",
        "Curve",
        "Probability",
        "Stacking weight",
        "elpd",
        f"Effect at the median {axis}, mmHg ({words.level(level)} interval)",
        f"Slope there, mmHg per {words.plain(first['per'])} {first['unit']} more",
    )
    priors = next(item["bayes"]["priors"] for item in found.values() if item.get("bayes", {}).get("models"))
    anchors = " and ".join(words.fixed(at, 0) for at in priors["anchors"])
    caption = (
        f"Curves of {axis} by Bayes, exact by quadrature, numbers and words. Prior of the effect at the "
        f"anchors ({anchors} {first['unit']}; one for curves of one coefficient): "
        f"{priors['effect_at_anchor']}, of tau: {priors['tau']}, both in mmHg; "
        f"{'; '.join(priors['shapes'].values())}; curves equally likely. elpd: log predictive density of "
        "each trial from the others, summed."
    )
    return HtmlTable(f"table-{axis}-bayes", caption, columns(*heads, numeric=heads[2:5]), rows(lines))


def surface_table(found: Mapping[str, Json], names: Mapping[str, str], level: float) -> HtmlTable | None:
    """Return the effects at the quartiles of dose and duration, where trials lie around; None if nowhere."""
    lines: list[tuple[Cell, ...]] = [
        (
            words.capital(names[outcome]),
            words.fixed(cell["dose"], 0),
            words.fixed(cell["weeks"], 1),
            words.with_interval(cell["estimate"], cell["ci_low"], cell["ci_high"]),
        )
        for outcome, surface in found.items()
        for cell in surface.get("cells", ())
    ]
    if not lines:
        return None
    heads = ("Pressure", "Dose, mg/d", "Weeks", f"Effect, mmHg ({words.level(level)} interval)")
    caption = (
        "Dose and duration at once, effect = dose x (slope + change x duration), at the quartiles of both "
        "and only where trials lie around the point."
    )
    return HtmlTable("table-dose-surface", caption, columns(*heads, numeric=heads[1:]), rows(lines))


def curve_table(found: Mapping[str, Json], names: Mapping[str, str]) -> HtmlTable:
    """Return every curve of each outcome: AIC, weight, effect and slope at the median, bend, 50 and 80 %."""
    lines: list[tuple[Cell, ...]] = []
    for outcome, curves in found.items():
        name = words.capital(names[outcome].removesuffix(" blood pressure"))
        for item in curves["curves"]:
            lines.append((name, *_curve_cells(item, curves)))
        flat = curves.get("flat", {})
        if "estimate" in flat:
            value = words.with_interval(flat["estimate"], flat["ci_low"], flat["ci_high"])
            lines.append(
                (name, "One effect everywhere", words.fixed(flat["delta"], 1), "", value, "", "", "", "")
            )
        for item in curves["refused"]:
            lines.append((name, item["title"], "refused", "", item["reason"], "", "", "", ""))
    first = next(iter(found.values()))
    axis, per = first["axis"], words.plain(first["per"])
    heads = (
        "Pressure",
        "Curve",
        "AIC above best",
        "Weight",
        f"Effect at the median {axis}, mmHg",
        f"Slope there, mmHg per {per} {first['unit']} more",
        "P of a bend",
        "50% reached at",
        "80% reached at",
    )
    caption = (
        f"Every curve of {axis} through zero, by maximum likelihood of numbers and words; weights are "
        "Akaike's. The last columns: where a curve reaches shares of its largest effect among what was tried "
        "(of its plateau: Emax), with interval; a dash where a curve has no shape to estimate."
    )
    return HtmlTable(
        f"table-{axis}-curves", caption, columns(*heads, numeric=(heads[2], heads[3])), rows(lines)
    )


def _curve_cells(item: Json, curves: Json) -> tuple[str, ...]:
    fit = item["fit"]
    row = at(fit, curves["median"])
    p = fit["nonlinearity"]["p_value"]
    return (
        str(fit["title"]),
        words.fixed(item["delta"], 1),
        words.percent(item["weight"]),
        words.with_interval(row["estimate"], row["ci_low"], row["ci_high"]),
        words.with_interval(row["slope"], row["slope_low"], row["slope_high"]),
        words.p_value(p).removeprefix("P ").removeprefix("= ") if p is not None else words.MISSING,
        *(_reach(reach) for reach in fit["reaches"]),
    )


def _reach(reach: Json) -> str:
    if reach["dose"] is None:
        return words.MISSING
    ends = f"{words.fixed(reach['low'], 0)} or more" if reach["high"] is None else None
    return f"{words.fixed(reach['dose'], 0)} ({ends or words.interval(reach['low'], reach['high'], 0)})"
