"""The invented tables of the toy workflow, and forms of invented trials."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOY = ROOT / "tests/workflow/toy"

FORM = """\
trial:
  first_author: Erewhon E
  year: 2019
  title: An invented trial, added by a form
  journal: Journal of Things That Are Not
  doi: https://doi.org/10.1000/erewhon
  design: parallel
  randomised: yes
  blinding: double
  comparator: placebo
  cointervention: none
  population: people of an invented land
  setting: general
  bp_status: hypertensive
  dose: 15 mmol
  duration: 3 months
  n_randomised: 70
  n_mg: 36
  n_control: 34
sources:
  - kind: abstract
    url: https://example.org/erewhon
results:
  - outcome: sbp
    difference: -4.10
    ci: -7.9 to -0.3
  - outcome: dbp
    significance: ns
"""


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A copy of the toy tables, to be changed at will."""
    shutil.copytree(TOY / "data/raw", tmp_path / "raw")
    return tmp_path / "raw"


@pytest.fixture
def form(tmp_path: Path) -> Path:
    path = tmp_path / "new.yaml"
    path.write_text(FORM, encoding="utf-8")
    return path
