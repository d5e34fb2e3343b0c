"""What the report says of silence: sentences made of the results, tables with the same numbers."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mgmeta import io
from mgmeta.figures import silence as silence_figure
from mgmeta.figures.silence_rows import Silences
from mgmeta.report import silence_tables, silence_words
from mgmeta.report.chapters import silence as chapter
from mgmeta.report.inputs import Inputs

LABELS = {"invented1": "Fiction 1901", "invented2": "Nowhere 1902"}
NUMBER = re.compile(r"[\u2212+]?\d+\.\d+")


@pytest.fixture(scope="module")
def found(make_inputs: Callable[..., Inputs]) -> dict[str, Any]:
    return dict(make_inputs().results.silences("target"))


@pytest.fixture(scope="module")
def data(make_inputs: Callable[..., Inputs]) -> Silences:
    return silence_figure.prepare(make_inputs().results, "target", "")


def test_the_wrong_answers_are_told_with_their_trials_and_the_way_they_move(data: Silences) -> None:
    assert silence_words.wrong_sentence(data, 0) == (
        "For systolic blood pressure (95% intervals), words counted for what they say give "
        "\u22122.25 (\u22123.90 to \u22120.90) mmHg in 6 trials; dropping them gives "
        "\u22122.80 (\u221215.07 to 9.48) in 3 trials (it moves away from zero); setting them to zero gives "
        "\u22121.38 (\u22125.84 to 3.08) in 5 trials (it moves towards zero)."
    )


def test_sound_methods_are_counted_and_those_that_exclude_zero(data: Silences) -> None:
    assert silence_words.sound_sentence(data, 0) == (
        "For systolic blood pressure 5 sound methods give estimates from \u22123.21 to \u22122.25 mmHg; "
        "the interval excludes zero in 2 of them."
    )


@pytest.mark.parametrize(
    ("point", "words"),
    [
        (
            {"effect": 0.784, "reason": ""},
            "would have to average a rise of 0.78 mmHg for the interval to reach 0.",
        ),
        (
            {"effect": -1.5, "reason": ""},
            "would have to average a fall of 1.50 mmHg for the interval to reach 0.",
        ),
        ({"effect": None, "reason": "it reaches 0 without them"}, "reach 0: it reaches 0 without them."),
        (
            {"effect": None, "reason": ""},
            "any average effect within 40 mmHg of the pool for the interval to reach 0.",
        ),
    ],
)
def test_tipping_points_are_sentences(point: dict[str, Any], words: str) -> None:
    point = {"event": "the interval reaches 0", "silent_trials": 11, **point}
    text = silence_words.tipping_sentence("sbp", [point], -2.0)
    assert text.startswith("The 11 eligible trials that print nothing on systolic blood pressure ")
    assert text.endswith(words)


def test_the_tipping_point_of_the_published_value_names_it() -> None:
    points = [
        {"event": "the interval reaches 0", "silent_trials": 1, "effect": 0.5, "reason": ""},
        {"event": "the pool equals the published value", "silent_trials": 1, "effect": -2.544, "reason": ""},
    ]
    text = silence_words.tipping_sentence("sbp", points, -2.0)
    assert text.startswith("The 1 eligible trial that prints nothing on systolic blood pressure would")
    assert text.endswith(
        "It would have to average a fall of 2.54 mmHg for the pool to equal the published value of "
        "\u22122.00 mmHg."
    )
    assert "says something on systolic" in silence_words.tipping_sentence("sbp", [], -2.0)


def test_trials_without_arm_sizes_are_told_once_or_by_outcome(found: dict[str, Any]) -> None:
    assert silence_words.unweighed_sentence(found).startswith("4 more eligible trials print neither")
    mixed = {
        key: {**item, "silent_without_n": n} for (key, item), n in zip(found.items(), (4, 1), strict=True)
    }
    text = silence_words.unweighed_sentence(mixed)
    assert "(4 for systolic blood pressure and 1 for diastolic blood pressure)" in text or (
        "(4 for diastolic blood pressure and 1 for systolic blood pressure)" in text
    )
    none = {key: {**item, "silent_without_n": 0} for key, item in found.items()}
    assert silence_words.unweighed_sentence(none) == ""


def printing(fall: float, near: float, high: float) -> dict[str, float]:
    return {"fall_ratio": fall, "near_ratio": near, "estimate": -1.0, "ci_low": -3.0, "ci_high": high}


@pytest.mark.parametrize(
    ("highs", "words"),
    [
        ((-0.1, -0.1, -0.1), "every interval excludes zero."),
        ((0.1, 0.1, 0.1), "every interval includes zero."),
        ((-0.1, 0.1, -0.1), "includes zero if falls are told in words 0.5 times as often as rises."),
        ((-0.1, -0.1, 0.1), "includes zero if near-misses are told in words 0.5 times as often as the rest."),
        ((0.1, -0.1, -0.1), "includes zero if printing depends on significance alone."),
    ],
)
def test_where_unequal_printing_lets_zero_in(highs: tuple[float, float, float], words: str) -> None:
    pairs = ((1.0, 1.0), (0.5, 1.0), (1.0, 0.5))
    rows = [printing(*pair, high) for pair, high in zip(pairs, highs, strict=True)]
    assert silence_words.printing_sentence("sbp", rows).endswith(words)


def test_the_first_page_says_where_an_untestable_assumption_brings_zero_in() -> None:
    pairs = ((1.0, 1.0), (0.5, 1.0), (1.0, 0.5))
    excluded = [printing(*pair, -0.1) for pair in pairs]
    crossed = [printing(*pair, high) for pair, high in zip(pairs, (-0.1, 0.2, -0.1), strict=True)]
    text = silence_words.untestable_sentence({"sbp": {"printing": crossed}, "dbp": {"printing": excluded}})
    assert text.endswith(
        "would include zero for systolic blood pressure if falls are told in words 0.5 times as often as "
        "rises."
    )
    assert "diastolic" not in text
    both = silence_words.untestable_sentence({"dbp": {"printing": crossed}, "sbp": {"printing": crossed}})
    assert "for systolic blood pressure and diastolic blood pressure if falls" in both
    assert both.count("times as often") == 1
    assert silence_words.untestable_sentence({"sbp": {"printing": excluded}}) == ""


def test_the_largest_shift_is_named(found: dict[str, Any]) -> None:
    text = silence_words.readings_sentence("dbp", found["dbp"]["readings"], LABELS)
    assert "there are 3 other readings" in text
    assert "The largest shift, \u22120.90 mmHg, comes from Fiction 1901 (route 4 changes: SE 3.20" in text
    assert "With one at a time the estimate ranges from \u22122.40 to \u22121.10 mmHg; " in text
    assert silence_words.readings_sentence("sbp", [], LABELS).startswith("No pooled report")


def test_readings_stand_in_order_of_their_shift(found: dict[str, Any]) -> None:
    table = silence_tables.readings_page_table("zhang2016", found, LABELS)
    shifts = [abs(float(str(row[4]).replace("\u2212", "-"))) for row in table.rows if row[4] != "\u2013"]
    assert shifts == sorted(shifts, reverse=True)
    assert len(table.rows) == 6
    assert [row[3] for row in table.rows if row[4] == "\u2013"] == ["2 rows: at least 3 are needed"] * 2


def test_a_source_of_one_outcome_only_has_dashes_for_the_other(found: dict[str, Any]) -> None:
    table = silence_tables.sd_page_table("zhang2016", {key: found[key] for key in ("sbp", "dbp")}, LABELS)
    assert [row[0] for row in table.rows] == ["Fiction 1901", "Nowhere 1902"]
    assert table.rows[1][3:] == ("\u2013", "\u2013")
    assert table.rows[0][1] == "9.1"


def test_the_primary_assumption_is_the_first_row_of_unequal_printing(found: dict[str, Any]) -> None:
    table = silence_tables.printing_page_table("zhang2016", found)
    assert [row[0] for row in table.rows] == [
        "significance alone (primary)",
        "direction: 0.5 times as often for a fall as for a rise",
        "direction: 0.25 times as often for a fall as for a rise",
        "how near the miss: 0.5 times as often for 0.05 < P < 0.10 as for a larger P",
        "how near the miss: 0.25 times as often for 0.05 < P < 0.10 as for a larger P",
    ]
    assert table.strong == {0}


def numbers_of(content: dict[str, Any], *tables: str) -> set[str]:
    cells = [str(cell) for name in tables for row in content[name].rows for cell in row]
    return {number.lstrip("+") for cell in cells for number in NUMBER.findall(cell)}


@pytest.mark.parametrize(
    ("sentences", "table"),
    [
        ("wrong", "methods_table"),
        ("sound", "methods_table"),
        ("printing", "printing_table"),
        ("readings", "readings_table"),
        ("sds", "sd_table"),
    ],
)
def test_numbers_in_sentences_equal_their_table(
    make_inputs: Callable[..., Inputs], sentences: str, table: str
) -> None:
    study = chapter.content(make_inputs())["study"]
    told = {number.lstrip("+") for text in study[sentences] for number in NUMBER.findall(text)}
    ratios = {"0.5", "0.25"}
    assert told
    assert told - ratios <= numbers_of(study, table)


def test_without_results_on_silence_the_chapter_still_tells_what_words_do(
    make_inputs: Callable[..., Inputs],
) -> None:
    inputs = make_inputs()
    content = chapter.content(replace(inputs, results=replace(inputs.results, silence={})))
    assert content["study"] is None
    assert content["others"] == []
    assert all("numbers alone" in text for text in content["silence"])


def test_the_other_main_analysis_is_told_too(make_inputs: Callable[..., Inputs]) -> None:
    (other,) = chapter.content(make_inputs())["others"]
    assert other["title"] == "Update: invented for tests"
    assert other["unweighed"] == ""
    names = {other[key].name for key in other if key.endswith("_table")}
    assert names.isdisjoint({"table-methods-zhang2016", "table-readings-zhang2016"})


def test_a_primary_that_failed_is_said(make_inputs: Callable[..., Inputs]) -> None:
    inputs = make_inputs()
    changed = copy.deepcopy(io.jsonable(inputs.results.silence))
    for method in changed["zhang2016"]["outcomes"]["sbp"]["methods"]:
        method |= {"estimate": None, "ci_low": None, "ci_high": None, "k": 0}
    data = silence_figure.prepare(replace(inputs.results, silence=changed), "target", "")
    assert "gives no estimate to compare with" in silence_words.wrong_sentence(data, 0)
    assert silence_words.sound_sentence(data, 0) == (
        "For systolic blood pressure 1 sound method gives an estimate: "
        "\u22122.40 (\u22124.16 to \u22120.64) mmHg."
    )
    data = silence_figure.prepare(replace(inputs.results, silence=changed, bayes={}), "target", "")
    assert "no sound method gives an estimate" in silence_words.sound_sentence(data, 0)
