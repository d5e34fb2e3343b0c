"""Hierarchical models: what is not known enters as unknown, and what follows."""

from __future__ import annotations

from typing import Any

from mgmeta.report import entry_words
from mgmeta.report import model_tables as tables
from mgmeta.report.inputs import Inputs


def content(inputs: Inputs) -> dict[str, Any] | None:
    """Return tables and sentences of the main analyses; None where no model was run."""
    models = inputs.results.models
    run = [name for name in inputs.main if any(True for _ in tables.parts(models, name))]
    if inputs.target not in run:
        return None
    ordered = [inputs.target, *(name for name in run if name != inputs.target)]
    return {
        "priors_table": tables.priors_page_table(models),
        "seed": next(iter(models.values()))["sampler"]["seed"],
        "studies": [_study(inputs, name) for name in ordered],
    }


def _study(inputs: Inputs, name: str) -> dict[str, Any]:
    models = inputs.results.models
    found = {key: outcomes for key, _, outcomes in tables.parts(models, name)}
    return {
        "title": inputs.config.analyses[name].title,
        "answers": tables.answers_page_table(models, name),
        "sds": [tables.sd_sentence(key, item) for key, item in found.get("sd_unknown", {}).items()],
        "outlying": [tables.outlying_sentence(key, item) for key, item in found.get("mixture", {}).items()],
        "together": [
            tables.bivariate_sentence(key, item) for key, item in found.get("bivariate", {}).items()
        ],
        "entry": [
            entry_words.entry_sentence(key, item) for key, item in found.get("baseline_risk", {}).items()
        ],
        "entry_table": entry_words.entry_page_table(name, found.get("baseline_risk", {})),
        "loo": tables.loo_page_table(models, name),
        "loo_sentence": tables.loo_sentence(models, name),
        "checks": tables.checks_page_table(models, name),
        "prior_checks": tables.checks_page_table(models, name, "prior_checks"),
    }
