"""Rows per dose, and where they are thin."""

from __future__ import annotations

import numpy as np
import pytest

from mgmeta.dose.support import DoseBin, dose_bins, thin_warnings
from mgmeta.errors import ConfigError

DOSE = np.array([100.0, 240.0, 365.0, 365.0, 368.0, 400.0, 1000.0])
NUMERIC = np.array([True, True, False, True, True, True, False])


def test_every_row_is_counted_once() -> None:
    bins = dose_bins(DOSE, NUMERIC)
    assert [b.high for b in bins] == [100.0 * i for i in range(1, 11)]
    assert sum(b.k for b in bins) == DOSE.size
    assert sum(b.k_bounds for b in bins) == 2
    assert bins[3] == DoseBin(300.0, 400.0, 3, 1)


@pytest.mark.parametrize("top", [0.7, 3.0, 30.0, 365.0, 972.0, 1000.0, 1001.0, 24000.0])
def test_default_bins_are_few_and_reach_the_top(top: float) -> None:
    bins = dose_bins(np.array([0.1 * top, top]), np.array([True, True]))
    assert 5 <= len(bins) <= 10
    assert bins[-1].low < top <= bins[-1].high


def test_thin_stretches_are_named_once() -> None:
    bins = dose_bins(DOSE, NUMERIC, [0.0, 200.0, 300.0, 400.0, 600.0, 1000.0])
    notes = thin_warnings(bins)
    assert len(notes) == 2
    assert notes[0].startswith("thin data between doses 0 and 300 (rows per bin: 1, 1):")
    assert notes[1].startswith("thin data between doses 400 and 1000 (rows per bin: 0, 1):")
    assert thin_warnings([DoseBin(0, 1, 2, 1)]) == []


@pytest.mark.parametrize("edges", [[0.0], [0.0, 500.0], [0.0, 600.0, 500.0, 1000.0], [100.0, 1000.0]])
def test_edges_must_hold_every_dose(edges: list[float]) -> None:
    with pytest.raises(ConfigError, match="edges"):
        dose_bins(DOSE, NUMERIC, edges)
