from __future__ import annotations

from typing import Any

import pytest

from mgmeta.figures.results import Results
from mgmeta.figures.rows import ESTIMATE, HIGHER, LOWER, TWO_SIDED, quantile, trial_row, trial_rows


def row(**changes: Any) -> dict[str, Any]:
    base = {"trial_id": "a1", "label": "A 1901", "year": 1901, "kind": "estimate", "yi": -2.0, "yi_low": None}
    base |= {"yi_high": None, "sei": 1.0, "df": None, "n_mg": 20, "n_control": 21, "design": "parallel"}
    base |= {"dose_mg_per_day": 300.0, "hypertensive": None, "weight_percent": 5.0, "assumed": ""}
    return base | changes


def test_quantiles() -> None:
    assert quantile(0.95, None) == pytest.approx(1.959963984540054)
    assert quantile(0.95, 10.0) == pytest.approx(2.2281388519649385)


def test_an_estimate_has_an_interval_at_its_own_df() -> None:
    normal, student = trial_row(row(), 0.95), trial_row(row(df=10.0), 0.95)
    assert normal.shape == ESTIMATE
    assert normal.high == pytest.approx(-2.0 + 1.959963984540054)
    assert student.low == pytest.approx(-2.0 - 2.2281388519649385)
    assert normal.text == "\u22122.00 (\u22123.96 to \u22120.04)"


@pytest.mark.parametrize(
    ("low", "high", "shape", "text"),
    [
        (-4.0, 4.0, TWO_SIDED, "ns (words)"),
        (None, -4.0, LOWER, "lower (words)"),
        (4.0, None, HIGHER, "higher (words)"),
    ],
)
def test_words_have_no_estimate(low: float | None, high: float | None, shape: str, text: str) -> None:
    found = trial_row(row(kind="bound", yi=None, yi_low=low, yi_high=high, assumed="SD"), 0.95)
    assert (found.shape, found.text, found.estimate) == (shape, text, None)
    assert (found.low, found.high) == (low, high)
    assert not found.se_assumed


def test_participants_of_a_crossover_count_once() -> None:
    assert trial_row(row(), 0.95).n == 41
    assert trial_row(row(design="crossover", n_mg=17, n_control=17), 0.95).n == 17
    assert trial_row(row(n_mg=None, n_control=None), 0.95).n is None


def test_a_borrowed_se_is_marked() -> None:
    assert trial_row(row(assumed="correlation 0.5"), 0.95).se_assumed


def test_numbers_come_first_then_words_each_by_year(results: Results) -> None:
    rows = trial_rows(results.outcome("target", "sbp"), 0.95)
    kinds = [item.shape != ESTIMATE for item in rows]
    assert kinds == sorted(kinds)
    years = [item.year or 9999 for item in rows if item.shape == ESTIMATE]
    assert years == sorted(years)
    assert rows[-1].year is None
