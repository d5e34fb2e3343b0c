"""Everything the report says about moderators in one analysis, one outcome at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from mgmeta.config import Analysis, Select
from mgmeta.effects.biomarkers import BIOMARKERS
from mgmeta.effects.derive import Derived, derive
from mgmeta.effects.slices import build_slice
from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.evidence.records import Evidence
from mgmeta.moderators.biomarkers import PooledBiomarker, biomarker_rows, pool_biomarker
from mgmeta.moderators.catalogue import MODERATORS, Moderator
from mgmeta.moderators.counterparts import Counterpart, counterparts
from mgmeta.moderators.dose_slope import DoseSlope, dose_slopes
from mgmeta.moderators.joint import chosen_for_joint, fit_joint
from mgmeta.moderators.multiplicity import benjamini_hochberg, holm
from mgmeta.moderators.single import Single, fit_single
from mgmeta.moderators.surrogate import WITHIN, Surrogate, fit_surrogate
from mgmeta.moderators.within import Within, within_trials
from mgmeta.pooling.bounded_rows import bounded_pool
from mgmeta.pooling.slice_input import Row

Json = dict[str, Any]


@dataclass(frozen=True)
class Adjusted:
    """A moderator's P value among all that could be tested for the outcome."""

    p_value: float
    p_holm: float
    p_bh: float


@dataclass(frozen=True)
class OutcomeModerators:
    """All moderators of one outcome.

    Attributes
    ----------
    overall : mapping or None
        The pool of all rows.
    singles : tuple of Single
        One at a time, in the order of :data:`mgmeta.moderators.catalogue.MODERATORS`.
    tested : mapping of str to Adjusted
        Those that have a P value; their number is the size of the family.
    """

    outcome: str
    name: str
    unit: str
    k: int
    overall: Json | None
    singles: tuple[Single, ...]
    tested: dict[str, Adjusted]
    joint: Json
    dose_slopes: tuple[DoseSlope, DoseSlope]
    published: tuple[Counterpart, ...]
    within: tuple[Within, ...]
    surrogate: tuple[Surrogate, ...]


def study_moderators(evidence: Evidence, analysis: Analysis) -> list[OutcomeModerators]:
    """Fit every moderator to every pressure of one analysis.

    A moderator whose levels the criteria of the analysis would not admit (blinding) is compared with
    those criteria lifted; all others in the rows of the analysis.
    """
    derived = derive(evidence, analysis.assume)
    serum, _ = biomarker_rows(evidence, analysis, "serum_mg")
    return [_outcome(evidence, derived, analysis, outcome, serum) for outcome in sorted(analysis.outcomes)]


def study_biomarkers(evidence: Evidence, analysis: Analysis) -> list[PooledBiomarker]:
    """Pool serum magnesium, flow-mediated dilation and nitric oxide on the criteria of one analysis."""
    return [pool_biomarker(evidence, analysis, outcome) for outcome in BIOMARKERS]


def _outcome(
    evidence: Evidence, derived: Derived, analysis: Analysis, outcome: str, serum: list[Row]
) -> OutcomeModerators:
    rows = _rows(evidence, derived, analysis, outcome, analysis.select)
    found = {key: _found(item, rows, evidence) for key, item in MODERATORS.items() if not item.lifted}
    singles = []
    for key, moderator in MODERATORS.items():
        if moderator.lifted:
            wider = replace(analysis.select, **moderator.lifted)
            theirs = _rows(evidence, derived, analysis, outcome, wider)
            values = _found(moderator, theirs, evidence)
            singles.append(fit_single(moderator, theirs, values, analysis.level))
        else:
            singles.append(fit_single(moderator, rows, found[key], analysis.level))
    fitted = [item.key for item in singles if item.difference is not None and item.key in found]
    overall, _ = bounded_pool(rows, analysis.level)
    keys = ("estimate", "ci_low", "ci_high", "tau2")
    return OutcomeModerators(
        outcome,
        OUTCOMES[outcome].name,
        OUTCOMES[outcome].unit,
        len(rows),
        {key: overall[key] for key in keys} if overall else None,
        tuple(singles),
        adjusted(singles),
        fit_joint(MODERATORS, chosen_for_joint(fitted, found), rows, found, analysis.level),
        dose_slopes(rows, analysis.level),
        counterparts(evidence, outcome),
        within_trials(evidence, outcome),
        tuple(fit_surrogate(serum, rows, r, analysis.level, interval=r == 0.0) for r in WITHIN),
    )


def _rows(
    evidence: Evidence, derived: Derived, analysis: Analysis, outcome: str, select: Select
) -> list[Row]:
    piece = build_slice(evidence, derived, replace(analysis, select=select, outcomes=(outcome,)))
    # Cells a row does not have are empty, as they are when it is read back from its file.
    empty = dict.fromkeys(("yi", "yi_low", "yi_high", "sei_low", "sei_high"))
    return [{**empty, **row} for row in piece.rows]


def _found(moderator: Moderator, rows: list[Row], evidence: Evidence) -> list[float | None]:
    return [moderator.value(row, evidence.trial(str(row["trial_id"])), evidence) for row in rows]


def adjusted(singles: list[Single]) -> dict[str, Adjusted]:
    """Return the P values of all moderators that were fitted, adjusted for their number."""
    p = {item.key: float(item.difference["p_value"]) for item in singles if item.difference is not None}
    if not p:
        return {}
    values = list(p.values())
    found = zip(p, values, holm(values), benjamini_hochberg(values), strict=True)
    return {key: Adjusted(value, float(a), float(b)) for key, value, a, b in found}


def as_document(
    analysis: Analysis, results: list[OutcomeModerators], biomarkers: list[PooledBiomarker]
) -> Json:
    """Return the JSON document of one analysis."""
    return {
        "analysis": analysis.name,
        "title": analysis.title,
        "level": analysis.level,
        "outcomes": {result.outcome: result for result in results},
        "biomarkers": {item.key: item for item in biomarkers},
    }
