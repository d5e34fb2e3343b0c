"""The figures of robustness: every row is there, what is missing is said, a cloud stays small."""

from __future__ import annotations

import copy
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from mgmeta.errors import DataError
from mgmeta.figures import (
    baujat,
    columns,
    cumulative,
    funnel,
    gosh,
    leave_one_out,
    prior_sensitivity,
    shrinkage,
)
from mgmeta.figures.columns import Columns, Line, Mark
from mgmeta.figures.results import Results
from mgmeta.figures.style import svg_text

PARTS = {
    leave_one_out: "leave_one_out",
    cumulative: "cumulative",
    baujat: "influence",
    gosh: "gosh",
    shrinkage: "shrinkage",
    prior_sensitivity: "prior_grid",
}


@pytest.fixture
def document(results: Results) -> dict[str, Any]:
    return copy.deepcopy(dict(results.robustness["zhang2016"]))


def changed(results: Results, document: dict[str, Any]) -> Results:
    return replace(results, robustness={"zhang2016": document})


def test_every_trial_has_its_row(results: Results) -> None:
    data = leave_one_out.prepare(results, "target", "")
    rows = results.robust("target")["outcomes"]["sbp"]["leave_one_out"]
    assert {line.label for line in data.columns.lines} >= {row["label"] for row in rows}
    by_label = {row["label"]: row["year"] or 9999 for row in rows}
    years = [by_label[line.label] for line in data.columns.lines if line.label in by_label]
    assert years == sorted(years)
    assert len(leave_one_out.table(data)[1]) == len(data.columns.lines) + 1


def test_it_says_whether_one_trial_decides(results: Results, document: dict[str, Any]) -> None:
    rows = document["outcomes"]["sbp"]["leave_one_out"]
    document["outcomes"]["sbp"]["full"] |= {"ci_low": -3.0, "ci_high": -0.1}
    for row in rows:
        row |= {"ci_low": -3.0, "ci_high": -0.2}
    still = leave_one_out.prepare(changed(results, document), "target", "")
    assert still.crossing[0] == 0
    rows[0]["ci_high"] = 0.3
    assert leave_one_out.prepare(changed(results, document), "target", "").crossing[0] == 1


def test_an_answer_settles_when_it_stays(results: Results, document: dict[str, Any]) -> None:
    rows = document["outcomes"]["sbp"]["cumulative"]
    for row, high in zip(rows, (-1.0, 0.5, *[-0.5] * (len(rows) - 2)), strict=True):
        row |= {"estimate": -2.0, "ci_low": -4.0, "ci_high": high}
    data = cumulative.prepare(changed(results, document), "target", "")
    assert data.settled[0] == (rows[2]["label"], 3)
    rows[-1]["ci_high"] = None
    assert cumulative.prepare(changed(results, document), "target", "").settled[0] is None


@pytest.mark.parametrize("module", PARTS, ids=PARTS.values())
def test_an_outcome_without_its_part_is_left_out_and_named(
    module: ModuleType, results: Results, document: dict[str, Any]
) -> None:
    part = PARTS[module]
    document["outcomes"]["dbp"] |= {part: None, f"{part}_reason": "2 numbers; too few"}
    data = module.prepare(changed(results, document), "target", "")
    assert "Diastolic blood pressure is left out: 2 numbers; too few." in module.caption(data)
    assert len(module.draw(data).axes) == 1
    document["outcomes"]["sbp"] |= {part: None, f"{part}_reason": "1 number"}
    nothing = module.prepare(changed(results, document), "target", "")
    assert svg_text(module.draw(nothing), "t", module.alt(nothing)).startswith("<?xml")
    assert "1 number" in module.caption(nothing)
    assert module.table(nothing)[1]


@pytest.mark.parametrize("module", [*PARTS, funnel], ids=[*PARTS.values(), "funnel"])
def test_without_the_checks_it_is_said(module: ModuleType, results: Results) -> None:
    with pytest.raises(DataError, match="no checks of 'zhang2016'; run `mgmeta robustness"):
        module.prepare(replace(results, robustness={}), "target", "")


def test_the_funnel_holds_numbers_and_words(results: Results) -> None:
    data = funnel.prepare(results, "target", "")
    tables = results.robust("target")["outcomes"]["sbp"]
    panel = data.panels[0]
    assert len(panel.trials) == tables["k"]
    axes = funnel.draw(data).axes[0]
    assert axes.get_ylim()[0] > max(trial.se for trial in panel.trials)
    ends = [v for t in panel.trials for v in (t.estimate, t.low, t.high) if v is not None]
    assert axes.get_xlim()[0] < min(ends)
    assert axes.get_xlim()[1] > max(ends)
    assert "hardly any power" in funnel.caption(data)


def test_a_funnel_of_words_alone_has_no_pool(results: Results, document: dict[str, Any]) -> None:
    study = document["outcomes"]["sbp"]["small_study"]
    study |= {"funnel": None, "funnel_reason": "no row has a number", "k_numeric": 0}
    study["rows"] = [row for row in study["rows"] if row["yi"] is None]
    for method in study["methods"]:
        method["p_value"] = None
    data = funnel.prepare(changed(results, document), "target", "")
    assert "0 numbers; no test of asymmetry" in funnel.caption(data)
    assert funnel.draw(data).axes


def test_a_full_cloud_is_still_a_small_file(results: Results, document: dict[str, Any]) -> None:
    for tables in document["outcomes"].values():
        cells = len(tables["gosh"]["estimate_edges"]) - 1
        tables["gosh"]["counts"] = [[i, j, 1 + (i * j) % 50] for i in range(cells) for j in range(cells)]
    data = gosh.prepare(changed(results, document), "target", "")
    assert len(svg_text(gosh.draw(data), "t", gosh.alt(data)).encode()) < 200_000


def test_a_mark_is_never_outside_and_a_far_end_is_met_by_an_arrow() -> None:
    lines = (
        Line("a", (Mark(-2.0, -3.0, -1.0),)),
        Line("b", (Mark(-9.0, -500.0, 480.0, "words", (-12.0, 1.5)),)),
        Line("c", (None,)),
    )
    data = Columns(("sbp",), lines, ((-2.5, -4.0, None),), 0.95)
    low, high = columns.limits(data, 0)
    assert low < -12.0
    assert high > 1.5
    assert low > -100.0
    figure = columns.draw_columns(data)
    arrows = [line for line in figure.axes[0].lines if line.get_marker() in ("<", ">")]
    assert len(arrows) == 2


def test_names_that_would_cover_each_other_are_left_to_the_table(results: Results) -> None:
    from mgmeta.figures.panels import add_panels, name_points

    _, (axes,) = add_panels(["sbp"])
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    name_points(axes, [(0.2, 0.5, "First 1990"), (0.21, 0.5, "Second 1991"), (0.2, 0.9, "Third 1992")])
    assert [text.get_text() for text in axes.texts] == ["First 1990", "Third 1992"]


def test_only_certainty_is_called_100_percent() -> None:
    assert prior_sensitivity.probability(0.99977) == "over 99.9%"
    assert prior_sensitivity.probability(0.986) == "98.6%"
    assert prior_sensitivity.probability(1.0) == "100.0%"
