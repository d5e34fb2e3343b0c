"""Which papers to fetch first: every trial, what it lacks, what its numbers are worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from mgmeta.config import Analysis
from mgmeta.effects.derive import Derived, derive
from mgmeta.effects.slices import Flow, Slice, build_slice, label_of
from mgmeta.evidence.records import Evidence, Trial
from mgmeta.incomplete.absent import what_is_absent
from mgmeta.incomplete.pooled_rows import Row, arrays
from mgmeta.incomplete.silence import silent_rows
from mgmeta.incomplete.value import Hidden, Preposterior, Value, prepare

# A paper of an eligible trial whose abstract says nothing on the outcome may not
# report it: an even chance, stated in the report.
CHANCE_SILENT_PAPER_REPORTS = 0.5
DRAWS = 400
BEST = 5

COLUMNS = (
    "rank",
    "trial_id",
    "label",
    "doi",
    "pmid",
    "title",
    "status_sbp",
    "printed_sbp",
    "absent_sbp",
    "fall_sbp",
    "fall_error_sbp",
    "share_sbp",
    "status_dbp",
    "printed_dbp",
    "absent_dbp",
    "fall_dbp",
    "fall_error_dbp",
    "share_dbp",
    "worth",
)


@dataclass(frozen=True)
class FetchList:
    """Every trial with its worth for the pool of one analysis, and the joint worth of the best few.

    ``worth`` of a row is the mean over outcomes of the expected relative fall of
    the posterior SD of mu. ``sd_today`` and ``best`` are by outcome.
    """

    analysis: str
    rows: tuple[dict[str, object], ...]
    sd_today: dict[str, float]
    best: dict[str, Value]
    best_trials: tuple[str, ...]
    draws: int
    chance: float


def fetch_list(
    evidence: Evidence,
    analysis: Analysis,
    *,
    draws: int = DRAWS,
    chance: float = CHANCE_SILENT_PAPER_REPORTS,
    tick: Callable[[int], None] = lambda done: None,
) -> FetchList:
    """Value every trial's numbers by preposterior analysis.

    Parameters
    ----------
    evidence : Evidence
        The raw tables.
    analysis : Analysis
        The pool whose precision counts.
    draws : int
        Imagined futures a trial.
    chance : float
        Probability that the paper of a silent trial reports the outcome.
    tick : callable
        Called with 1 after each trial and outcome, for a progress bar.
    """
    derived = derive(evidence, analysis.assume)
    piece = build_slice(evidence, derived, analysis)
    outcomes = sorted(analysis.outcomes, reverse=True)  # sbp before dbp
    ready: dict[str, Preposterior] = {}
    hidden: dict[str, dict[str, Hidden]] = {}
    worth: dict[str, dict[str, Value]] = {}
    for outcome in outcomes:
        rows: list[Row] = [r for r in piece.rows if r["outcome"] == outcome]
        spread = derived.sd_model.log_spread[outcome]
        ready[outcome] = prepare(arrays(rows), log_spread=spread, draws=draws, seed=analysis.seed)
        hidden[outcome] = _hidden(evidence, derived, analysis, outcome, rows, chance)
        worth[outcome] = {}
        for trial_id, item in hidden[outcome].items():
            worth[outcome][trial_id] = ready[outcome].value_of([item])
            tick(1)
    table = _table(evidence, derived, piece, outcomes, worth)
    best = tuple(str(row["trial_id"]) for row in table if row["worth"])[:BEST]
    joint = {
        outcome: ready[outcome].value_of([hidden[outcome][t] for t in best if t in hidden[outcome]])
        for outcome in outcomes
    }
    today = {outcome: ready[outcome].sd_today for outcome in outcomes}
    return FetchList(analysis.name, tuple(table), today, joint, best, draws, chance)


def _hidden(
    evidence: Evidence, derived: Derived, analysis: Analysis, outcome: str, rows: list[Row], chance: float
) -> dict[str, Hidden]:
    """Return the trials whose number could be retrieved: words, silence, unclear comparators."""
    found: dict[str, Hidden] = {}
    for index, row in enumerate(rows):
        if row["kind"] == "bound":
            trial_id = str(row["trial_id"])
            found[trial_id] = Hidden(trial_id, index, float(row["sei"]))
    for row in silent_rows(evidence, derived, analysis, outcome)[0]:
        found[str(row["trial_id"])] = Hidden(str(row["trial_id"]), None, float(row["sei"]), chance)
    pooled = {str(row["trial_id"]) for row in rows}
    for trial_id, row in _unclear_comparators(evidence, derived, analysis, outcome).items():
        if trial_id not in pooled:
            found[trial_id] = Hidden(trial_id, None, float(row["sei"]))
    return dict(sorted(found.items()))


def _unclear_comparators(
    evidence: Evidence, derived: Derived, analysis: Analysis, outcome: str
) -> dict[str, Row]:
    """Return rows that stay out only because they may not be contrasts: a paper would tell."""
    out = tuple(a for a in analysis.select.ambiguity_out if a != "comparator")
    wider = replace(analysis, select=replace(analysis.select, ambiguity_out=out))
    rows = build_slice(evidence, derived, wider).rows
    return {str(r["trial_id"]): r for r in rows if r["outcome"] == outcome}


def _table(
    evidence: Evidence,
    derived: Derived,
    piece: Slice,
    outcomes: list[str],
    worth: dict[str, dict[str, Value]],
) -> list[dict[str, object]]:
    """Return one row a trial, the most valuable first, then by id."""
    flow: dict[tuple[str, str], Flow] = {(f.trial_id, f.outcome): f for f in piece.flow}
    table = [_row(evidence, derived, flow, trial, outcomes, worth) for trial in evidence.trials]
    table.sort(key=lambda row: (-float(str(row["worth"] or 0.0)), str(row["trial_id"])))
    for rank, row in enumerate((r for r in table if r["worth"]), start=1):
        row["rank"] = rank
    return table


def _doubt(fate: Flow) -> list[str]:
    """Return what keeps a printed result out of the pool."""
    return ["what the result is compared with"] if "ambiguous comparator" in fate.reason else []


def _row(
    evidence: Evidence,
    derived: Derived,
    flow: dict[tuple[str, str], Flow],
    trial: Trial,
    outcomes: list[str],
    worth: dict[str, dict[str, Value]],
) -> dict[str, object]:
    row: dict[str, object] = {
        "rank": None,
        "trial_id": trial.trial_id,
        "label": label_of(trial),
        "doi": trial.doi,
        "pmid": trial.pmid,
        "title": trial.title,
    }
    shares: list[float] = []
    for outcome in outcomes:
        fate = flow[trial.trial_id, outcome]
        state = what_is_absent(evidence, derived.candidates, trial, outcome)
        value = worth[outcome].get(trial.trial_id)
        shares.append(value.share if value else 0.0)
        row |= {
            f"status_{outcome}": fate.status + (f": {fate.reason}" if fate.reason else ""),
            f"printed_{outcome}": state.printed,
            f"absent_{outcome}": "; ".join([*_doubt(fate), *state.absent]),
            f"fall_{outcome}": value.fall if value else None,
            f"fall_error_{outcome}": value.error if value else None,
            f"share_{outcome}": value.share if value else None,
        }
    mean = sum(shares) / len(shares)
    row["worth"] = mean if mean > 0 else None
    return row
