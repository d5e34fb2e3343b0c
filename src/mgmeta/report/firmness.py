"""How firm the headline is: other borrowed SDs, and how far choices that could be defended move it."""

from __future__ import annotations

from dataclasses import replace

from mgmeta.figures import silence_rows, words
from mgmeta.report.evidence_tables import short_name
from mgmeta.report.headline import Headline, OutcomeHeadline, Scenario
from mgmeta.report.htmltable import Cell, HtmlTable, Parts, columns, rows
from mgmeta.report.inputs import Inputs
from mgmeta.report.pooled import METHODS, Result
from mgmeta.report.silence_words import estimates_range, untestable_sentence


def sd_scenarios(inputs: Inputs) -> dict[float, str]:
    """Return factor on the borrowed SD -> analysis, of those that change nothing else; sorted."""
    base = inputs.config.analyses[inputs.target]
    found = {
        item.assume.sd_factor: name
        for name, item in inputs.config.analyses.items()
        if name in inputs.results.fits
        and item.select == base.select
        and replace(item.assume, sd_factor=base.assume.sd_factor) == base.assume
        and (name == inputs.target or item.assume.sd_factor != base.assume.sd_factor)
    }
    return dict(sorted(found.items()))


def sd_page_table(inputs: Inputs) -> HtmlTable:
    """Return the headline at each factor on the borrowed SD, with the SD unknown, and with numbers alone."""
    headline = inputs.headline
    scenarios = {(item.analysis, item.outcome): item.bounded for item in headline.scenarios}
    lines: list[tuple[Cell, ...]] = []
    strong = set()
    for factor, name in sd_scenarios(inputs).items():
        label: Cell = f"SD\u00a0\u00d7\u00a0{words.plain(factor)}"
        if name == inputs.target:
            strong.add(len(lines))
            label = Parts(str(label), "headline")
        lines.append((label, *(_value(scenarios.get((name, key))) for key in headline.outcomes)))
    unknown = headline.sd_unknown.get(inputs.target, {})
    if unknown:
        label = Parts("SD unknown", "Bayesian")
        lines.append((label, *(_value(unknown.get(key)) for key in headline.outcomes)))
    alone = [_value(item.numeric_reml) for item in headline.outcomes.values()]
    lines.append((METHODS["numeric_reml"].split(",")[0], *alone))
    heads = [words.capital(short_name(key)) for key in headline.outcomes]
    learned = ", or learned from the trials that print one (with priors)" if unknown else ""
    caption = (
        f"Numbers and words if every borrowed standard deviation were smaller or larger{learned}, and the "
        f"answer of the printed numbers alone; mmHg with {words.level(headline.level)} intervals."
    )
    return HtmlTable(
        "table-firm",
        caption,
        columns("Result", *heads, numeric=heads),
        rows(lines),
        strong=frozenset(strong),
    )


def _value(result: Result | None) -> Cell:
    if result is None or result.estimate is None:
        return words.MISSING
    return Parts(words.fixed(result.estimate), words.interval(result.ci_low, result.ci_high))


CAUTION = "So agreement in the second decimal does not mean that the effect is known to the second decimal."
BY_MORE = "but choices that could be defended move it by more"


def choice_sentences(inputs: Inputs) -> list[str]:
    """Return for each outcome how far choices that could be defended move the headline, and what follows."""
    texts = [_choices(inputs, key, item) for key, item in inputs.headline.outcomes.items()]
    return [*texts, CAUTION] if any(BY_MORE in text for text in texts) else texts


def untestable(inputs: Inputs) -> str:
    """Return where the assumption that no datum can test brings zero in; "" if nowhere or not studied."""
    if inputs.target not in inputs.results.silence:
        return ""
    return untestable_sentence(inputs.results.silences(inputs.target))


def _choices(inputs: Inputs, outcome: str, item: OutcomeHeadline) -> str:
    values = [row.bounded.estimate for row in of_target(inputs.headline, outcome)]
    known = [value for value in values if value is not None]
    if item.difference is None or not known:
        return f"For {item.name} there is no estimate whose firmness could be judged."
    analyses = words.count(len(known), "analysis", "analyses")
    parts = [f"{estimates_range(known)} over the {analyses} that keep or vary these criteria"]
    spans = [max(known) - min(known)]
    if inputs.target in inputs.results.silence:
        data = silence_rows.prepare(inputs.results, inputs.target, "")
        index = data.outcomes.index(outcome)
        sound = data.of_role(silence_rows.PRIMARY_ROLE, index) + data.of_role(silence_rows.CHECK, index)
        readings = inputs.results.silences(inputs.target)[outcome]["readings"]
        read = [row["estimate"] for row in readings if row["estimate"] is not None]
        for found, what in ((sound, "over other sound methods"), (read, "with one report read another way")):
            if found:
                parts.append(f"{estimates_range(found)} {what}")
                spans.append(max(found) - min(found))
    apart = f"{words.fixed(abs(item.difference))} {item.unit}"
    start = f"For {item.name} our estimate is {apart} from the published one"
    if max(spans) > abs(item.difference):
        return f"{start}, {BY_MORE}: from {words.listing(parts)}."
    return f"{start}; choices that could be defended move it by less: from {words.listing(parts)}."


def of_target(headline: Headline, outcome: str) -> list[Scenario]:
    """Return the target analysis and those that vary it, for one outcome."""
    target = headline.target["analysis"]
    return [row for row in headline.scenarios if row.outcome == outcome and row.group == target]


def unaffected_sentence(headline: Headline) -> str:
    """Return which scenarios pool the very rows of the analysis they vary; "" if none does."""
    outcome = next(iter(headline.outcomes))
    titles = {row.analysis: row.title for row in headline.scenarios}
    same = [
        f"\u201c{row.title}\u201d (of \u201c{titles[row.group]}\u201d)"
        for row in headline.scenarios
        if row.outcome == outcome and row.same_rows
    ]
    if not same:
        return ""
    verb = "is identical to the analysis it varies" if len(same) == 1 else "are identical to those they vary"
    return f"{words.listing(same)} {verb}: no trial is affected."
