"""In whom: moderators one at a time, together, and inside trials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mgmeta.report import biomarker_words, moderator_tables, moderator_words, result_tables
from mgmeta.report.inputs import Inputs
from mgmeta.report.pooled import Json

# Told one by one in the text, because people ask and reviews print them; all others are in the table.
TOLD = ("hypertension", "bp_treatment", "mg_status")


def content(inputs: Inputs) -> dict[str, Any]:
    """Return in whom the trials show a different effect.

    ``study`` is None where moderators were not worked out for the target: it is for analyses with
    ``moderators`` and ``bayes``.
    """
    moderated, target = inputs.results.moderators, inputs.target
    return {
        "study": _study(inputs, target) if target in moderated else None,
        "others": [_study(inputs, name) for name in inputs.main if name in moderated and name != target],
        "table": result_tables.moderator_page_table(inputs.results.fits, inputs.results.bayes),
    }


def _study(inputs: Inputs, name: str) -> dict[str, Any]:
    document = inputs.results.moderators[name]
    outcomes: Mapping[str, Json] = {key: document["outcomes"][key] for key in inputs.headline.outcomes}
    singles = {item["key"]: str(item["label"]) for out in outcomes.values() for item in out["singles"]}
    within = [item for out in outcomes.values() for item in out["within"]]
    confidence = float(document["level"])
    return {
        "title": document["title"],
        "tested": [moderator_words.tested_sentence(key, out) for key, out in outcomes.items()],
        "refused": moderator_words.refused_sentence(outcomes),
        "told": [
            (
                singles[key],
                [moderator_words.moderator_sentence(name, out, key) for name, out in outcomes.items()],
            )
            for key in TOLD
        ],
        "slopes": [moderator_words.slope_sentence(key, out) for key, out in outcomes.items()],
        "joint": [moderator_words.joint_sentence(key, out, confidence) for key, out in outcomes.items()],
        "shrunk": _shrunk(inputs, name),
        "serum": [
            biomarker_words.pooled_sentence(document["biomarkers"]["serum_mg"]),
            biomarker_words.serum_dose_sentence(document["biomarkers"]["serum_mg"]),
            biomarker_words.left_out_sentence(document["biomarkers"]["serum_mg"]),
        ],
        "surrogate": [biomarker_words.surrogate_sentence(key, out) for key, out in outcomes.items()],
        "vascular": [
            text
            for key in ("fmd", "nitric_oxide")
            for text in (
                biomarker_words.pooled_sentence(document["biomarkers"][key]),
                biomarker_words.left_out_sentence(document["biomarkers"][key]),
            )
        ],
        "biomarkers": biomarker_words.biomarker_page_table(name, document["biomarkers"], confidence),
        "within": moderator_words.within_sentence(within),
        "within_table": moderator_tables.within_page_table(outcomes),
        "table": moderator_tables.single_page_table(name, document, outcomes),
    }


def _shrunk(inputs: Inputs, name: str) -> list[str]:
    """Return a sentence a pressure on all moderators under the horseshoe; none where it was not run."""
    document = inputs.results.models.get("horseshoe", {"analyses": {}})
    found = document["analyses"].get(name, {})
    return [
        moderator_words.shrunk_sentence(key, found[key], float(document["level"]))
        for key in inputs.headline.outcomes
        if key in found
    ]
