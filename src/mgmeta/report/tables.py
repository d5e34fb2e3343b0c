"""The tables of the report, each a name, its columns and plain rows.

Numbers are at full precision; rounding is for readers and happens in
:mod:`mgmeta.figures.words`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mgmeta.report.headline import Headline, group_of
from mgmeta.report.pooled import METHODS, Json, Result

Row = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """A table: `columns` in order, `rows` as mappings that may lack a key (= missing)."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


RESULT_COLUMNS = ("k", "k_numeric", "k_bounds", "estimate", "ci_low", "ci_high", "pi_low", "pi_high", "tau")


def result_cells(result: Result) -> Row:
    """Return the numbers of a result under `RESULT_COLUMNS`."""
    return {column: getattr(result, column) for column in RESULT_COLUMNS}


def headline_table(headline: Headline) -> Table:
    """Return published, numeric-only and numbers-plus-bounds results: one row each and outcome."""
    columns = (
        "outcome",
        "source",
        "label",
        "n_participants",
        *RESULT_COLUMNS,
        "difference_from_published",
        "level",
        "verdict",
        "reason",
        "note",
    )
    rows: list[Row] = []
    for outcome, item in headline.outcomes.items():
        published = item.published
        rows.append(
            {
                "outcome": outcome,
                "source": "published",
                "label": f"Published: {published.label}",
                "n_participants": published.n_participants,
                "k": published.k_trials,
                "estimate": published.estimate,
                "ci_low": published.ci_low,
                "ci_high": published.ci_high,
            }
        )
        for source, label in METHODS.items():
            result: Result = getattr(item, source)
            row = {"outcome": outcome, "source": source, "label": label, **result_cells(result)}
            row |= {
                "difference_from_published": result.difference,
                "level": headline.level,
                "note": result.note,
            }
            if source == "bounded":
                row |= {"verdict": item.verdict, "reason": item.reason}
            rows.append(row)
    return Table("headline", columns, tuple(rows))


def scenario_table(headline: Headline) -> Table:
    """Return every analysis and outcome, with bounds and without."""
    columns = ("outcome", "group", "analysis", "title", "same_rows", "k_numeric", "k_bounds")
    parts = ("estimate", "ci_low", "ci_high", "difference", "note")
    rows = []
    for item in headline.scenarios:
        row: Row = {column: getattr(item, column) for column in columns}
        row |= {f"bounded_{part}": getattr(item.bounded, part) for part in parts}
        row |= {f"numeric_{part}": getattr(item.numeric, part) for part in parts}
        rows.append(row)
    for analysis, found in headline.sd_unknown.items():
        for outcome, result in found.items():
            row = {
                "outcome": outcome,
                "group": analysis,
                "analysis": f"{analysis}_sd_unknown",
                "title": "SD unknown (Bayesian)",
                "same_rows": True,
                "k_numeric": result.k_numeric,
                "k_bounds": result.k_bounds,
            }
            rows.append(row | {f"bounded_{part}": getattr(result, part) for part in parts})
    extra = tuple(f"{kind}_{part}" for kind in ("bounded", "numeric") for part in parts)
    return Table("scenarios", columns + extra, tuple(rows))


MODERATOR_COLUMNS = (
    "analysis",
    "outcome",
    "model",
    "engine",
    "term",
    "label",
    "k_numeric",
    "k_bounds",
    "k_excluded",
    "estimate",
    "ci_low",
    "ci_high",
    "p_value",
    "note",
)


def moderator_table(fits: Mapping[str, Json], bayes: Mapping[str, Json]) -> Table:
    """Return every coefficient, subgroup effect and interaction of every analysis that has them."""
    rows: list[Row] = []
    for analysis, fit in fits.items():
        for outcome, out in fit["outcomes"].items():
            sample = bayes.get(analysis, {}).get("outcomes", {}).get(outcome, {})
            found = [*_regressions(out), *_slopes(sample, _labels(out)), *_subgroups(out)]
            rows.extend({"analysis": analysis, "outcome": outcome, **row} for row in found)
    return Table("moderators", MODERATOR_COLUMNS, tuple(rows))


def _regressions(out: Json) -> Iterator[Row]:
    for model, found in out.get("moderators", {}).items():
        counts = found["counts"]
        for engine in ("bounded", "numeric"):
            fit = found[engine]
            base = {
                "model": model,
                "engine": engine,
                "k_numeric": counts["k_numeric"],
                "k_bounds": counts["k_bounds"] if engine == "bounded" else 0,
                "k_excluded": len(found["excluded"]),
            }
            if fit is None:
                yield {**base, "note": found.get(f"{engine}_reason") or "not fitted: too few rows"}
                continue
            for item in fit["coefficients"]:
                keys = ("term", "label", "estimate", "ci_low", "ci_high", "p_value")
                yield {**base, **{key: item[key] for key in keys}, "note": "; ".join(fit["warnings"])}


def _labels(out: Json) -> dict[str, str]:
    """Return term -> label of every coefficient fitted for an outcome."""
    return {
        item["term"]: item["label"]
        for found in out.get("moderators", {}).values()
        for engine in ("bounded", "numeric")
        for item in (found[engine] or {"coefficients": ()})["coefficients"]
    }


def _slopes(sample: Json, labels: Mapping[str, str]) -> Iterator[Row]:
    for model, found in sample.items():
        if model == "overall" or not isinstance(found, Mapping):  # a reason in words stands beside a null
            continue
        counts, checks = found["counts"], found["diagnostics"]
        failed = "" if checks["ok"] else f"FAILED DIAGNOSTICS: {'; '.join(checks['reasons'])}"
        for term, slope in found.get("slopes", {}).items():
            yield {
                "model": model,
                "engine": "bayes",
                "term": term,
                "label": labels.get(term, term),
                "k_numeric": counts["k_numeric"],
                "k_bounds": counts["k_bounds"],
                "k_excluded": len(found.get("excluded", ())),
                "estimate": slope["mean"],
                "ci_low": slope["ci_low"],
                "ci_high": slope["ci_high"],
                "note": failed,
            }


def _subgroups(out: Json) -> Iterator[Row]:
    for moderator, found in out.get("subgroups", {}).items():
        for item in found["levels"]:
            fit = item["bounded"] or {}
            yield {
                "model": f"subgroup:{moderator}",
                "engine": "bounded",
                "term": item["level"],
                "label": item["level"],
                "k_numeric": item["k_numeric"],
                "k_bounds": item["k_bounds"],
                **{key: fit.get(key) for key in ("estimate", "ci_low", "ci_high")},
                "note": "; ".join(fit["warnings"]) if fit else _reason(item),
            }
        test = found.get("interaction")
        if test:
            keys = ("estimate", "ci_low", "ci_high", "p_value")
            yield {
                "model": f"subgroup:{moderator}",
                "engine": "bounded",
                "term": "interaction",
                "label": "interaction",
                **{key: test[key] for key in keys},
            }


def _reason(item: Json) -> str:
    return str(item.get("bounded_reason") or "not estimated: too few rows")


def trial_table(fits: Mapping[str, Json], analyses: Sequence[str] | None = None) -> Table:
    """Return the evidence table: every pooled row of the main analyses (or of *analyses*)."""
    names = analyses or [name for name in fits if group_of(name, list(fits)) == name]
    rows = [
        {"analysis": name, **row}
        for name in names
        for out in fits[name]["outcomes"].values()
        for row in out["rows"]
    ]
    columns: dict[str, None] = {"analysis": None}
    for row in rows:
        columns |= dict.fromkeys(row)
    return Table("trials", tuple(columns), tuple(rows))


def all_tables(headline: Headline, fits: Mapping[str, Json], bayes: Mapping[str, Json]) -> tuple[Table, ...]:
    """Return the tables written to ``results/tables``."""
    return (
        headline_table(headline),
        scenario_table(headline),
        moderator_table(fits, bayes),
        trial_table(fits),
    )
