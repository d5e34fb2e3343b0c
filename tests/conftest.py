"""Fixtures that several test packages share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

# A busy machine is not a failure, and two runs of the suite try the same examples.
settings.register_profile("mgmeta", deadline=None, derandomize=True)
settings.load_profile("mgmeta")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of the reference results beside the checkout; the test is skipped where it is not."""
    folder = ROOT.parent / "shared" / "reference"
    if not folder.is_dir():
        pytest.skip("reference results (../shared/reference) are not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def published() -> dict[str, Any]:
    """Small published tables, retyped as facts: name -> columns."""
    return json.loads((ROOT / "tests" / "reference" / "published_trials.json").read_text())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the longest: the workflow is minutes of one worker, the rest fills the others meanwhile."""
    items.sort(key=lambda item: item.path.parent.name != "workflow")
