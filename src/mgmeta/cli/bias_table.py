"""The readable form of what ``mgmeta bias`` answers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.markup import escape

from mgmeta.cli.grid import Column, console, grid, heading, notes, p_value, span, text, value
from mgmeta.cli.pool_table import interval, number, p_text

Answer = dict[str, Any]

TITLES = {
    "egger": "Egger's regression test",
    "begg": "Begg and Mazumdar's rank test",
    "trimfill": "trim and fill",
    "pet": "PET",
    "peese": "PEESE",
    "pet-peese": "PET-PEESE",
    "selection": "selection model",
    "limit": "limit meta-analysis",
    "copas": "Copas sensitivity analysis",
    "puniform": "p-uniform* and p-uniform",
    "failsafe": "fail-safe N",
    "waap": "UWLS and WAAP",
    "excess": "test of excess significance",
    "funnel": "contour-enhanced funnel",
}


def show(file: str, result: Answer) -> None:
    """Print an answer of :func:`mgmeta.pooling.bias_answer.bias` about *file*."""
    out = console()
    out.print(heading(file, TITLES[result["what"]], result))
    PARTS[result["what"]](out, result, f"{100 * result['level']:g} % CI")
    notes(out, result)


def _effect_columns(level: str, first: str = "") -> list[Column]:
    return [
        (first, text("name")),
        ("estimate", value("estimate")),
        ("se", value("se")),
        (level, span),
        ("P", p_value),
    ]


def _line_text(line: Answer) -> str:
    kind = {"lm": "weighted least squares", "ML": "maximum likelihood, numbers and bounds"}
    fitted = f"effects on {line['predictor']}, {kind.get(line['model'], line['model'] + ' line')}"
    tau2 = line["tau2"]
    return fitted + ("" if tau2 is None or math.isnan(tau2) else f", tau2 = {number(tau2)}")


def _egger(out: Console, r: Answer, level: str) -> None:
    rows = [{"name": "slope (asymmetry)", **r["slope"]}]
    if r["limit"] is not None:
        rows.append({"name": "limit (infinite study)", **r["limit"]})
    out.print(_line_text(r))
    out.print(grid(_effect_columns(level), rows))
    name, df = ("z", "") if math.isinf(r["df"]) else ("t", f" on {r['df']:g} df")
    statistic = "likelihood ratio" if math.isnan(r["statistic"]) else f"{name} = {number(r['statistic'])}"
    out.print(f"test of asymmetry: {statistic}{df}, P = {p_text(r['p_value'])}")


def _begg(out: Console, r: Answer, level: str) -> None:
    kind = "exact" if r["exact"] else "normal approximation"
    out.print(f"Kendall's tau = {number(r['tau'])}, P = {p_text(r['p_value'])} ({kind})")


def _trim_fill(out: Console, r: Answer, level: str) -> None:
    more = "" if math.isnan(r["missing_p"]) else f", P of none = {p_text(r['missing_p'])}"
    out.print(
        f"{r['missing']} studies missing on the {r['side']} ({r['estimator']}, "
        f"SE {number(r['missing_se'], 2)}{more})"
    )
    pool = r["pool"]
    out.print(grid(_effect_columns(level), [{"name": f"filled pool, k = {pool['k']}", **pool}]))
    out.print(f"tau2 = {number(pool['tau2'])}, I2 = {number(pool['i2'], 1)} %")


def _line(out: Console, r: Answer, level: str) -> None:
    out.print(_line_text(r))
    rows = [{"name": "effect without error", **r["estimate"]}, {"name": "slope", **r["slope"]}]
    out.print(grid(_effect_columns(level), rows))


def _pet_peese(out: Console, r: Answer, level: str) -> None:
    rows = [{"name": name, **r[name.lower()]["intercept"]} for name in ("PET", "PEESE")]
    out.print(_line_text(r["pet"]))
    out.print(grid(_effect_columns(level), rows))
    out.print(f"chosen: {r['chosen']} (PEESE if PET has P < 0.10)")


def _selection(out: Console, r: Answer, level: str) -> None:
    out.print(grid(_effect_columns(level), [{"name": f"adjusted ({r['alternative']})", **r}]))
    if "curve" in r:
        _curve(out, r)
        return
    columns: list[Column] = [
        ("P interval", lambda row: f"{row['p_from']:g} to {row['p_to']:g}"),
        ("numbers", text("numbers")),
        ("bounds inside", text("bounds_inside")),
        ("relative chance", value("weight")),
        ("se", value("weight_se")),
    ]
    out.print(grid(columns, r["intervals"]))
    test = "weights are fixed"
    if r["lrt_df"]:
        test = f"no selection: {number(r['lrt'])} on {r['lrt_df']} df, P = {p_text(r['lrt_p'])}"
    out.print(f"tau2 = {number(r['tau2'])}; {test}")


def _curve(out: Console, r: Answer) -> None:
    pairs = zip(r["parameters"], r["parameters_se"], strict=True)
    shape = ", ".join(f"{number(x)} (se {number(se)})" for x, se in pairs)
    out.print(
        f"{r['curve']} curve: {shape}; tau2 = {number(r['tau2'])}; no selection: "
        f"{number(r['lrt'])} on {r['lrt_df']} df, P = {p_text(r['lrt_p'])}"
    )


def _limit(out: Console, r: Answer, level: str) -> None:
    out.print(grid(_effect_columns(level), [{"name": "effect of an infinite study", **r}]))
    out.print(
        f"tau = {number(r['tau'])}, small-study effect alpha = {number(r['alpha'])}, "
        f"Q explained {number(r['q_small'], 2)}, left {number(r['q_resid'], 2)}, G2 = {number(r['g2'], 3)}"
    )


def _copas(out: Console, r: Answer, level: str) -> None:
    columns: list[Column] = [
        ("chance of smallest", value("p_small", 2)),
        ("estimate", value("estimate")),
        ("se", value("se")),
        (level, span),
        ("P", p_value),
        ("tau2", value("tau2")),
        ("rho", value("rho", 2)),
        ("unseen", value("unpublished", 1)),
        ("P residual", lambda row: p_text(row["residual_p"])),
    ]
    out.print(grid(columns, r["rows"]))
    if r["adjusted"] is not None:
        at = r["rows"][r["adjusted"]]
        out.print(
            f"weakest selection that leaves no trend (P > {r['alpha']:g}): {number(at['estimate'])} "
            f"({interval(at['ci_low'], at['ci_high'])})"
        )


def _p_uniform(out: Console, r: Answer, level: str) -> None:
    rows = [{"name": "p-uniform*", "p_value": r["p_uniform_star"]["p_zero"], **r["p_uniform_star"]}]
    if r["p_uniform"] is not None:
        rows.append({"name": "p-uniform", "p_value": r["p_uniform"]["p_zero"], **r["p_uniform"]})
    columns: list[Column] = [
        (f"selected: {r['side']}", text("name")),
        ("significant", text("k_significant")),
        ("estimate", value("estimate")),
        (level, span),
        ("P", p_value),
        ("tau2", value("tau2")),
    ]
    out.print(grid(columns, rows))


def _failsafe(out: Console, r: Answer, level: str) -> None:
    columns: list[Column] = [
        ("kind", text("kind")),
        ("studies", text("n")),
        ("observed", value("observed")),
        ("target", value("target")),
        ("P observed", p_value),
    ]
    out.print(grid(columns, r["rows"]))


def _waap(out: Console, r: Answer, level: str) -> None:
    rows = [{"name": "UWLS, all studies", **r["uwls"]}]
    if r["waap"]:
        rows.append({"name": f"WAAP, {r['k_adequate']} with 80 % power", **r["waap"]})
    out.print(grid(_effect_columns(level), rows))
    out.print(f"80 % power needs an SE below {number(r['se_needed'])}: {r['k_adequate']} studies")


def _excess(out: Console, r: Answer, level: str) -> None:
    out.print(
        f"{r['observed']} significant ({r['alternative']}), {number(r['expected'], 2)} expected at an effect "
        f"of {number(r['effect'])}: ratio {number(r['ratio'], 2)}, P = {p_text(r['p_value'])} (exact)"
    )


def _funnel(out: Console, r: Answer, level: str) -> None:
    columns: list[Column] = [
        ("study", text("study")),
        ("yi", value("yi")),
        ("sei", value("sei")),
        ("P", p_value),
        ("zone", lambda row: "ns" if row["zone"] >= 1 else f"P < {row['zone']:g}"),
    ]
    out.print(grid(columns, r["rows"]))
    out.print(f"centre {number(r['centre'])} ({escape(r['method'])}); --format json has the contours")


PARTS: dict[str, Callable[[Console, Answer, str], None]] = {
    "egger": _egger,
    "begg": _begg,
    "trimfill": _trim_fill,
    "pet": _line,
    "peese": _line,
    "pet-peese": _pet_peese,
    "selection": _selection,
    "limit": _limit,
    "copas": _copas,
    "puniform": _p_uniform,
    "failsafe": _failsafe,
    "waap": _waap,
    "excess": _excess,
    "funnel": _funnel,
}
"""What prints each answer."""
