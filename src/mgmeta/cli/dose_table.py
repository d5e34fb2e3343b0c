"""The readable form of what ``mgmeta dose`` answers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from rich.markup import escape

from mgmeta.cli.grid import console, grid, heading, notes, p_value, span, text, value
from mgmeta.cli.pool_table import interval, number, p_text

Answer = dict[str, Any]


def show(file: str, result: Answer) -> None:
    """Print an answer of :func:`mgmeta.dose.answer.answer` about *file*."""
    out, level = console(), f"{100 * result['level']:g} %"
    stage = "one stage" if result["stage"] == 1 else "two stages"
    what = f"{result['title'].lower()} curve, {stage}, {result['heterogeneity']} heterogeneity"
    out.print(f"{heading(file, what, result)}, method {result['method']}, test {result['test']}")
    if result["settings"]:
        out.print(escape(settings_text(result["settings"])))
    columns = [("term", text("term")), ("estimate", value("estimate")), ("se", value("se"))]
    columns += [(f"{level} CI", span), ("P", p_value)]
    out.print(grid(columns, result["coefficients"]))
    out.print(_heterogeneity(result))
    out.print(f"no effect at any dose: {_test(result['effect'])}")
    out.print(f"straight line: {_test(result['nonlinearity'])}")
    slope = f"per {result['slope_per']:g} more"
    out.print(
        grid(
            [
                ("dose", value("dose", 1)),
                ("estimate", value("estimate", 2)),
                (f"{level} CI", span),
                ("whole curve", lambda row: interval(row["band_low"], row["band_high"])),
                ("new trial", lambda row: interval(row["pi_low"], row["pi_high"])),
                (slope, value("slope", 2)),
                ("its CI", lambda row: interval(row["slope_low"], row["slope_high"])),
            ],
            result["predictions"],
        )
    )
    for reach in result["reaches"]:
        out.print(
            f"{100 * reach['share']:g} % reached at dose {number(reach['dose'], 1)} "
            f"({interval(reach['low'], reach['high'])}): {escape(reach['note'])}"
        )
    counts = ", ".join(f"{b['low']:g}-{b['high']:g}: {b['k']}" for b in result["bins"])
    out.print(f"rows per dose: {counts}")
    notes(out, result)


def show_comparison(file: str, result: Answer) -> None:
    """Print the curves by AIC, and those that cannot be fitted with the reason."""
    out = console()
    out.print(heading(file, "curves by AIC (ML, one stage)", result))
    columns = [
        ("curve", text("curve")),
        ("parameters", text("parameters")),
        ("log-likelihood", value("loglik")),
        ("AIC", value("aic", 2)),
        ("above least", value("delta", 2)),
        ("weight", value("weight", 3)),
    ]
    out.print(grid(columns, result["curves"]))
    for row in result["curves"]:
        if row["settings"]:
            out.print(f"{row['curve']}: {escape(settings_text(row['settings']))}")
    for row in result["refused"]:
        out.print(f"not fitted: {row['curve']}: {escape(row['reason'])}")
    notes(out, result)


def settings_text(settings: Mapping[str, Any]) -> str:
    """Say what fixes a curve: ``knots 0, 10, 30``."""
    parts = []
    for name, found in settings.items():
        shown = ", ".join(f"{x:g}" for x in found) if isinstance(found, tuple | list) else f"{found:g}"
        parts.append(f"{name} {shown}")
    return "; ".join(parts)


def _heterogeneity(r: Answer) -> str:
    if r["tau2"] is not None:
        line = f"tau2 = {number(r['tau2'])}, tau = {number(math.sqrt(r['tau2']))}"
    else:
        line = "SD of coefficients between trials: " + ", ".join(
            number(math.sqrt(r["psi"][j][j])) for j in range(len(r["psi"]))
        )
    if math.isfinite(r["q"]):
        line += f"; Q = {number(r['q'], 2)} on {r['q_df']} df, P = {p_text(r['q_p'])}"
    return line + f"; log-likelihood {number(r['loglik'])}, AIC {number(r['aic'], 2)}"


def _test(test: Answer) -> str:
    if math.isnan(test["p_value"]):
        return escape(test["note"] or "not tested")
    reference = f"chi-squared({test['df']})"
    if math.isfinite(test["df_residual"]):
        reference = f"F({test['df']}, {test['df_residual']:g})"
    words = f"{test['kind']} {number(test['statistic'], 2)}, {reference}, P = {p_text(test['p_value'])}"
    return escape(words + (f" ({test['note']})" if test["note"] else ""))
