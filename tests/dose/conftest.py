"""The aripiprazole example, and small sets of simulated trials."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mgmeta.dose.rows import DoseRows, contrast_rows
from mgmeta.dose.simulation import Design, emax_truth, simulate_rows


@pytest.fixture(scope="session")
def ari() -> dict[str, Any]:
    """Arms and reference figures; see the file's ``about``."""
    path = Path(__file__).parents[1] / "reference" / "dose_ari.json"
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def mixed_rows() -> DoseRows:
    """Forty trials of an Emax truth (-6, 250), some of them bounds."""
    return simulate_rows(emax_truth(-6.0, 250.0), Design(verbal=0.8), np.random.default_rng(3))


@pytest.fixture(scope="session")
def number_rows() -> DoseRows:
    """Twelve trials, numbers only."""
    rng = np.random.default_rng(8)
    dose = np.array([120.0, 150, 240, 240, 300, 365, 365, 400, 500, 625, 800, 1000])
    se = rng.uniform(0.8, 2.0, dose.size)
    return contrast_rows(-6.0 * dose / (200.0 + dose) + se * rng.normal(size=dose.size), se, dose)
