"""Everything the report says about silence in one analysis, one outcome at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from mgmeta.config import Analysis, Config
from mgmeta.effects.derive import Derived, derive
from mgmeta.effects.slices import build_slice
from mgmeta.errors import FitError
from mgmeta.evidence.records import Evidence
from mgmeta.incomplete.methods import MethodResult, Settings, compare_methods
from mgmeta.incomplete.pooled_rows import Row, arrays
from mgmeta.incomplete.printing import fit_printing
from mgmeta.incomplete.readings import ReadingResult, other_readings
from mgmeta.incomplete.tipping import TippingPoint, tipping_points
from mgmeta.pooling.bounded import fit_bounded

# How much rarer words may be for a non-significant fall or a near-miss: 1 is the
# assumption of the primary analysis, 1/4 an extreme.
RATIOS = (1.0, 0.5, 0.25)


@dataclass(frozen=True)
class PrintingResult:
    """The headline if words were rarer for falls (or near-misses) by these factors."""

    fall_ratio: float
    near_ratio: float
    estimate: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True)
class SdSourceResult:
    """The headline with one trial's SD left out of the SD model."""

    left_out: str
    borrowed_sd: float
    k: int
    estimate: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True)
class Silence:
    """What silence does to one outcome of one analysis."""

    outcome: str
    methods: tuple[MethodResult, ...]
    printing: tuple[PrintingResult, ...]
    tipping: tuple[TippingPoint, ...]
    silent_without_n: int
    readings: tuple[ReadingResult, ...]
    sd_sources: tuple[SdSourceResult, ...]


def silent_rows(
    evidence: Evidence, derived: Derived, analysis: Analysis, outcome: str
) -> tuple[list[Row], int]:
    """Return eligible trials that print nothing, as rows with an SE, and how many have no n."""
    select = replace(analysis.select, silent="not_significant")
    piece = build_slice(evidence, derived, replace(analysis, select=select))
    rows: list[Row] = [r for r in piece.rows if r["outcome"] == outcome and r["route"] == "10_silent"]
    without = [f for f in piece.flow if f.outcome == outcome and f.status == "silent"]
    return rows, len(without)


def study_silence(
    evidence: Evidence, config: Config, analysis: Analysis, published: dict[str, float]
) -> list[Silence]:
    """Work through every question about silence for one analysis.

    Parameters
    ----------
    evidence : Evidence
        The raw tables.
    config : Config
        The configuration.
    analysis : Analysis
        The analysis whose silent trials are asked about.
    published : dict
        Outcome -> published pooled effect in mmHg, for the tipping point.
    """
    derived = derive(evidence, analysis.assume)
    pooled = build_slice(evidence, derived, analysis).rows
    results: list[Silence] = []
    for outcome in sorted(analysis.outcomes):
        rows: list[Row] = [r for r in pooled if r["outcome"] == outcome]
        silent, without = silent_rows(evidence, derived, analysis, outcome)
        settings = Settings(level=analysis.level, seed=analysis.seed)
        results.append(
            Silence(
                outcome,
                tuple(compare_methods(arrays(rows), settings)),
                tuple(_printing(rows, analysis.level)),
                tuple(tipping_points(rows, silent, published.get(outcome), analysis.level)),
                without,
                tuple(other_readings(evidence, derived, analysis, outcome)),
                tuple(_sd_sources(evidence, derived, analysis, outcome)),
            )
        )
    return results


def _printing(rows: list[Row], level: float) -> list[PrintingResult]:
    a = arrays(rows)
    pairs = [(fall, 1.0) for fall in RATIOS] + [(1.0, near) for near in RATIOS[1:]]
    results = []
    for fall, near in pairs:
        fit = fit_printing(a, fall_ratio=fall, near_ratio=near, level=level)
        results.append(PrintingResult(fall, near, fit.estimate, fit.ci_low, fit.ci_high))
    return results


def _sd_sources(
    evidence: Evidence, derived: Derived, analysis: Analysis, outcome: str
) -> list[SdSourceResult]:
    """Refit with each trial's SD left out of the model of its clinic cell."""
    results: list[SdSourceResult] = []
    sources = [e for e in derived.sd_model.entries if e.outcome == outcome and e.group == "clinic"]
    for entry in sources:
        without = derive(evidence, analysis.assume, without_sd=entry.trial_id)
        rows = [r for r in build_slice(evidence, without, analysis).rows if r["outcome"] == outcome]
        a = arrays(rows)
        borrowed = without.sd_model.borrow(outcome, "office", entry.design)
        try:
            fit = fit_bounded(a.y, a.se, a.low, a.high, level=analysis.level)
        except FitError:
            continue
        results.append(
            SdSourceResult(
                entry.trial_id,
                borrowed.sd,
                borrowed.k,
                float(fit.beta[0]),
                float(fit.ci_low[0]),
                float(fit.ci_high[0]),
            )
        )
    return results


def as_document(analysis: Analysis, results: list[Silence]) -> dict[str, Any]:
    """Return the JSON document of one analysis."""
    return {
        "analysis": analysis.name,
        "title": analysis.title,
        "level": analysis.level,
        "seed": analysis.seed,
        "imputations": Settings(analysis.level, analysis.seed).imputations,
        "prior_tau": f"halfnormal:{Settings(analysis.level, analysis.seed).prior_tau_scale:g}",
        "outcomes": {result.outcome: result for result in results},
    }
