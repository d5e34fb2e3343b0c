"""Proof by simulation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mgmeta.errors import DataError
from mgmeta.figures import simulation
from mgmeta.figures.results import Results


@pytest.fixture(scope="module")
def study(results: Results) -> simulation.Study:
    return simulation.prepare(results, "target", "")


def test_every_point_is_a_cell_of_the_table(results: Results, study: simulation.Study) -> None:
    assert list(study.panels) == [0.0, -2.0, -5.0]
    cells = {
        (row["method"], float(row["mu"]), float(row["silence"])): row
        for row in results.simulation
        if row["grid"] == "base" and row["k"] == "20" and float(row["tau"]) == 2.0
    }
    shown = 0
    for mu, panel in study.panels.items():
        for key, points in panel.items():
            assert [point.silence for point in points] == sorted(point.silence for point in points)
            for point in points:
                row = cells[key, mu, point.silence]
                assert (point.coverage, point.bias) == (float(row["coverage"]), float(row["bias"]))
                shown += 1
    assert shown == 3 * len(study.panels) * 3


def test_lines_go_through_the_points_and_none_is_clipped(study: simulation.Study) -> None:
    figure = simulation.draw(study)
    assert len(figure.axes) == 2 * len(study.panels)
    for column, panel in enumerate(study.panels.values()):
        for row, name in enumerate(("coverage", "bias")):
            axes = figure.axes[2 * column + row]
            low, high = axes.get_ylim()
            for points in panel.values():
                y = [getattr(point, name) for point in points]
                assert any(
                    len(line.get_ydata()) == len(y) and np.allclose(np.asarray(line.get_ydata()), y)
                    for line in axes.lines
                )
                assert low < min(y) <= max(y) < high
    bars = [line for line in figure.axes[0].lines if set(line.get_ydata()) == {simulation.COVERAGE_BAR}]
    assert len(bars) == 1


def test_the_caption_says_what_withholding_most_numbers_does(study: simulation.Study) -> None:
    dropped = study.panels[-2.0]["numeric_reml"][-1]
    text = simulation.caption(study)
    assert f"words dropped {dropped.coverage:.0%} and \u2212{abs(dropped.bias):.2f} mmHg" in text
    assert "2\u202f000 simulated reviews a cell, 20 trials" in text


def test_a_table_without_the_cells_is_refused(results: Results) -> None:
    with pytest.raises(DataError, match=r"coverage.csv: no base cells with k = 20 and tau = 2"):
        simulation.prepare(replace(results, simulation=()), "target", "")
