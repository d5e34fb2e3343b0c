"""Which papers to fetch first: sentences and the full table, from ``results/tables/missing.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures import words
from mgmeta.report.evidence_tables import POOLED, POOLED_AS, left_out_words, short_name
from mgmeta.report.htmltable import Cell, HtmlTable, Link, Parts, columns, rows, source_links
from mgmeta.report.pooled import Json

UNKNOWN = "no DOI or PubMed number in the tables"


@dataclass(frozen=True)
class First:
    """One of the papers to fetch first: where it is, what it lacks, what it is worth."""

    label: str
    title: str
    links: tuple[Link, ...]
    lacks: str
    worth: str


def outcomes_of(found: Json, order: Sequence[str]) -> list[str]:
    """Return the outcomes that were valued, in the given order."""
    return [key for key in order if key in found["sd_today"]]


def first_papers(found: Json, outcomes: Sequence[str]) -> list[First]:
    """Return the papers whose joint worth was worked out, best first."""
    best = {str(row["trial_id"]): row for row in found["rows"]}
    return [_first(best[trial_id], outcomes, found) for trial_id in found["best_trials"]]


def _first(row: Json, outcomes: Sequence[str], found: Json) -> First:
    worth = [
        f"{_share(row, key, found)} for {OUTCOMES[key].name}"
        for key in outcomes
        if row[f"share_{key}"] is not None
    ]
    return First(
        label=str(row["label"]),
        title=str(row["title"] or ""),
        links=source_links(str(row["doi"] or ""), str(row["pmid"] or ""), ""),
        lacks=_by_outcome({key: _absent(row, key) for key in outcomes}),
        worth=words.listing(worth),
    )


def _share(row: Json, outcome: str, found: Json) -> str:
    error = row[f"fall_error_{outcome}"] / found["sd_today"][outcome]
    return f"{words.percent(row[f'share_{outcome}'], 1)} \u00b1 {words.percent(error, 1)}"


def _absent(row: Json, outcome: str) -> str:
    parts = [part for part in str(row[f"absent_{outcome}"] or "").split("; ") if part]
    return words.listing(parts) or "nothing"


def _by_outcome(texts: Mapping[str, str]) -> str:
    """Return a text once if it is the same for all outcomes, else each with its outcome."""
    if len(set(texts.values())) == 1:
        return next(iter(texts.values()))
    return "; ".join(f"{short_name(key)}: {text}" for key, text in texts.items())


def joint_sentence(found: Json, outcomes: Sequence[str]) -> str:
    """Return what the first few papers are worth together, by outcome."""
    n = len(found["best_trials"])
    if n == 0:
        return "No paper is expected to narrow the answer."
    parts = []
    for key in outcomes:
        today, value = found["sd_today"][key], found["best"][key]
        share = f"{words.percent(value['share'], 1)} \u00b1 {words.percent(value['error'] / today, 1)}"
        span = f"from {words.fixed(today)} to {words.fixed(today - value['fall'])} {OUTCOMES[key].unit}"
        parts.append(f"by {share} for {OUTCOMES[key].name} ({span})")
    which = "This paper is" if n == 1 else f"Together these {words.integer(n)} papers are"
    return (
        f"{which} expected to narrow the SD of the posterior of the mean effect {words.listing(parts)}; "
        "the figure after \u00b1 is the Monte Carlo standard error."
    )


def basis_sentence(found: Json, title: str) -> str:
    """Return which pool counts and what was taken for papers that print nothing."""
    ranked = [row for row in found["rows"] if row["rank"] is not None]
    return (
        f"The pool whose precision counts is \u201c{title}\u201d. "
        f"{words.count(len(ranked), 'paper')} of {words.count(len(found['rows']), 'trial')} could add "
        f"something; {words.integer(found['draws'])} possible outcomes were drawn for each. A paper of an "
        "eligible trial whose source says nothing on blood pressure is taken to report it with a probability "
        f"of {words.percent(found['chance'])}; that probability is a guess, not a result."
    )


def nothing_known(found: Json) -> str:
    """Return how many of the papers worth fetching have no identifier to fetch them by."""
    ranked = [row for row in found["rows"] if row["rank"] is not None]
    bare = [row for row in ranked if not row["doi"] and not row["pmid"]]
    if not bare:
        return ""
    have = words.count(len(bare), "of these papers has", "of these papers have")
    return f"{have} no DOI or PubMed number in the tables; the title is what there is to search for."


def fetch_page_table(found: Json, outcomes: Sequence[str]) -> HtmlTable:
    """Return every trial: what is printed, what is absent, what its numbers would be worth."""
    lines = [_cells(row, outcomes, found) for row in found["rows"]]
    worths = [f"{words.capital(short_name(key))}, worth" for key in outcomes]
    heads = ("Trial", "Rank", "Paper", "Our source prints", "Absent", *worths, "In the pool")
    caption = (
        f"All {words.count(len(lines), 'trial')}, the most valuable paper first. Worth: expected fall of the "
        "SD of the mean effect, \u00b1 Monte Carlo standard error. A dash: not valued, for the pool has its "
        "numbers or no place for the trial, or nothing says how much weight it would have."
    )
    table = columns(*heads, numeric=("Rank", *worths))
    return HtmlTable("table-fetch", caption, table, rows(lines), searchable=True)


def _cells(row: Json, outcomes: Sequence[str], found: Json) -> tuple[Cell, ...]:
    links = source_links(str(row["doi"] or ""), str(row["pmid"] or ""), "")
    return (
        Parts(str(row["label"]), str(row["title"] or "")),
        words.integer(row["rank"]),
        links or UNKNOWN,
        _by_outcome({key: str(row[f"printed_{key}"]) for key in outcomes}),
        _by_outcome({key: _absent(row, key) for key in outcomes}),
        *(_share(row, key, found) if row[f"share_{key}"] is not None else words.MISSING for key in outcomes),
        _by_outcome({key: _fate(str(row[f"status_{key}"])) for key in outcomes}),
    )


def _fate(status: str) -> str:
    """Return what became of a trial in the pool: the status of ``flow.csv`` in words, and why."""
    code, _, reason = status.partition(": ")
    pooled = dict(zip(POOLED, POOLED_AS, strict=True))
    return pooled[code] if code in pooled else left_out_words(code, reason)
