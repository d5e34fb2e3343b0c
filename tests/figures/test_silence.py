"""What each way of handling words does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from mgmeta.errors import DataError
from mgmeta.figures import silence
from mgmeta.figures.results import Results


@pytest.fixture(scope="module")
def data(results: Results) -> silence.Silences:
    return silence.prepare(results, "target", "")


def points(axes: Axes, marker: str) -> list[Line2D]:
    return [line for line in axes.lines if line.get_marker() == marker and len(line.get_xdata()) == 1]


def test_every_method_is_a_row_with_its_numbers(results: Results, data: silence.Silences) -> None:
    found = results.silences("target")
    assert data.analysis == "zhang2016"
    rows = [row for row in data.rows if not row.key.startswith("bayes")]
    assert [row.key for row in rows] == [item["key"] for item in found["sbp"]["methods"]]
    for index, outcome in enumerate(data.outcomes):
        for row, item in zip(rows, found[outcome]["methods"], strict=True):
            answer = row.answers[index]
            assert (answer.k, answer.estimate, answer.low, answer.high) == (
                item["k"],
                item["estimate"],
                item["ci_low"],
                item["ci_high"],
            )


def test_the_bayesian_models_stand_with_the_checks(results: Results) -> None:
    unknown = {"k": 6, "estimate": -2.0, "ci_low": -4.0, "ci_high": -0.1}
    learned = {"zhang2016": dict.fromkeys(("sbp", "dbp"), unknown)}
    data = silence.prepare(
        replace(results, headline={**results.headline, "sd_unknown": learned}), "target", ""
    )
    keys = [row.key for row in data.rows]
    assert [row.key for row in data.rows if row.role == "check"][-2:] == ["bayes", "bayes_sd_unknown"]
    sampled = results.bayes["zhang2016"]["outcomes"]["dbp"]["overall"]
    answer = data.rows[keys.index("bayes")].answers[data.outcomes.index("dbp")]
    assert (answer.k, answer.estimate, answer.low, answer.high) == (
        sampled["counts"]["k"],
        *(sampled["mu"][key] for key in ("mean", "ci_low", "ci_high")),
    )
    assert answer.note == "posterior mean; priors mu normal:0,10, tau halfnormal:5"
    learned_answer = data.rows[keys.index("bayes_sd_unknown")].answers[0]
    assert (learned_answer.estimate, learned_answer.low, learned_answer.high) == (-2.0, -4.0, -0.1)


def test_without_samples_there_are_no_bayesian_rows(results: Results) -> None:
    data = silence.prepare(replace(results, bayes={}), "target", "")
    assert not [row for row in data.rows if row.key.startswith("bayes")]


def test_wrong_answers_are_crosses_on_broken_lines_under_their_heading(data: silence.Silences) -> None:
    figure = silence.draw(data)
    for index, axes in enumerate(figure.axes):
        wrong = sum(row.role == "wrong" and row.answers[index].estimate is not None for row in data.rows)
        sound = sum(row.role != "wrong" and row.answers[index].estimate is not None for row in data.rows)
        assert len(points(axes, "x")) == wrong
        assert len(points(axes, "D")) == sound + 1  # and the published result
        broken = [line for line in axes.lines if line.is_dashed() and len(set(line.get_ydata())) == 1]
        assert len(broken) == wrong
        reference = [line for line in axes.lines if set(line.get_xdata()) == {data.published[index].estimate}]
        assert any(line.is_dashed() for line in reference)
    texts = [text.get_text() for text in figure.axes[0].texts]
    heads = [texts.index(head) for head in silence.ROLES.values()]
    assert heads == sorted(heads)
    assert texts.index("Words dropped, DerSimonian-Laird") > texts.index(silence.ROLES["wrong"])


def test_no_interval_leaves_the_axis(data: silence.Silences) -> None:
    for index, axes in enumerate(silence.draw(data).axes):
        low, high = axes.get_xlim()
        for row in data.rows:
            answer = row.answers[index]
            if answer.low is not None and answer.high is not None:
                assert low < answer.low <= answer.high < high


def test_a_method_that_could_not_run_says_so(data: silence.Silences) -> None:
    shown = [text.get_text() for text in silence.draw(data).axes[1].texts]
    assert shown.count("no estimate") == 1
    row = next(row for row in silence.table(data)[1] if row[0] == "Words dropped, DerSimonian-Laird")
    assert row[1] == "wrong answer"
    assert row[2] == "3 / \u2013"
    assert row[4] == "\u2013"
    assert row[5] == "diastolic blood pressure: 1 numeric rows: at least 2 are needed"


def test_a_remark_that_holds_for_all_outcomes_stands_once(data: silence.Silences) -> None:
    row = next(row for row in silence.table(data)[1] if row[0].startswith("Penalised"))
    assert row[5] == "tau 4.08"


def test_the_caption_compares_the_methods(data: silence.Silences) -> None:
    assert (
        "For systolic blood pressure the primary method gives \u22122.25 mmHg, "
        "the checks \u22123.21 to \u22122.40, dropping the words \u22122.80 "
        "and setting them to zero \u22121.38."
    ) in silence.caption(data)


def test_an_analysis_without_results_on_silence_is_refused(results: Results) -> None:
    with pytest.raises(DataError, match="run `mgmeta silence --analysis zhang2016_strict`"):
        silence.prepare(results, "zhang2016_strict", "")
    with pytest.raises(DataError, match="no results on silence"):
        silence.prepare(replace(results, silence={}), "target", "")
