"""The claims as a table: one line a claim and outcome."""

from __future__ import annotations

from mgmeta.reproduce.claim_rule import ANALYSES
from mgmeta.reproduce.claims import Claims

Row = dict[str, object]

CLAIM_COLUMNS = (
    "id",
    "claim",
    "outcome",
    "unit",
    "levels",
    "k",
    "not_stated",
    *(f"{name}_{part}" for name in ANALYSES for part in ("estimate", "ci_low", "ci_high")),
    "verdict",
    "reason",
    "trials",
    "reports",
)


def claim_rows(claims: Claims) -> list[Row]:
    """Return the rows of ``results/tables/claims.csv``."""
    rows: list[Row] = []
    for claim in claims.claims:
        for item in claim.tested:
            row: Row = {
                "id": claim.id,
                "claim": claim.text,
                "outcome": item.outcome,
                "unit": item.unit,
                "levels": "; ".join(f"{k} {level}" for level, k in item.levels.items()),
                "k": sum(item.levels.values()),
                "not_stated": item.not_stated,
                "verdict": item.verdict,
                "reason": item.reason,
                "trials": ";".join(item.trial_ids),
                "reports": ";".join(item.report_ids),
            }
            for name, answer in item.answers.items():
                row |= {
                    f"{name}_estimate": answer.estimate,
                    f"{name}_ci_low": answer.ci_low,
                    f"{name}_ci_high": answer.ci_high,
                }
            rows.append(row)
    return rows
