"""The real tables, worked through once."""

from __future__ import annotations

from pathlib import Path

import pytest

from mgmeta.config import Config, load_config
from mgmeta.effects.derive import Derived, derive
from mgmeta.evidence.load import load_evidence
from mgmeta.evidence.records import Evidence
from mgmeta.reproduce.plan import Plan, load_plan

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def evidence() -> Evidence:
    return load_evidence(ROOT / "data" / "raw")


@pytest.fixture(scope="session")
def config() -> Config:
    return load_config(ROOT / "config" / "config.yaml")


@pytest.fixture(scope="session")
def plan(config: Config) -> Plan:
    return load_plan(ROOT / "config" / "reviews.yaml", config)


@pytest.fixture(scope="session")
def derived(evidence: Evidence, config: Config) -> Derived:
    return derive(evidence, config.assume)
