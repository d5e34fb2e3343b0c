"""The readable form of what ``mgmeta pool`` answers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

Answer = dict[str, Any]


def show(file: str, result: Answer) -> None:
    """Print an answer of :func:`mgmeta.pooling.answer.answer` about *file*."""
    console = Console(highlight=False, soft_wrap=True)
    level = f"{100 * result['level']:g} %"
    counts = f"k = {result['k']}"
    if "k_bounds" in result:
        counts += f" ({result['k_numeric']} numbers, {result['k_bounds']} bounds)"
    counts += f", method {result['method']}, test {result['test']}"
    console.print(f"[bold]{escape(file)}[/bold]: {counts}")
    if "coefficients" in result:
        _coefficients(console, result, level)
    else:
        _effect(console, result, level)
    console.print(_heterogeneity(result, level))
    if result.get("qm") is not None:
        console.print(_moderators(result))
    for key, show_part in (("subgroups", _subgroups), ("predictions", _predictions)):
        if key in result:
            show_part(console, result[key], level)
    if "permutation" in result:
        console.print(_permutation(result["permutation"]))
    for row in result.get("excluded", ()):
        console.print(f"left out: {escape(row['study'])} (row {row['row']}): no {', '.join(row['missing'])}")
    for note in result["warnings"]:
        console.print(f"[yellow]note:[/yellow] {escape(note)}")


def number(value: Any, digits: int = 4) -> str:
    """Fixed decimals, four significant digits if very small or large, ``-`` for what is not defined."""
    if value is None or not math.isfinite(value):
        return "-"
    plain = value == 0 or 0.01 <= abs(value) < 1e6 or digits < 4
    return f"{value:.{digits}f}" if plain else f"{value:.4g}"


def p_text(value: Any) -> str:
    """P with four decimals, ``<0.0001`` below that."""
    if value is None or math.isnan(value):
        return "-"
    return "<0.0001" if value < 0.0001 else f"{value:.4f}"


def interval(low: Any, high: Any) -> str:
    """``low to high``, or ``-``; an open end is shown as infinite."""
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return "-"
    ends = ["-inf" if x == -math.inf else "inf" if x == math.inf else number(x) for x in (low, high)]
    return f"{ends[0]} to {ends[1]}"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i == 0 else "right", no_wrap=True)
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    return table


def _effect(console: Console, r: Answer, level: str) -> None:
    columns = ("estimate", "se", f"{level} CI", "statistic", "P", f"{level} PI")
    row = (
        number(r["estimate"]),
        number(r["se"]),
        interval(r["ci_low"], r["ci_high"]),
        number(r["statistic"]),
        p_text(r["p_value"]),
        interval(r["pi_low"], r["pi_high"]),
    )
    console.print(_table(columns, [row]))


def _coefficients(console: Console, r: Answer, level: str) -> None:
    rows = [
        (
            c["term"],
            number(c["estimate"]),
            number(c["se"]),
            interval(c["ci_low"], c["ci_high"]),
            number(c["statistic"]),
            p_text(c["p_value"]),
        )
        for c in r["coefficients"]
    ]
    console.print(_table(("term", "estimate", "se", f"{level} CI", "statistic", "P"), rows))


def _heterogeneity(r: Answer, level: str) -> str:
    text = f"tau2 = {number(r['tau2'])}, tau = {number(r['tau'])}"
    limits = interval(r["tau2_ci_low"], r["tau2_ci_high"])
    if limits != "-":
        text += f" (tau2 {level} CI {limits})"
    text += f", I2 = {number(r['i2'], 1)} %"
    if r["q"] is not None:
        text += f", Q = {number(r['q'], 2)} on {r['q_df']} df, P = {p_text(r['q_p'])}"
    return text


def _moderators(r: Answer) -> str:
    df2 = r["qm_df2"]
    kind = f"QM = {number(r['qm'])} on {r['qm_df']} df"
    if df2 is not None and math.isfinite(df2):
        kind = f"F = {number(r['qm'])} on {r['qm_df']} and {df2:g} df"
    return (
        f"moderators: {kind}, P = {p_text(r['qm_p'])}; R2 = {number(r['r2'], 1)} %; "
        f"likelihood ratio {number(r['lrt'])} on {r['lrt_df']} df, P = {p_text(r['lrt_p'])}"
    )


def _subgroups(console: Console, s: Answer, level: str) -> None:
    rows = [
        (
            g["level"],
            str(g["k"]),
            number(g["estimate"]),
            interval(g["ci_low"], g["ci_high"]),
            p_text(g["p_value"]),
            number(g["tau2"]),
            number(g["i2"], 1),
        )
        for g in s["levels"]
    ]
    console.print(_table(("subgroup", "k", "estimate", f"{level} CI", "P", "tau2", "I2 %"), rows))
    df = f"{s['df']}" if math.isinf(s["df2"]) else f"{s['df']} and {s['df2']:g}"
    kind = "common" if s["tau2_common"] else "separate"
    text = f"interaction ({kind} tau2): {number(s['statistic'])} on {df} df, P = {p_text(s['p_value'])}"
    if s["difference"]:
        d = s["difference"]
        span = interval(d["ci_low"], d["ci_high"])
        text += f"; {d['minuend']} minus {d['subtrahend']}: {number(d['estimate'])} ({span})"
    console.print(escape(text))
    for note in s["warnings"]:
        console.print(f"[yellow]note:[/yellow] {escape(note)}")


def _predictions(console: Console, rows: Sequence[Answer], level: str) -> None:
    lines = [
        (
            str(p["row"]),
            number(p["estimate"]),
            interval(p["ci_low"], p["ci_high"]),
            interval(p["pi_low"], p["pi_high"]),
        )
        for p in rows
    ]
    console.print(_table(("new row", "estimate", f"{level} CI", f"{level} PI"), lines))


def _permutation(p: Answer) -> str:
    kind = "all" if p["exact"] else f"random, seed {p['seed']},"
    values = ", ".join(p_text(x) for x in p["p_values"])
    kind += f" {p['permutations']} permutations"
    return f"permutation P: {values}; all moderators {p_text(p['qm_p'])} ({kind})"
