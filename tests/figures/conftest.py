"""Invented results (tests/report/fixtures) as the figures take them; nothing in them is real."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mgmeta import io
from mgmeta.cli.results import csv_rows
from mgmeta.evidence.records import Intake
from mgmeta.figures.results import Results
from mgmeta.report.headline import build_headline
from mgmeta.report.published import Published

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "report" / "fixtures"


def intake(quantity: str, population: str, value: float, authority: str) -> Intake:
    return Intake(quantity, population, value, "mg/d", authority, "", "", row=2)


@pytest.fixture(scope="session")
def results() -> Results:
    fits = {
        name: io.read_json(FIXTURES / "fits" / f"{name}.json")
        for name in ("zhang2016", "zhang2016_strict", "update")
    }
    bayes = {name: io.read_json(FIXTURES / "bayes" / f"{name}.json") for name in ("zhang2016", "update")}
    targets = {
        outcome: Published(
            review_id="atlantis1999",
            label="Atlantis 1999",
            outcome=outcome,
            unit="mmHg",
            estimate=estimate,
            ci_low=estimate - 1.5,
            ci_high=estimate + 1.5,
            k_trials=8,
            n_participants=321,
            dose_mg_per_day_median=368.0,
            model="invented",
            inclusion="invented",
            journal="J Invented",
            doi="",
            source_url="",
            note="",
        )
        for outcome, estimate in (("sbp", -2.1), ("dbp", -1.4))
    }
    slices = io.read_json(FIXTURES / "slices.json")
    headline = build_headline(fits, bayes, targets, "zhang2016", slices)
    random = np.random.default_rng(1)
    draws = {"sbp": random.normal(-2.4, 0.9, (4, 250)), "dbp": random.normal(-1.6, 0.9, (4, 250))}
    intakes = (
        intake("ul_supplement", "adults", 350.0, "US"),
        intake("ul_supplement", "adults", 250.0, "EU"),
        intake("ul_supplement", "4 y and over", 111.0, "DE"),
        intake("rda", "men 31 y and over", 420.0, "US"),
        intake("rda", "women 31 y and over", 320.0, "US"),
        intake("ear", "women 31 y and over", 265.0, "US"),
    )
    return Results(
        fits,
        bayes,
        io.jsonable(headline),
        intakes,
        {"zhang2016": draws},
        silence={name: io.read_json(FIXTURES / "silence" / f"{name}.json") for name in bayes},
        missing=io.read_json(FIXTURES / "missing.json"),
        models={path.stem: io.read_json(path) for path in sorted((FIXTURES / "models").glob("*.json"))},
        robustness={name: io.read_json(FIXTURES / "robustness" / f"{name}.json") for name in bayes},
        moderators={name: io.read_json(FIXTURES / "moderators" / f"{name}.json") for name in bayes},
        simulation=tuple(csv_rows(ROOT / "docs" / "simulation" / "coverage.csv")),
        reproduction={path.stem: io.read_json(path) for path in (FIXTURES / "reproduction").glob("*.json")},
        dose={name: io.read_json(FIXTURES / "dose.json") for name in bayes},
    )
