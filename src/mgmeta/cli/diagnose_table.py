"""The readable form of what ``mgmeta diagnose`` answers."""

from __future__ import annotations

from typing import Any

from rich.markup import escape

from mgmeta.cli.grid import Column, console, grid, heading, notes, p_value, span, text, value
from mgmeta.cli.pool_table import interval, number, p_text

Answer = dict[str, Any]

TITLES = {
    "leave1out": "leave one out",
    "influence": "influence of each trial",
    "cumulative": "cumulative pool",
    "gosh": "all subsets (GOSH)",
    "baujat": "Baujat",
    "robust": "cluster-robust pool",
    "multilevel": "three-level model",
    "bivariate": "bivariate model",
}


def show(file: str, result: Answer) -> None:
    """Print an answer of :func:`mgmeta.pooling.diagnose_answer.diagnose` about *file*."""
    out = console()
    title = f"{TITLES[result['what']]}, method {result['method']}, test {result['test']}"
    out.print(heading(file, title, result))
    level = f"{100 * result['level']:g} % CI"
    if result["what"] in {"robust", "multilevel"}:
        _single(out, result, level)
    elif result["what"] == "bivariate":
        _bivariate(out, result, level)
    else:
        if result["what"] == "gosh":
            _gosh(out, result)
        out.print(grid(_columns(result["what"], level), result["rows"]))
    notes(out, result)


def _columns(what: str, level: str) -> list[Column]:
    pool: list[Column] = [
        ("estimate", value("estimate")),
        ("se", value("se")),
        (level, span),
        ("P", p_value),
        ("tau2", value("tau2")),
        ("I2 %", value("i2", 1)),
        ("Q", value("q", 2)),
    ]
    return {
        "leave1out": [("without", text("left_out")), ("k", text("k")), *pool],
        "cumulative": [("with", text("added")), ("k", text("k")), *pool],
        "influence": [
            ("study", text("study")),
            ("rstudent", value("rstudent")),
            ("DFFITS", value("dffits")),
            ("Cook", value("cooks_d")),
            ("cov.ratio", value("cov_ratio")),
            ("tau2 without", value("tau2_deleted")),
            ("Q without", value("q_deleted", 2)),
            ("DFBETAS", value("dfbetas")),
            ("weight %", value("weight", 1)),
            ("influential", text("influential")),
        ],
        "baujat": [
            ("study", text("study")),
            ("share of Q", value("heterogeneity")),
            ("shift of the pool", value("shift")),
        ],
        "gosh": [
            ("study", text("study")),
            ("estimate with", value("estimate_with")),
            ("without", value("estimate_without")),
            ("I2 % with", value("i2_with", 1)),
            ("without", value("i2_without", 1)),
        ],
    }[what]


def _gosh(out: Any, result: Answer) -> None:
    kind = "all" if result["complete"] else f"a sample (seed {result['seed']}) of"
    out.print(f"{kind} {result['subsets']:,} subsets")
    rows = [{"measure": name, **result["summary"][name]} for name in ("estimate", "tau2", "i2", "q")]
    columns: list[Column] = [("over subsets", text("measure"))]
    columns += [(key, value(key)) for key in ("mean", "sd", "min", "q25", "median", "q75", "max")]
    out.print(grid(columns, rows))


def _single(out: Any, result: Answer, level: str) -> None:
    columns: list[Column] = [
        ("errors", text("errors")),
        ("estimate", value("estimate")),
        ("se", value("se")),
        (level, span),
        ("df", value("df", 2)),
        ("P", p_value),
    ]
    rows = [{"errors": "model" if result["what"] == "multilevel" else result["test"], **result}]
    if result.get("robust"):
        rows.append({"errors": result["robust"]["kind"], **result["robust"]})
    out.print(grid(columns, rows))
    where = f"{result['clusters']} clusters in {escape(str(result['cluster']))}"
    if result["what"] == "robust":
        out.print(f"{where}; tau2 = {number(result['tau2'])}")
        return
    out.print(
        f"{where}, sampling correlation {result['correlation']:g}; variance between clusters "
        f"{number(result['sigma2_between'])}, within {number(result['sigma2_within'])}"
    )
    out.print(
        f"I2 {number(result['i2_total'], 1)} % ({number(result['i2_between'], 1)} between, "
        f"{number(result['i2_within'], 1)} within); PI {interval(result['pi_low'], result['pi_high'])}; "
        f"Q = {number(result['q'], 2)} on {result['q_df']} df, P = {p_text(result['q_p'])}"
    )


def _bivariate(out: Any, result: Answer, level: str) -> None:
    rows = [
        {"r": f"{row['correlation_within']:g}", "between": row["correlation_between"], **outcome}
        for row in result["rows"]
        for outcome in row["outcomes"]
    ]
    columns: list[Column] = [
        ("within-trial r", text("r")),
        ("outcome", text("outcome")),
        ("estimate", value("estimate")),
        ("se", value("se")),
        (level, span),
        ("P", p_value),
        ("tau2", value("tau2")),
        ("between-trial r", value("between", 3)),
    ]
    out.print(grid(columns, rows))
    first = result["rows"][0]
    pair = f"{result['outcomes'][1]} minus {result['outcomes'][0]}"
    out.print(
        f"{escape(pair)}: {number(first['difference'])} (se {number(first['difference_se'])}, "
        f"P = {p_text(first['difference_p'])}) at within-trial r = {first['correlation_within']:g}"
    )
