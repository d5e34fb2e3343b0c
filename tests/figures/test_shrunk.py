"""All moderators at once: every slope a row, its slope alone beside it, what is imputed said."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from mgmeta.errors import DataError
from mgmeta.figures import shrunk
from mgmeta.figures.results import Results


def test_every_slope_of_the_model_is_a_mark_with_its_slope_alone(results: Results) -> None:
    data = shrunk.prepare(results, "target", "")
    found = results.models["horseshoe"]["analyses"]["zhang2016"]
    alone = results.moderated("zhang2016")["outcomes"]
    for index, key in enumerate(data.columns.outcomes):
        marks = [line.marks[index] for line in data.columns.lines]
        assert [mark.estimate for mark in marks if mark] == [
            slope["median"] for slope in found[key]["slopes"]
        ]
        singles = {item["key"]: item["difference"] for item in alone[key]["singles"]}
        wanted = [
            () if singles[slope["key"]] is None else (singles[slope["key"]]["estimate"],)
            for slope in found[key]["slopes"]
        ]
        assert [mark.ghosts for mark in marks if mark] == wanted
    assert data.left_out == ("Serum magnesium at entry",)
    assert len(shrunk.table(data)[1]) == len(data.columns.lines)


def test_the_caption_counts_intervals_and_imputed_values(results: Results) -> None:
    models = copy.deepcopy(dict(results.models))
    item = models["horseshoe"]["analyses"]["zhang2016"]["sbp"]
    for slope in item["slopes"]:
        slope |= {"stated": 3, "missing": 1, "ci_low": -2.0, "ci_high": 1.0}
    item["slopes"][0] |= {"ci_low": -2.0, "ci_high": -0.5}
    text = shrunk.caption(shrunk.prepare(replace(results, models=models), "target", ""))
    count = len(item["slopes"])
    assert (
        f"Systolic blood pressure: 1 of {count} intervals excludes zero; 25 % of all values are not stated"
        in text
    )


def test_it_is_refused_where_the_model_was_not_run(results: Results) -> None:
    models = {key: item for key, item in results.models.items() if key != "horseshoe"}
    with pytest.raises(DataError, match="run `mgmeta model horseshoe"):
        shrunk.prepare(replace(results, models=models), "target", "")


def test_no_label_is_cut(results: Results) -> None:
    data = shrunk.prepare(results, "target", "")
    figure = shrunk.draw(data)
    texts = {text.get_text() for axes in figure.axes for text in axes.texts} | {
        t.get_text() for t in figure.texts
    }
    assert {line.label for line in data.columns.lines} <= texts
