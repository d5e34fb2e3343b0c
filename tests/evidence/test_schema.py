from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mgmeta.evidence.cells import RANGES
from mgmeta.evidence.load import TABLES
from mgmeta.evidence.records import Evidence
from mgmeta.evidence.schema import schema_findings, table_frame


def spoiled(evidence: Evidence, table: str, place: int = 0, **values: Any) -> list[str]:
    rows = list(getattr(evidence, table))
    rows[place] = replace(rows[place], **values)
    empty = Evidence((), (), (), (), (), ())
    return [str(finding) for finding in schema_findings(replace(empty, **{table: tuple(rows)}))]


def test_the_real_tables_pass(evidence: Evidence) -> None:
    assert schema_findings(evidence) == []


def test_empty_tables_pass() -> None:
    assert schema_findings(Evidence((), (), (), (), (), ())) == []


def test_ranges_name_every_numeric_column() -> None:
    for table in TABLES.values():
        assert set(RANGES[table.file]) == {name for name, kind in table.columns.items() if kind != "text"}


@pytest.mark.parametrize(
    ("table", "values", "message"),
    [
        (
            "trials",
            {"blinding": "triple"},
            "trials.csv:2:blinding: found 'triple', expected one of double, single,",
        ),
        (
            "trials",
            {"blinding": ""},
            "trials.csv:2:blinding: found an empty cell, expected one of double, single,",
        ),
        ("trials", {"blinding": "Double"}, "trials.csv:2:blinding: found 'Double', expected one of double"),
        (
            "trials",
            {"trial_id": "Made 2000"},
            "trials.csv:2:trial_id: found 'Made 2000', expected lower-case",
        ),
        (
            "trials",
            {"trial_id": "made\n2000"},
            r"trials.csv:2:trial_id: found 'made\n2000', expected lower-case",
        ),
        ("trials", {"trial_id": ""}, "trials.csv:2:trial_id: found an empty cell, expected some text"),
        (
            "trials",
            {"doi": "https://doi.org/10.1/x"},
            "trials.csv:2:doi: found 'https://doi.org/10.1/x', expected a",
        ),
        ("trials", {"pmid": "PMID123"}, "trials.csv:2:pmid: found 'PMID123', expected a PubMed number"),
        (
            "trials",
            {"year": 1894},
            "trials.csv:2:year: found 1894, expected 1950 to 2100 (a year of publication)",
        ),
        ("trials", {"n_mg": -13}, "trials.csv:2:n_mg: found -13, expected 1 to 100000 people"),
        ("trials", {"n_arms": 2}, "trials.csv:2:n_arms: found 2, expected 3 to 20 arms (empty = two or one)"),
        (
            "trials",
            {"female_percent": 100.5},
            "trials.csv:2:female_percent: found 100.5, expected 0 to 100 percent",
        ),
        (
            "trials",
            {"dose_mg_per_day": 0.0},
            "trials.csv:2:dose_mg_per_day: found 0, expected above 0 to 3000 mg/d",
        ),
        ("trials", {"title": " x"}, "trials.csv:2:title: found ' x', expected no surrounding spaces"),
        (
            "trials",
            {"note": "a\x1b[1m"},
            r"trials.csv:2:note: found 'a\x1b[1m', expected no surrounding spaces",
        ),
        ("reports", {"mg_final_sd": 0.0}, "reports.csv:2:mg_final_sd: found 0, expected above 0 to 1000"),
        (
            "reports",
            {"difference_se": -1.0},
            "reports.csv:2:difference_se: found -1, expected above 0 to 1000",
        ),
        ("reports", {"p_value": 1.2}, "reports.csv:2:p_value: found 1.2, expected 0 to 1 (a probability)"),
        (
            "reports",
            {"ci_level": 95.0},
            "reports.csv:2:ci_level: found 95, expected 0.5 to 0.999 (0.95 for a 95 %",
        ),
        ("reports", {"significance": "yes"}, "found 'yes', expected one of ns, lower, higher or nothing"),
        (
            "reports",
            {"report_id": "x"},
            "reports.csv:2:report_id: found 'x', expected trial_id-outcome-number",
        ),
        (
            "sources",
            {"url": "www.example.org"},
            "sources.csv:2:url: found 'www.example.org', expected an address",
        ),
        ("reviews", {"year": None}, "reviews.csv:2:year: found an empty cell, expected a number"),
        (
            "reviews",
            {"search_until": "May 2005"},
            "reviews.csv:2:search_until: found 'May 2005', expected YYYY, YYYY",
        ),
        ("intakes", {"value": None}, "reference_intakes.csv:2:value: found an empty cell, expected a number"),
        ("intakes", {"unit": "mg"}, "reference_intakes.csv:2:unit: found 'mg', expected one of mg/d, mmol/L"),
        ("parameters", {"low": -2.0}, "reference_parameters.csv:2:low: found -2, expected -1 to 10000"),
    ],
)
def test_one_wrong_cell_is_one_clear_line(
    evidence: Evidence, table: str, values: dict[str, Any], message: str
) -> None:
    (line,) = spoiled(evidence, table, **values)
    assert message in line


def test_a_note_may_hold_line_ends(evidence: Evidence) -> None:
    assert spoiled(evidence, "trials", note="one line\nand another") == []


def test_all_failures_of_all_tables_come_at_once(evidence: Evidence) -> None:
    trials = (replace(evidence.trials[0], design="square", age_mean=500.0), *evidence.trials[1:])
    reports = (*evidence.reports[:-1], replace(evidence.reports[-1], outcome="weight"))
    lines = [str(f) for f in schema_findings(replace(evidence, trials=trials, reports=reports))]
    assert len(lines) == 3
    assert lines[-1].startswith("reports.csv:223:outcome: found 'weight', expected one of sbp, dbp, map")


def test_frame_is_typed_and_indexed_by_line(evidence: Evidence, make_row: Callable[..., Any]) -> None:
    frame = table_frame(TABLES["trials"], (make_row("trials", row="17", n_mg="", n_control="12"),))
    assert list(frame.index) == [17]
    assert str(frame["n_control"].dtype) == "Int64"
    assert frame["n_mg"].isna().all()
    assert str(frame["age_mean"].dtype) == "float64"
