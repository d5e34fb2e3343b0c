"""The figures of the reproduction: what stands in them, what is left out, what is said where nothing is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mgmeta.errors import DataError
from mgmeta.figures import drift, ledger, multiverse, rob
from mgmeta.figures.results import Results


def test_the_ledger_shows_results_in_mmhg_that_print_a_figure(results: Results) -> None:
    data = ledger.prepare(results, "target", "sbp")
    assert [(entry.label, entry.subset) for entry in data.entries] == [
        ("Atlantis 1999", ""),
        ("Lemuria 2011", "people low in magnesium"),
    ]
    assert data.entries[1].published_k == "?"
    assert data.entries[1].ours == (-5.5, None, None)
    _, rows = ledger.table(data)
    assert rows[1][4] == "\u22125.50, no interval"
    assert "Verdicts: 1 not testable and 1 reproduced." in ledger.caption(data)
    # The result without a published figure stands in the ledger's table, not in the forest.
    assert len(ledger.prepare(results, "target", "dbp").entries) == 2


def test_an_endless_interval_does_not_stretch_the_axis(results: Results) -> None:
    rows = [dict(row) for row in results.reproduced("ledger")["rows"]]
    rows[1] = {**rows[1], "ml": {**rows[1]["ml"], "ci_low": -400.0, "ci_high": 390.0}}
    wild = {**results.reproduction, "ledger": {**results.reproduced("ledger"), "rows": rows}}
    data = ledger.prepare(replace(results, reproduction=wild), "target", "sbp")
    assert ledger.WIDEST[0] - 1 < data.limits[0] < data.limits[1] < ledger.WIDEST[1] + 1
    arrows = [line for line in ledger.draw(data).axes[0].lines if line.get_marker() in ("<", ">")]
    assert len(arrows) == 2


def test_the_path_steps_from_year_to_year(results: Results) -> None:
    data = drift.prepare(results, "target", "")
    path = data.paths[0]
    assert [(point.year, point.k) for point in path.years] == [(1990, 1), (1996, 2), (2008, 4), (2019, 6)]
    figure = drift.draw(data)
    assert len(figure.axes) == 2
    low, high = figure.axes[0].get_ylim()
    assert (low, high) == drift.WIDEST  # the first posterior is nearly the prior
    names = [text.get_text() for text in figure.axes[0].texts]
    assert names == ["Atlantis", "Avalon", "Lemuria"]
    assert "\u22122.50 (\u22124.25 to \u22120.75) mmHg from 6 trials by 2019" in drift.caption(data)


def test_the_curve_rises_and_the_protocol_is_marked(results: Results) -> None:
    data = multiverse.prepare(results, "target", "")
    panel = data.panels[0]
    assert list(panel.estimates) == sorted(panel.estimates)
    figure = multiverse.draw(data)
    assert [text.get_text() for text in figure.axes[0].texts] == ["protocol"]
    bars = figure.axes[2].patches
    assert len(bars) == 2 * len(panel.moves)
    assert "not probabilities" in multiverse.caption(data)
    assert "90% below \u22121 and 62% below \u22122" in multiverse.caption(data)


@pytest.mark.parametrize("module", [ledger, drift, multiverse, rob])
def test_without_the_reproduction_it_is_said(results: Results, module: object) -> None:
    bare = replace(results, reproduction={})
    with pytest.raises(DataError, match="no results/reproduction/"):
        module.prepare(bare, "target", "sbp")  # type: ignore[attr-defined]


def test_lights_are_of_judged_trials_and_told_by_sign(results: Results) -> None:
    data = rob.prepare(results, "target", "")
    assert [label for label, _ in data.rows] == ["Fiction 1901", "Fable 1985"]
    assert data.pooled == 3  # one nobody judged
    assert "2 of 3 pooled trials; overall: 1 some concerns and 1 high" in rob.caption(data)
    signs = [
        text.get_text() for text in rob.draw(data).axes[0].texts if text.get_text() in rob.LIGHTS.values()
    ]
    assert (signs.count("+"), signs.count("?"), signs.count("\u00d7")) == (7, 3, 2)


def test_without_judgements_it_says_not_assessed(results: Results) -> None:
    certainty = results.reproduced("certainty")
    bare = {key: {**item, "rob_trials": []} for key, item in certainty["outcomes"].items()}
    nothing = {**results.reproduction, "certainty": {**certainty, "outcomes": bare}}
    data = rob.prepare(replace(results, reproduction=nothing), "target", "")
    assert rob.caption(data).startswith("Risk of bias: not assessed.")
    assert rob.table(data)[1][0][0] == "not assessed"
    assert "not assessed" in [text.get_text() for text in rob.draw(data).axes[0].texts]
