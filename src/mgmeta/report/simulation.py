"""The proof by simulation in tables: bars and whether they are met, and what broken assumptions do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mgmeta.figures import words
from mgmeta.report.htmltable import HtmlTable, Parts, columns, rows
from mgmeta.simulate.bars import (
    BASE,
    BAYES,
    BIAS_BARS,
    COVERAGE_BARS,
    FEWEST,
    NEAR,
    PRIMARY,
    VIOLATIONS,
    SimRow,
    counting,
)
from mgmeta.simulate.contenders import CONTENDERS, LEVEL

DROPPED = "numeric_reml"
MET, NEARLY, MISSED, NO_BAR = "met", "missed by less than 2 Monte Carlo SE", "missed", ""

BROKEN = {
    "se_factor": "borrowed SE wrong by a factor of {}",
    "near_factor": "near-misses told in words {} times as often",
    "fall_factor": "falls told in words {} times as often",
    "absent": "{} of the silent trials absent altogether",
}
SHOWN_VIOLATED = (PRIMARY, BAYES, "mi_reml", DROPPED, "zero_reml")


@dataclass(frozen=True)
class Extreme:
    """The cell of a method and k with the lowest (or highest) value, with its Monte Carlo error."""

    value: float
    error: float
    cell: str


@dataclass(frozen=True)
class Summary:
    """One method at one number of trials over the base grid.

    ``bias`` is the largest in size, with its sign, mmHg; the verdicts are "" where no bar was set;
    ``usable`` is the smallest share of the replicates with an interval.
    """

    method: str
    k: int
    cells: int
    lowest: Extreme
    highest: Extreme
    bias: Extreme
    usable: float
    coverage_verdict: str
    bias_verdict: str


def cell_words(row: SimRow) -> str:
    """Return one truth of the grid in words."""
    return (
        f"effect {words.plain(float(row['mu']))}, tau {words.plain(float(row['tau']))}, "
        f"{words.percent(float(row['silence']))} withheld"
    )


def _extreme(row: SimRow, column: str) -> Extreme:
    return Extreme(float(row[column]), float(row[f"{column}_mcse"]), cell_words(row))


def summaries(table: Sequence[SimRow]) -> list[Summary]:
    """Return one summary a method and number of trials, methods in the order of the study."""
    groups: dict[tuple[str, int], list[SimRow]] = {}
    for row in counting(table):
        if row["coverage"]:
            groups.setdefault((row["method"], int(row["k"])), []).append(row)
    order = list(CONTENDERS)
    keys = sorted(groups, key=lambda key: (order.index(key[0]) if key[0] in order else len(order), *key))
    return [_summary(method, k, groups[method, k]) for method, k in keys]


def _summary(method: str, k: int, found: list[SimRow]) -> Summary:
    by_coverage = sorted(found, key=lambda row: float(row["coverage"]))
    worst = max(found, key=lambda row: abs(float(row["bias"])))
    coverage_bar = COVERAGE_BARS.get(method) if k >= FEWEST else None
    bias_bar = BIAS_BARS.get(method, {}).get(k)
    return Summary(
        method=method,
        k=k,
        cells=len(found),
        lowest=_extreme(by_coverage[0], "coverage"),
        highest=_extreme(by_coverage[-1], "coverage"),
        bias=_extreme(worst, "bias"),
        usable=min(int(row["usable"]) / int(row["replicates"]) for row in found),
        coverage_verdict=NO_BAR if coverage_bar is None else coverage_verdict(found, coverage_bar),
        bias_verdict=NO_BAR if bias_bar is None else bias_verdict(found, bias_bar),
    )


def coverage_verdict(found: Sequence[SimRow], bar: float) -> str:
    """Return whether every cell covers as asked; the bar itself grants two Monte Carlo standard errors."""
    enough = all(float(row["coverage"]) >= bar - 2 * float(row["coverage_mcse"]) for row in found)
    return MET if enough else MISSED


def bias_verdict(found: Sequence[SimRow], bar: float) -> str:
    """Return whether every cell's bias is within the bar, and if not, whether chance could be why."""
    over = [(abs(float(row["bias"])) - bar, float(row["bias_mcse"])) for row in found]
    if all(excess <= 0 for excess, _ in over):
        return MET
    return NEARLY if all(excess <= 2 * error for excess, error in over) else MISSED


def base_page_table(found: Sequence[Summary]) -> HtmlTable:
    """Return coverage and worst bias of every method at every number of trials, beside the bars."""
    lines = [
        (
            words.capital(CONTENDERS.get(item.method, item.method)),
            str(item.k),
            f"{words.percent(item.lowest.value, 1)} to {words.percent(item.highest.value, 1)}",
            Parts(f"{words.percent(item.lowest.error, 1)}", item.lowest.cell),
            _bar(item.coverage_verdict, f"at least {words.percent(COVERAGE_BARS.get(item.method))}"),
            bias_words(item),
            Parts(words.fixed(item.bias.error, 3), item.bias.cell),
            _bar(item.bias_verdict, f"at most {words.plain(BIAS_BARS.get(item.method, {}).get(item.k))}"),
            words.percent(item.usable),
        )
        for item in found
    ]
    heads = (
        "Method",
        "Trials",
        "Coverage, lowest to highest",
        "Monte Carlo SE, where lowest",
        "Bar for coverage",
        "Largest bias, mmHg",
        "Monte Carlo SE, where largest",
        "Bar for |bias|",
        "Reviews with an interval, least",
    )
    cells = {item.cells for item in found}
    caption = (
        f"Coverage of {words.level(LEVEL)} intervals and bias over the base grid, "
        f"{words.listing([words.integer(n) for n in sorted(cells)])} cells a row. Each method stands beside "
        "the same estimators on complete data. An empty bar: none was set."
    )
    numeric = (heads[1], heads[2], heads[5], heads[8])
    return HtmlTable("table-simulation", caption, columns(*heads, numeric=numeric), rows(lines))


def bias_words(item: Summary) -> str:
    """Return the largest bias, with as many decimals as it takes to look different from its bar."""
    bar = BIAS_BARS.get(item.method, {}).get(item.k)
    digits = words.DIGITS
    while bar is not None and digits < 8 and round(abs(item.bias.value), digits) == bar:
        digits += 1
    return words.signed(item.bias.value, digits)


def _bar(verdict: str, bar: str) -> str:
    return f"{bar}: {verdict}" if verdict else ""


def violations_page_table(table: Sequence[SimRow]) -> HtmlTable:
    """Return coverage and bias where an assumption is broken; no cell has a pass mark."""
    cells: dict[str, dict[str, SimRow]] = {}
    for row in table:
        if row["grid"] == VIOLATIONS:
            cells.setdefault(row["cell"], {})[row["method"]] = row
    lines = []
    for found in cells.values():
        some = next(iter(found.values()))
        shown = [_both(found.get(key)) for key in SHOWN_VIOLATED]
        lines.append((violation_words(some), some["k"], cell_words(some), *shown))
    names = [words.capital(CONTENDERS.get(key, key).split(":")[0].split(",")[0]) for key in SHOWN_VIOLATED]
    heads = ("Broken", "Trials", "Truth", *names)
    errors = [row for found in cells.values() for row in found.values() if row["coverage"]]
    most = max((float(row["coverage_mcse"]) for row in errors), default=0.0)
    bias = max((float(row["bias_mcse"]) for row in errors), default=0.0)
    caption = (
        "Coverage; bias in mmHg, where an assumption of the methods is broken. Shown for what it does, "
        f"without a pass mark. Monte Carlo SE at most {words.percent(most, 1)} and {words.fixed(bias)} mmHg."
    )
    return HtmlTable("table-violations", caption, columns(*heads, numeric=(heads[1], *names)), rows(lines))


def violation_words(row: SimRow) -> str:
    """Return which assumption a cell breaks."""
    parts = []
    for column, text in BROKEN.items():
        value = float(row[column])
        if value != (0.0 if column == "absent" else 1.0):
            parts.append(text.format(words.percent(value) if column == "absent" else words.plain(value)))
    return words.capital(words.listing(parts)) or "Nothing"


def _both(row: SimRow | None) -> str:
    if row is None or not row["coverage"]:
        return words.MISSING
    return f"{words.percent(float(row['coverage']), 1)}; {words.signed(float(row['bias']))}"


def design_sentence(table: Sequence[SimRow]) -> str:
    """Return how much was simulated, with the seeds."""
    base = [row for row in table if row["grid"] == BASE]
    first = [row for row in table if row["grid"] != NEAR]
    again = [row for row in table if row["grid"] == NEAR]
    cells = len({row["cell"] for row in base})
    broken = len({row["cell"] for row in first}) - cells
    replicates, seeds = _how_many(first)
    ks = words.listing([str(k) for k in sorted({int(row["k"]) for row in base})])
    return (
        f"{words.count(cells, 'truth')} on a base grid ({ks} trials) and {words.integer(broken)} in which an "
        f"assumption is broken, {replicates} reviews each, seed {seeds}."
    ) + _again_sentence(again)


def _how_many(found: Sequence[SimRow]) -> tuple[str, str]:
    replicates = [words.integer(n) for n in sorted({int(row["replicates"]) for row in found})]
    return words.listing(replicates), words.listing(sorted({row["seed"] for row in found}))


def _again_sentence(again: Sequence[SimRow]) -> str:
    if not again:
        return ""
    replicates, seeds = _how_many(again)
    cells = len({row["cell"] for row in again})
    return (
        f" {words.capital(words.count(cells, 'base truth'))} where the primary method's bias lay within two "
        "Monte Carlo standard errors of its bar, on either side, ran again with "
        f"{replicates} reviews, seed {seeds}; that run counts."
    )


def verdict_sentences(table: Sequence[SimRow], found: Sequence[Summary]) -> list[str]:
    """Return how the primary method and the Bayesian one stand to their bars, and what dropping does."""
    texts = [_bars_sentence(found, key, name) for key, name in ((PRIMARY, "primary"), (BAYES, "Bayesian"))]
    base = [row for row in counting(table) if row["coverage"]]
    flat = [float(row["coverage"]) for row in base if row["method"] == PRIMARY and float(row["tau"]) == 0]
    if flat:
        wide = ": it is wider than it need be" if min(flat) > LEVEL else ""
        texts.append(
            f"Where trials do not differ (tau 0) the primary interval covers {words.percent(min(flat), 1)} "
            f"to {words.percent(max(flat), 1)} of the time{wide}."
        )
    texts += [_pull_sentence(base), _dropped_sentence(base)]
    return [text for text in texts if text]


def _bars_sentence(found: Sequence[Summary], method: str, name: str) -> str:
    rated = [item for item in found if item.method == method]
    texts = []
    for what in ("coverage", "bias"):
        parts = []
        for item in rated:
            verdict = getattr(item, f"{what}_verdict")
            if verdict:
                number = words.percent(item.lowest.value, 1) if what == "coverage" else bias_words(item)
                parts.append(f"{verdict} with {item.k} trials ({number})")
        if parts:
            texts.append(f"its bar for {what} is {words.listing(parts)}")
    return f"The {name} method: {'; '.join(texts)}. In brackets: the worst cell." if texts else ""


def _worst(found: Sequence[SimRow]) -> SimRow:
    return max(found, key=lambda row: abs(float(row["bias"])))


def _where(row: SimRow) -> str:
    return f"{row['k']} trials, {cell_words(row)}"


def _pull_sentence(base: Sequence[SimRow]) -> str:
    found = [row for row in base if row["method"] == BAYES]
    if not found:
        return ""
    worst = _worst(found)
    bias = words.signed(float(worst["bias"]))
    return (
        f"The Bayesian mean is biased by up to {bias} mmHg ({_where(worst)}), the pull of its prior included."
    )


def _dropped_sentence(base: Sequence[SimRow]) -> str:
    dropped = [row for row in base if row["method"] == DROPPED]
    null = [row for row in dropped if float(row["mu"]) == 0]
    other = [row for row in dropped if float(row["mu"]) != 0]
    if not null or not other:
        return ""
    worst, least = _worst(other), _worst(null)
    return (
        f"Dropping the words is biased by up to {words.signed(float(worst['bias']))} mmHg where there is an "
        f"effect ({_where(worst)}; coverage {words.percent(float(worst['coverage']), 1)}), and by "
        f"{words.signed(float(least['bias']))} mmHg at most where there is none ({_where(least)}; "
        f"Monte Carlo SE {words.fixed(float(least['bias_mcse']))})."
    )
