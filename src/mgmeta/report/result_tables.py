"""Page tables of results: headline, moderators, diagnostics of the sampler."""

from __future__ import annotations

from collections.abc import Mapping

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.report.headline import Headline
from mgmeta.report.htmltable import Cell, HtmlTable, Parts, columns, rows
from mgmeta.report.pooled import METHODS, Json, Result
from mgmeta.report.tables import Row, moderator_table

ENGINES = {"bounded": "numbers and words", "numeric": "numbers only", "bayes": "Bayesian"}


def headline_page_table(headline: Headline) -> HtmlTable:
    """Return published, numeric-only and numbers-plus-bounds results, a block an outcome."""
    lines: list[tuple[Cell, ...]] = []
    strong = set()
    for item in headline.outcomes.values():
        published = item.published
        name = words.capital(item.name.removesuffix(" blood pressure"))
        value = words.with_interval(published.estimate, published.ci_low, published.ci_high)
        k = words.integer(published.k_trials)
        lines.append((name, f"{published.label}, published", k, value, "", "", ""))
        for key, label in METHODS.items():
            result: Result = getattr(item, key)
            if key == "bounded":
                strong.add(len(lines))
            lines.append((name, Parts(label, result.note), trials_text(result), *_numbers(result)))
    heads = (
        "Pressure",
        "Result",
        "Trials (numbers + words)",
        f"mmHg ({words.level(headline.level)} interval)",
        "Prediction interval",
        "tau",
        "Minus published",
    )
    caption = (
        "Published, numbers only, and numbers with words. A prediction interval is where the true effect of "
        "a new trial is expected; tau is the standard deviation between trials, mmHg."
    )
    return HtmlTable(
        "table-headline", caption, columns(*heads, numeric=heads[2:]), rows(lines), strong=frozenset(strong)
    )


def trials_text(result: Result) -> str:
    """Return the trials of a result, of each kind: ``"20 (8 + 12)"``."""
    if result.k_bounds == 0:
        return words.integer(result.k)
    return f"{words.integer(result.k)} ({words.integer(result.k_numeric)} + {words.integer(result.k_bounds)})"


def _numbers(result: Result) -> tuple[str, str, str, str]:
    prediction = words.interval(result.pi_low, result.pi_high) if result.pi_low is not None else words.MISSING
    return (
        words.with_interval(result.estimate, result.ci_low, result.ci_high),
        prediction,
        words.fixed(result.tau),
        words.signed(result.difference),
    )


def moderator_page_table(fits: Mapping[str, Json], bayes: Mapping[str, Json]) -> HtmlTable:
    """Return every coefficient and subgroup effect."""
    heads = (
        "Analysis",
        "Outcome",
        "Model",
        "Engine",
        "Term",
        "Trials (numbers + words)",
        "Estimate (interval)",
        "P",
    )
    lines = [_moderator_row(row) for row in moderator_table(fits, bayes).rows]
    caption = (
        "Moderators: each alone, both together, and the subgroups. Slopes of dose in mmHg per 100 mg/d, all "
        "others in mmHg. The intercept is the effect with dose at its centre and without hypertension."
    )
    table = columns(*heads, "Remark", numeric=heads[5:])
    return HtmlTable("table-moderators", caption, table, rows(lines), searchable=True)


def _moderator_row(row: Row) -> tuple[str, ...]:
    value = words.with_interval(row.get("estimate"), row.get("ci_low"), row.get("ci_high"))
    p = row.get("p_value")
    k_numeric, k_bounds = row.get("k_numeric"), row.get("k_bounds")
    trials = "" if k_numeric is None else f"{k_numeric} + {k_bounds}"
    return (
        str(row["analysis"]),
        OUTCOMES[row["outcome"]].name,
        str(row["model"]),
        ENGINES[row["engine"]],
        str(row.get("label") or row.get("term") or ""),
        trials,
        value,
        words.p_value(p).removeprefix("P ").removeprefix("= ") if p is not None else "",
        str(row.get("note") or ""),
    )


def failed_diagnostics(bayes: Mapping[str, Json]) -> list[str]:
    """Return one line for every sampled model whose diagnostics failed."""
    return [
        f"{analysis}, {OUTCOMES[outcome].name}, model {model}: "
        + ("; ".join(found["diagnostics"]["reasons"]) or "unspecified")
        for analysis, outcome, model, found in _models(bayes)
        if not found["diagnostics"]["ok"]
    ]


def diagnostics_page_table(bayes: Mapping[str, Json]) -> HtmlTable:
    """Return the sampler's diagnostics, one row a model."""
    heads = (
        "Analysis",
        "Outcome",
        "Model",
        "Passed",
        "R-hat, largest",
        "ESS bulk",
        "ESS tail",
        "Divergences",
        "E-BFMI",
    )
    lines = []
    for analysis, outcome, model, found in _models(bayes):
        checks = found["diagnostics"]
        lines.append(
            (
                analysis,
                OUTCOMES[outcome].name,
                model,
                "yes" if checks["ok"] else f"NO: {'; '.join(checks['reasons'])}",
                words.fixed(checks["rhat_max"], 4),
                words.integer(checks["ess_bulk_min"]),
                words.integer(checks["ess_tail_min"]),
                words.integer(checks["divergences"]),
                words.fixed(checks["ebfmi_min"]),
            )
        )
    caption = "Diagnostics of every sampled model: the worst value over its parameters and chains."
    return HtmlTable("table-diagnostics", caption, columns(*heads, numeric=heads[4:]), rows(lines))


def _models(bayes: Mapping[str, Json]) -> list[tuple[str, str, str, Json]]:
    return [
        (analysis, outcome, model, found)
        for analysis, sample in bayes.items()
        for outcome, models in sample["outcomes"].items()
        for model, found in models.items()
        if isinstance(found, Mapping)
    ]
