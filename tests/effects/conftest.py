"""Fictional rows, written as print gives them: text in, typed record out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from mgmeta.config import Config, load_config
from mgmeta.evidence.load import load_evidence
from mgmeta.evidence.records import Evidence, Report, Trial

ROOT = Path(__file__).resolve().parents[2]
INTS = {"n_mg", "n_control", "n_randomised", "n_arms", "year"}


def _record(kind: type[Any], defaults: dict[str, str], cells: dict[str, str]) -> Any:
    values: dict[str, Any] = {"row": 2}
    printed: dict[str, str] = {}
    for field in fields(kind):
        if field.name in ("row", "printed"):
            continue
        text = cells.get(field.name, defaults.get(field.name, ""))
        if "str" in str(field.type) and "None" not in str(field.type):
            values[field.name] = text
        elif text == "":
            values[field.name] = None
        else:
            printed[field.name] = text
            values[field.name] = int(text) if field.name in INTS else float(text)
    if kind is Report:
        values["printed"] = printed
    return kind(**values)


@pytest.fixture(scope="session")
def make_report() -> Callable[..., Report]:
    defaults = {
        "report_id": "made-sbp-1",
        "trial_id": "made",
        "outcome": "sbp",
        "method": "office",
        "position": "sitting",
        "contrast": "parallel",
        "dispersion": "sd",
        "certainty": "clear",
        "source_id": "made-s1",
    }
    return lambda **cells: _record(Report, defaults, cells)


@pytest.fixture(scope="session")
def make_trial() -> Callable[..., Trial]:
    defaults = {
        "trial_id": "made",
        "first_author": "Made A",
        "year": "2000",
        "design": "parallel",
        "randomised": "yes",
        "blinding": "double",
        "comparator": "placebo",
        "cointervention": "none",
        "setting": "general",
        "bp_status": "hypertensive",
        "dose_mg_per_day": "368",
        "dose_basis": "stated_elemental",
        "duration_weeks": "12",
    }
    return lambda **cells: _record(Trial, defaults, cells)


@pytest.fixture(scope="session")
def evidence() -> Evidence:
    return load_evidence(ROOT / "data" / "raw")


@pytest.fixture(scope="session")
def config() -> Config:
    return load_config(ROOT / "config" / "config.yaml")
