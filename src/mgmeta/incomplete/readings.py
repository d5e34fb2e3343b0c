"""Every reading of an ambiguous or self-contradicting report, one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mgmeta.config import Analysis
from mgmeta.effects.derive import Derived
from mgmeta.effects.slices import build_slice
from mgmeta.errors import FitError
from mgmeta.evidence.records import Evidence
from mgmeta.incomplete.pooled_rows import Row, arrays
from mgmeta.pooling.bounded import fit_bounded


@dataclass(frozen=True)
class ReadingResult:
    """The headline with one report read the other way.

    ``shift`` is the change of the estimate against the primary reading.
    """

    trial_id: str
    report_ids: str
    reading: str
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    shift: float | None
    reason: str = ""


def other_readings(
    evidence: Evidence, derived: Derived, analysis: Analysis, outcome: str
) -> list[ReadingResult]:
    """Refit the headline under every other reading, one at a time.

    Covered: words that a retrieved number took over, the SE not taken where two
    routes conflict, the plus-minus read the other way, every row of an ambiguous
    kind left out if it is in, and every ``comparator`` row let in if it is out.
    """
    piece = build_slice(evidence, derived, analysis)
    rows: list[Row] = [r for r in piece.rows if r["outcome"] == outcome]
    primary = _fit(rows, analysis.level)
    results: list[ReadingResult] = []
    for before in piece.replaced:
        if before["outcome"] == outcome:
            edited = [before if r["trial_id"] == before["trial_id"] else r for r in rows]
            words = "as it stood before its numbers were retrieved: words only"
            results.append(_result(before, words, edited, primary, analysis.level))
    for row in rows:
        ids = str(row["report_ids"]).split(";")
        for decision in derived.decisions:
            if decision.report_id not in ids or decision.step not in ("conflict", "dispersion"):
                continue
            if decision.outcome == outcome and decision.alternative_value:
                edited = [{**r, "sei": decision.alternative_value} if r is row else r for r in rows]
                words = (
                    f"{decision.alternative}: SE {decision.alternative_value:.2f} instead of {row['sei']:.2f}"
                )
                results.append(_result(row, words, edited, primary, analysis.level))
        report = evidence.report_by_id.get(ids[0])
        if report is not None and report.certainty == "ambiguous":
            edited = [r for r in rows if r is not row]
            words = f"left out: ambiguous {report.ambiguity}"
            results.append(_result(row, words, edited, primary, analysis.level))
    have = {row["trial_id"] for row in rows}
    wider = replace(
        analysis.select, ambiguity_out=tuple(a for a in analysis.select.ambiguity_out if a != "comparator")
    )
    for row in _rows(evidence, derived, replace(analysis, select=wider), outcome):
        if row["trial_id"] not in have:
            results.append(
                _result(
                    row, "let in: taken as a contrast with control", [*rows, row], primary, analysis.level
                )
            )
    return sorted(results, key=lambda r: (-abs(r.shift or 0.0), r.trial_id, r.reading))


def _rows(evidence: Evidence, derived: Derived, analysis: Analysis, outcome: str) -> list[Row]:
    return [r for r in build_slice(evidence, derived, analysis).rows if r["outcome"] == outcome]


def _fit(rows: Sequence[Row], level: float) -> tuple[float, float, float]:
    a = arrays(rows)
    fit = fit_bounded(a.y, a.se, a.low, a.high, level=level)
    return float(fit.beta[0]), float(fit.ci_low[0]), float(fit.ci_high[0])


def _result(
    row: Row, reading: str, edited: Sequence[Row], primary: tuple[float, float, float], level: float
) -> ReadingResult:
    ids = str(row["report_ids"])
    try:
        estimate, low, high = _fit(edited, level)
    except FitError as error:
        return ReadingResult(str(row["trial_id"]), ids, reading, None, None, None, None, str(error))
    return ReadingResult(str(row["trial_id"]), ids, reading, estimate, low, high, estimate - primary[0])
