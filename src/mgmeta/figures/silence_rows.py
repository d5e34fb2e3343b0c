"""Every way of handling words as rows: what the silence study worked out, and the Bayesian models."""

from __future__ import annotations

from dataclasses import dataclass

from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.figures.results import Json, Results

PRIMARY, DROPPED, ZERO = "bounded_ml", "numeric_reml", "zero_reml"
PRIMARY_ROLE, CHECK, COMPARISON, WRONG = "primary", "check", "comparison", "wrong"
ROLES = {
    PRIMARY_ROLE: "Primary: words count for exactly what they say",
    CHECK: "Checks: other sound methods",
    COMPARISON: "Comparison: known to give intervals that are too narrow",
    WRONG: "Wrong answers, shown for what they do",
}
ROLE_WORDS = {PRIMARY_ROLE: "primary", CHECK: "check", COMPARISON: "too narrow", WRONG: "wrong answer"}


@dataclass(frozen=True)
class Answer:
    """One method's answer on one outcome; ``None`` = it could not run, `note` says why."""

    k: int
    estimate: float | None
    low: float | None
    high: float | None
    note: str


@dataclass(frozen=True)
class MethodRow:
    """One method: its label and role, its answers by outcome."""

    key: str
    label: str
    role: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Silences:
    """All the figure shows; `published` and `limits` by outcome, mmHg."""

    analysis: str
    outcomes: tuple[str, ...]
    units: tuple[str, ...]
    rows: tuple[MethodRow, ...]
    published: tuple[Answer, ...]
    published_label: str
    level: float
    limits: tuple[tuple[float, float], ...]

    def answer(self, key: str, index: int) -> Answer | None:
        """Return one method's answer on one outcome."""
        return next((row.answers[index] for row in self.rows if row.key == key), None)

    def of_role(self, role: str, index: int) -> list[float]:
        """Return the estimates of all methods of one role for one outcome."""
        found = [row.answers[index].estimate for row in self.rows if row.role == role]
        return [value for value in found if value is not None]


def prepare(results: Results, analysis: str, outcome: str) -> Silences:
    """Collect every method of every outcome of one analysis (*outcome* does not matter here).

    Raises
    ------
    DataError
        If silence was not worked out for the analysis.
    """
    name = results.analysis(analysis)
    found = results.silences(name)
    outcomes = tuple(key for key in results.headline["outcomes"] if key in found)
    tables = [{item["key"]: item for item in found[key]["methods"]} for key in outcomes]
    rows = tuple(
        MethodRow(key, str(item["label"]), str(item["role"]), tuple(_answer(table[key]) for table in tables))
        for key, item in tables[0].items()
    )
    rows = _with_posteriors(rows, _posteriors(results, name, outcomes))
    published = [results.published(key) for key in outcomes]
    lines = tuple(
        Answer(item["k_trials"] or 0, item["estimate"], item["ci_low"], item["ci_high"], "")
        for item in published
    )
    return Silences(
        analysis=name,
        outcomes=outcomes,
        units=tuple(OUTCOMES[key].unit for key in outcomes),
        rows=rows,
        published=lines,
        published_label=str(published[0]["label"]),
        level=float(results.silence[name]["level"]),
        limits=tuple(_limits([lines[i], *(row.answers[i] for row in rows)]) for i in range(len(outcomes))),
    )


def _posteriors(results: Results, name: str, outcomes: tuple[str, ...]) -> list[MethodRow]:
    """Return the Bayesian ways of counting words: borrowed SDs taken as known, and every SD unknown."""
    sampled = results.bayes.get(name, {})
    models = [sampled.get("outcomes", {}).get(key, {}).get("overall") for key in outcomes]
    found = []
    if all(models):
        priors = f"posterior mean; priors mu {sampled['priors']['mu']}, tau {sampled['priors']['tau']}"
        answers = tuple(
            Answer(m["counts"]["k"], m["mu"]["mean"], m["mu"]["ci_low"], m["mu"]["ci_high"], priors)
            for m in models
        )
        found.append(MethodRow("bayes", "Bayesian, words as bounds", CHECK, answers))
    unknown = results.headline.get("sd_unknown", {}).get(name, {})
    if all(key in unknown for key in outcomes):
        note = "posterior mean; every SD that is not printed is learned"
        answers = tuple(
            Answer(item["k"], item["estimate"], item["ci_low"], item["ci_high"], note)
            for item in (unknown[key] for key in outcomes)
        )
        found.append(MethodRow("bayes_sd_unknown", "Bayesian, SDs unknown", CHECK, answers))
    return found


def _with_posteriors(rows: tuple[MethodRow, ...], posteriors: list[MethodRow]) -> tuple[MethodRow, ...]:
    """Put the Bayesian rows behind the last check, for the figure draws the roles in one block each."""
    last = max((i for i, row in enumerate(rows) if row.role in (PRIMARY_ROLE, CHECK)), default=-1) + 1
    return (*rows[:last], *posteriors, *rows[last:])


def _answer(item: Json) -> Answer:
    return Answer(item["k"], item["estimate"], item["ci_low"], item["ci_high"], item["note"])


def _limits(answers: list[Answer]) -> tuple[float, float]:
    ends = [value for item in answers for value in (item.low, item.high) if value is not None]
    low, high = min([*ends, -1.0]), max([*ends, 0.5])
    room = 0.05 * (high - low)
    return low - room, high + room
