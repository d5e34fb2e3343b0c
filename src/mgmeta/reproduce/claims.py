"""Every claim tested by one rule in four analyses, with the rows it rests on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mgmeta import words
from mgmeta.config import Analysis, Config, Select
from mgmeta.effects.biomarkers import BIOMARKERS, biomarker_slice
from mgmeta.effects.derive import Derived, derive
from mgmeta.effects.slices import build_slice
from mgmeta.evidence.outcomes import OUTCOMES, PRESSURES
from mgmeta.evidence.records import Evidence
from mgmeta.pooling.slice_input import Row
from mgmeta.reproduce.claim_list import CLAIMS, Claim, supplement_limit
from mgmeta.reproduce.claim_rule import ANALYSES, PRIMARY, decide
from mgmeta.reproduce.engines import Answer, maximum_likelihood
from mgmeta.reproduce.outside import Outside, outside_statements
from mgmeta.reproduce.picked import whole_rows
from mgmeta.reproduce.plan import TargetKey
from mgmeta.reproduce.targets import printed_result

DISCLAIMER = (
    "This is a summary of published research, not medical advice. It says nothing about any one person. "
    "Do not start, stop or change a treatment because of it; ask a doctor or pharmacist, above all with "
    "kidney disease or other medicines."
)
LEVEL = "level"


@dataclass(frozen=True)
class Tested:
    """One claim and outcome.

    Attributes
    ----------
    levels : dict
        Level -> trials in the primary analysis (numbers and words).
    not_stated : int
        Trials of the primary analysis that do not say on which level they are.
    answers : dict
        Analysis -> the mean (one level) or the difference of the levels (two).
    report_ids, trial_ids : tuple of str
        The rows of the primary analysis.
    """

    outcome: str
    name: str
    unit: str
    levels: dict[str, int]
    not_stated: int
    answers: dict[str, Answer]
    verdict: str
    reason: str
    trial_ids: tuple[str, ...]
    report_ids: tuple[str, ...]


@dataclass(frozen=True)
class CheckedClaim:
    """One claim with the verdict on each of its outcomes."""

    id: str
    text: str
    note: str
    tested: tuple[Tested, ...]


@dataclass(frozen=True)
class Claims:
    """``results/reproduction/claims.json``."""

    level: float
    disclaimer: str
    claims: tuple[CheckedClaim, ...]
    outside: tuple[Outside, ...]


def four_analyses(base: Analysis, all_years: bool) -> dict[str, Analysis]:
    """Return the four analyses of the rule, as docs/protocol.md has them.

    Parameters
    ----------
    base
        The analysis that answers the published target.
    all_years
        Lift its limit on the year of publication.
    """
    select = replace(base.select, year_max=None, year_unclear=()) if all_years else base.select
    permissive = tuple(item for item in select.ambiguity_out if item != "comparator")
    selects: dict[str, Select] = {
        PRIMARY: select,
        "strict": replace(select, unclear="fail"),
        "permissive": replace(select, ambiguity_out=permissive),
        "silent_ns": replace(select, silent="not_significant"),
    }
    return {name: replace(base, select=selects[name]) for name in ANALYSES}


def check_claims(evidence: Evidence, config: Config) -> Claims:
    """Test every claim of :data:`CLAIMS` and say what lies outside."""
    base = config.analyses[config.target.analysis]
    derived = derive(evidence, base.assume)
    figures = _figures(evidence, config)
    claims = tuple(
        replace(_check(evidence, derived, base, claim), text=claim.text.format(**figures)) for claim in CLAIMS
    )
    return Claims(config.level, DISCLAIMER, claims, outside_statements(evidence))


def _figures(evidence: Evidence, config: Config) -> dict[str, str]:
    """Return the numbers that claims quote, looked up in the tables."""
    target = config.target
    found = {"limit": words.plain(supplement_limit(evidence))}
    for outcome in PRESSURES:
        printed = printed_result(
            evidence, target.review, TargetKey(outcome, target.subset, OUTCOMES[outcome].unit, counted=True)
        )
        found[outcome] = words.fixed(abs(printed.estimate or 0.0))
        found["dose"] = words.plain(printed.dose_mg_per_day_median)
    return found


def _check(evidence: Evidence, derived: Derived, base: Analysis, claim: Claim) -> CheckedClaim:
    analyses = four_analyses(base, claim.all_years)
    tested = tuple(_test(evidence, derived, analyses, claim, outcome) for outcome in claim.outcomes)
    return CheckedClaim(claim.id, claim.text, claim.note, tested)


def _test(
    evidence: Evidence, derived: Derived, analyses: dict[str, Analysis], claim: Claim, outcome: str
) -> Tested:
    answers: dict[str, Answer] = {}
    primary: tuple[Row, ...] = ()
    not_stated = 0
    for name, analysis in analyses.items():
        rows = _rows(evidence, derived, analysis, outcome)
        placed = [(row, claim.level_of(row, evidence)) for row in rows]
        kept = tuple({**row, LEVEL: level} for row, level in placed if level in claim.levels)
        answers[name] = _answer(kept, claim, analysis.level)
        if name == PRIMARY:
            primary, not_stated = kept, len(rows) - len(kept)
    levels = {level: sum(row[LEVEL] == level for row in primary) for level in claim.levels}
    named = OUTCOMES.get(outcome) or BIOMARKERS[outcome]
    digits = 3 if outcome == "serum_mg" else 2
    verdict = decide(levels, answers, claim.claimed, named.unit, digits)
    reports = dict.fromkeys(part for row in primary for part in str(row["report_ids"]).split(";") if part)
    return Tested(
        outcome,
        named.name,
        named.unit,
        levels,
        not_stated if len(claim.levels) > 1 else 0,
        answers,
        verdict.word,
        verdict.reason,
        tuple(str(row["trial_id"]) for row in primary),
        tuple(reports),
    )


def _rows(evidence: Evidence, derived: Derived, analysis: Analysis, outcome: str) -> tuple[Row, ...]:
    """Return the rows of one outcome, pressure or biomarker."""
    if outcome in BIOMARKERS:
        return whole_rows(biomarker_slice(evidence, analysis, outcome).rows)
    piece = build_slice(evidence, derived, replace(analysis, outcomes=(outcome,)))
    return whole_rows(piece.rows)


def _answer(rows: tuple[Row, ...], claim: Claim, level: float) -> Answer:
    """Return the mean of one level, or the first level less the second (positive 1 = first)."""
    if len(claim.levels) == 1:
        return maximum_likelihood(rows, level)
    present = {row[LEVEL] for row in rows}
    lacking = [name for name in claim.levels if name not in present]
    if lacking:
        return Answer("ML", len(rows), None, None, None, None, f"no trial {lacking[0]}")
    marked = [{**row, "first": 1.0 if row[LEVEL] == claim.levels[0] else 0.0} for row in rows]
    return maximum_likelihood(marked, level, "first")
