"""Page tables of the reproduction: ledger, rows that are no targets, claims, certainty, flow."""

from __future__ import annotations

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.report.htmltable import Cell, HtmlTable, Link, Parts, columns, rows, safe_url
from mgmeta.report.pooled import Json
from mgmeta.reproduce.flow import LEFT
from mgmeta.reproduce.ledger_words import UNITS, subset_words


def value(item: Json, digits: int = words.DIGITS) -> str:
    """Return an answer with its interval, or the dash."""
    if item["estimate"] is None:
        return words.MISSING
    if item["ci_low"] is None and item["ci_high"] is None:
        return f"{words.fixed(item['estimate'], digits)} ({words.MISSING})"
    return words.with_interval(item["estimate"], item["ci_low"], item["ci_high"], digits)


def span(low: float | None, high: float | None) -> str:
    """Return a range, or the one number it is, or the dash."""
    if low is None or high is None:
        return words.MISSING
    first, last = words.fixed(low), words.fixed(high)
    return first if first == last else f"{first} to {last}"


def ledger_page_table(ledger: Json) -> HtmlTable:
    """Return every reproduced result: the review's own model, three engines with words, the verdict."""
    heads = (
        "Review",
        "Result",
        "Published",
        "Trials",
        "Its own model, numbers only",
        "Maximum likelihood with words",
        "Imputation",
        "Bayesian",
        "Ours less published",
        "Range over readings",
        "Unseen trials would average",
        "Verdict",
    )
    cells = [_ledger_cells(row) for row in ledger["rows"]]
    caption = (
        f"The ledger: {words.count(len(cells), 'published result')}, each with the trials its printed "
        f"criteria select here. Intervals {words.level(float(ledger['level']))}. Trials: published; found "
        "here with a number + in words only. Ours less published: the published uncertainty is not added, "
        "for the reviews share trials with this table."
    )
    return HtmlTable(
        "table-ledger", caption, columns(*heads, numeric=heads[2:11]), rows(cells), searchable=True
    )


def _ledger_cells(row: Json) -> tuple[Cell, ...]:
    published, found = row["published"], row["found"]
    own = row["numeric"][0]
    readings = [item["estimate"] for item in row["readings"] if item["estimate"] is not None]
    k = published["k_trials"]
    counted = words.integer(k) if k is not None else "not printed"
    subset = subset_words(published["subset"])
    name = OUTCOMES[published["outcome"]].name
    link = safe_url(published["source_url"])
    difference = row["difference"]
    remainder = row["remainder"] or {"low": None, "high": None, "reason": ""}
    return (
        Link(published["label"], link) if link else published["label"],
        Parts(f"{name}, {subset}" if subset else name, UNITS[published["unit"]]),
        value(published),
        Parts(counted, f"{found['numeric']} + {found['bounds']} of {found['eligible']} eligible"),
        Parts(value(own), own["method"]),
        value(row["ml"]),
        value(row["mi"]),
        value(row["bayes"]),
        value(difference) if difference else words.MISSING,
        Parts(
            span(min(readings, default=None), max(readings, default=None)),
            words.count(len(row["readings"]), "reading"),
        ),
        Parts(span(remainder["low"], remainder["high"]), remainder["reason"]),
        Parts(row["verdict"] or "no verdict", row["reason"]),
    )


def no_targets_page_table(ledger: Json) -> HtmlTable:
    """Return the published results that are not reproduced, and why."""
    lines = [
        (item["label"], f"{item['outcome']}, {item['subset']}", item["unit"], value(item), item["reason"])
        for item in ledger["no_targets"]
    ]
    caption = f"Published results that are no targets ({len(lines)}), with the reason."
    heads = columns("Review", "Result", "Unit", "Published", "Why not", numeric=("Published",))
    return HtmlTable("table-no-targets", caption, heads, rows(lines))


def readings_page_table(ledger: Json) -> HtmlTable:
    """Return every reading of what a review does not state."""
    lines = [
        (
            row["published"]["label"],
            _result(row["published"]),
            item["label"] or "primary reading",
            words.integer(item["k"]),
            value(item),
        )
        for row in ledger["rows"]
        for item in row["readings"]
    ]
    caption = (
        f"Every reading of the criteria a review does not state ({len(lines)}): maximum likelihood with "
        "words. A reading is named by how it departs from the primary one."
    )
    heads = columns("Review", "Result", "Reading", "Trials", "Effect", numeric=("Trials", "Effect"))
    return HtmlTable("table-readings-of-reviews", caption, heads, rows(lines), searchable=True)


def _result(published: Json) -> str:
    parts = (OUTCOMES[published["outcome"]].name, subset_words(published["subset"]), UNITS[published["unit"]])
    return ", ".join(part for part in parts if part)


def claims_page_table(claims: Json) -> HtmlTable:
    """Return every claim and outcome with its verdict and the numbers it rests on."""
    lines: list[tuple[Cell, ...]] = []
    for claim in claims["claims"]:
        for item in claim["tested"]:
            digits = 3 if item["outcome"] == "serum_mg" else 2
            levels = "; ".join(f"{k} {level}" for level, k in item["levels"].items())
            unplaced = item["not_stated"]
            small = f"{levels}; {unplaced} do not say" if unplaced else levels
            lines.append(
                (
                    Parts(claim["text"], claim["note"]),
                    item["name"],
                    Parts(item["verdict"], item["reason"]),
                    Parts(f"{value(item['answers']['primary'], digits)} {item['unit']}", small),
                    Parts(
                        words.count(len(item["report_ids"]), "row"),
                        ", ".join(item["report_ids"]) or words.MISSING,
                    ),
                )
            )
    caption = (
        "Statements commonly made, each by one rule. Rows: the lines of reports.csv behind the primary "
        "analysis."
    )
    heads = columns("Statement", "Outcome", "Verdict", "Primary analysis", "Rows")
    return HtmlTable("table-claims", caption, heads, rows(lines), searchable=True)


def sources_of(item: Json) -> tuple[Link, ...]:
    """Return the rows behind a statement outside the trials, as links."""
    return tuple(
        Link(f"{source['file']}:{source['row']}, {source['text']}", safe_url(source["url"]))
        for source in item["sources"]
    )


def certainty_page_table(name: str, item: Json) -> HtmlTable:
    """Return the domains of one outcome: levels taken by rule, a person's rating, the reason."""
    lines = [
        (
            words.capital(domain["name"]),
            _levels(domain["levels"]),
            _levels(domain["override"]) if domain["override"] is not None else words.MISSING,
            domain["reason"] + (f"; a person: {domain['override_note']}" if domain["override_note"] else ""),
        )
        for domain in item["domains"]
    ]
    caption = f"Certainty, {item['name']}: levels each domain takes."
    heads = columns("Domain", "By rule", "By a person", "Why")
    return HtmlTable(f"table-certainty-{name}", caption, heads, rows(lines))


def _levels(levels: int | None) -> str:
    if levels is None:
        return "not assessed"
    return {0: "none", 1: "1, serious", 2: "2, very serious"}[levels]


def rob_page_table(name: str, item: Json) -> HtmlTable | None:
    """Return how many pooled trials have which risk of bias, a traffic light in words; None if none has."""
    if not item["rob"]:
        return None
    kinds = ("low", "some_concerns", "high")
    lines = [
        (words.capital(domain.replace("_", " ")), *(words.integer(counts.get(kind, 0)) for kind in kinds))
        for domain, counts in item["rob"].items()
    ]
    heads = columns("Domain", "Low", "Some concerns", "High", numeric=("Low", "Some concerns", "High"))
    caption = f"Risk of bias, {item['name']}: pooled trials by judgement."
    return HtmlTable(f"table-rob-{name}", caption, heads, rows(lines))


def flow_page_table(outcomes: Json) -> HtmlTable:
    """Return the flow from trials found to trials pooled, a column an outcome."""
    flows = [item["flow"] for item in outcomes.values()]
    criteria = list(dict.fromkeys(key for flow in flows for key in flow["excluded"]))
    reasons = [key for key in LEFT if any(key in flow["left"] for flow in flows)]
    lines = [("Trials found", *(words.integer(flow["found"]) for flow in flows))]
    lines += [
        (f"not eligible: {key}", *(words.integer(flow["excluded"].get(key, 0)) for flow in flows))
        for key in criteria
    ]
    lines.append(("Eligible", *(words.integer(flow["eligible"]) for flow in flows)))
    lines += [(LEFT[key], *(words.integer(flow["left"].get(key, 0)) for flow in flows)) for key in reasons]
    for key, text in (
        ("numeric", "Pooled with a number"),
        ("verbal", "Pooled in words only"),
        ("pooled", "Pooled"),
    ):
        lines.append((text, *(words.integer(flow[key]) for flow in flows)))
    names = [words.capital(item["name"]) for item in outcomes.values()]
    strong = frozenset({0, len(criteria) + 1, len(lines) - 1})
    caption = (
        "From trials found to trials pooled; a trial that fails several criteria counts under the first."
    )
    return HtmlTable(
        "table-prisma-flow", caption, columns("Trials", *names, numeric=names), rows(lines), strong=strong
    )
