"""The summary of findings says what certainty.json holds, and no more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mgmeta.report.findings import findings_page_table, meaning
from mgmeta.report.htmltable import Parts

FIXTURE = Path(__file__).parent / "fixtures" / "reproduction" / "certainty.json"


@pytest.fixture
def certainty() -> Any:
    return json.loads(FIXTURE.read_text(encoding="utf-8"))


def test_every_outcome_has_a_row_with_the_numbers_of_its_pool(certainty):
    table = findings_page_table(certainty)
    assert len(table.rows) == len(certainty["outcomes"])
    for row, item in zip(table.rows, certainty["outcomes"].values(), strict=True):
        pooled = item["pooled"]
        assert row[1] == (
            f"{pooled['k_numeric'] + pooled['k_bounds']} ({pooled['k_numeric']} + {pooled['k_bounds']})"
        )
        assert f"{abs(pooled['estimate']):.2f} (" in row[3]
        assert isinstance(row[5], Parts)
        assert item["grade"] in row[5].main.lower()
    assert "95% " in table.caption or "95%." in table.caption


def test_a_persons_rating_counts_and_a_domain_nobody_assessed_is_named(certainty):
    item = certainty["outcomes"]["sbp"]
    domain = next(d for d in item["domains"] if d["key"] == "risk_of_bias")
    domain |= {"levels": None, "override": None}
    why = findings_page_table(certainty).rows[0][5].small
    assert "risk of bias not assessed" in why
    domain["override"] = 2
    why = findings_page_table(certainty).rows[0][5].small
    assert "risk of bias \N{MINUS SIGN}2" in why
    assert "not assessed" not in why


@pytest.mark.parametrize(
    ("estimate", "low", "high", "said"),
    [
        (-2.04, -4.77, -0.43, "On average 2.04 mmHg lower with magnesium; the interval excludes"),
        (-1.0, -3.0, 0.5, "On average 1.00 mmHg lower with magnesium; the interval includes"),
        (1.0, 0.5, 2.0, "On average 1.00 mmHg higher with magnesium; the interval excludes"),
        (-1.0, None, -0.2, "open on one side"),
    ],
)
def test_the_words_follow_the_interval(estimate, low, high, said):
    assert said in meaning({"estimate": estimate, "ci_low": low, "ci_high": high})


def test_an_outcome_without_an_estimate_says_so(certainty):
    certainty["outcomes"]["sbp"]["pooled"] = None
    row = findings_page_table(certainty).rows[0]
    assert row[1] == row[2] == row[3] == "\N{EN DASH}"
    assert row[6] == "There is no estimate."
