"""Invented results (fixtures beside this file) as the report takes them; nothing in them is real."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mgmeta import io
from mgmeta.cli.results import csv_rows
from mgmeta.config import load_config
from mgmeta.effects.decisions import COLUMNS as DECISION_COLUMNS
from mgmeta.effects.slices import FLOW_COLUMNS
from mgmeta.evidence.records import Evidence, Intake, Source, Trial
from mgmeta.figures.registry import FIGURES
from mgmeta.figures.results import Results
from mgmeta.figures.style import svg_text
from mgmeta.report.changes import Changes
from mgmeta.report.headline import Headline, build_headline
from mgmeta.report.inputs import Inputs
from mgmeta.report.published import Published

FIXTURES = Path(__file__).resolve().parent / "fixtures"
ROOT = Path(__file__).resolve().parents[2]


def intake(quantity: str, population: str, value: float, authority: str) -> Intake:
    return Intake(quantity, population, value, "mg/d", authority, "", "", row=2)


def published(
    outcome: str = "sbp", estimate: float = -2.1, half: float = 1.5, k_trials: int | None = 8
) -> Published:
    return Published(
        review_id="atlantis1999",
        label="Atlantis 1999",
        outcome=outcome,
        unit="mmHg",
        estimate=estimate,
        ci_low=estimate - half,
        ci_high=estimate + half,
        k_trials=k_trials,
        n_participants=321,
        dose_mg_per_day_median=368.0,
        model="invented",
        inclusion="invented criteria",
        journal="J Invented",
        doi="10.1234/invented",
        source_url="https://example.org/atlantis",
        note="",
    )


@pytest.fixture(scope="session")
def make_published() -> Callable[..., Published]:
    return published


@pytest.fixture(scope="session")
def fits() -> dict[str, Any]:
    names = ("zhang2016", "zhang2016_strict", "update")
    return {name: io.read_json(FIXTURES / "fits" / f"{name}.json") for name in names}


@pytest.fixture(scope="session")
def bayes() -> dict[str, Any]:
    return {name: io.read_json(FIXTURES / "bayes" / f"{name}.json") for name in ("zhang2016", "update")}


@pytest.fixture(scope="session")
def targets() -> dict[str, Published]:
    return {"sbp": published("sbp", -2.1), "dbp": published("dbp", -1.4)}


@pytest.fixture(scope="session")
def headline(fits: dict[str, Any], bayes: dict[str, Any], targets: dict[str, Published]) -> Headline:
    return build_headline(fits, bayes, targets, "zhang2016", io.read_json(FIXTURES / "slices.json"))


def trial(trial_id: str, first_author: str, population: str, doi: str = "") -> Trial:
    cells = {field.name: "" for field in fields(Trial)}
    numbers = ("age_mean", "female_percent", "dose_mg_per_day", "duration_weeks", "washout_weeks", "n_arms")
    numbers += ("n_randomised", "n_mg", "n_control", "serum_mg_baseline_mmol_l")
    return Trial(
        **cells
        | dict.fromkeys(numbers)
        | {"trial_id": trial_id, "first_author": first_author, "year": 1901, "row": 2}
        | {"population": population, "doi": doi}
    )


@pytest.fixture(scope="session")
def evidence() -> Evidence:
    trials = (
        trial("invented1", "Fiction A", "<script>alert(1)</script>", doi="10.1234/one"),
        trial("invented9", "Out B", "left out & done"),
    )
    sources = (
        Source(
            "invented1-s1",
            "invented1",
            "abstract",
            'Fiction "A" <i>',
            "10.1234/one",
            "123",
            "javascript:alert(1)",
            "",
            2,
        ),
        Source("invented9-s1", "invented9", "registry", "Out B", "", "", "https://example.org/b", "noted", 3),
    )
    intakes = (
        intake("ul_supplement", "adults", 350.0, "US"),
        intake("ul_supplement", "adults", 250.0, "EU"),
        intake("rda", "men 31 y and over", 420.0, "US"),
    )
    return Evidence(trials, (), sources, (), intakes, ())


@pytest.fixture(scope="session")
def make_inputs(
    fits: dict[str, Any], bayes: dict[str, Any], headline: Headline, evidence: Evidence
) -> Callable[..., Inputs]:
    """Return a maker of page inputs; figures are drawn once from the invented results."""
    config = load_config(ROOT / "config" / "config.yaml")
    random = np.random.default_rng(1)
    draws = {"zhang2016": {"sbp": random.normal(-2.4, 0.9, 500), "dbp": random.normal(-1.6, 0.9, 500)}}
    results = Results(
        fits,
        bayes,
        io.jsonable(headline),
        evidence.intakes,
        draws,
        silence={name: io.read_json(FIXTURES / "silence" / f"{name}.json") for name in bayes},
        missing=io.read_json(FIXTURES / "missing.json"),
        models={path.stem: io.read_json(path) for path in sorted((FIXTURES / "models").glob("*.json"))},
        robustness={name: io.read_json(FIXTURES / "robustness" / f"{name}.json") for name in bayes},
        moderators={name: io.read_json(FIXTURES / "moderators" / f"{name}.json") for name in bayes},
        simulation=tuple(csv_rows(ROOT / "docs" / "simulation" / "coverage.csv")),
        reproduction={path.stem: io.read_json(path) for path in (FIXTURES / "reproduction").glob("*.json")},
        dose={name: io.read_json(FIXTURES / "dose.json") for name in bayes},
    )
    svgs = {}
    for name, spec in FIGURES.items():
        module = spec.load()
        data = module.prepare(results, spec.analysis, spec.outcome)
        svgs[name] = svg_text(module.draw(data), spec.title, module.alt(data))
    decision = dict.fromkeys(DECISION_COLUMNS, "") | {"assumption_set": "base", "trial_id": "invented1"}
    decision |= {
        "step": "borrowed_sd",
        "chosen": "clinic <b>",
        "value": "-8.7654321",
        "unit": "mmHg",
        "reason": "r & s",
    }
    flow = [
        dict(zip(FLOW_COLUMNS, cells, strict=True))
        for cells in (
            ("zhang2016", "sbp", "invented1", "pooled_estimate", "", "invented1-sbp-1"),
            ("update", "sbp", "invented1", "pooled_estimate", "", "invented1-sbp-1"),
            ("zhang2016", "sbp", "invented9", "not_eligible", "year 2020, after 2015", ""),
            ("zhang2016", "dbp", "invented9", "not_eligible", "year 2020, after 2015", ""),
            ("update", "sbp", "invented9", "silent", "no statement on this outcome", ""),
            ("update", "dbp", "invented9", "pooled_bound", "", "invented9-dbp-1"),
        )
    ]
    finding = {"file": "reports.csv", "row": 7, "column": "p_value", "message": "found <5>"}
    check = {"errors": [], "ambiguities": [finding], "notes": []}

    def make(**changes: Any) -> Inputs:
        inputs = Inputs(
            config=config,
            evidence=evidence,
            results=replace(results, draws={}),
            headline=headline,
            decisions=[decision],
            flow=flow,
            check=check,
            svgs=svgs,
            versions={"mgmeta": "0.0", "numpy": "9.9"},
            changes=Changes(""),
        )
        return replace(inputs, **changes)

    return make
