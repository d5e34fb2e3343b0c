"""The model of blood pressure at entry as a table and sentences."""

from __future__ import annotations

from collections.abc import Mapping

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.report.htmltable import Cell, HtmlTable, Parts, columns, rows
from mgmeta.report.pooled import Json

NAMES = {
    "entry": "10 mmHg more at entry, its error undone",
    "naive": "10 mmHg more at entry, taken as exact",
    "hypertension": "hypertensive, against not",
    "mg_status": "deficient in magnesium, against not",
}
# Below this a slope, mmHg per 10 mmHg, is too near 0 for its share of another to mean anything.
NEAR_ZERO = 0.25


def entry_page_table(analysis: str, found: Mapping[str, Json]) -> HtmlTable | None:
    """Return every slope and difference between levels, mmHg; None where nothing was run."""
    lines: list[tuple[Cell, ...]] = []
    for outcome, item in found.items():
        for key, name in NAMES.items():
            part, pressure = item["models"][key], OUTCOMES[outcome].name
            if "reason" in part:
                lines.append((name, pressure, "", "", "", part["reason"]))
                continue
            c = part["coefficient"]
            told = "identified" if part["identified"] else "not identified"
            trials = words.integer(part["k"])
            if key in ("entry", "naive"):
                trials = f"{item['counts']['k_entry']} of {trials}"
            elif part["k_with"] is not None:
                trials = f"{part['k_with']} of {trials}"
            effect = Parts(words.fixed(c["mean"]), words.interval(c["ci_low"], c["ci_high"]))
            lines.append((name, pressure, trials, effect, words.fixed(part["sd_ratio"]), told))
    if not lines:
        return None
    heads = ("Effect differs with", "Outcome", "Trials", "mmHg", "SD of prior's", "Told by the data")
    caption = (
        "How the effect differs with what trials were like at entry: posterior mean and interval. Trials: "
        "those that print a pressure at entry, or have the property, of those used. Where the posterior SD "
        "is above 0.8 of the prior's the slope is not identified: the answer is the prior."
    )
    return HtmlTable(f"table-entry-{analysis}", caption, columns(*heads, numeric=heads[2:5]), rows(lines))


def entry_sentence(outcome: str, item: Json) -> str:
    """Return how well pressure at entry is known, and what its error does to the slope."""
    counts, ratio = item["counts"], item["reliability"]
    right, naive = (item["models"][key]["coefficient"] for key in ("entry", "naive"))
    lone = counts["k_one_arm"]
    alone = f" ({words.count(lone, 'trial')} of one arm only)" if lone else ""
    if abs(right["mean"]) < NEAR_ZERO:
        share = "both near 0"
    else:
        share = f"the first is {words.percent(naive['mean'] / right['mean'])} of the second"
    holds = "The interval of the second holds 0" if right["ci_low"] < 0.0 < right["ci_high"] else ""
    trials = f"{counts['k_entry']} of {words.count(counts['k'], 'trial')}"
    return (
        f"{words.capital(OUTCOMES[outcome].name)}: {trials} "
        f"print it{alone}. Of the variance between the printed means "
        f"{words.percent(ratio['median'])} ({words.percent(ratio['ci_low'])} to "
        f"{words.percent(ratio['ci_high'])}) is between trials, the rest chance. Taken as exact they give "
        f"{words.fixed(naive['mean'])} mmHg per 10 mmHg, with their error "
        f"{words.with_interval(right['mean'], right['ci_low'], right['ci_high'])}: {share}."
        + (f" {holds}." if holds else "")
    )
