"""One statement per trial: several magnesium arms against one control."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mgmeta.effects.candidates import Candidate
from mgmeta.effects.statements import Bound, Direction, Estimate, Significant, Statement, Unusable
from mgmeta.stats.shared_control import average_shared_control, shared_control_covariance


@dataclass(frozen=True)
class Combined:
    """The statement of a trial with the rows it came from.

    ``dose_mg_per_day`` is the mean dose of the arms weighted by their size;
    ``replaces`` are results in words that a number of the same trial took over.
    """

    statement: Statement
    members: tuple[Candidate, ...]
    n_mg: int | None
    n_control: int | None
    dose_mg_per_day: float | None
    note: str = ""
    replaces: tuple[Candidate, ...] = ()


# Two separate tails, or half a line: a statement with a likelihood, but not an interval.
NOT_POOLABLE = "significant or a tendency, but the direction or the significance is missing"


def combine(candidates: list[Candidate]) -> Combined:
    """Combine rows of equal rank of one trial.

    A single row stands for itself. Several arms of a parallel trial are averaged
    with the covariance of their shared control, numbers with numbers, bounds of
    one kind with each other. In a crossover the rows are the same people: the
    first unambiguous row stands.
    """
    candidates = _one_per_arm(candidates)
    if any(isinstance(candidate.statement, Significant | Direction) for candidate in candidates):
        return _unusable(candidates, NOT_POOLABLE)
    if len(candidates) == 1:
        return _single(candidates[0])
    if any(candidate.arms.crossover for candidate in candidates):
        usable = [c for c in candidates if not isinstance(c.statement, Unusable)] or candidates
        clear = [c for c in usable if c.report.certainty == "clear"] or usable
        return _single(clear[0], f"{len(candidates)} contrasts in the same people: the first clear row")
    statements = [candidate.statement for candidate in candidates]
    if not all(candidate.arms.known for candidate in candidates):
        return _unusable(candidates, "several arms share a control, but their sizes are not printed")
    if all(isinstance(s, Estimate) for s in statements) or _same_kind_of_bound(statements):
        return _average(candidates)
    unusable = [s for s in statements if isinstance(s, Unusable)]
    return _unusable(candidates, unusable[0].reason if unusable else "arms mix numbers and words")


def _one_per_arm(candidates: list[Candidate]) -> list[Candidate]:
    """Keep one row an arm: a number takes the place of words on the same measurement.

    This is how a retrieved paper replaces its abstract: its row is added, the
    words stay in the table and are no longer used.
    """
    best: dict[str, Candidate] = {}
    # Equal rank holds office and unspecified methods: the named one first.
    for candidate in sorted(candidates, key=lambda c: (c.report.method != "office", c.report.report_id)):
        label = candidate.report.arm_label
        if label not in best or _firmness(candidate) > _firmness(best[label]):
            best[label] = candidate
    return list(best.values())


def _firmness(candidate: Candidate) -> int:
    """Rank statements on one measurement: number, number with borrowed SE, words, nothing."""
    statement = candidate.statement
    if isinstance(statement, Estimate):
        return 2 if statement.se_assumed else 3
    return int(isinstance(statement, Bound))


def _same_kind_of_bound(statements: list[Statement]) -> bool:
    bounds = [s for s in statements if isinstance(s, Bound)]
    if len(bounds) != len(statements):
        return False
    return len({(np.isfinite(b.low), np.isfinite(b.high)) for b in bounds}) == 1


def _single(candidate: Candidate, note: str = "") -> Combined:
    report, arms = candidate.report, candidate.arms
    return Combined(
        candidate.statement, (candidate,), arms.n_mg, arms.n_control, report.dose_mg_per_day, note
    )


def _unusable(candidates: list[Candidate], reason: str) -> Combined:
    return Combined(Unusable(reason), tuple(candidates), None, None, None)


def _average(candidates: list[Candidate]) -> Combined:
    r"""Average contrasts (or bounds) with GLS weights w.

    For bounds: if every :math:`|d_j| < b_j` then :math:`|\sum w_j d_j| < \sum w_j b_j`
    for weights that are not negative; the SE is that of the average.
    """
    n_mg = [c.arms.n_mg or 0 for c in candidates]
    n_control = min(c.arms.n_control or 0 for c in candidates)
    statements = [c.statement for c in candidates]
    first = statements[0]
    df = float(sum(n_mg) + n_control - len(candidates) - 1)
    se = [s.se for s in statements if isinstance(s, Estimate | Bound)]
    center = [s.yi if isinstance(s, Estimate) else 0.0 for s in statements]
    pooled = average_shared_control(center, se, n_mg, n_control)
    weights = pooled.weights
    statement: Statement
    if isinstance(first, Estimate):
        edges = [
            average_shared_control(center, [getattr(s, side) for s in statements], n_mg, n_control).se
            for side in ("se_low", "se_high")
        ]
        statement = Estimate(pooled.estimate, pooled.se, edges[0], edges[1], df, "9_shared_control")
    else:
        average_se = pooled.se
        if np.any(weights < 0):
            weights = np.full(len(candidates), 1.0 / len(candidates))
            covariance = shared_control_covariance(se, n_mg, n_control)
            average_se = float(np.sqrt(weights @ covariance @ weights))
        low, high = (
            float(weights @ np.array([getattr(s, side) for s in statements])) for side in ("low", "high")
        )
        assert isinstance(first, Bound)
        statement = Bound(low, high, average_se, df, first.route)
    doses = [c.report.dose_mg_per_day for c in candidates]
    known = [(d, n) for d, n in zip(doses, n_mg, strict=True) if d is not None]
    dose = sum(d * n for d, n in known) / sum(n for _, n in known) if len(known) == len(doses) else None
    note = f"{len(candidates)} magnesium arms against one control of {n_control}, averaged by GLS"
    return Combined(statement, tuple(candidates), sum(n_mg), n_control, dose, note)
