"""The study: reproducible cells, a well-formed grid, a short coverage run."""

from __future__ import annotations

import pytest

from mgmeta.simulate.cells import GRIDS, Cell
from mgmeta.simulate.study import run_cell

CELL = Cell("made", 15, -2.0, 2.0, 0.6)


def test_a_cell_is_the_same_whichever_job_runs_it():
    first, second = (run_cell(CELL, "base", 40, 7) for _ in range(2))
    assert first == second and {row["usable"] for row in first} <= {39, 40}


def test_grids_have_unique_names_and_the_asked_for_size():
    base = GRIDS["base"]()
    assert len({cell.name for cell in base}) == len(base) == 108
    assert {cell.k for cell in base} == {5, 10, 20, 50}
    assert len({cell.name for cell in GRIDS["violations"]()}) == 20


@pytest.mark.slow
def test_short_coverage_study():
    """CI's short version: the bars of the protocol within Monte Carlo error."""
    rows = {row["method"]: row for row in run_cell(Cell("made", 20, -2.0, 2.0, 0.6), "base", 600, 20160324)}
    for method, bar in (("bounded_ml", 0.93), ("bayes", 0.92), ("mi_reml", 0.93), ("complete_reml", 0.93)):
        assert rows[method]["coverage"] >= bar - 2 * rows[method]["coverage_mcse"], method
    assert abs(rows["bounded_ml"]["bias"]) <= 0.15 + 2 * rows["bounded_ml"]["bias_mcse"]
    # Dropping words biases away from zero, zeros towards it.
    assert rows["numeric_reml"]["bias"] < -0.3 < 0.3 < rows["zero_reml"]["bias"]
