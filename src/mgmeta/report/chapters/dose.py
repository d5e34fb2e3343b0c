"""How much and for how long: dose and duration, from every curve the trials can support."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mgmeta.report import dose_bayes_words, dose_shape_words, dose_tables, dose_words, readers
from mgmeta.report.headline import group_of
from mgmeta.report.inputs import Inputs
from mgmeta.report.pooled import Json

AXIS = "dose"


def content(inputs: Inputs) -> dict[str, Any] | None:
    """Return sentences and tables on the dose, or None where no curves were fitted for the target."""
    if inputs.target not in inputs.results.dose:
        return None
    level = inputs.headline.level
    found = of_axis(inputs, inputs.target, AXIS)
    names = {key: str(out["name"]) for key, out in inputs.outcomes.items()}
    return {
        "outcomes": [_paragraph(inputs, key, curves, names[key]) for key, curves in found.items()],
        "limits": _limits(inputs),
        "coverage": dose_shape_words.coverage_sentence(inputs.results.dose_simulation),
        "effects": dose_tables.effect_table(found, names, level),
        "curves": dose_tables.curve_table(found, names),
        "bayes": dose_tables.bayes_table(found, names, level),
        "duration": _duration(inputs, names),
    }


def _duration(inputs: Inputs, names: Mapping[str, str]) -> dict[str, Any]:
    """Return sentences and tables on the duration, and on dose and duration at once."""
    level = inputs.headline.level
    found = of_axis(inputs, inputs.target, "duration")
    surfaces = of_axis(inputs, inputs.target, "surface")
    return {
        "outcomes": [_paragraph(inputs, key, curves, names[key]) for key, curves in found.items()],
        "effects": dose_tables.effect_table(found, names, level),
        "curves": dose_tables.curve_table(found, names),
        "bayes": dose_tables.bayes_table(found, names, level),
        "surfaces": [
            dose_words.surface_sentence(names[key], item, str(inputs.outcomes[key]["unit"]))
            for key, item in surfaces.items()
        ],
        "surface": dose_tables.surface_table(surfaces, names, level),
    }


def of_axis(inputs: Inputs, analysis: str, axis: str) -> Mapping[str, Json]:
    """Return the curves of every outcome of one analysis against one axis."""
    return {key: inputs.results.curves(analysis, key, axis) for key in inputs.outcomes}


def _paragraph(inputs: Inputs, outcome: str, curves: Json, name: str) -> list[str]:
    unit, level = str(inputs.outcomes[outcome]["unit"]), inputs.headline.level
    if not curves["k"]:
        return [dose_words.support_sentence(name, curves)]
    shape = [dose_shape_words.compared_sentence(curves), dose_shape_words.plateau_sentence(curves)]
    return [
        " ".join(
            (
                dose_words.support_sentence(name, curves),
                dose_words.between_sentence(curves, unit),
                dose_words.flat_sentence(curves, unit),
            )
        ).strip(),
        " ".join((dose_words.line_sentence(curves, unit, level), *shape)).strip(),
        " ".join(
            (dose_bayes_words.bayes_sentence(curves, unit, level), dose_bayes_words.ed_sentence(curves))
        ).strip(),
        " ".join(
            (
                dose_shape_words.thin_sentence(curves),
                dose_words.sensitivity_sentence(curves, _others(inputs, outcome, curves["axis"]), unit),
            )
        ).strip(),
    ]


def _others(inputs: Inputs, outcome: str, axis: str) -> dict[str, Json]:
    """Return the curves of the target's own scenarios and of the other main analyses, by title."""
    names = list(inputs.results.fits)
    return {
        f"in \u201c{document['title']}\u201d": document["outcomes"][outcome][axis]
        for name, document in inputs.results.dose.items()
        if name != inputs.target
        and group_of(name, names) in (inputs.target, name)
        and axis in document["outcomes"].get(outcome, {})
    }


def _limits(inputs: Inputs) -> list[str]:
    """Return how many pooled trials gave more than each upper limit for supplements."""
    limits = [
        row
        for row in inputs.evidence.intakes
        if row.quantity == "ul_supplement" and row.population == "adults" and row.value is not None
    ]
    trials = {str(row["trial_id"]): row for out in inputs.outcomes.values() for row in out["rows"]}
    return [
        readers.limit_sentence(list(trials.values()), float(row.value or 0.0), row.authority)
        for row in sorted(limits, key=lambda row: row.value or 0.0)
    ]
