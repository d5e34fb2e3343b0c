"""The summary of findings: per outcome the effect, the people behind it and how certain it is."""

from __future__ import annotations

from collections.abc import Mapping

from mgmeta.figures import words
from mgmeta.report.htmltable import Cell, HtmlTable, Parts, columns, rows
from mgmeta.report.pooled import Json


def findings_page_table(certainty: Json) -> HtmlTable:
    """Return a row an outcome: trials, people, mean difference, certainty, and what that says.

    Parameters
    ----------
    certainty
        ``results/reproduction/certainty.json``; effects in mmHg, magnesium minus control.

    Notes
    -----
    The layout is the one GRADE asks for (Guyatt GH et al. J Clin Epidemiol 2011;64:383-394). There is no
    column of absolute risks: a mean difference is its own absolute effect.
    """
    lines: list[tuple[Cell, ...]] = []
    for item in certainty["outcomes"].values():
        pooled = item["pooled"]
        lines.append(
            (
                words.capital(item["name"]),
                _trials(pooled),
                _people(pooled),
                _effect(pooled),
                words.interval(pooled["pi_low"], pooled["pi_high"]) if pooled else words.MISSING,
                Parts(certainty_words(item), _why(item)),
                meaning(pooled),
            )
        )
    heads = columns(
        "Outcome",
        "Trials (numbers + words)",
        "People",
        "Mean difference, mmHg (interval)",
        "A new trial is expected at",
        "Certainty",
        "In words",
        numeric=("People",),
    )
    level = next((item["pooled"]["level"] for item in certainty["outcomes"].values() if item["pooled"]), None)
    of_level = f" Intervals are {words.level(level)}." if level is not None else ""
    caption = f"Summary of findings: {certainty['analysis']}; magnesium minus control.{of_level}"
    return HtmlTable("table-findings-summary", caption, heads, rows(lines))


def certainty_words(item: Json) -> str:
    """Return the grade of an outcome, with "at most" where a domain was not assessed."""
    return words.capital(f"{'at most ' if item['at_most'] else ''}{item['grade']}")


def _why(item: Json) -> str:
    """Return the domains that took levels, and those that were not assessed."""
    taken = [
        f"{domain['name']} \N{MINUS SIGN}{levels}"
        for domain in item["domains"]
        if (levels := _counted(domain))
    ]
    missing = [
        f"{domain['name']} not assessed"
        for domain in item["domains"]
        if domain["levels"] is None and domain["override"] is None
    ]
    return "; ".join([*taken, *missing])


def _counted(domain: Json) -> int:
    return int(domain["override"] if domain["override"] is not None else domain["levels"] or 0)


def _trials(pooled: Json | None) -> str:
    if pooled is None:
        return words.MISSING
    k, numeric, bounds = pooled["k_numeric"] + pooled["k_bounds"], pooled["k_numeric"], pooled["k_bounds"]
    return f"{words.integer(k)} ({words.integer(numeric)} + {words.integer(bounds)})"


def _people(pooled: Json | None) -> Cell:
    if pooled is None:
        return words.MISSING
    unknown = pooled["unknown_trials"]
    verb = "does" if unknown == 1 else "do"
    note = f"{words.count(unknown, 'trial')} {verb} not say how many" if unknown else ""
    return Parts(words.integer(pooled["people"]), note)


def _effect(pooled: Json | None) -> str:
    if pooled is None:
        return words.MISSING
    return words.with_interval(pooled["estimate"], pooled["ci_low"], pooled["ci_high"])


def meaning(pooled: Mapping[str, float] | None) -> str:
    """Return what the interval says, for a reader of one line."""
    if pooled is None:
        return "There is no estimate."
    size, low, high = abs(pooled["estimate"]), pooled["ci_low"], pooled["ci_high"]
    change = "lower" if pooled["estimate"] < 0 else "higher"
    text = f"On average {words.fixed(size)} mmHg {change} with magnesium"
    if low is None or high is None:
        return f"{text}; the interval is open on one side."
    if low < 0 < high:
        return f"{text}; the interval includes no change at all."
    return f"{text}; the interval excludes no change at all."
