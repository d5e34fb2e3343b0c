"""The forest plot of the API: every row and pool of the result, the same bytes twice."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

import mgmeta as mg
from mgmeta.errors import ConfigError

TRIALS = {
    "study": ["Amber", "Birch $x$", "Cedar <&>", "Daisy"],
    "yi": [-4.1, -1.0, None, None],
    "yi_low": [None, None, -2.0, None],
    "yi_high": [None, None, 2.0, -1.5],
    "sei": [1.2, 0.9, 1.0, 1.1],
}
NUMBERS = {
    "study": ["A", "B", "C", "D"],
    "yi": [-4, -1, -2, -3],
    "sei": [1.0] * 4,
    "arm": ["x", "x", "y", "y"],
}


def test_rows_and_pools_are_those_of_the_fit() -> None:
    fit = mg.pool(TRIALS)
    plot = mg.forest(fit, title="T", xlabel="mmHg")
    frame = plot.to_frame()
    assert list(frame.study) == [*TRIALS["study"], "Pooled, ML (k = 4)"]
    assert list(frame.low)[2:4] == ["\u22122.00", "open"]
    assert frame.effect.iloc[-1] == f"\u2212{abs(fit.estimate):.2f}"
    pool = plot.data.pools[-1]
    assert (pool.estimate, pool.low, pool.high) == (fit.estimate, fit.ci_low, fit.ci_high)
    assert pool.prediction == (fit.pi_low, fit.pi_high)
    assert plot.data.rows[0].low == pytest.approx(-4.1 - 1.959964 * 1.2)
    assert plot.to_json().count('"study"') == 5


def test_subgroups_stand_above_the_pool() -> None:
    plot = mg.forest(mg.pool(NUMBERS, subgroup="arm"))
    assert [pool.label for pool in plot.data.pools] == ["x (k = 2)", "y (k = 2)", "Pooled, REML (k = 4)"]


def test_files_are_the_same_bytes_twice_and_say_what_they_show(tmp_path: Path) -> None:
    plot = mg.forest(mg.bayes(TRIALS), title="A & B")
    first, again = (plot.save(tmp_path / name).read_bytes() for name in ("a.svg", "b.svg"))
    assert first == again
    tree = ElementTree.fromstring(first.decode())
    texts = [node.text for node in tree if node.tag.endswith(("title", "desc"))]
    assert texts[0] == "A & B"
    assert texts[1].startswith("Forest plot of 4 studies, 2 of them words only. Posterior mean:")
    assert plot.save(tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in plot._repr_html_()
    assert "Forest plot of 4 studies" in repr(plot)
    with pytest.raises(ConfigError, match=r"\.svg or \.png"):
        plot.save(tmp_path / "d.pdf")


def test_what_has_no_pool_has_no_forest() -> None:
    for fit in (
        mg.pool({**NUMBERS, "dose": [1, 2, 3, 4]}, mods="dose"),
        mg.dose({**NUMBERS, "dose": [1, 2, 3, 4]}),
    ):
        with pytest.raises(ConfigError, match="has no single pooled effect"):
            mg.forest(fit)
