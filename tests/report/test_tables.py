from __future__ import annotations

import copy
from typing import Any

from mgmeta import io
from mgmeta.report.headline import Headline
from mgmeta.report.tables import all_tables, headline_table, moderator_table, scenario_table, trial_table


def test_the_headline_table_has_five_results_an_outcome(headline: Headline) -> None:
    table = headline_table(headline)
    sources = ["published", "numeric_dl", "numeric_reml", "bounded", "bayes"]
    assert [(row["outcome"], row["source"]) for row in table.rows] == [
        (o, s) for o in ("sbp", "dbp") for s in sources
    ]
    bounded = table.rows[3]
    assert bounded["estimate"] == -2.25
    assert bounded["verdict"] == "reproduced"
    assert "verdict" not in table.rows[4]
    assert set().union(*table.rows) <= set(table.columns)


def test_the_scenario_table_has_both_ways_of_pooling(headline: Headline) -> None:
    table = scenario_table(headline)
    assert len(table.rows) == 6
    assert table.rows[0]["bounded_estimate"] == -2.25
    assert table.rows[0]["numeric_estimate"] == -3.35
    assert set(table.columns) == set(table.rows[0])


def test_the_moderator_table_has_every_coefficient_subgroup_and_slope(
    fits: dict[str, Any], bayes: dict[str, Any]
) -> None:
    rows = moderator_table(fits, bayes).rows
    found = {(row["analysis"], row["outcome"], row["model"], row["engine"], row.get("term")) for row in rows}
    for analysis in ("zhang2016", "update"):
        for outcome in ("sbp", "dbp"):
            key = (analysis, outcome)
            assert (*key, "both", "bounded", "dose") in found
            assert (*key, "both", "bayes", "hypertension") in found
            assert (*key, "dose", "numeric", None) in found  # not fitted, and said so
            assert (*key, "subgroup:hypertension", "bounded", "normotensive") in found
            assert (*key, "subgroup:hypertension", "bounded", "interaction") in found
    assert not [row for row in rows if row["analysis"] == "zhang2016_strict"]
    unfitted = [row for row in rows if "estimate" not in row or row["estimate"] is None]
    assert unfitted
    assert all(row["note"] for row in unfitted)


def test_reasons_beside_a_model_are_no_models(fits: dict[str, Any], bayes: dict[str, Any]) -> None:
    bayes = copy.deepcopy(bayes)
    bayes["update"]["outcomes"]["sbp"] |= {"dose": None, "dose_reason": "too few"}
    rows = moderator_table(fits, bayes).rows
    assert not [
        r
        for r in rows
        if (r["analysis"], r["outcome"], r["model"], r["engine"]) == ("update", "sbp", "dose", "bayes")
    ]


def test_the_trial_table_holds_every_pooled_row_of_the_main_analyses(fits: dict[str, Any]) -> None:
    table = trial_table(fits)
    assert len(table.rows) == 2 * 2 * 6
    assert table.columns[:2] == ("analysis", "outcome")
    assert {row["analysis"] for row in table.rows} == {"zhang2016", "update"}
    assert len(trial_table(fits, ["zhang2016_strict"]).rows) == 12


def test_tables_are_the_same_text_on_every_run(
    headline: Headline, fits: dict[str, Any], bayes: dict[str, Any]
) -> None:
    first, second = (
        [io.csv_text(table.columns, table.rows) for table in all_tables(headline, fits, bayes)]
        for _ in range(2)
    )
    assert first == second
    assert [table.name for table in all_tables(headline, fits, bayes)] == [
        "headline",
        "scenarios",
        "moderators",
        "trials",
    ]
