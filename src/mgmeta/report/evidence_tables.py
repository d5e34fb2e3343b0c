"""Page tables of the evidence: pooled trials, trials left out, decisions, check findings, sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from mgmeta.effects.slices import label_of
from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.evidence.records import Evidence
from mgmeta.figures import words
from mgmeta.figures.rows import ESTIMATE, TrialRow, trial_row
from mgmeta.report.htmltable import Cell, HtmlTable, Link, Parts, columns, rows, source_links
from mgmeta.report.pooled import Json

CsvRow = Mapping[str, str]

POOLED = ("pooled_estimate", "pooled_bound")
POOLED_AS = ("pooled, a number", "pooled, words only")
STATUS = {
    "not_eligible": "not eligible",
    "same_participants": "same participants as another trial",
    "row_left_out": "its rows stay out",
    "within_arm_only": "only the magnesium arm's own change is printed",
    "unusable": "cannot be placed",
    "silent": "says nothing on this outcome",
}


def trials_page_table(fits: Mapping[str, Json], analyses: Sequence[str], evidence: Evidence) -> HtmlTable:
    """Return every trial pooled in any of *analyses*, one row a trial and outcome."""
    weights: dict[tuple[str, str], dict[str, str]] = {}
    found: dict[tuple[str, str], tuple[Json, float]] = {}
    for name in analyses:
        for outcome, out in fits[name]["outcomes"].items():
            for row in out["rows"]:
                key = (outcome, str(row["trial_id"]))
                found.setdefault(key, (row, float(fits[name]["level"])))
                weights.setdefault(key, {})[name] = words.fixed(row.get("weight_percent"), 1)
    order = sorted(
        found, key=lambda key: (list(OUTCOMES).index(key[0]), found[key][0]["year"] or 9999, key[1])
    )
    lines = [_trial_cells(found[key], weights[key], analyses, evidence) for key in order]
    shared = (
        "Trial",
        "Pressure",
        "n",
        "Mg, mg/d",
        "Weeks",
        "BP at entry",
        "Effect or words, mmHg",
        "Limits, mmHg",
        "SE",
    )
    titles = tuple(f"Weight in {name}, %" for name in analyses)
    heads = (*shared, *titles, "Route", "Borrowed")
    numeric = ("n", "Mg, mg/d", "Weeks", "SE", "Limits, mmHg", *titles)
    caption = (
        f"Every pooled trial ({words.count(len({key[1] for key in order}), 'trial')}). A dash under a "
        "weight: not in that analysis; a dash elsewhere: not reported. Each effect opens what is behind it."
    )
    return HtmlTable("table-trials", caption, columns(*heads, numeric=numeric), rows(lines), searchable=True)


def _trial_cells(
    found: tuple[Json, float], weights: Mapping[str, str], analyses: Sequence[str], evidence: Evidence
) -> tuple[Cell, ...]:
    row, level = found
    drawn = trial_row(row, level)
    trial = evidence.trial_by_id.get(drawn.trial_id)
    links = source_links(trial.doi, trial.pmid, "") if trial else ()
    for source_id in str(row["source_ids"]).split(";"):
        source = evidence.source_by_id.get(source_id)
        links = links or (source_links(source.doi, source.pmid, source.url) if source else ())
    main = Link(drawn.label, links[0].href) if links else drawn.label
    return (
        Parts(main, trial.population if trial else ""),
        short_name(str(row["outcome"])),
        words.integer(drawn.n),
        words.plain(drawn.dose),
        words.plain(row["timepoint_weeks"]),
        str(row["bp_status"]).replace("_", " "),
        Link(
            words.fixed(drawn.estimate) if drawn.shape == ESTIMATE else drawn.text,
            f"#{anchor_of(str(row['outcome']), drawn.trial_id)}",
        ),
        limits_text(drawn),
        words.fixed(row["sei"]),
        *(weights.get(name, words.MISSING) for name in analyses),
        Parts(str(row["route"] or ""), str(row["report_ids"]).replace(";", "; ")),
        str(row["assumed"] or ""),
    )


def anchor_of(outcome: str, trial_id: str) -> str:
    """Return the id in the page of what stands behind a pooled row."""
    return f"behind-{outcome}-{trial_id}"


def short_name(outcome: str) -> str:
    """Return an outcome's name without the words every outcome shares."""
    return OUTCOMES[outcome].name.removesuffix(" blood pressure")


def limits_text(row: TrialRow) -> str:
    """Return the interval of an estimate or the limits of a bound."""
    return words.interval(row.low, row.high)


def excluded_page_table(flow: Iterable[CsvRow], analyses: Sequence[str], evidence: Evidence) -> HtmlTable:
    """Return every trial that is not pooled in one of *analyses*, with the reason in each.

    A trial left out for the same reasons in all outcomes has one row.
    """
    reasons: dict[str, dict[str, dict[str, str]]] = {}
    for row in flow:
        if row["analysis"] in analyses:
            by_outcome = reasons.setdefault(row["trial_id"], {}).setdefault(row["outcome"], {})
            by_outcome[row["analysis"]] = _fate(row)
    lines: list[tuple[Cell, ...]] = []
    for trial_id in sorted(reasons):
        groups: dict[tuple[str, ...], list[str]] = {}
        for outcome in sorted(reasons[trial_id], key=list(OUTCOMES).index):
            fates = tuple(reasons[trial_id][outcome].get(name, words.MISSING) for name in analyses)
            groups.setdefault(fates, []).append(short_name(outcome))
        trial = evidence.trial_by_id.get(trial_id)
        for fates, outcomes in groups.items():
            if set(fates) != {"pooled"}:
                cell = Parts(label_of(trial), trial.population) if trial else trial_id
                lines.append((cell, words.listing(outcomes), *fates))
    heads = ("Trial", "Pressure", *(f"In {name}" for name in analyses))
    caption = "Trials not pooled, with the reason. Nothing is dropped without one."
    return HtmlTable("table-excluded", caption, columns(*heads), rows(lines), searchable=True)


def flow_page_table(flow: Iterable[CsvRow], analyses: Sequence[str]) -> HtmlTable:
    """Return how many trials each analysis pools and how many it leaves out for which reason."""
    found: Counter[tuple[str, str, str]] = Counter()
    for row in flow:
        found[row["status"], row["analysis"], row["outcome"]] += 1
    keys = [
        (name, outcome)
        for name in analyses
        for outcome in OUTCOMES
        if any(k[1:] == (name, outcome) for k in found)
    ]
    lines = []
    for status, label in {**dict(zip(POOLED, POOLED_AS, strict=True)), **STATUS}.items():
        counts = [found[status, *key] for key in keys]
        if any(counts):
            lines.append((words.capital(label), *map(words.integer, counts)))
    lines.append(
        (
            "All trials in the tables",
            *(words.integer(sum(found[k] for k in found if k[1:] == key)) for key in keys),
        )
    )
    heads = [f"{name}, {short_name(outcome)}" for name, outcome in keys]
    caption = "From all trials in the tables to those pooled."
    return HtmlTable(
        "table-flow",
        caption,
        columns("Trials", *heads, numeric=heads),
        rows(lines),
        strong=frozenset({len(lines) - 1}),
    )


def _fate(row: CsvRow) -> str:
    return "pooled" if row["status"] in POOLED else left_out_words(row["status"], row["reason"])


def left_out_words(status: str, reason: str) -> str:
    """Return why a trial is not pooled: the status of ``flow.csv`` in words, and what it adds."""
    text = STATUS.get(status, status.replace("_", " "))
    repeated = status in ("silent", "within_arm_only", "same_participants")
    if status == "not_eligible":  # a column and its value, which the tables write with underscores
        reason = reason.replace("_", " ")
    return text if repeated or not reason else f"{text}: {reason}"


def decisions_page_table(decisions: Sequence[CsvRow]) -> HtmlTable:
    """Return every decision on the way from print to effect."""
    lines = [
        (
            row["report_id"] or row["trial_id"],
            row["assumption_set"],
            row["step"].replace("_", " "),
            _with_number(row["chosen"], row["value"], row["unit"]),
            _with_number(row["alternative"], row["alternative_value"], row["unit"]),
            row["reason"],
        )
        for row in decisions
    ]
    heads = ("Report", "Assumptions", "Step", "Taken", "Instead of", "Why")
    caption = (
        "Every number assumed, converted or chosen. \u201cbase\u201d holds for the main analyses; the other "
        "sets are those of the scenarios."
    )
    return HtmlTable("table-decisions", caption, columns(*heads), rows(lines), searchable=True)


def decision_text(row: CsvRow) -> str:
    """Return one decision in a line: what was taken, instead of what, and why."""
    taken = _with_number(row["chosen"], row["value"], row["unit"])
    other = _with_number(row["alternative"], row["alternative_value"], row["unit"])
    text = f"{taken} instead of {other}" if other else taken
    return f"{text} ({row['reason']})" if row["reason"] else text


def _with_number(text: str, value: str, unit: str) -> str:
    if not value:
        return text
    number = f"{float(value):.4g}".replace("-", words.MINUS)
    return f"{text}: {number} {unit}".strip(": ") if text else f"{number} {unit}".strip()


FINDING_LEVELS = {"errors": "error", "ambiguities": "ambiguity", "notes": "note"}


def findings_page_table(check: Json) -> HtmlTable:
    """Return what the checks of the raw tables found."""
    lines = [
        (f"{item['file']}:{item['row']}", level, str(item["column"]), str(item["message"]))
        for key, level in FINDING_LEVELS.items()
        for item in check[key]
    ]
    caption = "Findings of the checks. An ambiguity is acknowledged and carried on; an error stops the run."
    return HtmlTable(
        "table-findings", caption, columns("Line", "Level", "Column", "Finding"), rows(lines), searchable=True
    )


def sources_page_table(evidence: Evidence) -> HtmlTable:
    """Return where each value was read, with links."""
    lines: list[tuple[Cell, ...]] = []
    for source in evidence.sources:
        trial = evidence.trial_by_id.get(source.trial_id)
        links = source_links(source.doi, source.pmid, source.url)
        label = label_of(trial) if trial else source.trial_id
        lines.append(
            (
                label,
                source.kind.replace("_", " "),
                Parts(source.citation, source.note),
                links,
                source.source_id,
            )
        )
    caption = f"Where each value was read: {words.count(len(lines), 'source')}."
    heads = columns("Trial", "Kind", "Citation", "Links", "Id")
    return HtmlTable("table-sources", caption, heads, rows(lines), searchable=True)


def intakes_page_table(evidence: Evidence) -> HtmlTable:
    """Return the reference intakes of magnesium with where each was read."""
    lines: list[tuple[Cell, ...]] = [
        (
            row.quantity.replace("_", " "),
            row.population,
            f"{words.plain(row.value)} {row.unit}",
            row.authority,
            source_links("", "", row.source_url),
            row.note,
        )
        for row in evidence.intakes
    ]
    heads = ("Quantity", "For", "Value", "Who says it", "Links", "Remark")
    caption = "Reference values, as read; several were read at second or third hand, as the remarks say."
    return HtmlTable("table-intakes", caption, columns(*heads, numeric=("Value",)), rows(lines))
