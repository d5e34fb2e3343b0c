"""What a release pins: headline, verdicts, the rows each main analysis pooled, digests of the raw rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from mgmeta.config import Config
from mgmeta.effects.derive import derive
from mgmeta.effects.slices import build_slice
from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.evidence.records import Evidence, Record
from mgmeta.report.headline import group_of
from mgmeta.report.pooled import Json

ROW_COLUMNS = ("file", "trial_id", "id", "sha256")
PINNED = ("kind", "yi", "yi_low", "yi_high", "sei")
DIGITS = 6  # of a pinned number: more than any report prints, less than machines differ by


def release_document(
    name: str, headline: Json, fits: Mapping[str, Json], bayes: Mapping[str, Json], reproduction: Json
) -> Json:
    """Return what ``release/headline.json`` holds.

    Parameters
    ----------
    name : str
        Of the release, such as ``0.1.0``; empty for results that are only compared.
    headline : JSON
        ``results/headline.json``.
    fits, bayes : mapping of str to JSON
        By analysis; those that vary no other are pinned.
    reproduction : JSON
        ``ledger`` and ``claims`` where they were made.
    """
    names = list(fits)
    main = [analysis for analysis in names if group_of(analysis, names) == analysis]
    return {
        "release": name,
        "level": headline["level"],
        "analyses": {analysis: _analysis(fits[analysis], bayes.get(analysis, {})) for analysis in main},
        "verdicts": list(_verdicts(headline, reproduction)),
    }


def _number(value: Any) -> Any:
    return round(value, DIGITS) if isinstance(value, float) else value


def _analysis(fit: Json, sample: Json) -> Json:
    question = {key: fit["spec"].get(key) for key in ("select", "assume", "outcomes")}
    outcomes = {}
    for outcome, out in fit["outcomes"].items():
        best = out["bounded"] or {}
        mu = ((sample.get("outcomes", {}).get(outcome) or {}).get("overall") or {}).get("mu") or {}
        outcomes[outcome] = {
            "k_numeric": out["counts"]["k_numeric"],
            "k_bounds": out["counts"]["k_bounds"],
            **{key: _number(best.get(key)) for key in ("estimate", "ci_low", "ci_high")},
            "bayes": {key: _number(mu.get(key)) for key in ("mean", "ci_low", "ci_high")} if mu else None,
            "rows": {row["trial_id"]: {key: _number(row[key]) for key in PINNED} for row in out["rows"]},
        }
    return {"title": fit["title"], "question": digest(question), "outcomes": outcomes}


def _verdicts(headline: Json, reproduction: Json) -> Iterator[Json]:
    """Yield every verdict with a key that lasts."""
    for outcome, item in headline["outcomes"].items():
        what = f"{item['published']['label']}, {item['name']} (headline)"
        yield {"key": f"headline:{outcome}", "what": what, "verdict": item["verdict"]}
    for row in reproduction.get("ledger", {}).get("rows", ()):
        p = row["published"]
        name = OUTCOMES[p["outcome"]].name if p["outcome"] in OUTCOMES else p["outcome"]
        subset = "" if p["subset"] == "overall" else f", {p['subset'].replace('_', ' ')}"
        yield {
            "key": f"ledger:{p['review_id']}:{p['outcome']}:{p['subset']}:{p['unit']}",
            "what": f"{p['label']}, {name}{subset}",
            "verdict": row["verdict"],
        }
    for claim in reproduction.get("claims", {}).get("claims", ()):
        for tested in claim["tested"]:
            yield {
                "key": f"claim:{claim['id']}:{tested['outcome']}",
                "what": f"{claim['text']} ({tested['name']})",
                "verdict": tested["verdict"],
            }


def stale(document: Json, evidence: Evidence, config: Config) -> list[str]:
    """Return the main analyses whose results were not made of these tables and this configuration."""
    found = []
    for name, pinned in document["analyses"].items():
        analysis = config.analyses[name]
        piece = build_slice(evidence, derive(evidence, analysis.assume), analysis)
        made = {outcome: out["rows"] for outcome, out in pinned["outcomes"].items()}
        ours: dict[str, dict[str, Any]] = {outcome: {} for outcome in made}
        for row in piece.rows:
            cells = {key: _number(row.get(key)) for key in PINNED}
            ours.setdefault(str(row["outcome"]), {})[str(row["trial_id"])] = cells
        if ours != made:
            found.append(name)
    return found


def digest(value: Any) -> str:
    """Return 16 hexadecimal digits of the SHA-256 of a value as canonical JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def raw_rows(evidence: Evidence) -> list[dict[str, str]]:
    """Return the rows of ``release/rows.csv``: a digest of the filled cells of every raw row of a trial."""
    rows = []
    tables: tuple[tuple[str, str, Sequence[Record]], ...] = (
        ("trials.csv", "trial_id", evidence.trials),
        ("sources.csv", "source_id", evidence.sources),
        ("reports.csv", "report_id", evidence.reports),
    )
    for file, key, records in tables:
        for record in records:
            cells = {
                entry.name: getattr(record, entry.name)
                for entry in fields(record)
                if entry.name not in ("row", "printed") and getattr(record, entry.name) not in (None, "")
            }
            cells |= getattr(record, "printed", {})
            rows.append(
                {
                    "file": file,
                    "trial_id": str(getattr(record, "trial_id", "")),
                    "id": str(getattr(record, key)),
                    "sha256": digest(cells),
                }
            )
    return sorted(rows, key=lambda row: (row["trial_id"], row["file"], row["id"]))
