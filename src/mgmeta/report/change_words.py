"""Changes since the last release in words, for the report, the terminal and the changelog."""

from __future__ import annotations

from collections.abc import Iterator

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.report.changes import Changes, PoolChange, TrialChange
from mgmeta.report.htmltable import HtmlTable, Parts, columns, rows
from mgmeta.report.pooled import Json
from mgmeta.words import MISSING, capital, with_interval

NO_RELEASE = (
    "No release has been made yet, so there is nothing to compare with. From the first one on, pinned by "
    "`mgmeta release`, this chapter tells what changed."
)
_HOW = {
    "added": "added",
    "corrected": "corrected",
    "numbers": "further results read",
    "removed": "removed",
}


def lead(changes: Changes) -> str:
    """Return what changed in one sentence."""
    if not changes.release:
        return NO_RELEASE
    if changes.nothing:
        return f"Nothing changed since release {changes.release}: trials, headline and verdicts are the same."
    trials = ", ".join(
        f"{n} {'trial' if n == 1 else 'trials'} {words}" if how != "numbers" else _further(n)
        for how, words in _HOW.items()
        if (n := sum(trial.how == how for trial in changes.trials))
    )
    moved = sum(pool.moved for pool in changes.pools)
    flips = len(changes.flips)
    parts = [
        trials or "no trial changed",
        f"{moved} of {len(changes.pools)} main results moved" if moved else "no main result moved",
        f"{flips} {'verdict' if flips == 1 else 'verdicts'} changed" if flips else "no verdict changed",
    ]
    return f"Since release {changes.release}: {'; '.join(parts)}."


def _further(n: int) -> str:
    return f"further results read of {n} {'trial' if n == 1 else 'trials'}"


def _result(pool: Json | None) -> str:
    if pool is None or pool["estimate"] is None:
        return MISSING
    return with_interval(pool["estimate"], pool["ci_low"], pool["ci_high"])


def _cell(pool: Json | None) -> Parts:
    counts = "" if pool is None else f"{pool['k_numeric']} numbers, {pool['k_bounds']} in words"
    return Parts(_result(pool), counts)


def _why(pool: PoolChange) -> str:
    parts = list(pool.trials)
    if pool.borrowed:
        parts.append(f"other values of {pool.borrowed} {'trial' if pool.borrowed == 1 else 'trials'} changed")
    if pool.question:
        parts.append("criteria or assumptions changed")
    return "; ".join(parts) or "nothing"


def headline_table(changes: Changes) -> HtmlTable:
    """Return every main result before and after."""
    labels = ("Result", "Before", "Now")
    return HtmlTable(
        "changes-headline",
        "Main results of the release and now (maximum likelihood on numbers and words)",
        columns(*labels, numeric=labels[1:]),
        rows(
            (
                Parts(f"{capital(OUTCOMES[pool.outcome].name)}, {OUTCOMES[pool.outcome].unit}", pool.title),
                _cell(pool.before),
                _cell(pool.after),
            )
            for pool in changes.pools
        ),
        strong=frozenset(place for place, pool in enumerate(changes.pools) if pool.moved),
    )


def reasons(changes: Changes) -> list[str]:
    """Return what changed under each main result, one line a result; none where nothing did."""
    return [
        f"{pool.title}, {OUTCOMES[pool.outcome].name}: {_why(pool)}."
        for pool in changes.pools
        if pool.trials or pool.borrowed or pool.question
    ]


def trial_table(changes: Changes) -> HtmlTable | None:
    """Return the trials whose raw rows changed, or None."""
    if not changes.trials:
        return None
    return HtmlTable(
        "changes-trials",
        "Trials added, corrected or removed",
        columns("Trial", "What", "Rows"),
        rows((t.label, _HOW[t.how], "; ".join(t.rows) or "all of it") for t in changes.trials),
    )


def verdict_table(changes: Changes) -> HtmlTable | None:
    """Return the verdicts that changed, or None."""
    if not changes.flips:
        return None
    return HtmlTable(
        "changes-verdicts",
        "Verdicts that changed",
        columns("On", "Before", "Now"),
        rows((f.what, f.before or "not given", f.after or "no longer given") for f in changes.flips),
    )


def changelog(changes: Changes) -> Iterator[str]:
    """Yield the lines proposed for CHANGELOG.md."""
    for trial in changes.trials:
        yield f"- Data: {_trial(trial)}."
    for pool in changes.pools:
        if pool.moved:
            entry = OUTCOMES[pool.outcome]
            yield (
                f"- Result: {pool.title}, {entry.name}: {_result(pool.before)} to {_result(pool.after)} "
                f"{entry.unit} ({_why(pool)})."
            )
    for flip in changes.flips:
        yield f"- Verdict: {flip.what}: {flip.before or 'not given'} to {flip.after or 'no longer given'}."


def _trial(trial: TrialChange) -> str:
    rows_ = f" ({'; '.join(trial.rows)})" if trial.rows else ""
    return f"{trial.label} {_HOW[trial.how]}{rows_}"
