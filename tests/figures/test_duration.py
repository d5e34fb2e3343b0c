from __future__ import annotations

from mgmeta.figures import duration
from mgmeta.figures.results import Results


def test_every_trial_of_both_pressures_has_a_tick(results: Results) -> None:
    data = duration.prepare(results, "target", "")
    assert [len(panel.rows) for panel in data.panels] == [6, 6]
    figure = duration.draw(data)
    assert len(figure.axes) == 2
    for axes in figure.axes:
        ticks = [line for line in axes.lines if list(line.get_ydata()) == [0.002, 0.03]]
        assert len(ticks) == 6
        assert axes.get_xlim()[0] == 0.0


def test_words_and_table_hold_the_line(results: Results) -> None:
    data = duration.prepare(results, "target", "")
    slope = data.panels[0].curves.slope
    assert slope is not None
    assert f"{slope[0]:.2f}".replace("-", "\u2212") in duration.alt(data)
    assert "systolic blood pressure, 6 trials; diastolic blood pressure, 6 trials" in duration.caption(data)
    heads, rows = duration.table(data)
    assert all(len(row) == len(heads) for row in rows)
    assert [row[1] for row in rows[:3]] == ["0", "4", "12"]
