"""The ledger as a table: one line a target."""

from __future__ import annotations

from collections.abc import Iterator

from mgmeta.reproduce.engines import Answer
from mgmeta.reproduce.ledger import Ledger, LedgerRow

Row = dict[str, object]

LEDGER_COLUMNS = (
    "review_id",
    "label",
    "outcome",
    "subset",
    "unit",
    "published_k",
    "published_estimate",
    "published_ci_low",
    "published_ci_high",
    "k_eligible",
    "k",
    "k_numeric",
    "k_bounds",
    "numeric_model",
    "numeric_estimate",
    "numeric_ci_low",
    "numeric_ci_high",
    "ml_estimate",
    "ml_ci_low",
    "ml_ci_high",
    "mi_estimate",
    "mi_ci_low",
    "mi_ci_high",
    "bayes_estimate",
    "bayes_ci_low",
    "bayes_ci_high",
    "difference",
    "difference_low",
    "difference_high",
    "overlap_share_of_published",
    "readings",
    "readings_low",
    "readings_high",
    "remainder_low",
    "remainder_high",
    "verdict",
    "reason",
    "trials",
)


def ledger_rows(ledger: Ledger) -> list[Row]:
    """Return the rows of ``results/tables/ledger.csv``; what is no target comes last, with the reason."""
    rows = [_row(item) for item in ledger.rows]
    for item in ledger.no_targets:
        rows.append(
            {
                "review_id": item.review_id,
                "label": item.label,
                "outcome": item.outcome,
                "subset": item.subset,
                "unit": item.unit,
                "published_estimate": item.estimate,
                "published_ci_low": item.ci_low,
                "published_ci_high": item.ci_high,
                "reason": f"no target: {item.reason}",
            }
        )
    return rows


def _row(item: LedgerRow) -> Row:
    published = item.published
    row: Row = {
        "review_id": published.review_id,
        "label": published.label,
        "outcome": published.outcome,
        "subset": published.subset,
        "unit": published.unit,
        "published_k": published.k_trials,
        "published_estimate": published.estimate,
        "published_ci_low": published.ci_low,
        "published_ci_high": published.ci_high,
        "k_eligible": item.found.eligible,
        "k": item.found.pooled,
        "k_numeric": item.found.numeric,
        "k_bounds": item.found.bounds,
        "numeric_model": item.numeric[0].method,
        "readings": len(item.readings),
        "verdict": item.verdict,
        "reason": item.reason,
        "trials": ";".join(item.trials),
    }
    answers = {"numeric": item.numeric[0], "ml": item.ml, "mi": item.mi, "bayes": item.bayes}
    for name, answer in answers.items():
        row |= dict(_cells(name, answer))
    if item.difference:
        row |= {
            "difference": item.difference.estimate,
            "difference_low": item.difference.ci_low,
            "difference_high": item.difference.ci_high,
        }
    if item.overlap:
        row["overlap_share_of_published"] = item.overlap.share_of_published
    estimates = [reading.estimate for reading in item.readings if reading.estimate is not None]
    if estimates:
        row |= {"readings_low": min(estimates), "readings_high": max(estimates)}
    if item.remainder and item.remainder.low is not None:
        row |= {"remainder_low": item.remainder.low, "remainder_high": item.remainder.high}
    return row


def _cells(name: str, answer: Answer) -> Iterator[tuple[str, float | None]]:
    yield f"{name}_estimate", answer.estimate
    yield f"{name}_ci_low", answer.ci_low
    yield f"{name}_ci_high", answer.ci_high
