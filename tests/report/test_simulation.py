"""The proof by simulation: summaries by hand, bars met and missed, the committed table."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from mgmeta.report import simulation
from mgmeta.report.htmltable import Parts
from mgmeta.simulate.bars import NEAR, counting, near_bars
from mgmeta.simulate.cells import violation_grid
from mgmeta.simulate.contenders import CONTENDERS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def committed() -> list[dict[str, str]]:
    with (ROOT / "docs/simulation/coverage.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def cell(method: str = "bounded_ml", k: int = 20, **changes: object) -> dict[str, str]:
    row = {"cell": "a", "grid": "base", "k": k, "mu": -2.0, "tau": 2.0, "silence": 0.4, "method": method}
    row |= {"se_factor": 1.0, "near_factor": 1.0, "fall_factor": 1.0, "absent": 0.0}
    row |= {"replicates": 2000, "usable": 2000, "bias": 0.1, "bias_mcse": 0.02, "seed": 7}
    row |= {"coverage": 0.95, "coverage_mcse": 0.005, "rmse": 1.0, "width": 3.0}
    return {key: str(value) for key, value in (row | changes).items()}


def test_the_worst_cells_are_found() -> None:
    (item,) = simulation.summaries(
        [
            cell(coverage=0.94, silence=0.8),
            cell(coverage=0.99, bias=-0.14, bias_mcse=0.03, tau=0.0),
            cell(usable=1000, grid="violations", coverage=0.1, bias=9.0),
            cell(usable=1500),
        ]
    )
    assert (item.k, item.cells, item.usable) == (20, 3, 0.75)
    assert item.lowest == simulation.Extreme(0.94, 0.005, "effect \u22122, tau 2, 80% withheld")
    assert item.highest.value == 0.99
    assert item.bias == simulation.Extreme(-0.14, 0.03, "effect \u22122, tau 0, 40% withheld")
    assert (item.coverage_verdict, item.bias_verdict) == ("met", "met")


@pytest.mark.parametrize(
    ("coverage", "verdict"), [(0.93, "met"), (0.9201, "met"), (0.9199, "missed"), (0.5, "missed")]
)
def test_a_cell_may_fall_short_of_its_coverage_by_two_monte_carlo_errors(
    coverage: float, verdict: str
) -> None:
    assert simulation.coverage_verdict([cell(), cell(coverage=coverage)], 0.93) == verdict


@pytest.mark.parametrize(
    ("bias", "verdict"),
    [
        (-0.15, "met"),
        (0.1505, "missed by less than 2 Monte Carlo SE"),
        (-0.189, "missed by less than 2 Monte Carlo SE"),
        (0.2, "missed"),
    ],
)
def test_a_bar_for_bias_grants_nothing_but_says_what_chance_could_explain(bias: float, verdict: str) -> None:
    assert simulation.bias_verdict([cell(), cell(bias=bias)], 0.15) == verdict


@pytest.mark.parametrize(
    ("method", "k", "coverage", "bias"),
    [
        ("bounded_ml", 5, "", ""),
        ("bounded_ml", 10, "met", "met"),
        ("bayes", 50, "met", ""),
        ("zero_reml", 50, "", ""),
    ],
)
def test_bars_stand_only_where_they_were_set(method: str, k: int, coverage: str, bias: str) -> None:
    (item,) = simulation.summaries([cell(method, k)])
    assert (item.coverage_verdict, item.bias_verdict) == (coverage, bias)


def test_a_bias_is_printed_so_that_it_differs_from_its_bar() -> None:
    (item,) = simulation.summaries([cell(bias=0.15046)])
    assert simulation.bias_words(item) == "+0.1505"
    (item,) = simulation.summaries([cell(bias=-0.061)])
    assert simulation.bias_words(item) == "\u22120.06"


def test_the_committed_table_is_summed_up_whole(committed: list[dict[str, str]]) -> None:
    found = simulation.summaries(committed)
    ks = {row["k"] for row in committed if row["grid"] == "base"}
    assert len(found) == len(CONTENDERS) * len(ks)
    assert [item.method for item in found][:: len(ks)] == list(CONTENDERS)
    table = simulation.base_page_table(found)
    for row, item in zip(table.rows, found, strict=True):
        base = [r for r in counting(committed) if (r["method"], int(r["k"])) == (item.method, item.k)]
        low = min(float(r["coverage"]) for r in base)
        assert str(row[2]).startswith(f"{100 * low:.1f}%")
        assert isinstance(row[3], Parts)
        assert item.lowest.value == low
        assert abs(item.bias.value) == max(abs(float(r["bias"])) for r in base)


def test_broken_assumptions_have_no_pass_mark(committed: list[dict[str, str]]) -> None:
    table = simulation.violations_page_table(committed)
    assert len(table.rows) == len(violation_grid())
    text = " ".join(str(cell) for row in table.rows for cell in row)
    assert not re.search(r"\bmet\b|missed", text)
    assert {str(row[0]) for row in table.rows} == {
        "Borrowed SE wrong by a factor of 0.75",
        "Borrowed SE wrong by a factor of 1.25",
        "Near-misses told in words 0.25 times as often",
        "Falls told in words 0.5 times as often",
        "50% of the silent trials absent altogether",
    }
    some = next(r for r in committed if r["grid"] == "violations" and r["method"] == "bounded_ml")
    assert str(table.rows[0][3]).startswith(f"{100 * float(some['coverage']):.1f}%; ")


def test_sentences_say_what_the_table_says(committed: list[dict[str, str]]) -> None:
    found = simulation.summaries(committed)
    texts = simulation.verdict_sentences(committed, found)
    assert len(texts) == 5
    primary = next(text for text in texts if text.startswith("The primary"))
    for item in found:
        if item.method == "bounded_ml" and item.k >= simulation.FEWEST:
            assert f"{item.coverage_verdict} with {item.k} trials ({100 * item.lowest.value:.1f}%)" in primary
            assert f"{item.bias_verdict} with {item.k} trials ({simulation.bias_words(item)})" in primary
    dropped = max(
        abs(float(r["bias"])) for r in committed if (r["method"], r["grid"]) == ("numeric_reml", "base")
    )
    assert f"\u2212{dropped:.2f} mmHg where there is an effect" in texts[-1]
    seeds = {row["seed"] for row in committed}
    design = simulation.design_sentence(committed)
    assert "108 truths on a base grid (5, 10, 20 and 50 trials) and 20 in which" in design
    assert all(f"seed {seed}" in design for seed in seeds)


def test_over_coverage_is_called_so_only_where_it_is() -> None:
    for coverage, wide in ((0.96, True), (0.94, False)):
        table = [cell(tau=0.0, coverage=coverage)]
        texts = simulation.verdict_sentences(table, simulation.summaries(table))
        (text,) = [text for text in texts if "tau 0" in text]
        assert ("wider than it need be" in text) is wide


def test_every_committed_cell_near_its_bar_was_run_again(committed: list[dict[str, str]]) -> None:
    again = {row["cell"] for row in committed if row["grid"] == NEAR}
    assert again == set(near_bars(committed))
    assert len(again) == 8
    assert {int(row["replicates"]) for row in committed if row["grid"] == NEAR} == {100_000}
    assert "8 base truths where the primary method's bias" in simulation.design_sentence(committed)
