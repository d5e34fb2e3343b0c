"""Every table the evidence stage writes, as rows ready for CSV."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from mgmeta.config import Assume, Config
from mgmeta.effects.combine import NOT_POOLABLE
from mgmeta.effects.decisions import Decision
from mgmeta.effects.derive import Derived, derive
from mgmeta.effects.sd_model import SdEntry, SdModel, root_mean_square
from mgmeta.effects.slices import Slice, build_slice
from mgmeta.effects.statements import Bound, Direction, Estimate, NotAContrast, Significant, Statement
from mgmeta.evidence.records import Evidence

Row = dict[str, object]

EFFECT_COLUMNS = (
    "report_id",
    "trial_id",
    "outcome",
    "kind",
    "yi",
    "yi_low",
    "yi_high",
    "sei",
    "sei_low",
    "sei_high",
    "df",
    "route",
    "routes",
    "n_mg",
    "n_control",
    "n_origin",
    "certainty",
    "ambiguity",
    "assumed",
    "reason",
    "source_id",
    "raw_row",
)
SD_COLUMNS = ("outcome", "group", "design", "entry", "sd", "df", "k", "log_spread", "report_id")


def assumption_name(assume: Assume, base: Assume) -> str:
    """Return ``base`` or the assumptions that differ from it, as ``key=value``."""
    mine, theirs = asdict(assume), asdict(base)
    changed = [f"{key}={mine[key]}" for key in mine if mine[key] != theirs[key]]
    return ", ".join(changed) or "base"


def derive_all(evidence: Evidence, config: Config) -> dict[Assume, Derived]:
    """Work the table through once for every distinct set of assumptions."""
    sets = dict.fromkeys([config.assume, *(a.assume for a in config.analyses.values())])
    return {assume: derive(evidence, assume) for assume in sets}


def build_slices(evidence: Evidence, config: Config, derived: dict[Assume, Derived]) -> list[Slice]:
    """Return the slice of every named analysis."""
    return [build_slice(evidence, derived[a.assume], a) for a in config.analyses.values()]


def statement_cells(statement: Statement) -> Row:
    """Return a statement as cells: kind, numbers, route, or the reason it is unusable."""
    if isinstance(statement, Estimate):
        return {
            "kind": "estimate",
            "yi": statement.yi,
            "sei": statement.se,
            "sei_low": statement.se_low,
            "sei_high": statement.se_high,
            "df": statement.df,
            "route": statement.route,
        }
    if isinstance(statement, Bound):
        return {
            "kind": "bound",
            "yi_low": statement.low,
            "yi_high": statement.high,
            "sei": statement.se,
            "df": statement.df,
            "route": statement.route,
        }
    if isinstance(statement, Significant | Direction):
        return {"kind": "not_poolable", "sei": statement.se, "reason": NOT_POOLABLE}
    kind = "within_arm" if isinstance(statement, NotAContrast) else "unusable"
    return {"kind": kind, "reason": statement.reason}


def effect_rows(derived: Derived) -> list[Row]:
    """Return every printed row of the pooled outcomes with what it amounts to."""
    rows: list[Row] = []
    for report_id, candidate in sorted(derived.candidates.items()):
        report = candidate.report
        rows.append(
            {
                "report_id": report_id,
                "trial_id": report.trial_id,
                "outcome": report.outcome,
                "n_mg": candidate.arms.n_mg,
                "n_control": candidate.arms.n_control,
                "n_origin": candidate.arms.origin,
                "routes": "; ".join(f"{name}: SE {se:.4g}" for name, se in candidate.routes.items()),
                "certainty": report.certainty,
                "ambiguity": report.ambiguity,
                "assumed": candidate.assumed,
                "source_id": report.source_id,
                "raw_row": f"reports.csv:{report.row}",
                **statement_cells(candidate.statement),
            }
        )
    return rows


def decision_rows(derived: dict[Assume, Derived], slices: Iterable[Slice], base: Assume) -> list[Row]:
    """Return every decision: of every assumption set, base first, then of every analysis.

    A set other than the base lists only the decisions that the base did not
    make in the same way; an analysis only those that no earlier one made.
    """
    rows: list[Row] = []
    seen = set(derived[base].decisions)
    for assume, result in derived.items():
        name = assumption_name(assume, base)
        for decision in sorted(result.decisions, key=_decision_key):
            if assume == base or decision not in seen:
                rows.append({"assumption_set": name, **asdict(decision)})
    for piece in slices:
        for decision in sorted(piece.decisions, key=_decision_key):
            if decision not in seen:
                seen.add(decision)
                rows.append({"assumption_set": f"analysis {piece.analysis}", **asdict(decision)})
    return rows


def _decision_key(decision: Decision) -> tuple[str, str, str, str]:
    return decision.trial_id, decision.outcome, decision.report_id, decision.step


def sd_rows(model: SdModel) -> list[Row]:
    """Return the SDs that were pooled, their cells and the external medians."""
    rows: list[Row] = []
    cells: dict[tuple[str, str, str], list[SdEntry]] = {}
    for entry in model.entries:
        cells.setdefault((entry.outcome, entry.group, entry.design), []).append(entry)
        rows.append({**asdict(entry), "entry": entry.trial_id, "k": 1})
    for (outcome, group, design), cell in cells.items():
        borrowed = root_mean_square(cell)
        total = sum(entry.df for entry in cell)
        rows.append(
            {
                "outcome": outcome,
                "group": group,
                "design": design,
                "entry": "pooled",
                "sd": borrowed,
                "df": total,
                "k": len(cell),
                "log_spread": model.log_spread[outcome],
            }
        )
    for outcome, sd in sorted(model.external.items()):
        rows.append(
            {
                "outcome": outcome,
                "group": "any",
                "design": "any",
                "entry": "external median",
                "sd": sd,
                "k": 0,
            }
        )
    return sorted(
        rows, key=lambda r: tuple(str(r.get(c, "")) for c in ("outcome", "group", "design", "entry"))
    )


def flow_rows(slices: Iterable[Slice]) -> list[Row]:
    """Return the fate of every trial in every analysis."""
    return [asdict(flow) for piece in slices for flow in piece.flow]
