"""Serum magnesium, flow-mediated dilation and nitric oxide pooled, the published pools beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mgmeta.config import Analysis
from mgmeta.effects.biomarkers import BIOMARKERS, biomarker_slice
from mgmeta.evidence.records import Evidence
from mgmeta.moderators.catalogue import MODERATORS
from mgmeta.moderators.single import Single, fit_single
from mgmeta.pooling.bounded_rows import bounded_pool
from mgmeta.pooling.pool import pool
from mgmeta.pooling.slice_input import Row, effects_of

Json = dict[str, Any]

POOL_KEYS = ("estimate", "se", "ci_low", "ci_high", "pi_low", "pi_high", "tau", "i2", "warnings")
ROW_KEYS = ("trial_id", "label", "kind", "yi", "yi_low", "yi_high", "sei", "dose_mg_per_day", "assumed")


@dataclass(frozen=True)
class PublishedPool:
    """One published pool of the same outcome; None = not in the tables."""

    label: str
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    k: int | None
    source_kind: str


@dataclass(frozen=True)
class PooledBiomarker:
    """One outcome that is not a pressure.

    Attributes
    ----------
    bounded, numeric : mapping or None
        Numbers and words; numbers only (REML, Hartung-Knapp); None beside a reason.
    dose : Single
        Its slope for 100 mg/d more of elemental magnesium, with the line.
    left_out : tuple of mapping
        Trials that print something on it but are not pooled, with the reason.
    """

    key: str
    name: str
    unit: str
    k_numeric: int
    k_bounds: int
    bounded: Json | None
    bounded_reason: str
    numeric: Json | None
    numeric_reason: str
    dose: Single
    rows: tuple[Json, ...]
    left_out: tuple[Json, ...]
    published: tuple[PublishedPool, ...]


def biomarker_rows(evidence: Evidence, analysis: Analysis, outcome: str) -> tuple[list[Row], list[Json]]:
    """Return the rows an analysis pools of a biomarker, and the trials that print it but are left out."""
    piece = biomarker_slice(evidence, analysis, outcome)
    empty = dict.fromkeys(("yi", "yi_low", "yi_high", "sei_low", "sei_high"))
    printing = {report.trial_id for report in evidence.reports if report.outcome == outcome}
    left_out = [
        {"trial_id": flow.trial_id, "status": flow.status, "reason": flow.reason}
        for flow in piece.flow
        if flow.trial_id in printing and not flow.status.startswith("pooled")
    ]
    return [{**empty, **row} for row in piece.rows], left_out


def pool_biomarker(evidence: Evidence, analysis: Analysis, outcome: str) -> PooledBiomarker:
    """Pool one biomarker on the criteria of an analysis.

    Parameters
    ----------
    evidence, analysis
        The tables; criteria, assumptions and level.
    outcome
        Key of :data:`mgmeta.effects.biomarkers.BIOMARKERS`.
    """
    rows, left_out = biomarker_rows(evidence, analysis, outcome)
    bounded, reason = bounded_pool(rows, analysis.level)
    numeric, numeric_reason = _numbers_only(rows, analysis.level)
    named = BIOMARKERS[outcome]
    dose = MODERATORS["dose"]
    found = [dose.value(row, evidence.trial(str(row["trial_id"])), evidence) for row in rows]
    return PooledBiomarker(
        outcome,
        named.name,
        named.unit,
        sum(row["kind"] == "estimate" for row in rows),
        sum(row["kind"] == "bound" for row in rows),
        {key: bounded[key] for key in POOL_KEYS} if bounded else None,
        reason,
        numeric,
        numeric_reason,
        fit_single(dose, rows, found, analysis.level),
        tuple({key: row[key] for key in ROW_KEYS} for row in rows),
        tuple(left_out),
        published_pools(evidence, outcome, named.unit),
    )


def _numbers_only(rows: Sequence[Row], level: float) -> tuple[Json | None, str]:
    e = effects_of(rows)
    y, v = e.y[e.numeric], e.se[e.numeric] ** 2
    if y.size < 2:
        return None, f"{y.size} of {len(rows)} trials print a number; a pool needs at least 2"
    found = pool(y, v, method="REML", test="knha", level=level, pi="hts")
    return {key: getattr(found, key) for key in POOL_KEYS if hasattr(found, key)}, ""


def published_pools(evidence: Evidence, outcome: str, unit: str) -> tuple[PublishedPool, ...]:
    """Return the published pools of the outcome over all trials, in the order of the table."""
    return tuple(
        PublishedPool(
            f"{review.first_author} {review.year}",
            review.estimate,
            review.ci_low,
            review.ci_high,
            review.k_trials,
            review.source_kind,
        )
        for review in evidence.reviews
        if review.outcome == outcome
        and review.subset == "overall"
        and review.unit.replace("umol", "\u00b5mol") == unit
    )
